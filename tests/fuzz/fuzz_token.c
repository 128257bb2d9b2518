/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens and key sets from anywhere. The first byte says what the rest is: a token, shown to an issuer
 * whose keys are the corpus's; or a JWKS. A token is never taken: nobody has the private keys.
 */
#include <stdlib.h>

#include "attest/parts.h"
#include "base/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The public key of RFC 7515, A.2, whose example is in the corpus and has expired. */
static const char jwks[] =
	"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddx"
	"HmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63"
	"kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK"
	"-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\",\"e\":\"AQAB\"}]}";

static struct issuers *known_issuer(void)
{
	static struct issuers set;
	static struct str audience = STR_LIT("whodid");
	static struct issuer issuer = {.name = STR_LIT("joe"),
				       .algorithms = ~0u,
				       .audiences = &audience,
				       .audience_count = 1,
				       .lifetime_s = 3600};

	if (set.count)
		return &set;
	issuer.provider = provider_find(STR_LIT("github"));
	if (keys_parse(&issuer.keys, &set.arena, str_of(jwks), "keys", NULL))
		abort();
	set.first = &issuer;
	set.count = 1;
	return &set;
}

static void try_token(struct str text)
{
	struct attest_question q = {.token = text,
				    .challenge = STR_LIT("whodid:m:1"),
				    .now_wall_ns = 1300819000ll * 1000000000};
	struct verified v;
	enum attest_result result = attest_verify(known_issuer(), &q, &v);

	if (result == ATTEST_OK || !attest_result_name(result) || !attest_result_text(result))
		abort();
}

static void try_keys(struct str text)
{
	struct arena arena = {0};
	struct problem err = {0};
	struct key *keys = NULL;

	if (keys_parse(&keys, &arena, text, "keys", &err) == 0)
		keys_release(keys);
	else if (keys || !err.text[0])
		abort();
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text;

	if (size < 1 || size > 1 << 20)
		return 0;
	text = (struct str){(const char *)data + 1, (uint32_t)size - 1};
	if (data[0] & 1)
		try_keys(text);
	else
		try_token(text);
	return 0;
}
