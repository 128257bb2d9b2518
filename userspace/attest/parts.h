/* SPDX-License-Identifier: Apache-2.0 */
/* parts: what the files of attest/ share. Private to the folder. */
#ifndef WHODID_ATTEST_PARTS_H
#define WHODID_ATTEST_PARTS_H

#include <openssl/evp.h>

#include "attest/attest.h"
#include "base/arena.h"

/* --- json.c */

/* Deeper JSON than this is refused before it is parsed. */
#define JSON_DEPTH_MAX 8

/* One JSON object without duplicate keys; NULL = it is none. */
json_t *json_read_object(struct str text);
/* For _cleanup_(): drops the reference, NULL too. */
void json_drop(json_t **j);
/* The text of a string, which lives as long as the value; STR_NONE of anything else, NULL too. */
struct str json_as_text(const json_t *value);
/* The same of an object's member. */
struct str json_member(const json_t *object, const char *name);
/* Bytes of base64url without padding, strictly (RFC 7515, 2), into out. How many, or -1. */
int64_t base64url_decode(struct str text, uint8_t *out, size_t size);

/* --- keys.c: JSON Web Keys (RFC 7517, 7518) */

enum jws_algorithm {
	JWS_NONE,
	JWS_RS256,
	JWS_RS384,
	JWS_RS512,
	JWS_PS256,
	JWS_PS384,
	JWS_PS512,
	JWS_ES256,
	JWS_ES384,
	JWS_EDDSA,
	JWS_ALGORITHMS
};

/* JWS_NONE for a name that is none of ours, "none" and "HS256" among them. */
enum jws_algorithm jws_algorithm_parse(struct str name);
const char *jws_algorithm_name(enum jws_algorithm algorithm);

struct key {
	struct key *next;
	struct str kid;
	EVP_PKEY *pkey;
	enum jws_algorithm
		algorithm; /* the only one it is for; JWS_NONE = any that fits its type */
};

/* The signing keys of a set, in the memory of arena. file is for messages. */
int keys_parse(struct key **out, struct arena *arena, struct str text, const char *file,
	       struct problem *err);
void keys_release(struct key *keys);
/* Whether signature is that of text, by that algorithm, which must fit the key. */
bool key_verify(const struct key *key, enum jws_algorithm algorithm, struct str text,
		const uint8_t *signature, size_t size);

/* --- claims.c */

struct provider {
	const char *name;
	/* Fills the attestation's names from the claims; false = something that must be there is not. */
	bool (*read)(struct verified *v);
};

/* NULL for a name that is none. */
const struct provider *provider_find(struct str name);
/* "github, gitlab, ..." */
const char *provider_names(void);

/* --- issuers.c */

struct required_claim {
	struct required_claim *next;
	struct str name, value;
};

struct issuer {
	struct issuer *next;
	struct str name; /* exactly as "iss" has it */
	const struct provider *provider;
	uint32_t algorithms; /* 1 << enum jws_algorithm */
	struct str *audiences;
	size_t audience_count;
	int64_t lifetime_s;
	struct required_claim *required;
	struct key *keys;
};

struct issuers {
	struct arena arena;
	struct issuer *first;
	size_t count;
};

#endif
