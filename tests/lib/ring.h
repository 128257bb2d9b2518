/* SPDX-License-Identifier: Apache-2.0 */
/* ring.h: io_uring by its system calls, for tests and actors: one ring, requests, their results. */
#ifndef WHODID_TESTS_LIB_RING_H
#define WHODID_TESTS_LIB_RING_H

#include <linux/io_uring.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RING_ENTRIES	  64
/* newer than the header of Debian 12 */
#define RING_OP_FTRUNCATE 55
#define RING_OP_LISTEN	  57

struct ring {
	int fd;
	unsigned pending, setup;
	struct io_uring_sqe *sqes;
	unsigned *sq_tail, *sq_array, *cq_head, *cq_tail;
	struct io_uring_cqe *cqes;
};

/* Maps a ring that was made so; where and how large its parts are, one like it says. 0 or -1. */
static inline int ring_map(struct ring *r, int fd, unsigned setup)
{
	struct io_uring_params p = {0};
	int like = (int)syscall(SYS_io_uring_setup, RING_ENTRIES, &p);
	char *sq, *cq;

	if (like < 0)
		return -1;
	close(like);
	memset(r, 0, sizeof(*r));
	r->setup = setup;
	r->fd = fd;
	sq = mmap(NULL, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED,
		  r->fd, IORING_OFF_SQ_RING);
	cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe),
		  PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, IORING_OFF_CQ_RING);
	r->sqes = mmap(NULL, p.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
		       MAP_SHARED, r->fd, IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || r->sqes == MAP_FAILED)
		return -1;
	r->sq_tail = (unsigned *)(void *)(sq + p.sq_off.tail);
	r->sq_array = (unsigned *)(void *)(sq + p.sq_off.array);
	r->cq_head = (unsigned *)(void *)(cq + p.cq_off.head);
	r->cq_tail = (unsigned *)(void *)(cq + p.cq_off.tail);
	r->cqes = (struct io_uring_cqe *)(void *)(cq + p.cq_off.cqes);
	return 0;
}

/* setup: IORING_SETUP_*; with ATTACH_WQ to that ring. 0 or -1 with errno. */
static inline int ring_open_at(struct ring *r, unsigned setup, int other)
{
	struct io_uring_params p = {.flags = setup, .wq_fd = (unsigned)other};
	int fd = (int)syscall(SYS_io_uring_setup, RING_ENTRIES, &p);

	r->fd = -1;
	return fd < 0 ? -1 : ring_map(r, fd, setup);
}

static inline int ring_open(struct ring *r, unsigned setup)
{
	return ring_open_at(r, setup, 0);
}

/* The next request, zeroed; not more than RING_ENTRIES between two calls of ring_submit(). */
static inline struct io_uring_sqe *ring_request(struct ring *r, unsigned op)
{
	unsigned i = (*r->sq_tail + r->pending++) % RING_ENTRIES;
	struct io_uring_sqe *sqe = &r->sqes[i];

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = (uint8_t)op;
	r->sq_array[i] = i;
	return sqe;
}

/* Hands the requests over and waits for that many results. 0 or -1. */
static inline int ring_submit(struct ring *r, unsigned wait)
{
	unsigned n = r->pending, flags = wait ? IORING_ENTER_GETEVENTS : 0;

	__atomic_store_n(r->sq_tail, *r->sq_tail + n, __ATOMIC_RELEASE);
	r->pending = 0;
	if (r->setup & IORING_SETUP_SQPOLL) /* also one that is about to sleep */
		flags |= IORING_ENTER_SQ_WAKEUP;
	return syscall(SYS_io_uring_enter, r->fd, n, wait, flags, NULL, 0) < 0 ? -1 : 0;
}

/* The next result into *res; false = there is none. */
static inline int ring_result(struct ring *r, int *res)
{
	unsigned head = *r->cq_head;

	if (head == __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE))
		return 0;
	*res = r->cqes[head % (RING_ENTRIES * 2)].res;
	__atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
	return 1;
}

/* Hands over one request and gives its result. */
static inline int ring_do(struct ring *r)
{
	int res = -1;

	if (ring_submit(r, 1) || !ring_result(r, &res))
		return -1;
	return res;
}

/* Fills the ring with results that nobody takes: the next ones do not fit. 0 or -1. */
static inline int ring_overflow(struct ring *r)
{
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < RING_ENTRIES; i++)
			ring_request(r, IORING_OP_NOP);
		if (ring_submit(r, (unsigned)(round + 1) * RING_ENTRIES))
			return -1;
	}
	return 0;
}

static inline void ring_path(struct io_uring_sqe *sqe, int dirfd, const char *path)
{
	sqe->fd = dirfd;
	sqe->addr = (uintptr_t)path;
}

/* linkat, renameat, symlinkat. */
static inline void ring_paths(struct io_uring_sqe *sqe, int dirfd, const char *path, int dirfd2,
			      const char *path2)
{
	ring_path(sqe, dirfd, path);
	sqe->len = (uint32_t)dirfd2;
	sqe->addr2 = (uintptr_t)path2;
}

static inline void ring_open_file(struct io_uring_sqe *sqe, int dirfd, const char *path,
				  unsigned flags, unsigned mode)
{
	sqe->opcode = IORING_OP_OPENAT;
	ring_path(sqe, dirfd, path);
	sqe->open_flags = flags;
	sqe->len = mode;
}

#endif
