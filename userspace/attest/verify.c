/* SPDX-License-Identifier: Apache-2.0 */
/* verify: one token against the issuers, the cheap and telling checks first, the signature before any claim. */
#include <openssl/evp.h>

#include "attest/parts.h"
#include "base/cleanup.h"

#define SECOND_NS     1000000000ll
#define SIGNATURE_MAX 1024 /* of RSA with 8192 bits */
#define SECONDS_MAX   (INT64_MAX / SECOND_NS)

/* The three parts, still encoded, and the first two together as they were signed. */
struct jws {
	struct str header, payload, signature, text;
};

static bool split(struct str token, struct jws *out)
{
	int64_t first = str_index(token, 0, '.');
	int64_t second = first < 0 ? -1 : str_index(token, (uint32_t)first + 1, '.');

	if (second < 0 || str_index(token, (uint32_t)second + 1, '.') >= 0)
		return false;
	out->header = str_sub(token, 0, (uint32_t)first);
	out->payload = str_sub(token, (uint32_t)first + 1, (uint32_t)(second - first) - 1);
	out->text = str_sub(token, 0, (uint32_t)second);
	out->signature = str_sub(token, (uint32_t)second + 1, token.n);
	return true;
}

static json_t *decode_object(struct str part)
{
	uint8_t bytes[ATTEST_TOKEN_MAX];
	int64_t n = base64url_decode(part, bytes, sizeof(bytes));

	return n > 0 ? json_read_object((struct str){(const char *)bytes, (uint32_t)n}) : NULL;
}

static const struct issuer *find_issuer(const struct issuers *set, struct str name)
{
	for (const struct issuer *i = set->first; i; i = i->next)
		if (str_equal(i->name, name))
			return i;
	return NULL;
}

static const struct key *find_key(const struct issuer *issuer, struct str kid)
{
	for (const struct key *k = issuer->keys; k; k = k->next)
		if (kid.n && str_equal(k->kid, kid))
			return k;
	return NULL;
}

/* "crit" asks for what we do not know (RFC 7515, 4.1.11). */
static enum attest_result read_header(const json_t *header, enum jws_algorithm *algorithm,
				      struct str *kid)
{
	*algorithm = jws_algorithm_parse(json_member(header, "alg"));
	*kid = json_member(header, "kid");
	if (*algorithm == JWS_NONE)
		return ATTEST_ALGORITHM_REFUSED;
	return json_object_get(header, "crit") ? ATTEST_MALFORMED : ATTEST_OK;
}

static enum attest_result check_signature(const struct jws *jws, const struct issuer *issuer,
					  enum jws_algorithm algorithm, struct str kid)
{
	const struct key *key = find_key(issuer, kid);
	uint8_t signature[SIGNATURE_MAX];
	int64_t n = base64url_decode(jws->signature, signature, sizeof(signature));

	if (!(issuer->algorithms >> algorithm & 1))
		return ATTEST_ALGORITHM_REFUSED;
	if (!key)
		return ATTEST_UNKNOWN_KEY;
	if (n <= 0 || !key_verify(key, algorithm, jws->text, signature, (size_t)n))
		return ATTEST_BAD_SIGNATURE;
	return ATTEST_OK;
}

/* Seconds since 1970 (RFC 7519, 2: NumericDate), or -1. */
static int64_t date_claim(const json_t *claims, const char *name)
{
	const json_t *value = json_object_get(claims, name);
	double seconds = json_number_value(value);

	if (!json_is_number(value) || !(seconds >= 0 && seconds < (double)SECONDS_MAX))
		return -1;
	return (int64_t)seconds;
}

static enum attest_result check_times(const json_t *claims, const struct issuer *issuer,
				      int64_t now_s)
{
	int64_t expires = date_claim(claims, "exp"), issued = date_claim(claims, "iat");
	int64_t begins = date_claim(claims, "nbf");

	if (expires < 0 || issued < 0 || (begins < 0 && json_object_get(claims, "nbf")))
		return ATTEST_CLAIMS_MISSING;
	if (now_s > expires + ATTEST_LEEWAY_S)
		return ATTEST_EXPIRED;
	if (now_s + ATTEST_LEEWAY_S < issued || now_s + ATTEST_LEEWAY_S < begins)
		return ATTEST_NOT_YET_VALID;
	return expires - issued > issuer->lifetime_s ? ATTEST_TOO_LONG_LIVED : ATTEST_OK;
}

/* "aud" is a text or a list of them. */
static bool has_audience(const json_t *claims, struct str wanted)
{
	const json_t *aud = json_object_get(claims, "aud"), *item;
	size_t i;

	if (json_is_string(aud))
		return str_equal(json_as_text(aud), wanted);
	json_array_foreach (aud, i, item)
		if (json_is_string(item) && str_equal(json_as_text(item), wanted))
			return true;
	return false;
}

/* Our nonce in it, or one of the issuer's file; the first needs no freshness beside. */
static enum attest_result check_audience(const json_t *claims, const struct issuer *issuer,
					 const struct attest_question *q, struct str *audience)
{
	if (q->challenge.n && has_audience(claims, q->challenge) && !q->audience.n) {
		*audience = q->challenge;
		return ATTEST_OK;
	}
	for (size_t i = 0; i < issuer->audience_count; i++) {
		struct str own = issuer->audiences[i];

		if ((q->audience.n && !str_equal(q->audience, own)) || !has_audience(claims, own))
			continue;
		*audience = own;
		return date_claim(claims, "iat") < q->started_wall_ns / SECOND_NS ? ATTEST_NOT_FRESH
										  : ATTEST_OK;
	}
	return ATTEST_WRONG_AUDIENCE;
}

static bool has_required(const json_t *claims, const struct issuer *issuer)
{
	for (const struct required_claim *r = issuer->required; r; r = r->next)
		if (!str_equal(json_member(claims, r->name.p), r->value))
			return false;
	return true;
}

/* What must not come twice: this issuer's jti, or where there is none, what was signed. */
static bool hash_token(const struct issuer *issuer, const json_t *claims, struct str text,
		       uint8_t out[static ATTEST_HASH_BYTES])
{
	struct str id = json_member(claims, "jti");
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned n = 0;
	bool good;

	if (!id.n)
		id = text;
	good = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) &&
	       EVP_DigestUpdate(ctx, issuer->name.p, issuer->name.n + 1) &&
	       EVP_DigestUpdate(ctx, id.p, id.n) && EVP_DigestFinal_ex(ctx, out, &n) &&
	       n == ATTEST_HASH_BYTES;
	EVP_MD_CTX_free(ctx);
	return good;
}

/* The signature is true: now what it says. */
static enum attest_result read_claims(const struct issuer *issuer, const struct attest_question *q,
				      const struct jws *jws, struct verified *v)
{
	struct attestation *a = &v->attestation;
	enum attest_result result = check_times(v->claims, issuer, q->now_wall_ns / SECOND_NS);

	if (result == ATTEST_OK)
		result = check_audience(v->claims, issuer, q, &a->audience);
	if (result != ATTEST_OK)
		return result;
	if (!has_required(v->claims, issuer))
		return ATTEST_CLAIM_REFUSED;
	a->issuer = issuer->name;
	a->subject = json_member(v->claims, "sub");
	a->expires_wall_ns = date_claim(v->claims, "exp") * SECOND_NS;
	if (!issuer->provider->read(v) || !hash_token(issuer, v->claims, jws->text, a->hash))
		return ATTEST_CLAIMS_MISSING;
	return ATTEST_OK;
}

enum attest_result attest_verify(const struct issuers *set, const struct attest_question *q,
				 struct verified *out)
{
	_cleanup_(json_drop) json_t *header = NULL;
	struct verified v = {0};
	enum attest_result result;
	enum jws_algorithm algorithm;
	const struct issuer *issuer;
	struct jws jws;
	struct str kid;

	if (!set->count)
		return ATTEST_NO_ISSUERS;
	if (q->token.n > ATTEST_TOKEN_MAX)
		return ATTEST_TOO_LARGE;
	if (!split(q->token, &jws) || !(header = decode_object(jws.header)))
		return ATTEST_MALFORMED;
	result = read_header(header, &algorithm, &kid);
	if (result != ATTEST_OK)
		return result;
	v.claims = decode_object(jws.payload);
	if (!v.claims)
		return ATTEST_MALFORMED;
	issuer = find_issuer(set, json_member(v.claims, "iss"));
	result = issuer ? check_signature(&jws, issuer, algorithm, kid) : ATTEST_UNKNOWN_ISSUER;
	if (result == ATTEST_OK) {
		*out = v; /* its texts lie there from now on */
		result = read_claims(issuer, q, &jws, out);
		if (result != ATTEST_OK)
			verified_release(out);
		return result;
	}
	json_decref(v.claims);
	return result;
}

void verified_release(struct verified *v)
{
	json_decref(v->claims);
	*v = (struct verified){0};
}
