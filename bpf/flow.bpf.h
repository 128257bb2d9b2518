/* SPDX-License-Identifier: GPL-2.0-only */
/* flow.bpf.h: records with both ends of a connection. */
#ifndef WHODID_BPF_FLOW_H
#define WHODID_BPF_FLOW_H

#include "net.bpf.h"

/* A record with both ends: own is the local one. Inbound, the other end is who asked. */
static __always_inline struct record_flow *begin_flow(struct slot *s, struct sock *sk, bool inbound)
{
	struct record_flow *r = slot_begin(s, struct record_flow);
	struct address own, peer;

	read_peer(sk, &peer);
	read_source(sk, &own);
	r->family = peer.family;
	r->proto = BPF_CORE_READ(sk, sk_protocol);
	r->inbound = inbound;
	r->src_port = inbound ? peer.port : own.port;
	r->dst_port = inbound ? own.port : peer.port;
	/* one that is bound to nothing has no address of the family that a mapped peer is shortened to */
	if (own.family != peer.family)
		__builtin_memset(own.ip, 0, 16);
	__builtin_memcpy(r->src, inbound ? peer.ip : own.ip, 16);
	__builtin_memcpy(r->dst, inbound ? own.ip : peer.ip, 16);
	return r;
}

/*
 * Whose acts are counted together: what may be another's than the boundary's is not counted with what is
 * the boundary's own (FLOW_SHARED of user space's copy of the key).
 */
static __always_inline u64 flow_boundary(u64 boundary, u32 task_flags)
{
	return boundary | (u64)(task_flags & TASK_SHARED_RING)
				  << 52; /* bit 63, which no CPU sets */
}

/* Of a connection that was taken: from which address to which of ours. */
static __always_inline void fill_flow_key(struct flow_key *key, struct sock *sk, u64 boundary)
{
	struct address own, peer;

	read_peer(sk, &peer);
	read_source(sk, &own);
	key->boundary = boundary;
	__builtin_memcpy(key->peer, peer.ip, 16);
	__builtin_memcpy(key->own, own.ip, 16);
	key->net_inum = read_net_inum(sk);
	key->family = peer.family;
	key->proto = BPF_CORE_READ(sk, sk_protocol);
	key->port = own.port;
}

/* The key of what is sent, in the slot: the stack is short. It lies behind where walks write. */
static __always_inline struct flow_key *slot_flow_key(struct slot *s, u64 boundary)
{
	struct flow_key *key = (struct flow_key *)&s->path[SLOT_PATH];

	__builtin_memset(key, 0, sizeof(*key));
	key->boundary = boundary;
	key->kind = RECORD_NET_CONNECT;
	return key;
}

/* Counts acts, with their bytes and durations, that the window has a record of already. */
static_sub bool fold_flow(struct flow_key *key, u64 count, u64 in, u64 out, u64 duration_ns)
{
	u32 zero = 0, kind;
	void *window = bpf_map_lookup_elem(&flows, &zero);
	struct cpu_counts *counts;
	struct flow_count *f;
	u64 now;

	if (!window || !key)
		return false;
	f = bpf_map_lookup_elem(window, key);
	if (!f)
		return false;
	now = bpf_ktime_get_boot_ns();
	add_u64(&f->n.count, count);
	if (!f->n.first_ns)
		__sync_val_compare_and_swap(&f->n.first_ns, 0, now);
	f->n.last_ns = now;
	if (in | out | duration_ns) {
		add_u64(&f->bytes_in, in);
		add_u64(&f->bytes_out, out);
		add_u64(&f->duration_ns, duration_ns);
	}
	counts = counts_here();
	if (!counts)
		return true;
	kind = key->kind;
	mask(kind, RECORD_KIND_MAX);
	add_u64(&counts->c.folded[kind], count);
	return true;
}

/*
 * Only after the first record, in the slot, is in the ring: the window never counts what has no record.
 * On the stack the count would be the last straw of the longest chains of calls.
 */
static_sub int fold_flow_begin(struct flow_key *key, struct slot *s)
{
	const struct record_header *first;
	u32 zero = 0;
	void *window = bpf_map_lookup_elem(&flows, &zero);
	long err;

	if (!window || !key || !s)
		return 0;
	first = (const struct record_header *)s->data;
	__builtin_memset(&s->flow, 0, sizeof(s->flow));
	s->flow.n.seq = first->seq;
	s->flow.n.cpu = first->cpu;
	err = bpf_map_update_elem(window, key, &s->flow, BPF_NOEXIST);
	if (err && err != -17 /* EEXIST: another CPU was as fast */)
		count_here(fold_full);
	return 0;
}

#endif
