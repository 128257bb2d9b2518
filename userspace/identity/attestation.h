/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attestation: what a signed token says of its holder, once attest/ has found it true, and what can be
 * wrong with one. The words are the same on the socket, in events (attest.error) and in the log.
 */
#ifndef WHODID_IDENTITY_ATTESTATION_H
#define WHODID_IDENTITY_ATTESTATION_H

#include "event.h"

enum attest_result {
	ATTEST_OK,
	/* the token itself */
	ATTEST_TOO_LARGE,
	ATTEST_MALFORMED,
	ATTEST_ALGORITHM_REFUSED,
	ATTEST_NO_ISSUERS,
	ATTEST_UNKNOWN_ISSUER,
	ATTEST_UNKNOWN_KEY,
	ATTEST_BAD_SIGNATURE,
	ATTEST_EXPIRED,
	ATTEST_NOT_YET_VALID,
	ATTEST_TOO_LONG_LIVED,
	ATTEST_WRONG_AUDIENCE,
	ATTEST_NOT_FRESH,
	ATTEST_CLAIM_REFUSED,
	ATTEST_CLAIMS_MISSING,
	/* who sends it, and where that is */
	ATTEST_SENDER_GONE,
	ATTEST_SENDER_CHANGED,
	ATTEST_NO_BOUNDARY,
	ATTEST_CLAIMS_MISMATCH,
	ATTEST_BIND_CONFLICT,
	ATTEST_TOKEN_REPLAY,
	/* the talk about it */
	ATTEST_BAD_REQUEST,
	ATTEST_BUSY,
	ATTEST_RESULT_MAX,
};

/* "wrong_audience"; the code that programs look at. */
const char *attest_result_name(enum attest_result result);
/* One sentence for people, without anything that came from the token. */
const char *attest_result_text(enum attest_result result);
/* What to do about it, or NULL. */
const char *attest_result_remedy(enum attest_result result);

#define ATTEST_HASH_BYTES 32

/* A token that is true. Texts are the caller's for the time of the call. */
struct attestation {
	struct str issuer, subject, audience;
	int64_t expires_wall_ns;
	/* of the issuer and the token's jti, or of the whole token: what must not be used twice */
	uint8_t hash[ATTEST_HASH_BYTES];
	bool is_workload; /* names a workload (who), else a job of a CI system (ci) */
	struct str who;	  /* "sa:ns/name", "spiffe:domain/path": as it is to be read, not encoded */
	struct str pod_uid;
	struct ci_facts ci;
};

#endif
