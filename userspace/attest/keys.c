/* SPDX-License-Identifier: Apache-2.0 */
/* keys: JSON Web Keys become OpenSSL's, and check signatures. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <errno.h>

#include "attest/parts.h"
#include "base/cleanup.h"

#define KEYS_MAX     64
#define NUMBER_BYTES 1024 /* of an RSA modulus of 8192 bits */
#define RSA_BITS_MIN 2048
#define EC_BYTES_MAX 48

static const struct {
	const char *name;
	const char *digest; /* NULL = the signature has its own */
	int type;	    /* EVP_PKEY_* */
	bool pss;
	unsigned half; /* EC: bytes of each number */
} algorithms[JWS_ALGORITHMS] = {
	[JWS_RS256] = {"RS256", "SHA256", EVP_PKEY_RSA, false, 0},
	[JWS_RS384] = {"RS384", "SHA384", EVP_PKEY_RSA, false, 0},
	[JWS_RS512] = {"RS512", "SHA512", EVP_PKEY_RSA, false, 0},
	[JWS_PS256] = {"PS256", "SHA256", EVP_PKEY_RSA, true, 0},
	[JWS_PS384] = {"PS384", "SHA384", EVP_PKEY_RSA, true, 0},
	[JWS_PS512] = {"PS512", "SHA512", EVP_PKEY_RSA, true, 0},
	[JWS_ES256] = {"ES256", "SHA256", EVP_PKEY_EC, false, 32},
	[JWS_ES384] = {"ES384", "SHA384", EVP_PKEY_EC, false, 48},
	[JWS_EDDSA] = {"EdDSA", NULL, EVP_PKEY_ED25519, false, 0},
};

enum jws_algorithm jws_algorithm_parse(struct str name)
{
	for (unsigned i = JWS_NONE + 1; i < JWS_ALGORITHMS; i++)
		if (str_is(name, algorithms[i].name))
			return (enum jws_algorithm)i;
	return JWS_NONE;
}

const char *jws_algorithm_name(enum jws_algorithm algorithm)
{
	return algorithms[algorithm].name;
}

/* --- reading */

/* How many bytes the number has, 0 when it is none. */
static size_t number_member(const json_t *object, const char *name, uint8_t *out, size_t size)
{
	int64_t n = base64url_decode(json_member(object, name), out, size);

	return n > 0 ? (size_t)n : 0;
}

static void free_params(OSSL_PARAM **p)
{
	OSSL_PARAM_free(*p);
}

static void free_builder(OSSL_PARAM_BLD **b)
{
	OSSL_PARAM_BLD_free(*b);
}

static void free_context(EVP_PKEY_CTX **c)
{
	EVP_PKEY_CTX_free(*c);
}

static void free_bignum(BIGNUM **n)
{
	BN_free(*n);
}

static EVP_PKEY *make_key(const char *type, OSSL_PARAM_BLD *builder)
{
	_cleanup_(free_params) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
	_cleanup_(free_context) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		return NULL;
	return pkey;
}

static EVP_PKEY *read_rsa(const json_t *jwk)
{
	uint8_t modulus[NUMBER_BYTES], exponent[8];
	size_t n = number_member(jwk, "n", modulus, sizeof(modulus));
	size_t e = number_member(jwk, "e", exponent, sizeof(exponent));
	_cleanup_(free_builder) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	_cleanup_(free_bignum) BIGNUM *bn_n = n ? BN_bin2bn(modulus, (int)n, NULL) : NULL;
	_cleanup_(free_bignum) BIGNUM *bn_e = e ? BN_bin2bn(exponent, (int)e, NULL) : NULL;

	if (!builder || !bn_n || !bn_e || BN_num_bits(bn_n) < RSA_BITS_MIN || !BN_is_odd(bn_e) ||
	    BN_is_one(bn_e) || !OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, bn_n) ||
	    !OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, bn_e))
		return NULL;
	return make_key("RSA", builder);
}

static EVP_PKEY *read_ec(const json_t *jwk)
{
	struct str curve = json_member(jwk, "crv");
	size_t half = str_is(curve, "P-256") ? 32 : str_is(curve, "P-384") ? 48 : 0;
	uint8_t point[1 + 2 * EC_BYTES_MAX] = {POINT_CONVERSION_UNCOMPRESSED};
	_cleanup_(free_builder) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();

	if (!half || !builder || number_member(jwk, "x", point + 1, half) != half ||
	    number_member(jwk, "y", point + 1 + half, half) != half ||
	    !OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME,
					     half == 32 ? "P-256" : "P-384", 0) ||
	    !OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point,
					      1 + 2 * half))
		return NULL;
	return make_key("EC", builder);
}

static EVP_PKEY *read_okp(const json_t *jwk)
{
	uint8_t x[32];

	if (!str_is(json_member(jwk, "crv"), "Ed25519") ||
	    number_member(jwk, "x", x, sizeof(x)) != sizeof(x))
		return NULL;
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x, sizeof(x));
}

static EVP_PKEY *read_pkey(const json_t *jwk)
{
	struct str type = json_member(jwk, "kty");

	if (str_is(type, "RSA"))
		return read_rsa(jwk);
	if (str_is(type, "EC"))
		return read_ec(jwk);
	return str_is(type, "OKP") ? read_okp(jwk) : NULL;
}

/* Sets hold keys for encryption and of kinds that are not ours too: those are passed over. */
static bool is_for_signatures(const json_t *jwk)
{
	struct str use = json_member(jwk, "use"), type = json_member(jwk, "kty");

	return (!use.p || str_is(use, "sig") || str_is(use, "jwt-svid")) &&
	       (str_is(type, "RSA") || str_is(type, "EC") || str_is(type, "OKP"));
}

static bool has_kid(const struct key *keys, struct str kid)
{
	for (; keys; keys = keys->next)
		if (str_equal(keys->kid, kid))
			return true;
	return false;
}

static int read_key(struct key **out, struct arena *arena, const json_t *jwk, size_t index,
		    const char *file, struct problem *err)
{
	struct str kid = json_member(jwk, "kid"), alg = json_member(jwk, "alg");
	struct key *key;

	if (!json_is_object(jwk))
		return problem_at(err, -EINVAL, file, 0, 0, "key %zu is no object", index);
	if (!is_for_signatures(jwk))
		return 0;
	if (!kid.n)
		return problem_at(err, -EINVAL, file, 0, 0, "key %zu has no kid", index);
	if (has_kid(*out, kid))
		return problem_at(err, -EINVAL, file, 0, 0,
				  "key %zu has a kid that another key has", index);
	if (alg.p && jws_algorithm_parse(alg) == JWS_NONE)
		return 0;
	key = arena_alloc(arena, sizeof(*key));
	if (!key)
		return -ENOMEM;
	key->kid = arena_str(arena, kid);
	key->algorithm = jws_algorithm_parse(alg);
	key->pkey = read_pkey(jwk);
	ERR_clear_error();
	if (!key->kid.p || !key->pkey)
		return problem_at(
			err, -EINVAL, file, 0, 0,
			"key %zu is damaged, of another curve than P-256, P-384 and Ed25519, or "
			"shorter than %d bits",
			index, RSA_BITS_MIN);
	key->next = *out;
	*out = key;
	return 0;
}

int keys_parse(struct key **out, struct arena *arena, struct str text, const char *file,
	       struct problem *err)
{
	_cleanup_(json_drop) json_t *root = json_read_object(text);
	const json_t *list = json_object_get(root, "keys"), *jwk;
	struct key *keys = NULL;
	size_t i;
	int rc = 0;

	if (!json_is_array(list))
		return problem_at(err, -EINVAL, file, 0, 0,
				  "not a JWKS: one JSON object with a list \"keys\"");
	if (json_array_size(list) > KEYS_MAX)
		return problem_at(err, -EINVAL, file, 0, 0, "more than %d keys", KEYS_MAX);
	json_array_foreach (list, i, jwk) {
		rc = read_key(&keys, arena, jwk, i + 1, file, err);
		if (rc)
			break;
	}
	if (!rc && !keys)
		rc = problem_at(err, -EINVAL, file, 0, 0, "no key for signatures in it");
	if (rc)
		keys_release(keys);
	else
		*out = keys;
	return rc;
}

void keys_release(struct key *keys)
{
	for (; keys; keys = keys->next)
		EVP_PKEY_free(keys->pkey);
}

/* --- checking */

static void free_signature(ECDSA_SIG **s)
{
	ECDSA_SIG_free(*s);
}

/* r and s one behind the other (RFC 7518, 3.4) as OpenSSL wants them. Length, or 0. */
static int to_der(const uint8_t *signature, unsigned half, uint8_t **der)
{
	_cleanup_(free_signature) ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(signature, (int)half, NULL);
	BIGNUM *s = BN_bin2bn(signature + half, (int)half, NULL);
	int n;

	if (!sig || !r || !s || !ECDSA_SIG_set0(sig, r, s)) {
		BN_free(r);
		BN_free(s);
		return 0;
	}
	n = i2d_ECDSA_SIG(sig, der);
	return n > 0 ? n : 0;
}

static bool key_fits(const struct key *key, enum jws_algorithm algorithm)
{
	if (key->algorithm != JWS_NONE && key->algorithm != algorithm)
		return false;
	if (EVP_PKEY_get_base_id(key->pkey) != algorithms[algorithm].type)
		return false;
	return !algorithms[algorithm].half ||
	       (unsigned)EVP_PKEY_get_bits(key->pkey) == algorithms[algorithm].half * 8;
}

static bool set_padding(EVP_PKEY_CTX *ctx, enum jws_algorithm algorithm)
{
	if (!algorithms[algorithm].pss)
		return true;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) > 0;
}

static void free_digest(EVP_MD_CTX **c)
{
	EVP_MD_CTX_free(*c);
}

static void free_der(uint8_t **der)
{
	OPENSSL_free(*der);
}

bool key_verify(const struct key *key, enum jws_algorithm algorithm, struct str text,
		const uint8_t *signature, size_t size)
{
	_cleanup_(free_digest) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	_cleanup_(free_der) uint8_t *der = NULL;
	unsigned half = algorithms[algorithm].half;
	EVP_PKEY_CTX *pctx;
	bool good;

	if (!ctx || !key_fits(key, algorithm) || (half && size != 2 * half))
		return false;
	if (half) {
		size = (size_t)to_der(signature, half, &der);
		signature = der;
	}
	good = size &&
	       EVP_DigestVerifyInit_ex(ctx, &pctx, algorithms[algorithm].digest, NULL, NULL,
				       key->pkey, NULL) > 0 &&
	       set_padding(pctx, algorithm) &&
	       EVP_DigestVerify(ctx, signature, size, (const uint8_t *)text.p, text.n) == 1;
	ERR_clear_error();
	return good;
}
