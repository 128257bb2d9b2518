// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring_send.bpf.c: datagrams that a ring sends to an address, as the calls of that name.
 *
 * What the ring's own thread or who asked sends by UDP the hooks at the cgroup see, as that of a call
 * (send.bpf.c). The rest is known when it is asked for: unix datagrams, those of raw and ICMP sockets, and what
 * a worker is to send. Its record is put aside until the result is there; equal ones of a window are counted
 * then. From 6.10 on the kernel has copied the address by that time (RECORD_REQUEST_PATH); before that it
 * is the caller's word.
 * Misses: before 6.10 the names in messages of 32-bit programs, and of UDP what a worker is handed later.
 */
#include "session.bpf.h"
#include "flow.bpf.h"
#include "send.bpf.h"
#include "ring_copy.bpf.h"
#include "ring_net.bpf.h"

const volatile __u32 cfg_ring_data = 0;

/* Where a request has its address where the kernel has not copied it. */
struct io_sr_msg___compat {
	void *umsg;
	void *addr;
	u16 addr_len;
} CORE;

struct destination {
	u64 name;
	u32 len_and_how;
};

static __always_inline u64 read_send_copy(u64 req)
{
	struct io_async_msghdr___compat *m = (void *)read_data(req);

	if (!m || !bpf_core_field_exists(m->addr))
		return 0;
	return (u64)BPF_CORE_READ(m, msg.msg_name);
}

static __always_inline u32 length_of(u32 len)
{
	return len < HOW_MARK ? len : HOW_MARK;
}

/* From the caller's memory. */
static __always_inline void read_users(u64 req, u32 opcode, struct destination *d)
{
	struct io_sr_msg___compat *asked = (void *)req;
	u64 msg;

	if (opcode == OP_SENDMSG || opcode == OP_SENDMSG_ZC) {
		msg = (u64)BPF_CORE_READ(asked, umsg);
		d->name = read_msg_name(msg, false);
		d->len_and_how = length_of(read_msg_namelen(msg, false));
	} else if (bpf_core_field_exists(asked->addr)) {
		d->name = (u64)BPF_CORE_READ(asked, addr);
		d->len_and_how = BPF_CORE_READ(asked, addr_len);
	}
}

/* Whether there is one. */
static __always_inline bool read_destination(u64 req, struct destination *d)
{
	struct io_async_msghdr___compat *m = (void *)read_data(req);

	if (m && bpf_core_field_exists(m->addr)) {
		d->name = (u64)BPF_CORE_READ(m, msg.msg_name);
		d->len_and_how = length_of(BPF_CORE_READ(m, msg.msg_namelen)) | HOW_COPIED;
	} else {
		read_users(req, BPF_CORE_READ((struct io_kiocb *)req, opcode), d);
	}
	return d->name;
}

/* Whether no hook sees what is sent there. */
static __always_inline bool is_unseen(struct sock *sk, u64 req)
{
	u32 proto;

	if (read_family(sk) == AF_UNIX)
		return BPF_CORE_READ(sk, sk_type) == SOCK_DGRAM;
	proto = BPF_CORE_READ(sk, sk_protocol);
	if (!is_ip(read_family(sk)) || proto == IPPROTO_TCP)
		return false;
	return proto != IPPROTO_UDP || read_request_flags(req) & REQ_F_FORCE_ASYNC;
}

static __always_inline int begin_ip(struct slot *s, struct sock *sk, const struct destination *d,
				    struct flow_key *key)
{
	struct record_net *r;
	struct address to;

	if (!read_asked_address(d->name, d->len_and_how, &to))
		return -1;
	__builtin_memcpy(key->peer, to.ip, 16);
	key->family = to.family;
	key->port = to.port;
	key->proto = BPF_CORE_READ(sk, sk_protocol);
	key->net_inum = read_net_inum(sk);
	r = slot_begin(s, struct record_net);
	s->flags |= RECORD_SENT | RECORD_IO_URING | flags_of_asked(d->len_and_how);
	fill_current(s->id);
	r->count = 1;
	r->family = to.family;
	r->proto = key->proto;
	r->dst_port = to.port;
	r->net_inum = key->net_inum;
	__builtin_memcpy(r->dst, to.ip, 16);
	return 0;
}

/* Counted where the window has it already, else the record in the slot. */
static __noinline int tell(struct slot *s, s32 ret)
{
	struct flow_key *key;
	bool counts;

	if (!s)
		return 0;
	key = (struct flow_key *)&s->path[SLOT_PATH];
	key->error = -ret;
	counts = cfg_fold && key->kind;
	if (counts && fold_flow(key, 1, 0, 0, 0))
		return 0;
	((struct record_net *)s->data)->result = ret;
	if (slot_submit(s, RECORD_NET_CONNECT) && counts)
		fold_flow_begin(key, s);
	return 0;
}

/* Until the result is there, or told now where there will be none. */
static __noinline int ask_to_send(struct task_state *st, struct sock *sk, u64 req,
				  const struct destination *d)
{
	struct slot *s = slot_claim(RECORD_NET_CONNECT);
	struct flow_key *key;
	int err;

	if (!s || !st || !d)
		return 0;
	key = slot_flow_key(s, flow_boundary(st->boundary, st->flags));
	if (read_family(sk) == AF_UNIX)
		err = unix_begin_sent(s->id, (u64)sk, d->name, d->len_and_how | HOW_RING);
	else
		err = begin_ip(s, sk, d, key);
	if (!err) {
		*(struct flow_key *)&s->data[REQUEST_BYTES] = *key;
		if (is_silent(req) || !put_aside(s, req, RECORD_NET_CONNECT))
			tell(s, -EINPROGRESS);
	}
	slot_release(s);
	return 0;
}

int ring_send_on_submit(u64 req)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct destination d = {};
	struct task_state *st;
	struct sock *sk;

	if (is_silent(req))
		send_on_request(0, 0, 0); /* what this thread did so far */
	if (!read_destination(req, &d) || is_self(task, OWN_OTHER))
		return 0;
	sk = read_sock(file_of(task, req, false));
	if (!sk || !is_unseen(sk, req))
		return 0;
	st = current_state(task);
	return st ? ask_to_send(st, sk, req, &d) : 0;
}

/* Attempts that are no act. */
static __always_inline bool is_no_send(struct task_struct *task, s32 ret)
{
	if (ret == -ENOENT || ret == -ENOTDIR) {
		count_here(filtered_missing);
		return true;
	}
	return !is_done(task, ret) || is_restart(ret) || ret == -EAGAIN;
}

/* Whether the request had been put aside. */
static __noinline bool complete_aside(u64 req, s32 ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct request *asked = bpf_map_lookup_elem(&requests, &req);
	struct slot *s;
	long told;

	if (!asked)
		return false;
	s = slot_claim(RECORD_NET_CONNECT);
	if (s) {
		take_up(s, asked);
		*(struct flow_key *)&s->path[SLOT_PATH] = asked->key;
	}
	told = bpf_map_delete_elem(&requests, &req); /* collect was faster by a moment */
	if (!s)
		return true;
	if (!told && !is_no_send(task, ret))
		tell(s, ret < 0 ? ret : 0);
	slot_release(s);
	return true;
}

int ring_send_on_complete(u64 req)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct io_kiocb *r = (struct io_kiocb *)req;
	struct sock *sk = read_sock(BPF_CORE_READ(r, file));
	s32 ret = BPF_CORE_READ(r, cqe.res);
	u64 name = read_send_copy(req);

	/* what a worker has sent by UDP is in the kernel's copy by now */
	if (name && sk && BPF_CORE_READ(sk, sk_protocol) == IPPROTO_UDP)
		bpf_map_delete_elem(&requests, &req);
	else if (complete_aside(req, ret))
		return 0;
	if (!is_done(task, ret) || is_self(task, OWN_OTHER) || !current_state(task))
		return 0;
	return send_on_request((u64)sk, name, ret);
}

char LICENSE[] __weak SEC("license") = "GPL";
