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

#endif
