/* SPDX-License-Identifier: Apache-2.0 */
/* processes: see the header. All memory is taken at the start. */
#include "identity/processes.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"

int processes_init(struct processes *t, size_t max)
{
	size_t buckets = 64;

	while (buckets < max)
		buckets *= 2;
	*t = (struct processes){.max = max, .mask = buckets - 1};
	list_init(&t->live);
	list_init(&t->exited);
	list_init(&t->unused);
	t->slots = calloc(max, sizeof(struct process));
	t->buckets = calloc(buckets, sizeof(struct process *));
	if (!t->slots || !t->buckets) {
		processes_release(t);
		return -ENOMEM;
	}
	return 0;
}

void processes_release(struct processes *t)
{
	free(t->slots);
	free(t->buckets);
	t->slots = NULL;
	t->buckets = NULL;
}

static struct process **bucket(const struct processes *t, uint32_t pid)
{
	return &t->buckets[hash_u64(pid) & t->mask];
}

struct process *processes_find(const struct processes *t, uint32_t pid, uint64_t start_ns)
{
	for (struct process *p = *bucket(t, pid); p; p = p->hash_next)
		if (p->pid == pid && p->start_ns == start_ns)
			return p;
	return NULL;
}

struct process *processes_newest(const struct processes *t, uint32_t pid)
{
	struct process *newest = NULL;

	for (struct process *p = *bucket(t, pid); p; p = p->hash_next)
		if (p->pid == pid && (!newest || p->start_ns > newest->start_ns))
			newest = p;
	return newest;
}

struct process *processes_victim(const struct processes *t)
{
	if (t->count < t->max)
		return NULL;
	if (!list_empty(&t->exited))
		return LINK_OWNER(t->exited.next, struct process, order);
	return LINK_OWNER(t->live.next, struct process, order);
}

/* Slots are touched for the first time in order, so that a quiet host never pays for the whole table. */
static struct process *unused_slot(struct processes *t)
{
	struct process *p;

	if (list_empty(&t->unused))
		return &t->slots[t->count];
	p = LINK_OWNER(t->unused.next, struct process, order);
	list_remove(&p->order);
	return p;
}

struct process *processes_add(struct processes *t, uint32_t pid, uint64_t start_ns)
{
	struct process *p = unused_slot(t);
	struct process **head = bucket(t, pid);

	*p = (struct process){
		.pid = pid,
		.start_ns = start_ns,
		.alive = true,
		.hash_next = *head,
	};
	*head = p;
	list_add_tail(&t->live, &p->order);
	t->count++;
	return p;
}

void processes_remove(struct processes *t, struct process *p)
{
	struct process **at = bucket(t, p->pid);

	while (*at != p)
		at = &(*at)->hash_next;
	*at = p->hash_next;
	list_remove(&p->order);
	list_add_tail(&t->unused, &p->order);
	t->count--;
}

void processes_heard(struct processes *t, struct process *p)
{
	if (!p->alive)
		return;
	list_remove(&p->order);
	list_add_tail(&t->live, &p->order);
}

void processes_revived(struct processes *t, struct process *p)
{
	p->alive = true;
	list_remove(&p->order);
	list_add_tail(&t->live, &p->order);
}

void processes_exited(struct processes *t, struct process *p)
{
	if (!p->alive)
		return;
	p->alive = false;
	list_remove(&p->order);
	list_add_tail(&t->exited, &p->order);
}

/* What is said of another process: as it was at that time. */
static struct process_ref ref_of(const struct processes *t, uint32_t pid, uint64_t start_ns,
				 uint64_t boot_ns, const struct process **found)
{
	const struct process *p = pid ? processes_find(t, pid, start_ns) : NULL;
	bool known = p && boot_ns >= p->exe_boot_ns;

	*found = p;
	return (struct process_ref){pid, start_ns, known ? interned_str(p->exe) : STR_NONE};
}

void processes_fill_ancestors(const struct processes *t, const struct process *p, uint64_t boot_ns,
			      struct event_who *who, uint32_t max)
{
	while (p && p->parent_pid && who->ancestor_count < max) {
		const struct process *parent;

		who->ancestors[who->ancestor_count++] =
			ref_of(t, p->parent_pid, p->parent_start_ns, boot_ns, &parent);
		p = parent == p ? NULL : parent;
	}
}
