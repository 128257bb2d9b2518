/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring: reads the kernel's ring buffer through its two mapped positions.
 *
 * Done here and not by libbpf, because the line wants batches of a bounded size and the fill.
 * The kernel does not wake us for each record: ring_fd() becomes readable (edge-triggered inside)
 * when the fill is high, and the owner looks every few milliseconds anyway.
 */
#ifndef WHODID_COLLECT_RING_H
#define WHODID_COLLECT_RING_H

#include "collect/collect.h"

struct ring {
	int map_fd, epoll_fd;
	size_t size; /* bytes of data; a power of two */
	size_t page;
	uint64_t *consumer; /* ours, the kernel reads it: what lies before may be written over */
	uint64_t at;	    /* next to be read; it lies ahead of *consumer by what is held back */
	const uint64_t *producer;
	const uint8_t *data;
	uint8_t *split; /* the record that goes on at the ring's beginning, put together */
};

/* Maps the ring behind map_fd, which stays the caller's. Reads on at what was released. 0 or -errno. */
int ring_open(struct ring *r, int map_fd, size_t size);
void ring_close(struct ring *r);

/*
 * Hands over at most max records (and no more than some hundred) in the order of their time, and releases none
 * of them; at is behind all of them at the end. Returns how many, 0 = none is there.
 */
size_t ring_drain(struct ring *r, size_t max, source_record_fn fn, void *ctx);
/* The kernel may use what lies before position again. */
void ring_release(struct ring *r, uint64_t position);
uint64_t ring_used(const struct ring *r); /* not yet read */
uint64_t ring_held(const struct ring *r); /* read and not released */

#endif
