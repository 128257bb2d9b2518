// SPDX-License-Identifier: Apache-2.0
/* ring.c: see ring.h. The layout is the kernel's: Documentation/bpf/ringbuf.rst. */
#include "collect/ring.h"

#include "collect/order.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

/* At most so many at once: room in the ring is scarce when records come fast. */
#define DRAIN_RECORDS 512

static uint64_t load_acquire(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static int map_positions(struct ring *r)
{
	void *own = mmap(NULL, r->page, PROT_READ | PROT_WRITE, MAP_SHARED, r->map_fd, 0);
	uint8_t *theirs;

	if (own == MAP_FAILED)
		return -errno;
	r->consumer = own;
	/* The kernel would map it twice in a row: that counts twice in what the daemon seems to use. */
	theirs = mmap(NULL, r->page + r->size, PROT_READ, MAP_SHARED, r->map_fd, (off_t)r->page);
	if (theirs == MAP_FAILED)
		return -errno;
	r->split = malloc(BPF_RINGBUF_HDR_SZ + EVENT_RECORD_MAX);
	r->producer = (const uint64_t *)(const void *)theirs;
	r->data = theirs + r->page;
	r->at = *r->consumer;
	return r->split ? 0 : -ENOMEM;
}

static int watch_wakeups(struct ring *r)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLET};

	r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (r->epoll_fd < 0 || epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, r->map_fd, &ev))
		return -errno;
	return 0;
}

int ring_open(struct ring *r, int map_fd, size_t size)
{
	int err;

	*r = (struct ring){.map_fd = map_fd,
			   .epoll_fd = -1,
			   .size = size,
			   .page = (size_t)sysconf(_SC_PAGESIZE)};
	err = map_positions(r);
	if (!err)
		err = watch_wakeups(r);
	if (err)
		ring_close(r);
	return err;
}

void ring_close(struct ring *r)
{
	if (r->producer)
		munmap((void *)(uintptr_t)r->producer, r->page + r->size);
	if (r->consumer)
		munmap(r->consumer, r->page);
	if (r->epoll_fd >= 0)
		close(r->epoll_fd);
	free(r->split);
	*r = (struct ring){.map_fd = -1, .epoll_fd = -1};
}

uint64_t ring_used(const struct ring *r)
{
	return load_acquire(r->producer) - r->at;
}

uint64_t ring_held(const struct ring *r)
{
	return r->at - *r->consumer;
}

void ring_release(struct ring *r, uint64_t position)
{
	__atomic_store_n(r->consumer, position, __ATOMIC_RELEASE);
}

static void hand_over(const struct record_header *record, source_record_fn fn, void *ctx)
{
	/* the length in front of it is the kernel's own word */
	const uint32_t *len = (const uint32_t *)(const void *)record - 2;

	fn(ctx, record, *len & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT));
}

/*
 * What begins at p, with its header. Of what is read between two releases, which is not more than the
 * ring holds, one record at most is split.
 */
static const uint8_t *whole(struct ring *r, const uint8_t *p, uint32_t size)
{
	size_t left = (size_t)(r->data + r->size - p), bytes = BPF_RINGBUF_HDR_SZ + size;

	if (bytes <= left)
		return p;
	if (size > EVENT_RECORD_MAX)
		return NULL;
	memcpy(r->split, p, left);
	memcpy(r->split + left, r->data, bytes - left);
	return r->split;
}

/* The next record at *at, which it steps over; NULL when nothing complete is there. */
static const struct record_header *next_record(struct ring *r, uint64_t *at)
{
	while (*at < load_acquire(r->producer)) {
		const uint8_t *p = r->data + (*at & (r->size - 1));
		uint32_t len = __atomic_load_n((const uint32_t *)(const void *)p, __ATOMIC_ACQUIRE);
		uint32_t size = len & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		if (len & BPF_RINGBUF_BUSY_BIT)
			return NULL;
		*at += (size + BPF_RINGBUF_HDR_SZ + 7) & ~7u;
		if (len & BPF_RINGBUF_DISCARD_BIT || size < sizeof(struct record_header))
			continue;
		p = whole(r, p, size);
		if (p)
			return (const struct record_header *)(const void *)(p + BPF_RINGBUF_HDR_SZ);
	}
	return NULL;
}

size_t ring_drain(struct ring *r, size_t max, source_record_fn fn, void *ctx)
{
	struct order order = {.count = 0};
	const struct record_header *record;
	struct epoll_event ev;
	uint64_t at = r->at;
	size_t n = 0;

	while (epoll_wait(r->epoll_fd, &ev, 1, 0) < 0 && errno == EINTR)
		;
	if (max > DRAIN_RECORDS)
		max = DRAIN_RECORDS;
	while (n < max && (record = next_record(r, &at)) != NULL) {
		n++;
		record = order_put(&order, record);
		if (record)
			hand_over(record, fn, ctx);
	}
	while ((record = order_take(&order)) != NULL)
		hand_over(record, fn, ctx);
	r->at = at;
	return n;
}
