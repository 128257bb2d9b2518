/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writers: a hash table of files by device, inode and generation, with the least recently used one
 * going first. Bounded; allocates nothing but names that it has not met.
 */
#include "identity/writers_table.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/hash.h"

#define NAMES_MAX      4096
#define NAME_BYTES_MAX (1u << 20)
#define CLOCK_STEP_NS  5000000
/* So late may what a ring was asked for be done, at the most, when its result is not told. */
#define UNTOLD_NS      6000000000ll

int writers_init(struct writers *w, uint32_t files_max)
{
	uint32_t buckets = 1;

	while (buckets < files_max)
		buckets *= 2;
	*w = (struct writers){.max = files_max, .mask = buckets - 1};
	w->files = calloc(files_max + 1ull, sizeof(*w->files));
	w->buckets = calloc(buckets, sizeof(*w->buckets));
	if (!w->files || !w->buckets)
		return -ENOMEM;
	return interns_init(&w->names, NAMES_MAX, NAME_BYTES_MAX);
}

void writers_release(struct writers *w)
{
	free(w->files);
	free(w->buckets);
	interns_release(&w->names);
}

/* --- the table */

static uint32_t *bucket_of(const struct writers *w, uint64_t dev, uint64_t inode)
{
	return &w->buckets[(uint32_t)hash_u64(inode ^ hash_u64(dev)) & w->mask];
}

static void unlink_use(struct writers *w, uint32_t at)
{
	struct written *f = &w->files[at];

	w->files[f->prev].next = f->next;
	w->files[f->next].prev = f->prev;
}

static void link_latest(struct writers *w, uint32_t at)
{
	struct written *f = &w->files[at];

	f->prev = 0;
	f->next = w->files[0].next;
	w->files[f->next].prev = at;
	w->files[0].next = at;
}

static void forget_names(struct writers *w, struct written *f)
{
	for (unsigned i = 0; i < f->count; i++)
		interns_drop(&w->names, f->who[i]);
	interns_drop(&w->names, f->before);
	f->before = NULL;
	f->count = 0;
}

static void unlink_hash(struct writers *w, uint32_t at)
{
	uint32_t *p = bucket_of(w, w->files[at].dev, w->files[at].inode);

	while (*p != at)
		p = &w->files[*p].hash_next;
	*p = w->files[at].hash_next;
}

struct written *writers_file(const struct writers *w, uint64_t dev, uint64_t inode,
			     uint32_t generation)
{
	uint32_t at = *bucket_of(w, dev, inode);

	for (; at; at = w->files[at].hash_next) {
		struct written *f = &w->files[at];

		if (f->inode == inode && f->dev == dev && f->generation == generation)
			return f;
	}
	return NULL;
}

/* A place for a new file: one that was never used, else that of the file used least recently. */
static struct written *add(struct writers *w, uint64_t dev, uint64_t inode, uint32_t generation)
{
	uint32_t at = w->files[0].prev, *bucket = bucket_of(w, dev, inode);

	if (w->count < w->max) {
		at = ++w->count;
	} else {
		unlink_use(w, at);
		unlink_hash(w, at);
		forget_names(w, &w->files[at]);
		w->evicted++;
	}
	w->files[at] = (struct written){
		.dev = dev, .inode = inode, .generation = generation, .hash_next = *bucket};
	*bucket = at;
	link_latest(w, at);
	return &w->files[at];
}

static void forget_all(struct writers *w)
{
	for (uint32_t at = 1; at <= w->count; at++)
		forget_names(w, &w->files[at]);
	memset(w->buckets, 0, (w->mask + 1ull) * sizeof(*w->buckets));
	memset(&w->files[0], 0, sizeof(w->files[0]));
	w->count = 0;
}

/* --- learning */

/* The two clocks part only when somebody sets the wall clock. */
static void look_after_clock(struct writers *w, const struct event_what *what)
{
	int64_t offset = what->wall_ns - (int64_t)what->boot_ns, step = offset - w->wall_offset_ns;

	if (step < CLOCK_STEP_NS && step > -CLOCK_STEP_NS)
		return;
	forget_all(w);
	w->wall_offset_ns = offset;
}

/* who comes last in the file's list; an earlier mention goes. */
static void add_name(struct writers *w, struct written *f, struct str who)
{
	struct interned *name = interns_take(&w->names, who);
	unsigned i = 0;

	while (i < f->count && f->who[i] != name)
		i++;
	if (!name || (i == f->count && f->count == WRITERS_MAX)) {
		interns_drop(&w->names, name);
		f->unknown = true;
		return;
	}
	if (i < f->count) {
		interns_drop(&w->names, name); /* the list has its own reference */
		memmove(&f->who[i], &f->who[i + 1], (f->count - i - 1u) * sizeof(*f->who));
		f->count--;
	}
	f->who[f->count++] = name;
}

/* From here on it is only who opens it now; changed: and what was there before is gone. */
static void begin(struct writers *w, struct written *f, const struct event_what *what,
		  struct str who, bool changed)
{
	bool one = f->count == 1 && !f->unknown;

	if (!changed && one && str_equal(interned_str(f->who[0]), who))
		return; /* the same one again */
	if (!changed && one) {
		struct interned *before = interns_share(f->who[0]);
		int64_t since = f->since_wall_ns;

		forget_names(w, f);
		f->before = before;
		f->before_wall_ns = since;
		f->before_unknown = false;
	} else {
		f->before_unknown = !changed && (f->count || f->unknown);
		forget_names(w, f);
	}
	f->unknown = false;
	f->changed = changed;
	f->since_wall_ns = what->wall_ns;
	f->since_ctime_ns = what->file.ctime_ns;
}

static bool list_has(struct str list, const char *word)
{
	size_t n = strlen(word);
	const char *at = list.n ? memmem(list.p, list.n, word, n) : NULL;

	return at && (at == list.p || at[-1] == ',') && (at + n == list.p + list.n || at[n] == ',');
}

static void learn_open(struct writers *w, const struct event_what *what, struct str who)
{
	bool made = what->type == EVENT_FILE_CREATE;
	/* without a name it may be held in ways that the kernel does not count, as a memfd is */
	bool shared = what->file.other_writers || (what->file.deleted && !made);
	struct written *f =
		writers_file(w, what->file.dev, what->file.inode, what->file.generation);

	if (!f) {
		f = add(w, what->file.dev, what->file.inode, what->file.generation);
		f->since_wall_ns = what->wall_ns;
		f->since_ctime_ns = what->file.ctime_ns;
		f->unknown = shared;
	} else {
		uint32_t at = (uint32_t)(f - w->files);

		unlink_use(w, at);
		link_latest(w, at);
	}
	if (made || !shared)
		begin(w, f, what, who, made || list_has(what->file.flags, "trunc"));
	f->unknown |= made && shared;
	add_name(w, f, who);
	f->last_wall_ns = what->wall_ns;
}

/* Through a descriptor that somebody has open already, perhaps another one than who. */
static void learn_truncate(struct writers *w, const struct event_what *what, struct str who)
{
	struct written *f =
		writers_file(w, what->file.dev, what->file.inode, what->file.generation);

	if (!f)
		return;
	add_name(w, f, who);
	f->last_wall_ns = what->wall_ns;
}

void writers_learn(struct writers *w, const struct event_what *what, struct str who)
{
	bool opened = str_is(what->file.op, "open") || str_is(what->file.op, "memfd");

	if ((what->outcome != OUTCOME_OK && what->outcome != OUTCOME_NONE) || !who.p ||
	    (what->type != EVENT_FILE_WRITE && what->type != EVENT_FILE_CREATE))
		return;
	look_after_clock(w, what);
	if (what->outcome == OUTCOME_NONE) {
		if (opened)
			writers_missed(w, what->wall_ns, what->wall_ns + UNTOLD_NS);
		return;
	}
	/* Repeated opens come late, and only of who was the last when they were made. */
	if (what->folded)
		return;
	if (opened && what->file.inode == 0) /* its descriptor was gone before it was looked at */
		writers_missed(w, what->wall_ns, what->wall_ns);
	else if ((what->file.mode & S_IFMT) != S_IFREG)
		return;
	else if (opened)
		learn_open(w, what, who);
	else if (str_is(what->file.op, "truncate") && what->file.inode)
		learn_truncate(w, what, who);
}

/* The last one may have grown over those before it. */
static void join_blinds(struct writers *w)
{
	while (w->blind_count > 1) {
		struct blind *last = &w->blinds[w->blind_count - 1], *before = last - 1;

		if (before->to_wall_ns < last->from_wall_ns)
			return;
		if (last->from_wall_ns < before->from_wall_ns)
			before->from_wall_ns = last->from_wall_ns;
		before->to_wall_ns = last->to_wall_ns;
		w->blind_count--;
	}
}

void writers_missed(struct writers *w, int64_t from_wall_ns, int64_t to_wall_ns)
{
	struct blind *last = w->blind_count ? &w->blinds[w->blind_count - 1] : NULL;

	if (last && from_wall_ns <= last->to_wall_ns) {
		if (to_wall_ns > last->to_wall_ns)
			last->to_wall_ns = to_wall_ns;
		if (from_wall_ns < last->from_wall_ns)
			last->from_wall_ns = from_wall_ns;
		join_blinds(w);
		return;
	}
	if (w->blind_count == BLINDS_MAX) {
		w->blinds[1].from_wall_ns = w->blinds[0].from_wall_ns;
		memmove(&w->blinds[0], &w->blinds[1], (BLINDS_MAX - 1) * sizeof(*w->blinds));
		w->blind_count--;
	}
	w->blinds[w->blind_count++] = (struct blind){from_wall_ns, to_wall_ns};
}

/* --- taking over */

/* Behind all that is there; NULL = there is no room. */
static struct written *add_oldest(struct writers *w, const struct written *like)
{
	uint32_t *bucket = bucket_of(w, like->dev, like->inode), at = w->count + 1, last;

	if (w->count == w->max)
		return NULL;
	w->count = at;
	last = w->files[0].prev;
	w->files[at] = *like;
	w->files[at].hash_next = *bucket;
	w->files[at].prev = last;
	w->files[at].next = 0;
	w->files[last].next = at;
	w->files[0].prev = at;
	*bucket = at;
	return &w->files[at];
}

static struct interned *own_name(struct writers *w, const struct interned *name, bool *missing)
{
	struct interned *own = name ? interns_take(&w->names, interned_str(name)) : NULL;

	*missing |= name && !own;
	return own;
}

static bool take_file(struct writers *w, const struct written *older)
{
	struct written *f = add_oldest(w, older);

	if (!f)
		return false;
	f->count = 0;
	for (unsigned i = 0; i < older->count; i++) {
		struct interned *name = own_name(w, older->who[i], &f->unknown);

		if (name)
			f->who[f->count++] = name;
	}
	f->before = own_name(w, older->before, &f->before_unknown);
	return true;
}

/* w saw its present writers come to a file that others had written before: here is who. */
static void take_before(struct writers *w, struct written *f, const struct written *older)
{
	if (f->before || f->before_unknown || f->changed || f->unknown)
		return;
	if (older->count == 1 && !older->unknown) {
		f->before = own_name(w, older->who[0], &f->before_unknown);
		f->before_wall_ns = older->since_wall_ns;
	} else {
		f->before_unknown = true;
	}
}

static void take_blinds(struct writers *w, struct writers *older)
{
	struct blind own[BLINDS_MAX];
	unsigned n = w->blind_count;

	memcpy(own, w->blinds, sizeof(own));
	memcpy(w->blinds, older->blinds, sizeof(own));
	w->blind_count = older->blind_count;
	for (unsigned i = 0; i < n; i++)
		writers_missed(w, own[i].from_wall_ns, own[i].to_wall_ns);
	older->blind_count = 0;
}

/* There is no room: these are the ones used least recently, and forgotten like others of them. */
static bool leave_rest(struct writers *w, const struct writers *older)
{
	for (uint32_t at = older->files[0].next; at; at = older->files[at].next)
		w->evicted++;
	return false;
}

bool writers_take(struct writers *w, struct writers *older, uint32_t max)
{
	int64_t step = older->wall_offset_ns - w->wall_offset_ns;

	if (!w->wall_offset_ns) /* it has met nothing yet */
		w->wall_offset_ns = older->wall_offset_ns;
	else if (step >= CLOCK_STEP_NS || step <= -CLOCK_STEP_NS)
		return false;
	if (older->blind_count)
		take_blinds(w, older);
	for (uint32_t at = older->files[0].next; at && max; at = older->files[0].next, max--) {
		const struct written *o = &older->files[at];
		struct written *f = writers_file(w, o->dev, o->inode, o->generation);

		if (f)
			take_before(w, f, o);
		else if (!take_file(w, o))
			return leave_rest(w, older);
		unlink_use(older, at);
	}
	return older->files[0].next != 0;
}
