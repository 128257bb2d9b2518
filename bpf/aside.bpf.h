/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * aside.bpf.h: records of requests to rings, from when they are asked for to their result. Collect tells
 * those whose result is not seen in time (it did not fit into the ring), without it.
 */
#ifndef WHODID_BPF_ASIDE_H
#define WHODID_BPF_ASIDE_H

#include "emit.bpf.h"

/* A record that was put aside goes on where it was. */
static __always_inline void take_up(struct slot *s, const struct request *asked)
{
	const struct record_header *h = (const struct record_header *)s->data;

	bpf_probe_read_kernel(s->data, REQUEST_BYTES, asked->record);
	s->len = h->size;
	s->flags = h->flags & ~RECORD_PLACED; /* that is in the bytes already */
	s->root_off = h->root_off;
	s->root_len = h->root_len;
}

/* Puts the record aside until the request's end; false = there is no room for it. */
static_sub bool put_aside(struct slot *s, u64 req, u32 kind)
{
	if (!s || s->len >= REQUEST_BYTES - 8 - sizeof(struct record_place) || !slot_close(s, kind))
		return false;
	return !bpf_map_update_elem(&requests, &req, s->data, BPF_ANY);
}

#endif
