// SPDX-License-Identifier: GPL-2.0-only
/*
 * names.bpf.c: what connections are called: questions to port 53 and their answers, over UDP and TCP,
 * and the first bytes that a TLS client sends. The packets' own bytes, bounded, not the caller's memory;
 * they are parsed in user space.
 *
 * Cgroup programs on each packet of the host's sockets, so the first thing is a look at the ports.
 * Not seen: answers behind IPv6 extension headers, names asked in other ways (DNS over TLS or HTTPS,
 * a resolver asked over a unix socket), TLS that begins in the SYN (fast open) or not with the first
 * byte (STARTTLS), and QUIC.
 */
#include "packet.bpf.h"
#include "session.bpf.h"

#define PORT_DNS	bpf_htons(53)
#define DNS_STREAM	(64u << 10) /* bytes of a TCP stream to a name server that are looked at */
#define HELLO_SEGMENTS	8	    /* a client's first message lies in these, and */
#define HELLO_MAX	4096	    /* in so many bytes */
#define DESCRIPTORS_MAX 4096

/* A pointer that the verifier knows, as a number for probe reads. */
static __always_inline u64 number_of(const void *const *p)
{
	u64 n = 0;

	bpf_probe_read_kernel(&n, sizeof(n), p);
	return n;
}

/*
 * The state of a task by its address. bpf_task_storage_get() is there for cgroup programs from 6.18
 * (kernel/bpf/helpers.c), so the list that the kernel keeps at the task is walked.
 */
static __noinline bool read_state(u64 task, struct task_state *out)
{
	u32 mine = ((struct bpf_map *)&tasks)->id;
	struct hlist_node *node =
		BPF_CORE_READ((struct task_struct *)task, bpf_storage, list.first);

	for (u32 i = 0; i < 16 && node; i++) {
		struct bpf_local_storage_elem *e =
			(void *)node - bpf_core_field_offset(struct bpf_local_storage_elem, snode);

		if (BPF_CORE_READ(e, sdata.smap, map.id) == mine) {
			void *data = (void *)e +
				     bpf_core_field_offset(struct bpf_local_storage_elem, sdata) +
				     bpf_core_field_offset(struct bpf_local_storage_data, data);

			return !bpf_probe_read_kernel(out, sizeof(*out), data) && out->boundary;
		}
		node = BPF_CORE_READ(node, next);
	}
	return false;
}

struct search {
	struct file **at;
	u64 socket;
	bool found;
};

static long look_at_descriptor(u32 i, void *context)
{
	struct search *s = context;
	struct file *file = 0;

	if (bpf_probe_read_kernel(&file, sizeof(file), &s->at[i]) || !file)
		return 0;
	s->found = (u64)BPF_CORE_READ(file, private_data) == s->socket;
	return s->found;
}

/*
 * Whether the task has the socket open. A packet that a filter in user space let go (NFQUEUE) goes on
 * in the filter's context, and must not become the filter's.
 */
static __noinline bool has_socket(u64 task, u64 sk)
{
	struct fdtable *table = BPF_CORE_READ((struct task_struct *)task, files, fdt);
	u32 count = BPF_CORE_READ(table, max_fds);
	struct search s = {
		.at = BPF_CORE_READ(table, fd),
		.socket = (u64)BPF_CORE_READ((struct sock *)sk, sk_socket),
	};

	if (!s.socket)
		return false;
	bpf_loop(count < DESCRIPTORS_MAX ? count : DESCRIPTORS_MAX, look_at_descriptor, &s, 0);
	return s.found;
}

/* Current as the sender of a datagram of that socket. */
static __noinline bool read_sender(u64 sk, struct record_task *out)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_state st;

	if (!out)
		return false;
	/* bpf_get_current_pid_tgid() is there for these programs from 6.10 */
	if (is_sensor_at((u64)task)) {
		count_here(filtered_self);
		return false;
	}
	if (!has_socket((u64)task, sk)) {
		count_here(unowned_packets);
		return false;
	}
	/* one that has just crossed a boundary is not settled yet: nobody's rather than another's */
	if (!read_state((u64)task, &st) || (u64)BPF_CORE_READ(task, cgroups) != st.css_set) {
		count_lost(RECORD_NET_DNS);
		return false;
	}
	fill_state(out, &st);
	read_task(out, task);
	out->flags |= ring_flags_at((u64)task, st.family);
	return true;
}

/* One record of a packet of the task; offset is that in its stream. */
static __noinline int emit_packet(struct __sk_buff *skb, const struct packet *p,
				  const struct record_task *task, u32 kind, u32 offset)
{
	struct bpf_sock *sk = skb->sk;
	struct record_packet *r;
	struct address src, dst;
	struct slot *s;
	u32 n, inbound;

	if (!sk || !p || !task)
		return 0;
	s = slot_claim(kind);
	if (!s)
		return 0;
	r = slot_begin(s, struct record_packet);
	r->task = *task;
	read_addresses(skb, p, &src, &dst);
	inbound = p->src_port == PORT_DNS && kind == RECORD_NET_DNS && p->dst_port != PORT_DNS;
	r->socket = bpf_get_socket_cookie(skb);
	r->net_inum = BPF_CORE_READ((struct sock *)number_of((const void *const *)&sk),
				    __sk_common.skc_net.net, ns.inum);
	r->offset = offset;
	r->length = p->length;
	r->family = dst.family;
	r->proto = p->proto;
	r->src_port = bpf_ntohs(p->src_port);
	r->dst_port = bpf_ntohs(p->dst_port);
	r->inbound = inbound;
	__builtin_memcpy(r->src, src.ip, 16);
	__builtin_memcpy(r->dst, dst.ip, 16);
	n = p->length - 1;
	if (p->length > EVENT_PACKET_MAX) {
		n = EVENT_PACKET_MAX - 1;
		s->flags |= RECORD_TEXT_CUT;
	}
	hide(n);
	mask(n, EVENT_PACKET_MAX);
	if (p->length && !bpf_skb_load_bytes(skb, p->payload, &s->data[sizeof(*r)], n + 1))
		r->bytes = slot_took(s, n + 1);
	slot_submit(s, kind);
	slot_release(s);
	return 0;
}

/* Who connected a TCP socket, when that was seen. */
static __always_inline struct connect_owner *owner_of(struct bpf_sock *sk)
{
	return bpf_sk_storage_get(&owners, sk, 0, 0);
}

/* The packet's socket in the form whose counters and storage may be read; NULL = it has none. */
static __always_inline struct bpf_sock *socket_of(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	return sk ? bpf_sk_fullsock(sk) : 0;
}

/* A segment to or from a name server, in the name of who connected. */
static __always_inline void emit_segment(struct __sk_buff *skb, const struct packet *p,
					 struct bpf_sock *sk, u32 offset)
{
	struct connect_owner *o = owner_of(sk);

	if (o && offset < DNS_STREAM)
		emit_packet(skb, p, &o->task, RECORD_NET_DNS, offset);
}

/* Where an outgoing segment begins: the SYN counts as a byte, and nothing of it was acknowledged yet. */
static __always_inline u32 offset_out(const struct bpf_tcp_sock *tcp, const struct packet *p)
{
	return p->sequence - tcp->snd_una + (u32)tcp->bytes_acked - 1;
}

static __noinline int on_question(struct __sk_buff *skb, const struct packet *p)
{
	struct bpf_sock *sk = socket_of(skb);
	struct record_task task =
		{}; /* of our own: two processes may ask over one socket at once */
	struct asker *a;
	bool known;

	if (!sk || !p)
		return 0;
	a = bpf_sk_storage_get(&askers, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!a) {
		count_lost(RECORD_NET_DNS);
		return 0;
	}
	known = read_sender(number_of((const void *const *)&sk), &task);
	a->task = task;
	if (known)
		emit_packet(skb, p, &task, RECORD_NET_DNS, 0);
	return 0;
}

static __noinline int on_question_stream(struct __sk_buff *skb, const struct packet *p)
{
	struct bpf_sock *sk = socket_of(skb);
	struct bpf_tcp_sock *tcp;

	if (!sk || !p)
		return 0;
	tcp = bpf_tcp_sock(sk);
	if (tcp)
		emit_segment(skb, p, sk, offset_out(tcp, p));
	return 0;
}

/* "Handshake, TLS 1.x, client hello"; where it ends, or 0 when it is none. */
static __always_inline u32 hello_end(struct __sk_buff *skb, const struct packet *p)
{
	u8 h[9] = {};
	u32 end;

	if (p->length < sizeof(h) || bpf_skb_load_bytes(skb, p->payload, h, sizeof(h)))
		return 0;
	if (h[0] != 22 || h[1] != 3 || h[5] != 1)
		return 0;
	/* one message in one record as a rule; in several it is a few bytes longer */
	end = 9 + ((u32)h[6] << 16 | (u32)h[7] << 8 | h[8]);
	if (((u32)h[3] << 8 | h[4]) + 5u < end)
		end = HELLO_MAX;
	return end < HELLO_MAX ? end : HELLO_MAX;
}

/* The first bytes of a connection, and what follows when they are TLS and there is more to come. */
static __noinline int on_first_bytes(struct __sk_buff *skb, const struct packet *p)
{
	struct bpf_sock *sk = socket_of(skb);
	struct bpf_tcp_sock *tcp;
	struct connect_owner *o;
	struct hello *h;
	u32 offset, end;

	if (!sk || !p)
		return 0;
	tcp = bpf_tcp_sock(sk);
	if (!tcp || tcp->data_segs_out > HELLO_SEGMENTS)
		return 0;
	offset = offset_out(tcp, p);
	if (offset >= HELLO_MAX)
		return 0;
	if (offset == 0) {
		end = hello_end(skb, p);
	} else {
		h = bpf_sk_storage_get(&hellos, sk, 0, 0);
		end = h ? h->end : 0;
	}
	if (!end || offset >= end)
		return 0;
	o = owner_of(sk);
	if (!o)
		return 0;
	emit_packet(skb, p, &o->task, RECORD_NET_TLS, offset);
	if (offset == 0 && p->length < end) {
		h = bpf_sk_storage_get(&hellos, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
		if (h)
			h->end = end;
	}
	return 0;
}

static __noinline int on_answer_packet(struct __sk_buff *skb, const struct packet *p)
{
	struct bpf_sock *sk = socket_of(skb);
	struct bpf_tcp_sock *tcp;
	struct asker *a;

	if (!sk || !p)
		return 0;
	if (p->proto == IPPROTO_UDP) {
		a = bpf_sk_storage_get(&askers, sk, 0, 0);
		if (!a || !a->task.pid)
			count_here(unasked_packets);
		else
			emit_packet(skb, p, &a->task, RECORD_NET_DNS, 0);
		return 0;
	}
	tcp = bpf_tcp_sock(sk);
	if (tcp)
		emit_segment(skb, p, sk, p->sequence - tcp->rcv_nxt + (u32)tcp->bytes_received);
	return 0;
}

/*
 * A packet leaves one of the host's sockets, in the sender's context for datagrams
 * (ip_finish_output, behind routing and before the neighbour is known). 1 = let it go, always.
 */
SEC("cgroup_skb/egress")
int on_packet_out(struct __sk_buff *skb)
{
	struct packet p;

	if (!read_packet(skb, &p) || !p.length)
		return 1;
	if (p.dst_port == PORT_DNS) {
		if (p.proto == IPPROTO_UDP)
			on_question(skb, &p);
		else
			on_question_stream(skb, &p);
	} else if (p.proto == IPPROTO_TCP) {
		on_first_bytes(skb, &p);
	}
	return 1;
}

/* A packet reaches its socket, in softirq: current means nothing. 1 = let it in, always. */
SEC("cgroup_skb/ingress")
int on_packet_in(struct __sk_buff *skb)
{
	struct packet p;

	if (read_packet(skb, &p) && p.length && p.src_port == PORT_DNS)
		on_answer_packet(skb, &p);
	return 1;
}
