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

#define INDEX_SLOTS  32768u /* a power of two */
#define INDEX_PROBES 8
#define BATCH	     1024u

/* Where a record lies: position in the endless stream of remembered bytes. 0 = nothing. */
struct place {
	uint64_t hash;
	uint64_t pos;
};

struct fold {
	const struct fold_kind *kind;
	int outer_fd, windows[2];
	unsigned active;
	/* the thread that swaps: what it reads and writes is handed over by the two semaphores */
	pthread_t swapper;
	sem_t wanted, done;
	bool started, swapping, stop;
	int swap_err;
	uint64_t head; /* next position in memory; starts at its size so that 0 is never one */
	uint8_t *memory;
	struct place *index;
	uint8_t *keys, *counts; /* BATCH of each */
	uint64_t token[16];	/* where the next batch begins: as large as a key */
	union {
		struct record_header head;
		uint8_t bytes[EVENT_RECORD_MAX];
	} out;
};

static void *run_swaps(void *arg)
{
	struct fold *f = arg;
	uint32_t zero = 0;

	for (;;) {
		while (sem_wait(&f->wanted) < 0)
			; /* interrupted */
		if (f->stop)
			return NULL;
		f->swap_err =
			bpf_map_update_elem(f->outer_fd, &zero, &f->windows[!f->active], BPF_ANY)
				? -errno
				: 0;
		sem_post(&f->done);
	}
}

/* Signals are the main thread's. */
static int start_swapper(struct fold *f)
{
	sigset_t all, before;
	int r;

	sem_init(&f->wanted, 0, 0);
	sem_init(&f->done, 0, 0);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(&f->swapper, NULL, run_swaps, f);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	f->started = r == 0;
	if (f->started)
		pthread_setname_np(f->swapper, "fold");
	return r;
}

int fold_open(struct fold **out, const struct fold_kind *kind, int outer_fd, int a_fd, int b_fd)
{
	struct fold *f = calloc(1, sizeof(*f));
	uint32_t zero = 0;
	int err = 0;

	if (!f)
		return -ENOMEM;
	*f = (struct fold){.kind = kind, .outer_fd = outer_fd, .windows = {a_fd, b_fd}};
	f->head = kind->memory_bytes;
	f->memory = malloc(kind->memory_bytes);
	f->index = calloc(INDEX_SLOTS, sizeof(*f->index));
	f->keys = malloc(BATCH * kind->key_size);
	f->counts = malloc(BATCH * kind->count_size);
	if (!f->memory || !f->index || !f->keys || !f->counts)
		err = -ENOMEM;
	else if (bpf_map_update_elem(outer_fd, &zero, &a_fd, BPF_ANY))
		err = -errno;
	else
		err = start_swapper(f);
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
		sem_destroy(&f->done);
	}
	free(f->memory);
	free(f->index);
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
	size_t size = f->kind->memory_bytes;

	if (!pos || pos + size < f->head)
		return NULL;
	return (const struct record_header *)(const void *)(f->memory + (pos & (size - 1)));
}

static struct place *find_place(struct fold *f, uint64_t hash)
{
	struct place *oldest = NULL;

	for (unsigned i = 0; i < INDEX_PROBES; i++) {
		struct place *p = &f->index[(hash + i) & (INDEX_SLOTS - 1)];

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
	size_t mask = f->kind->memory_bytes - 1;
	uint64_t hash;

	if (size > EVENT_RECORD_MAX || !f->kind->is_first(h, size))
		return;
	if ((f->head & mask) + size > f->kind->memory_bytes)
		f->head = (f->head | mask) + 1;
	memcpy(f->memory + (f->head & mask), record, size);
	hash = name_hash(h->seq, h->cpu);
	*find_place(f, hash) = (struct place){.hash = hash, .pos = f->head};
	f->head += (size + 7) & ~(size_t)7;
}

static const struct record_header *recall(struct fold *f, const struct fold_count *n)
{
	uint64_t hash = name_hash(n->seq, n->cpu);
	const struct place *p = find_place(f, hash);
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
		r = wait ? sem_wait(&f->done) : sem_trywait(&f->done);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return 0;
	f->swapping = false;
	if (f->swap_err)
		return f->swap_err;
	f->active = !f->active;
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

int fold_flush(struct fold *f, source_record_fn fn, void *ctx)
{
	int fd = f->windows[!f->active], total = 0, err = 0;
	bool more = false;

	while (!err) {
		uint32_t n = BATCH;

		if (bpf_map_lookup_and_delete_batch(fd, more ? f->token : NULL, f->token, f->keys,
						    f->counts, &n, NULL)) {
			err = -errno;
			if (err != -ENOENT)
				n = 0;
		}
		more = true;
		for (uint32_t i = 0; i < n; i++) {
			const struct fold_count *one =
				(const void *)(f->counts + i * f->kind->count_size);

			if (!one->count)
				continue;
			flush_one(f, f->keys + i * f->kind->key_size, one, fn, ctx);
			total++;
		}
	}
	return err == -ENOENT ? total : err;
}
