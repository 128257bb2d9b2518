/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervisors: private to identity. Whether a pinned executable of a CI system is that system's supervisor:
 * whoever can execute the file can start one, and then speaks for themselves.
 */
#ifndef WHODID_IDENTITY_SUPERVISORS_H
#define WHODID_IDENTITY_SUPERVISORS_H

#include "identity/table.h"

/* The settings name units for all supervisors of that system, and the cgroup is none of these. */
bool supervisor_is_misplaced(const struct identity_table *t, struct str cgroup, uint32_t ci_system);
/*
 * Whether a request to an engine is a supervisor's own: not by a person's or a job's hand, started as one is
 * (p may be NULL: not known), and in its unit. id is who asks.
 */
bool supervisor_asked(const struct identity_table *t, const struct request *r,
		      const struct identity *id, const struct process *p);

#endif
