/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writers: a hash table of files by device, inode and generation, with the least recently used one
 * going first. Bounded; allocates nothing but names that it has not met.
 */
#include "identity/writers.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/hash.h"

#define NAMES_MAX	4096
#define NAME_BYTES_MAX	(1u << 20)
#define CLOCK_STEP_NS	5000000
/* A change time is that of the last tick, up to 10 ms ago, and our own wall clock is a reading. */
#define CHANGE_SLACK_NS 20000000

struct written {
	uint64_t dev, inode;
	uint32_t generation;
	uint32_t hash_next, prev, next; /* places in files; 0 = none */
	/* those of whom any can be the last writer, in the order of their last open */
	struct interned *who[WRITERS_MAX];
	struct interned *before; /* the only writer before these, when that is known */
	int64_t since_wall_ns;	 /* first open of those in who, */
	uint64_t since_ctime_ns; /* and the change time that it found */
	int64_t last_wall_ns;
	int64_t before_wall_ns; /* first open of before */
	uint8_t count;
	bool unknown;	     /* there may be others */
	bool changed;	     /* by their first open itself: made or emptied */
	bool before_unknown; /* there were writers before these, and not one alone */
};

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

static struct written *find(const struct writers *w, uint64_t dev, uint64_t inode,
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
	struct written *f = find(w, what->file.dev, what->file.inode, what->file.generation);

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
	struct written *f = find(w, what->file.dev, what->file.inode, what->file.generation);

	if (!f)
		return;
	add_name(w, f, who);
	f->last_wall_ns = what->wall_ns;
}

void writers_learn(struct writers *w, const struct event_what *what, struct str who)
{
	bool opened = str_is(what->file.op, "open") || str_is(what->file.op, "memfd");

	if (what->outcome != OUTCOME_OK || !who.p ||
	    (what->type != EVENT_FILE_WRITE && what->type != EVENT_FILE_CREATE))
		return;
	look_after_clock(w, what);
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

void writers_missed(struct writers *w, int64_t from_wall_ns, int64_t to_wall_ns)
{
	struct blind *last = w->blind_count ? &w->blinds[w->blind_count - 1] : NULL;

	if (last && from_wall_ns <= last->to_wall_ns) {
		if (to_wall_ns > last->to_wall_ns)
			last->to_wall_ns = to_wall_ns;
		if (from_wall_ns < last->from_wall_ns)
			last->from_wall_ns = from_wall_ns;
		return;
	}
	if (w->blind_count == BLINDS_MAX) {
		w->blinds[1].from_wall_ns = w->blinds[0].from_wall_ns;
		memmove(&w->blinds[0], &w->blinds[1], (BLINDS_MAX - 1) * sizeof(*w->blinds));
		w->blind_count--;
	}
	w->blinds[w->blind_count++] = (struct blind){from_wall_ns, to_wall_ns};
}

/* --- asking */

/* Whether a change at ctime may be that of somebody who was missed after since. */
static bool may_be_missed(const struct writers *w, int64_t since, int64_t ctime)
{
	for (unsigned i = 0; i < w->blind_count; i++)
		if (w->blinds[i].to_wall_ns >= since)
			return ctime + CHANGE_SLACK_NS >= w->blinds[i].from_wall_ns;
	return false;
}

static void name(struct written_by *out, const struct interned *who)
{
	for (unsigned i = 0; i < out->count; i++)
		if (str_equal(out->who[i], interned_str(who)))
			return;
	out->who[out->count++] = interned_str(who);
}

/* Whether its present writers have changed it, as far as the change time can tell. */
enum change { CHANGED, UNCHANGED, PERHAPS };

/*
 * With the change time that they found nothing was changed since, unless what they found had been
 * written in the same tick.
 */
static enum change change_of(const struct written *f, int64_t ctime)
{
	if (f->changed || ctime != (int64_t)f->since_ctime_ns)
		return CHANGED;
	return f->since_wall_ns - ctime < CHANGE_SLACK_NS ? PERHAPS : UNCHANGED;
}

static void name_present(const struct written *f, struct written_by *out)
{
	for (unsigned i = f->count; i-- > 0;)
		name(out, f->who[i]);
	out->wall_ns = f->last_wall_ns;
}

void writers_find(struct writers *w, const struct file_state *file, struct written_by *out)
{
	const struct written *f =
		file->inode ? find(w, file->dev, file->inode, file->generation) : NULL;
	int64_t ctime = (int64_t)file->ctime_ns;
	enum change change;

	*out = (struct written_by){.count = 0};
	if (!f)
		return;
	change = change_of(f, ctime);
	if (change != UNCHANGED && (f->unknown || may_be_missed(w, f->since_wall_ns, ctime)))
		return;
	if (change != CHANGED &&
	    (f->before_unknown || (f->before && may_be_missed(w, f->before_wall_ns, ctime))))
		return;
	if (change != UNCHANGED)
		name_present(f, out);
	if (change == CHANGED || !f->before)
		return;
	name(out, f->before);
	if (change == UNCHANGED)
		out->wall_ns = f->before_wall_ns;
}
