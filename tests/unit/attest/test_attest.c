/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens are read strictly: whatever two readers could read in two ways is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "attest/parts.h"
#include "base/cleanup.h"

static int64_t decode(const char *text, const char *want)
{
	uint8_t out[64];
	int64_t n = base64url_decode(str_of(text), out, sizeof(out));

	if (n >= 0)
		assert_memory_equal(out, want, (size_t)n);
	return n;
}

static void base64url_has_one_form(void **state)
{
	(void)state;
	assert_int_equal(decode("", ""), 0);
	assert_int_equal(decode("Zg", "f"), 1);
	assert_int_equal(decode("Zm8", "fo"), 2);
	assert_int_equal(decode("Zm9v", "foo"), 3);
	assert_int_equal(decode("-_-_", "\xfb\xff\xbf"), 3);
	assert_int_equal(decode("Zg==", ""), -1);
	assert_int_equal(decode("Zh", ""), -1); /* bits left over */
	assert_int_equal(decode("Z", ""), -1);
	assert_int_equal(decode("+/+/", ""), -1);
	assert_int_equal(decode("Zm 9", ""), -1);
	assert_int_equal(base64url_decode(STR_LIT("Zm9vZm9v"), (uint8_t[4]){0}, 4), -1);
}

static bool reads(const char *text)
{
	json_t *root = json_read_object(str_of(text));
	bool good = root;

	json_decref(root);
	return good;
}

static void json_is_one_shallow_object(void **state)
{
	(void)state;
	assert_true(reads("{\"a\":[{\"b\":\"]}{[\\\"[[[[[[[[[[\"}]}"));
	assert_false(reads("[1]"));
	assert_false(reads("{\"a\":1,\"a\":2}"));
	assert_false(reads("{\"a\":1} x"));
	assert_false(reads("{\"a\":[[[[[[[[1]]]]]]]]}"));
	assert_false(reads("{\"a\":\"\\u0000\"}"));
	assert_false(reads(""));
}

/* --- keys */

#define ED \
	"\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""

static const char *keys_of(const char *text, size_t *count)
{
	static struct problem err;
	struct arena arena = {0};
	struct key *keys = NULL;
	int rc;

	err = (struct problem){0};
	rc = keys_parse(&keys, &arena, str_of(text), "f", &err);
	*count = 0;
	for (const struct key *k = keys; k; k = k->next)
		++*count;
	keys_release(keys);
	arena_release(&arena);
	return rc ? err.text : NULL;
}

static void key_sets_are_taken_whole_or_not(void **state)
{
	static const struct {
		const char *text, *wrong;
		size_t count;
	} cases[] = {
		{"{\"keys\":[{\"kid\":\"a\"," ED "}]}", NULL, 1},
		{"{\"keys\":[{\"kid\":\"a\"," ED "},{\"kid\":\"b\",\"use\":\"jwt-svid\"," ED "}]}",
		 NULL, 2},
		{"{\"keys\":[{\"kid\":\"a\"," ED "},{\"kty\":\"oct\",\"k\":\"AA\"}]}", NULL, 1},
		{"{\"keys\":[{\"kid\":\"a\"," ED "},{\"kid\":\"b\",\"use\":\"enc\"," ED "}]}", NULL,
		 1},
		{"{\"keys\":[{\"kid\":\"a\"," ED "},{\"kid\":\"a\"," ED "}]}",
		 "key 2 has a kid that another key has", 0},
		{"{\"keys\":[{" ED "}]}", "key 1 has no kid", 0},
		{"{\"keys\":[{\"kid\":\"a\",\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}]}",
		 "key 1 is damaged", 0},
		{"{\"keys\":[{\"kid\":\"a\",\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}",
		 "key 1 is damaged", 0},
		{"{\"keys\":[{\"kid\":\"a\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
		 "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\",\"y\":"
		 "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}]}",
		 "key 1 is damaged", 0}, /* not on the curve */
		{"{\"keys\":[]}", "no key for signatures in it", 0},
		{"{\"keys\":[1]}", "key 1 is no object", 0},
		{"{}", "not a JWKS", 0},
		{"", "not a JWKS", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t count;
		const char *wrong = keys_of(cases[i].text, &count);

		if (!wrong != !cases[i].wrong ||
		    (wrong && strncmp(wrong, cases[i].wrong, strlen(cases[i].wrong))))
			fail_msg("case %zu: %s", i, wrong ? wrong : "taken");
		assert_int_equal(count, cases[i].count);
	}
}

/* --- signed tokens, with a key of this test's own */

static EVP_PKEY *own_key;
static struct issuer issuer;
static struct issuers set;
static struct key key;
static struct str audience = STR_LIT("whodid");

static void encode(struct str bytes, char *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t bits = 0;
	unsigned have = 0;

	for (uint32_t i = 0; i < bytes.n; i++) {
		bits = bits << 8 | (uint8_t)bytes.p[i];
		for (have += 8; have >= 6; have -= 6)
			*out++ = digits[bits >> (have - 6) & 63];
	}
	if (have)
		*out++ = digits[bits << (6 - have) & 63];
	*out = '\0';
}

static struct str sign(const char *header, const char *claims)
{
	static char token[4096];
	char part[2048];
	uint8_t signature[64];
	size_t n = sizeof(signature);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	encode(str_of(header), part);
	snprintf(token, sizeof(token), "%s.", part);
	encode(str_of(claims), part);
	strncat(token, part, sizeof(token) - strlen(token) - 1);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, own_key), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &n, (uint8_t *)token, strlen(token)), 1);
	EVP_MD_CTX_free(ctx);
	encode((struct str){(char *)signature, (uint32_t)n}, part);
	strncat(token, ".", sizeof(token) - strlen(token) - 1);
	strncat(token, part, sizeof(token) - strlen(token) - 1);
	return str_of(token);
}

static enum attest_result verify(struct str token)
{
	struct attest_question q = {.token = token,
				    .challenge = STR_LIT("whodid:m:nonce"),
				    .now_wall_ns = 1000ll * 1000000000,
				    .started_wall_ns = 900ll * 1000000000};
	struct verified v = {0};
	enum attest_result result = attest_verify(&set, &q, &v);

	if (result == ATTEST_OK)
		verified_release(&v);
	return result;
}

#define HEADER	  "{\"alg\":\"EdDSA\",\"kid\":\"k\"}"
#define CLAIMS(x) "{\"iss\":\"joe\",\"repository\":\"a/b\",\"run_id\":7," x "}"
#define TIMES	  "\"exp\":1100,\"iat\":950"

static void what_is_signed_may_still_be_wrong(void **state)
{
	static const struct {
		const char *header, *claims;
		enum attest_result want;
	} cases[] = {
		{HEADER, CLAIMS("\"aud\":\"whodid\"," TIMES), ATTEST_OK},
		{HEADER, CLAIMS("\"aud\":[\"x\",\"whodid\"]," TIMES), ATTEST_OK},
		{HEADER, CLAIMS("\"aud\":\"whodid:m:nonce\",\"exp\":1100,\"iat\":100"), ATTEST_OK},
		{HEADER, CLAIMS("\"aud\":\"whodid\",\"exp\":1100.5,\"iat\":950.5"), ATTEST_OK},
		{HEADER, CLAIMS("\"aud\":\"whodid\",\"exp\":1100,\"iat\":800"), ATTEST_NOT_FRESH},
		{HEADER, CLAIMS("\"aud\":\"whodid \"," TIMES), ATTEST_WRONG_AUDIENCE},
		{HEADER, CLAIMS("\"aud\":{\"whodid\":1}," TIMES), ATTEST_WRONG_AUDIENCE},
		{HEADER, CLAIMS(TIMES), ATTEST_WRONG_AUDIENCE},
		{HEADER, CLAIMS("\"aud\":\"whodid\",\"exp\":930,\"iat\":910"), ATTEST_EXPIRED},
		{HEADER, CLAIMS("\"aud\":\"whodid\",\"exp\":941,\"iat\":910"), ATTEST_OK},
		{HEADER, CLAIMS("\"aud\":\"whodid\",\"exp\":1200,\"iat\":1061"),
		 ATTEST_NOT_YET_VALID},
		{HEADER, CLAIMS("\"aud\":\"whodid\",\"nbf\":1061," TIMES), ATTEST_NOT_YET_VALID},
		{HEADER, CLAIMS("\"aud\":\"whodid\",\"nbf\":\"now\"," TIMES),
		 ATTEST_CLAIMS_MISSING},
		{HEADER, CLAIMS("\"aud\":\"whodid\",\"exp\":1100"), ATTEST_CLAIMS_MISSING},
		{HEADER, CLAIMS("\"aud\":\"whodid\",\"exp\":\"1100\",\"iat\":950"),
		 ATTEST_CLAIMS_MISSING},
		{HEADER, CLAIMS("\"aud\":\"whodid\",\"exp\":1e300,\"iat\":950"),
		 ATTEST_CLAIMS_MISSING},
		{HEADER, CLAIMS("\"aud\":\"whodid\",\"exp\":9000,\"iat\":950"),
		 ATTEST_TOO_LONG_LIVED},
		{HEADER, "{\"iss\":\"jim\"," TIMES "}", ATTEST_UNKNOWN_ISSUER},
		{HEADER, "{\"iss\":[\"joe\"]," TIMES "}", ATTEST_UNKNOWN_ISSUER},
		{HEADER, "{\"iss\":\"joe\",\"iss\":\"joe\"}", ATTEST_MALFORMED},
		{HEADER,
		 "{\"iss\":\"joe\",\"repository\":\"a\\nb\",\"run_id\":7,\"aud\":\"whodid\"," TIMES
		 "}",
		 ATTEST_CLAIMS_MISSING},
		{"{\"alg\":\"EdDSA\",\"kid\":\"l\"}", CLAIMS("\"aud\":\"whodid\"," TIMES),
		 ATTEST_UNKNOWN_KEY},
		{"{\"alg\":\"EdDSA\"}", CLAIMS("\"aud\":\"whodid\"," TIMES), ATTEST_UNKNOWN_KEY},
		{"{\"alg\":\"EdDSA\",\"kid\":\"k\",\"crit\":[\"b64\"],\"b64\":false}",
		 CLAIMS("\"aud\":\"whodid\"," TIMES), ATTEST_MALFORMED},
		{"{\"alg\":\"none\",\"kid\":\"k\"}", CLAIMS("\"aud\":\"whodid\"," TIMES),
		 ATTEST_ALGORITHM_REFUSED},
		{"{\"alg\":\"RS256\",\"kid\":\"k\"}", CLAIMS("\"aud\":\"whodid\"," TIMES),
		 ATTEST_ALGORITHM_REFUSED},
		{"{\"alg\":\"ES256\",\"kid\":\"k\"}", CLAIMS("\"aud\":\"whodid\"," TIMES),
		 ATTEST_BAD_SIGNATURE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum attest_result got = verify(sign(cases[i].header, cases[i].claims));

		if (got != cases[i].want)
			fail_msg("case %zu: %s", i, attest_result_name(got));
	}
}

/* What a token calls a run and a step is what the runner calls so: else no token would fit its own job. */
static void gitlab_has_pipelines_and_jobs(void **state)
{
	struct verified v = {.claims = json_read_object(
				     STR_LIT("{\"project_path\":\"acme/app\",\"project_id\":\"3\","
					     "\"pipeline_id\":\"345\",\"job_id\":\"4711\"}"))};

	(void)state;
	assert_true(provider_find(STR_LIT("gitlab"))->read(&v));
	assert_true(str_is(v.attestation.ci.repository, "acme/app"));
	assert_true(str_is(v.attestation.ci.run_id, "345"));
	assert_true(str_is(v.attestation.ci.step, "4711"));
	verified_release(&v);
}

static void each_changed_byte_is_noticed(void **state)
{
	struct str good = sign(HEADER, CLAIMS("\"aud\":\"whodid\"," TIMES));
	char token[4096];

	(void)state;
	for (uint32_t i = 0; i < good.n; i++) {
		memcpy(token, good.p, good.n);
		token[i] = token[i] == 'A' ? 'B' : 'A';
		assert_int_not_equal(verify((struct str){token, good.n}), ATTEST_OK);
		assert_int_not_equal(verify(str_sub(good, 0, i)), ATTEST_OK);
	}
	assert_int_equal(verify(good), ATTEST_OK);
}

static int make_own_key(void **state)
{
	(void)state;
	own_key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	key = (struct key){.kid = STR_LIT("k"), .pkey = own_key};
	issuer = (struct issuer){.name = STR_LIT("joe"),
				 .provider = provider_find(STR_LIT("github")),
				 .algorithms = 1u << JWS_EDDSA | 1u << JWS_ES256,
				 .audiences = &audience,
				 .audience_count = 1,
				 .lifetime_s = 3600,
				 .keys = &key};
	set = (struct issuers){.first = &issuer, .count = 1};
	return own_key ? 0 : -1;
}

static int free_own_key(void **state)
{
	(void)state;
	EVP_PKEY_free(own_key);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64url_has_one_form),
		cmocka_unit_test(json_is_one_shallow_object),
		cmocka_unit_test(key_sets_are_taken_whole_or_not),
		cmocka_unit_test(what_is_signed_may_still_be_wrong),
		cmocka_unit_test(gitlab_has_pipelines_and_jobs),
		cmocka_unit_test(each_changed_byte_is_noticed),
	};

	return cmocka_run_group_tests(tests, make_own_key, free_own_key);
}
