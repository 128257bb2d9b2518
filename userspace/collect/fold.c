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

#define MEMORY_BYTES (4u << 20) /* of remembered records, a power of two */
#define INDEX_SLOTS  32768u	/* a power of two */
#define INDEX_PROBES 8
#define BATCH	     1024u

/* As in bpf/maps.bpf.h: that header is for the programs only. */
struct fold_key {
	uint64_t boundary;
	uint64_t inode;
	uint32_t dev;
	uint32_t generation;
	uint32_t kind;
	uint32_t pad0;
};
struct fold_count {
	uint64_t count;
	uint64_t seq;
	uint64_t first_ns;
	uint64_t last_ns;
	uint32_t cpu;
	uint32_t pad0;
};

/* Where a record lies: position in the endless stream of remembered bytes. 0 = nothing. */
struct place {
	uint64_t hash;
	uint64_t pos;
};

struct fold {
	int outer_fd, windows[2];
	unsigned active;
	/* the thread that swaps: what it reads and writes is handed over by the two semaphores */
	pthread_t swapper;
	sem_t wanted, done;
	bool swapping, stop;
	int swap_err;
	uint64_t head; /* next position in memory; starts at MEMORY_BYTES so that 0 is never one */
	uint8_t *memory;
	struct place *index;
	struct fold_key keys[BATCH];
	struct fold_count counts[BATCH];
	union {
		struct record_file head;
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
	if (r == 0)
		pthread_setname_np(f->swapper, "fold");
	return r;
}

int fold_open(struct fold **out, int outer_fd, int a_fd, int b_fd)
{
	_cleanup_free_ struct fold *f = calloc(1, sizeof(*f));
	_cleanup_free_ uint8_t *memory = malloc(MEMORY_BYTES);
	_cleanup_free_ struct place *index = calloc(INDEX_SLOTS, sizeof(*index));
	uint32_t zero = 0;
	int r;

	if (!f || !memory || !index)
		return -ENOMEM;
	if (bpf_map_update_elem(outer_fd, &zero, &a_fd, BPF_ANY))
		return -errno;
	f->outer_fd = outer_fd;
	f->windows[0] = a_fd;
	f->windows[1] = b_fd;
	f->head = MEMORY_BYTES;
	r = start_swapper(f);
	if (r)
		return r;
	f->memory = TAKE_PTR(memory);
	f->index = TAKE_PTR(index);
	*out = TAKE_PTR(f);
	return 0;
}

void fold_close(struct fold *f)
{
	if (!f)
		return;
	f->stop = true;
	sem_post(&f->wanted);
	pthread_join(f->swapper, NULL);
	sem_destroy(&f->wanted);
	sem_destroy(&f->done);
	free(f->memory);
	free(f->index);
	free(f);
}

/* A record is known by its CPU and number there: an inode may have been another file since. */
static uint64_t name_hash(uint64_t seq, uint32_t cpu)
{
	uint64_t h = hash_u64(seq ^ ((uint64_t)cpu << 48));

	return h ? h : 1;
}

/* The remembered record at pos, unless newer ones have overwritten it. */
static const struct record_file *record_at(const struct fold *f, uint64_t pos)
{
	if (!pos || pos + MEMORY_BYTES < f->head)
		return NULL;
	return (const struct record_file *)(const void *)(f->memory + (pos & (MEMORY_BYTES - 1)));
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
	const struct record_file *r = record;
	uint64_t hash;

	if (size < sizeof(*r) || size > EVENT_RECORD_MAX || r->op != FILE_OP_OPEN ||
	    r->result != 0 || r->header.kind < RECORD_FILE_READ ||
	    r->header.kind > RECORD_FILE_WRITE)
		return;
	if ((f->head & (MEMORY_BYTES - 1)) + size > MEMORY_BYTES)
		f->head = (f->head | (MEMORY_BYTES - 1)) + 1;
	memcpy(f->memory + (f->head & (MEMORY_BYTES - 1)), record, size);
	hash = name_hash(r->header.seq, r->header.cpu);
	*find_place(f, hash) = (struct place){.hash = hash, .pos = f->head};
	f->head += (size + 7) & ~(size_t)7;
}

static const struct record_file *recall(struct fold *f, const struct fold_count *n)
{
	uint64_t hash = name_hash(n->seq, n->cpu);
	const struct place *p = find_place(f, hash);
	const struct record_file *r = p->hash == hash ? record_at(f, p->pos) : NULL;

	return r && r->header.seq == n->seq && r->header.cpu == n->cpu ? r : NULL;
}

void fold_swap(struct fold *f)
{
	if (f->swapping)
		return;
	f->swapping = true;
	sem_post(&f->wanted);
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

static void flush_one(struct fold *f, const struct fold_key *key, const struct fold_count *n,
		      source_record_fn fn, void *ctx)
{
	const struct record_file *first = recall(f, n);
	struct record_file *r = &f->out.head;
	size_t size = sizeof(*r);

	if (first) {
		size = first->header.size;
		memcpy(f->out.bytes, first, size);
	} else {
		memset(r, 0, sizeof(*r));
		r->task.boundary = key->boundary;
		r->task.login_uid = r->task.session_id = UINT32_MAX;
		r->dev = key->dev;
		r->inode = key->inode;
		r->op = FILE_OP_OPEN;
		r->new_uid = r->new_gid = UINT32_MAX;
	}
	r->header.size = (uint32_t)size;
	r->header.kind = (uint16_t)key->kind;
	r->header.flags |= RECORD_FOLDED;
	r->header.seq = 0;
	r->header.boot_ns = n->last_ns;
	r->count = n->count;
	r->first_ns = n->count > 1 ? n->first_ns : 0;
	r->last_ns = n->count > 1 ? n->last_ns : 0;
	fn(ctx, f->out.bytes, size);
}

int fold_flush(struct fold *f, source_record_fn fn, void *ctx)
{
	int fd = f->windows[!f->active], total = 0, err = 0;
	struct fold_key token;
	bool more = false;

	while (!err) {
		uint32_t n = BATCH;

		if (bpf_map_lookup_and_delete_batch(fd, more ? &token : NULL, &token, f->keys,
						    f->counts, &n, NULL)) {
			err = -errno;
			if (err != -ENOENT)
				n = 0;
		}
		more = true;
		for (uint32_t i = 0; i < n; i++) {
			if (!f->counts[i].count)
				continue;
			flush_one(f, &f->keys[i], &f->counts[i], fn, ctx);
			total++;
		}
	}
	return err == -ENOENT ? total : err;
}
