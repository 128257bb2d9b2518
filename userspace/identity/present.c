/* SPDX-License-Identifier: Apache-2.0 */
/* present: see the header. */
#include "identity/present.h"

#include "identity/containers.h"
#include "identity/handoffs.h"

/* The end of a job is the exit of its supervisor: what is still there has slipped away. */
static bool is_after_job(const struct identity_table *t, const struct boundary *b, int64_t wall_ns)
{
	const struct boundary *job = b;

	if (!str_is(b->identity.kind, "ci"))
		return false;
	if (b->who_id != b->id)
		job = boundaries_find(&t->boundaries, b->who_id);
	return job && job->ended_wall_ns && wall_ns > job->ended_wall_ns;
}

void boundary_identity(const struct identity_table *t, const struct boundary *b, int64_t wall_ns,
		       struct identity *out)
{
	*out = b->identity;
	if (is_after_job(t, b, wall_ns))
		out->flags |= ID_AFTER_JOB_END;
	containers_outlive(t, b, wall_ns, out);
	if (handoffs_is_shared(t, b))
		out->flags |= ID_HANDOFF;
}

uint64_t boundary_holder(const struct identity_table *t, const struct boundary *b)
{
	const struct boundary *who = boundaries_find(&t->boundaries, b->who_id);

	return who && who->asker ? who->asker : b->who_id;
}
