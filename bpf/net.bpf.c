// SPDX-License-Identifier: GPL-2.0-only
/*
 * net.bpf.c: outbound connections with their result, v4 and v6.
 *
 * TCP: whoever moves the socket from CLOSE to SYN_SENT is the one who asks; that is noted at the
 * socket, because the answer comes in softirq, where "current" is anybody. One record when
 * SYN_SENT ends. That covers blocking, non-blocking, fast open and io_uring alike.
 * Everything else (UDP, raw, TCP that failed before it sent anything): at the end of connect(2).
 * Listening and accepting: at the end of those calls. The end of a TCP connection: at the state CLOSE,
 * for who is noted at the socket.
 * Not seen: datagrams sent without connect(2) (sendto, sendmsg), AF_UNIX, AF_PACKET.
 */
#include "session.bpf.h"
#include "syscalls.bpf.h"
#include "net.bpf.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

/* task_state.connect, during one connect(2) */
enum connect_mark {
	CONNECT_NONE = 0,
	CONNECT_SENT = 1,   /* reached SYN_SENT: the state hook makes the record */
	CONNECT_FAILED = 2, /* and fell back at once: only the call's result says why */
};

static __always_inline void fill_source(struct record_net *r, struct sock *sk)
{
	struct address src;

	read_source(sk, &src);
	r->src_port = src.port;
	r->net_inum = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	if (src.family == r->family)
		__builtin_memcpy(r->src, src.ip, 16);
}

/* An answer for the owner noted at the socket. May run in softirq: current means nothing. */
static __always_inline void emit_answer(struct sock *sk, struct connect_owner *o, s32 result)
{
	struct slot *s = slot_claim(RECORD_NET_CONNECT);
	struct record_net *r;

	if (!s)
		return;
	r = slot_begin(s, struct record_net);
	r->task = o->task;
	r->count = 1;
	r->duration_ns = bpf_ktime_get_boot_ns() - o->asked_ns;
	r->result = result;
	r->family = o->family;
	r->proto = IPPROTO_TCP;
	r->dst_port = o->dst_port;
	__builtin_memcpy(r->dst, o->dst, 16);
	fill_source(r, sk);
	slot_submit(s, RECORD_NET_CONNECT);
	slot_release(s);
}

/* Whether current is inside connect(2). Workers of io_uring have no registers worth reading. */
static __always_inline bool in_connect(struct task_struct *task)
{
	struct pt_regs *regs;
	bool ia32 = false;
	u64 args[6];
	u32 class;

	if (task->flags & (PF_KTHREAD | PF_IO_WORKER))
		return false;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	class = classify(task, read_syscall_number(regs), &ia32);
	read_args(args, regs, ia32);
	return is_connect(class, args);
}

static __noinline int on_ask(struct sock *sk)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct connect_owner *o;
	struct task_state *st;
	struct address peer;

	if (is_self(task))
		return 0;
	st = current_state(task);
	if (!st)
		return 0;
	if (in_connect(task))
		st->connect = CONNECT_SENT;
	o = bpf_sk_storage_get(&owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!o) {
		count_lost(RECORD_NET_CONNECT);
		return 0;
	}
	read_peer(sk, &peer);
	__builtin_memset(&o->task, 0, sizeof(o->task));
	fill_task(&o->task, task, st);
	o->asked_ns = bpf_ktime_get_boot_ns();
	__builtin_memcpy(o->dst, peer.ip, 16);
	o->family = peer.family;
	o->dst_port = peer.port;
	o->open = 1;
	return 0;
}

/* The state and not the call fell back: leave the record to the end of the call, which knows why. */
static __always_inline bool left_to_call(struct connect_owner *o)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st;

	if (o->task.tid != (u32)task->pid)
		return false;
	st = bpf_task_storage_get(&tasks, task, 0, 0);
	if (!st || st->connect != CONNECT_SENT || !in_connect(task))
		return false;
	st->connect = CONNECT_FAILED;
	return true;
}

static __noinline int on_answer(struct sock *sk, s32 state)
{
	struct connect_owner *o = bpf_sk_storage_get(&owners, sk, 0, 0);
	s32 err = 0;

	if (!o || !__sync_lock_test_and_set(&o->open, 0))
		return 0;
	o->established = state != TCP_CLOSE;
	if (state == TCP_CLOSE) {
		err = BPF_CORE_READ(sk, sk_err);
		if (err == 0 && left_to_call(o))
			return 0;
		if (err == 0)
			err = ECONNABORTED; /* closed by its owner before there was an answer */
	}
	emit_answer(sk, o, -err);
	return 0;
}

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

/* The connection is over: how long, how much, for whoever opened or took it. May be in softirq. */
static __noinline int emit_close(struct sock *sk, struct connect_owner *o, u32 inbound)
{
	struct tcp_sock *tcp = (struct tcp_sock *)sk;
	struct slot *s;
	struct record_flow *r;

	if (!o)
		return 0;
	s = slot_claim(RECORD_NET_CLOSE);
	if (!s)
		return 0;
	r = begin_flow(s, sk, inbound);
	r->task = o->task;
	r->duration_ns = bpf_ktime_get_boot_ns() - o->asked_ns;
	r->bytes_in = BPF_CORE_READ(tcp, bytes_received);
	r->bytes_out = BPF_CORE_READ(tcp, bytes_acked);
	slot_submit(s, RECORD_NET_CLOSE);
	slot_release(s);
	return 0;
}

static __noinline int on_closed(struct sock *sk)
{
	struct connect_owner *o = bpf_sk_storage_get(&owners, sk, 0, 0);
	u64 key = (u64)sk;

	if (o) {
		if (__sync_lock_test_and_set(&o->established, 0))
			emit_close(sk, o, 0);
		return 0;
	}
	o = bpf_map_lookup_elem(&accepted, &key);
	if (!o)
		return 0;
	emit_close(sk, o, 1);
	bpf_map_delete_elem(&accepted, &key);
	return 0;
}

/*
 * inet_sock_set_state(sk, old, new): each change of a TCP state. CLOSE to SYN_SENT happens in the
 * asking process, the rest anywhere. Since 4.16; socket storage in here since 5.11.
 */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_tcp_state, struct sock *sk, int old, int state)
{
	if (!sk || sk->sk_protocol != IPPROTO_TCP)
		return 0;
	if (old == TCP_CLOSE && state == TCP_SYN_SENT)
		return on_ask(sk);
	if (old == TCP_SYN_SENT)
		return on_answer(sk, state);
	if (state == TCP_CLOSE && old != TCP_LISTEN)
		return on_closed(sk);
	return 0;
}

static __always_inline bool read_user_address(u64 addr, struct address *a)
{
	struct user_sockaddr u = {};

	__builtin_memset(a, 0, sizeof(*a));
	if (bpf_probe_read_user(&u, 8, (void *)addr))
		return false;
	a->family = u.family;
	a->port = bpf_ntohs(u.port);
	if (u.family == AF_INET6) {
		if (bpf_probe_read_user(&u, sizeof(u), (void *)addr))
			return false;
		__builtin_memcpy(a->ip, u.v6, 16);
	} else {
		__builtin_memcpy(a->ip, u.v4, 4);
	}
	normalise(a);
	return is_ip(a->family);
}

/*
 * TCP results of a connect(2) that sent nothing itself, when they tell of an earlier attempt.
 * Unreachable (ICMP, told once more by a second connect(2)) cannot be told from "no route": that
 * one gives a second record rather than none.
 */
static __always_inline bool is_old_news(s32 ret)
{
	return ret == 0 || ret == -EINPROGRESS || ret == -EALREADY || ret == -EISCONN ||
	       ret == -EINTR || ret == -ECONNREFUSED || ret == -ECONNRESET || ret == -ETIMEDOUT ||
	       ret == -ECONNABORTED || (ret <= -ERESTARTSYS && ret >= -ERESTART_RESTARTBLOCK);
}

static __noinline int emit_connect(struct task_struct *task, struct task_state *st, struct sock *sk,
				   struct address *peer, s32 ret)
{
	struct slot *s = slot_claim(RECORD_NET_CONNECT);
	struct record_net *r;

	if (!s || !peer)
		return 0;
	r = slot_begin(s, struct record_net);
	fill_current(s->id);
	r->count = 1;
	r->result = ret;
	r->family = peer->family;
	r->dst_port = peer->port;
	__builtin_memcpy(r->dst, peer->ip, 16);
	if (sk) {
		r->proto = BPF_CORE_READ(sk, sk_protocol);
		fill_source(r, sk);
	}
	slot_submit(s, RECORD_NET_CONNECT);
	slot_release(s);
	return 0;
}

/*
 * Another thread has closed the descriptor during the call. What was connected is not known (proto
 * 0, and the peer as the caller says), but that it was must not be hidden by that.
 */
static __noinline int on_vanished(struct task_struct *task, struct task_state *st, u64 addr,
				  s32 ret, u32 mark)
{
	struct address peer;

	if ((ret != 0 && mark != CONNECT_FAILED) || !read_user_address(addr, &peer))
		return 0;
	return emit_connect(task, st, 0, &peer, ret);
}

int net_on_connect(u64 fd, u64 addr, long result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st;
	struct address peer;
	struct sock *sk;
	struct file *file;
	s32 ret = result;
	u32 mark, proto;

	st = bpf_task_storage_get(&tasks, task, 0, 0); /* made and brought up to date by the hook */
	if (!st)
		return 0;
	mark = st->connect;
	st->connect = CONNECT_NONE; /* whatever follows: the mark is about this call only */
	if (mark == CONNECT_SENT)
		return 0;
	file = read_fd(task, fd);
	if (!file)
		return on_vanished(task, st, addr, ret, mark);
	sk = ip_sock(file);
	if (!sk)
		return 0;
	proto = BPF_CORE_READ(sk, sk_protocol);
	if (proto == IPPROTO_TCP && mark != CONNECT_FAILED && is_old_news(ret))
		return 0;
	if (ret == 0)
		read_peer(sk, &peer);
	else if (!read_user_address(addr, &peer))
		return 0;
	if (!is_ip(peer.family) || (peer.port == 0 && proto == IPPROTO_UDP))
		return 0; /* asks for a route or takes a peer away; nothing can be sent to port 0 */
	return emit_connect(task, st, sk, &peer, ret);
}

int net_on_listen(u64 fd, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);
	struct sock *sk = ip_sock(read_fd(task, fd));
	struct record_flow *r;
	struct address own;
	struct slot *s;

	if (!sk || !st)
		return 0;
	s = slot_claim(RECORD_NET_LISTEN);
	if (!s)
		return 0;
	r = slot_begin(s, struct record_flow);
	fill_task(&r->task, task, st);
	read_source(sk, &own);
	r->family = own.family;
	r->proto = BPF_CORE_READ(sk, sk_protocol);
	r->dst_port = own.port;
	__builtin_memcpy(r->dst, own.ip, 16);
	r->result = ret;
	r->inbound = 1;
	slot_submit(s, RECORD_NET_LISTEN);
	slot_release(s);
	return 0;
}

/* For the record of its end. One that ended already will not be heard of again. */
static __noinline int note_accepted(struct sock *sk, const struct record_flow *r)
{
	struct connect_owner o = {.asked_ns = bpf_ktime_get_boot_ns()};
	u64 key = (u64)sk;

	if (!r || BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP ||
	    BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_CLOSE)
		return 0;
	o.task = r->task;
	bpf_map_update_elem(&accepted, &key, &o, BPF_ANY);
	return 0;
}

int net_on_accept(long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);
	struct record_flow *r;
	struct sock *sk;
	struct slot *s;

	if (ret < 0 || !st)
		return 0;
	sk = ip_sock(read_fd(task, ret));
	if (!sk)
		return 0;
	s = slot_claim(RECORD_NET_ACCEPT);
	if (!s)
		return 0;
	r = begin_flow(s, sk, true);
	fill_task(&r->task, task, st);
	note_accepted(sk, r);
	slot_submit(s, RECORD_NET_ACCEPT);
	slot_release(s);
	return 0;
}

char LICENSE[] __weak SEC("license") = "GPL";
