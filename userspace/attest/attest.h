/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attest: a token of an OIDC issuer or a SPIFFE trust domain (a compact JWS, RFC 7515 and 7519) becomes
 * an attestation, or an error. Who may sign what stands in files of root's (issuers.d); nothing in a
 * token is followed: no jku, x5u, jwk, no discovery, no network.
 *
 * A set of issuers does not change once it is loaded, and may be read by any thread.
 */
#ifndef WHODID_ATTEST_H
#define WHODID_ATTEST_H

#include <jansson.h>

#include "base/problem.h"
#include "identity/attestation.h"

#define ATTEST_TOKEN_MAX 16384
#define ATTEST_LEEWAY_S	 60 /* of clocks */

struct issuers;

/*
 * Reads DIR/<name>.yaml, each with its JWKS file. All of them or none: -EINVAL with place and remedy in
 * err. A folder that does not exist makes an empty set. Files that others than root can write are
 * refused.
 */
int issuers_load(struct issuers **out, const char *dir, struct problem *err);
void issuers_free(struct issuers *set);
size_t issuers_count(const struct issuers *set);

/* A token that was found true. */
struct verified {
	struct attestation attestation; /* its texts lie in claims, in text or in the issuers */
	json_t *claims;
	size_t text_used;
	char text[2048];
};
void verified_release(struct verified *v);

struct attest_question {
	struct str token;
	struct str
		challenge; /* audience with our nonce: proves that the token was made for this call */
	struct str audience; /* the one that the caller means; absent = any that is allowed */
	int64_t now_wall_ns;
	int64_t started_wall_ns; /* tokens with a fixed audience must be younger than this */
};

/* ATTEST_OK fills *out, which is the caller's to release and may not be moved; else it is empty. */
enum attest_result attest_verify(const struct issuers *set, const struct attest_question *q,
				 struct verified *out);

#endif
