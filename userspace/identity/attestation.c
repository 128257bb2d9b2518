/* SPDX-License-Identifier: Apache-2.0 */
/* attestation: the words for each way in which a token can be wrong. */
#include "identity/attestation.h"

static const struct {
	const char *name, *text, *remedy;
} results[ATTEST_RESULT_MAX] = {
	[ATTEST_OK] = {"ok", "bound", NULL},
	[ATTEST_TOO_LARGE] = {"too_large", "the token is larger than 16 KiB", NULL},
	[ATTEST_MALFORMED] = {"malformed",
			      "that is no token: three parts of base64url with JSON in them", NULL},
	[ATTEST_ALGORITHM_REFUSED] =
		{"algorithm_refused",
		 "the token's algorithm is not one that the issuer's file allows",
		 "Unsigned tokens and shared secrets (none, HS256) are never taken"},
	[ATTEST_NO_ISSUERS] = {"no_issuers", "no issuer of tokens is configured on this host",
			       "Put a file for the issuer into attest.issuers_dir"},
	[ATTEST_UNKNOWN_ISSUER] = {"unknown_issuer", "the token's issuer is not configured here",
				   "Put a file for it into attest.issuers_dir"},
	[ATTEST_UNKNOWN_KEY] = {"unknown_key", "the issuer's key set has no key of the token's kid",
				"Renew the JWKS file of that issuer, then reload"},
	[ATTEST_BAD_SIGNATURE] = {"bad_signature", "the signature does not fit the token", NULL},
	[ATTEST_EXPIRED] = {"expired", "the token has expired", "Ask for a new one"},
	[ATTEST_NOT_YET_VALID] = {"not_yet_valid",
				  "the token is not valid yet, or was issued in the future",
				  "Look at this host's clock"},
	[ATTEST_TOO_LONG_LIVED] = {"too_long_lived",
				   "the token lives longer than the issuer's file allows", NULL},
	[ATTEST_WRONG_AUDIENCE] = {"wrong_audience",
				   "the token is meant for somebody else: its audience is not ours",
				   "Ask for one with the audience of the challenge "
				   "(--token-command), or with one of the issuer's file"},
	[ATTEST_NOT_FRESH] =
		{"not_fresh",
		 "the token was issued before whodidd started, which cannot know if it was used",
		 "Ask for a new one"},
	[ATTEST_CLAIM_REFUSED] = {"claim_refused",
				  "a claim has not the value that the issuer's file requires",
				  NULL},
	[ATTEST_CLAIMS_MISSING] = {"claims_missing",
				   "the token lacks a claim that its provider always sets", NULL},
	[ATTEST_SENDER_GONE] = {"sender_gone", "the process that sent the token has ended", NULL},
	[ATTEST_SENDER_CHANGED] = {"sender_changed",
				   "the token came from another process than the connection", NULL},
	[ATTEST_NO_BOUNDARY] =
		{"no_boundary",
		 "the sender is in no job, session, container or unit that such a token can name",
		 "Tokens of CI jobs name jobs of declared runners (identity.ci_supervisors), ssh "
		 "sessions and containers; those of workloads name containers and units"},
	[ATTEST_CLAIMS_MISMATCH] = {"claims_mismatch",
				    "the token names another job or pod than the one it came from",
				    NULL},
	[ATTEST_BIND_CONFLICT] = {"bind_conflict", "another identity is bound here already", NULL},
	[ATTEST_TOKEN_REPLAY] = {"token_replay", "the token was used elsewhere before", NULL},
	[ATTEST_BAD_REQUEST] = {"bad_request", "that is not how this socket is spoken to", NULL},
	[ATTEST_BUSY] = {"busy", "too many tokens at once", "Try again in a second"},
};

const char *attest_result_name(enum attest_result result)
{
	return results[result].name;
}

const char *attest_result_text(enum attest_result result)
{
	return results[result].text;
}

const char *attest_result_remedy(enum attest_result result)
{
	return results[result].remedy;
}
