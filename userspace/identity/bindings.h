/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bindings: private to identity. Which token was shown where, and what it makes of the identity there.
 * A token binds the nearest job, ssh session, container or unit around its sender, whole: all that runs
 * in there, and all that will. What happened before keeps the name it had.
 */
#ifndef WHODID_IDENTITY_BINDINGS_H
#define WHODID_IDENTITY_BINDINGS_H

#include "identity/attestation.h"

/* Tokens remembered until they expire; no token is taken while all places are. */
#define BINDINGS_MAX 4096

struct binding {
	uint8_t hash[ATTEST_HASH_BYTES];
	uint64_t boundary; /* 0 = free */
	int64_t expires_wall_ns;
};

struct bindings {
	struct binding slots[BINDINGS_MAX];
};

/* The entry of that token that has not expired, or NULL. */
struct binding *bindings_find(struct bindings *t, const uint8_t hash[static ATTEST_HASH_BYTES],
			      int64_t now_wall_ns);
/* A free entry, or NULL. */
struct binding *bindings_free_slot(struct bindings *t, int64_t now_wall_ns);

#endif
