// SPDX-License-Identifier: Apache-2.0
/* fold.c: see fold.h. */
#include "collect/fold.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/hash.h"

#define MEMORY_MASK  (FOLD_MEMORY_BYTES - 1)
#define INDEX_PROBES 8
#define BATCH	     1024u

struct fold {
	const struct fold_kind *kind;
	int outer_fd, windows[2];
	struct fold_memory *memory;
	uint64_t done; /* counts of the window before that are out */
	bool flushed;  /* and those are all */
	/* the thread that swaps: what it reads and writes is handed over by the two semaphores */
	pthread_t swapper;
	sem_t wanted, swapped;
	bool started, swapping, stop;
	int swap_err;
	uint8_t *keys, *counts; /* BATCH of each */
	uint64_t token[16];	/* where the next batch begins: as large as a key */
	union {
		struct record_header head;
		uint8_t bytes[EVENT_RECORD_MAX];
	} out;
};

static uint32_t map_id(int fd)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}

/*
 * An earlier daemon may have been killed between the swap and its note of it: the kernel knows which
 * window is in use.
 */
static int find_window(struct fold *f)
{
	uint32_t zero = 0, id = 0;

	if (f->memory->head < FOLD_MEMORY_BYTES) /* so that 0 is never a position */
		f->memory->head = FOLD_MEMORY_BYTES;
	if (bpf_map_lookup_elem(f->outer_fd, &zero, &id) == 0) {
		if (id == map_id(f->windows[!(f->memory->window & 1)]))
			f->memory->window++;
		return 0;
	}
	f->memory->window = 1;
	return bpf_map_update_elem(f->outer_fd, &zero, &f->windows[1], BPF_ANY) ? -errno : 0;
}

static int window_before(const struct fold *f)
{
	return f->windows[!(f->memory->window & 1)];
}

/* Reads (and takes away) at most BATCH counts of the window before. 0, -ENOENT at the end, -errno. */
static int read_batch(struct fold *f, bool take, bool more, uint32_t *n)
{
	int fd = window_before(f), err;
	void *from = more ? f->token : NULL;

	*n = BATCH;
	err = take ? bpf_map_lookup_and_delete_batch(fd, from, f->token, f->keys, f->counts, n,
						     NULL)
		   : bpf_map_lookup_batch(fd, from, f->token, f->keys, f->counts, n, NULL);
	err = err ? -errno : 0;
	if (err && err != -ENOENT)
		*n = 0;
	return err;
}

static int empty(struct fold *f)
{
	uint32_t n;
	int err = 0;

	for (bool more = false; !err; more = true)
		err = read_batch(f, true, more, &n);
	return err == -ENOENT ? 0 : err;
}

/* The kernel waits until no program uses the old window. */
static int swap(struct fold *f)
{
	int err = empty(f), fd = window_before(f);
	uint32_t zero = 0;

	if (err)
		return err;
	return bpf_map_update_elem(f->outer_fd, &zero, &fd, BPF_ANY) ? -errno : 0;
}

static void *run_swaps(void *arg)
{
	struct fold *f = arg;

	for (;;) {
		while (sem_wait(&f->wanted) < 0)
			; /* interrupted */
		if (f->stop)
			return NULL;
		f->swap_err = swap(f);
		sem_post(&f->swapped);
	}
}

/* Signals are the main thread's. */
static int start_swapper(struct fold *f)
{
	sigset_t all, before;
	int r;

	sem_init(&f->wanted, 0, 0);
	sem_init(&f->swapped, 0, 0);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(&f->swapper, NULL, run_swaps, f);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	f->started = r == 0;
	if (f->started)
		pthread_setname_np(f->swapper, "fold");
	return r;
}

int fold_open(struct fold **out, const struct fold_kind *kind, int outer_fd, int a_fd, int b_fd,
	      struct fold_memory *memory, const struct fold_mark *mark)
{
	struct fold *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return -ENOMEM;
	*f = (struct fold){
		.kind = kind, .outer_fd = outer_fd, .windows = {a_fd, b_fd}, .memory = memory};
	f->keys = malloc(BATCH * kind->key_size);
	f->counts = malloc(BATCH * kind->count_size);
	err = f->keys && f->counts ? find_window(f) : -ENOMEM;
	if (!err) {
		f->done = mark->window == memory->window - 1 ? mark->counts : 0;
		err = start_swapper(f);
	}
	if (err)
		fold_close(f);
	else
		*out = f;
	return err;
}

void fold_close(struct fold *f)
{
	if (!f)
		return;
	if (f->started) {
		f->stop = true;
		sem_post(&f->wanted);
		pthread_join(f->swapper, NULL);
		sem_destroy(&f->wanted);
		sem_destroy(&f->swapped);
	}
	free(f->keys);
	free(f->counts);
	free(f);
}

/* A record is known by its CPU and number there: an inode may have been another file since. */
static uint64_t name_hash(uint64_t seq, uint32_t cpu)
{
	uint64_t h = hash_u64(seq ^ ((uint64_t)cpu << 48));

	return h ? h : 1;
}

/* The remembered record at pos, unless newer ones have overwritten it. */
static const struct record_header *record_at(const struct fold *f, uint64_t pos)
{
	if (!pos || pos + FOLD_MEMORY_BYTES < f->memory->head)
		return NULL;
	return (const void *)(f->memory->data + (pos & MEMORY_MASK));
}

static struct fold_place *find_place(struct fold *f, uint64_t hash)
{
	struct fold_place *oldest = NULL;

	for (unsigned i = 0; i < INDEX_PROBES; i++) {
		struct fold_place *p = &f->memory->index[(hash + i) & (FOLD_INDEX_SLOTS - 1)];

		if (p->hash == hash)
			return p;
		if (!oldest || p->pos < oldest->pos)
			oldest = p;
	}
	return oldest;
}

void fold_remember(struct fold *f, const void *record, size_t size)
{
	const struct record_header *h = record;
	uint64_t hash, pos = f->memory->head;

	if (size > EVENT_RECORD_MAX || !f->kind->is_first(h, size))
		return;
	if ((pos & MEMORY_MASK) + size > FOLD_MEMORY_BYTES)
		pos = (pos | MEMORY_MASK) + 1;
	/* first, so that nobody finds what is written over here, whenever we are killed */
	f->memory->head = pos + ((size + 7) & ~(size_t)7);
	memcpy(f->memory->data + (pos & MEMORY_MASK), record, size);
	hash = name_hash(h->seq, h->cpu);
	*find_place(f, hash) = (struct fold_place){.hash = hash, .pos = pos};
}

static const struct record_header *recall(struct fold *f, const struct fold_count *n)
{
	uint64_t hash = name_hash(n->seq, n->cpu);
	const struct fold_place *p = find_place(f, hash);
	const struct record_header *h = p->hash == hash ? record_at(f, p->pos) : NULL;

	return h && h->seq == n->seq && h->cpu == n->cpu ? h : NULL;
}

bool fold_swap(struct fold *f)
{
	if (f->swapping)
		return false;
	f->swapping = true;
	sem_post(&f->wanted);
	return true;
}

int fold_swapped(struct fold *f, bool wait)
{
	int r;

	if (!f->swapping)
		return 0;
	do
		r = wait ? sem_wait(&f->swapped) : sem_trywait(&f->swapped);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return 0;
	f->swapping = false;
	if (f->swap_err)
		return f->swap_err;
	f->memory->window++;
	f->done = 0;
	f->flushed = false;
	return 1;
}

static void flush_one(struct fold *f, const void *key, const struct fold_count *n,
		      source_record_fn fn, void *ctx)
{
	size_t size = f->kind->make(f->out.bytes, recall(f, n), key, n);

	f->out.head.size = (uint32_t)size;
	f->out.head.flags |= RECORD_FOLDED;
	f->out.head.seq = 0;
	f->out.head.boot_ns = n->last_ns;
	fn(ctx, f->out.bytes, size);
}

/* The order of the kernel's walk stays the same as long as nobody changes the window. */
int fold_flush(struct fold *f, source_record_fn fn, void *ctx)
{
	uint64_t at = 0, before = f->done;
	uint32_t n;
	int err = 0;

	for (bool more = false; !err; more = true) {
		err = read_batch(f, false, more, &n);
		for (uint32_t i = 0; i < n; i++) {
			const struct fold_count *one =
				(const void *)(f->counts + i * f->kind->count_size);

			if (!one->count || at++ < before)
				continue;
			f->done = at;
			flush_one(f, f->keys + i * f->kind->key_size, one, fn, ctx);
		}
	}
	f->flushed = err == -ENOENT;
	return f->flushed ? (int)(f->done - before) : err;
}

void fold_progress(const struct fold *f, struct fold_mark *out)
{
	*out = (struct fold_mark){f->memory->window - 1, f->done};
}

bool fold_is_flushed(const struct fold *f)
{
	return f->flushed || f->swapping;
}
