/* SPDX-License-Identifier: Apache-2.0 */
/* supervisors: see the header. */
#include "identity/supervisors.h"

#include "base/glob.h"
#include "bpf/event.h"

bool supervisor_is_misplaced(const struct identity_table *t, struct str cgroup, uint32_t ci_system)
{
	struct cgroup_name place;
	bool named = false;

	cgroup_name_parse(&place, cgroup);
	for (const char *const *p = t->ci_supervisors; p && *p; p++) {
		struct str row = str_sub(str_of(*p), 0, (uint32_t)strcspn(*p, "="));
		int64_t at = str_index(row, 0, '@');
		struct str name = str_sub(row, 0, at < 0 ? row.n : (uint32_t)at);

		if (identity_ci_system(name) != (ci_system & ~CI_WEAK))
			continue;
		if (at < 0 || (place.unit.p &&
			       glob_match_word(str_sub(row, (uint32_t)at + 1, row.n), place.unit)))
			return false;
		named = true;
	}
	return named;
}

bool supervisor_asked(const struct identity_table *t, const struct request *r,
		      const struct identity *id, const struct process *p)
{
	uint32_t system = r->ci_system & ~CI_WEAK;

	if (r->role != ROLE_CI_SUPERVISOR || r->task_flags & TASK_IN_JOB ||
	    id->flags & ID_BOUNDARY_LOST)
		return false;
	if (str_is(id->kind, "human") || str_is(id->kind, "cron") || str_is(id->kind, "at") ||
	    str_is(id->kind, "ci"))
		return false;
	if (p && p->exec_seen && !(p->supervises >> system & 1))
		return false;
	return !supervisor_is_misplaced(t, id->cgroup, system);
}
