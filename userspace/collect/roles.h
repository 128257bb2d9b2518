/* SPDX-License-Identifier: Apache-2.0 */
/* roles: the executables that may open a boundary, found on this host and given to the kernel. */
#ifndef WHODID_COLLECT_ROLES_H
#define WHODID_COLLECT_ROLES_H

#include "collect/collect.h"

#define ROLES_MAX 128

/* Open descriptors of executables and what each may decide. */
struct roles {
	size_t count;
	struct {
		int fd;
		uint32_t role; /* enum exe_role; a supervisor's ci system << 8 */
	} exes[ROLES_MAX];
};

/*
 * Opens the well-known executables and those of the options that exist, are regular, belong to
 * root and can be written by nobody else. What is missing is skipped; what is unsafe is logged. A
 * CI supervisor that is not root's alone, or that everybody can execute in any unit, is taken too, and
 * marked (CI_WEAK).
 */
void roles_find(struct roles *r, const struct kernel_options *opt);
void roles_close(struct roles *r);

#endif
