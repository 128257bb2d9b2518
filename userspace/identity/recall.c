/* SPDX-License-Identifier: Apache-2.0 */
/* recall: who wrote which file before this daemon started, from the events that an earlier one has kept. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "identity/handoffs.h"
#include "identity/identity.h"
#include "identity/table.h"

struct recalled {
	struct writers writers;
};

int recalled_new(struct recalled **out)
{
	_cleanup_(recalled_freep) struct recalled *r = calloc(1, sizeof(*r));

	if (!r || writers_init(&r->writers, WRITTEN_MAX))
		return -ENOMEM;
	*out = TAKE_PTR(r);
	return 0;
}

void recalled_free(struct recalled *r)
{
	if (!r)
		return;
	writers_release(&r->writers);
	free(r);
}

void recalled_freep(struct recalled **r)
{
	recalled_free(*r);
}

void recalled_add(struct recalled *r, const struct event *ev)
{
	writers_learn(&r->writers, &ev->what, ev->who.id.who);
}

void recalled_missed(struct recalled *r, int64_t from_wall_ns, int64_t to_wall_ns)
{
	writers_missed(&r->writers, from_wall_ns, to_wall_ns);
}

void identity_await_recall(struct identity_table *t)
{
	t->recalling = true;
}

bool identity_recall(struct identity_table *t, struct recalled *r, uint32_t max)
{
	t->recalling = writers_take(&t->writers, &r->writers, max);
	return t->recalling;
}

void identity_recall_failed(struct identity_table *t, int64_t from_wall_ns, int64_t to_wall_ns)
{
	t->recalling = false;
	writers_missed(&t->writers, from_wall_ns, to_wall_ns);
}

void identity_absent(struct identity_table *t, int64_t from_wall_ns, int64_t to_wall_ns)
{
	writers_missed(&t->writers, from_wall_ns, to_wall_ns);
	handoffs_missed(t, NULL);
	starts_missed(t, NULL);
}
