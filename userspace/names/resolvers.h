/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolvers: whose answers are this host's word. Anybody can ask a server of their own and be told that
 * github.com is theirs: such a name is shown, and no allow rule rests on it.
 */
#ifndef WHODID_NAMES_RESOLVERS_H
#define WHODID_NAMES_RESOLVERS_H

#include <time.h>

#include "base/str.h"

#define RESOLVERS_MAX 40

struct resolver {
	uint16_t family;
	uint8_t ip[16];
};

struct resolvers {
	const char *path;  /* /etc/resolv.conf; NULL = none */
	uint32_t host_net; /* the network namespace in which that file is right; 0 = none */
	/* as set by the administrator, for every network namespace; then those of the file */
	struct resolver list[RESOLVERS_MAX];
	unsigned set_count, count;
	uint64_t inode, size, checked_boot_ns;
	struct timespec changed;
};

/* configured: NULL-terminated addresses, or NULL. */
void resolvers_init(struct resolvers *r, const char *path, uint32_t host_net,
		    const char *const *configured);
/* Looks at the file again when it has changed, at most once a second. */
void resolvers_refresh(struct resolvers *r, uint64_t boot_ns);
bool resolvers_know(const struct resolvers *r, uint32_t net, uint16_t family,
		    const uint8_t ip[static 16]);

#endif
