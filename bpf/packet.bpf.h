/* SPDX-License-Identifier: GPL-2.0-only */
/* packet.bpf.h: readers of a packet in a cgroup program, where it starts with its IP header. */
#ifndef WHODID_BPF_PACKET_H
#define WHODID_BPF_PACKET_H

#include "net.bpf.h"

#define ETH_P_IP   0x0800
#define ETH_P_IPV6 0x86dd

/* What the hot path asks of each packet: protocol, ports, where the payload is. */
struct packet {
	u32 payload; /* offset */
	u32 length;  /* of the payload */
	u32 sequence;
	u16 src_port, dst_port; /* in network order */
	u8 proto;
	u8 v6;
};

/* Offset of the transport header, or 0: later fragments and extension headers are not read. */
static __always_inline u32 read_ip(struct __sk_buff *skb, struct packet *p)
{
	u8 *ip = (u8 *)(long)skb->data, *end = (u8 *)(long)skb->data_end;

	if (ip + 20 > end)
		return 0;
	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		if ((ip[6] & 0x1f) | ip[7])
			return 0;
		p->v6 = 0;
		p->proto = ip[9];
		return (ip[0] & 0xf) * 4;
	}
	if (skb->protocol != bpf_htons(ETH_P_IPV6))
		return 0;
	p->v6 = 1;
	p->proto = ip[6];
	return 40;
}

/* Whether it is TCP or UDP, and all of its headers are there. */
static __always_inline bool read_packet(struct __sk_buff *skb, struct packet *p)
{
	u8 *data = (u8 *)(long)skb->data, *end = (u8 *)(long)skb->data_end;
	u32 at = read_ip(skb, p), header = 8;
	u8 *t;

	if (at < 20 || at > 60)
		return false;
	t = data + at;
	if (t + 8 > end)
		return false;
	p->src_port = *(u16 *)t;
	p->dst_port = *(u16 *)(t + 2);
	if (p->proto == IPPROTO_TCP) {
		if (t + 20 > end)
			return false;
		p->sequence = bpf_ntohl(*(u32 *)(t + 4));
		header = (t[12] >> 4) * 4;
	} else if (p->proto != IPPROTO_UDP) {
		return false;
	}
	p->payload = at + header;
	p->length = skb->len > p->payload ? skb->len - p->payload : 0;
	return true;
}

/* Addresses of the packet, as a record has them. */
static __always_inline void read_addresses(struct __sk_buff *skb, const struct packet *p,
					   struct address *src, struct address *dst)
{
	__builtin_memset(src, 0, sizeof(*src));
	__builtin_memset(dst, 0, sizeof(*dst));
	src->family = dst->family = p->v6 ? AF_INET6 : AF_INET;
	if (p->v6) {
		bpf_skb_load_bytes(skb, 8, src->ip, 16);
		bpf_skb_load_bytes(skb, 24, dst->ip, 16);
		normalise(src);
		normalise(dst);
	} else {
		bpf_skb_load_bytes(skb, 12, src->ip, 4);
		bpf_skb_load_bytes(skb, 16, dst->ip, 4);
	}
}

#endif
