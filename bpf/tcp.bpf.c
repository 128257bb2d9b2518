// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcp.bpf.c: outbound TCP connections with their result, and the end of all that were seen to begin.
 *
 * Whoever moves the socket from CLOSE to SYN_SENT is the one who asks; that is noted at the
 * socket, because the answer comes in softirq, where "current" is anybody. One record when
 * SYN_SENT ends. That covers blocking, non-blocking, fast open and io_uring alike. The end of a
 * connection: at the state CLOSE, for who is noted at the socket.
 */
#include "session.bpf.h"
#include "flow.bpf.h"
#include <bpf/bpf_tracing.h>

/* An answer for the owner noted at the socket. May run in softirq: current means nothing. */
static __always_inline void emit_answer(struct sock *sk, struct connect_owner *o, s32 result)
{
	struct slot *s = slot_claim(RECORD_NET_CONNECT);
	struct record_net *r;

	if (!s)
		return;
	r = slot_begin(s, struct record_net);
	r->task = o->task;
	s->flags |= o->by_ring ? RECORD_IO_URING : 0;
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

/* Whether current runs what a ring was asked for; of what waits until it leaves another call that is not known. */
static __always_inline bool in_ring(struct task_struct *task)
{
	struct pt_regs *regs;
	bool ia32 = false;

	if (task->flags & (PF_IO_WORKER | PF_KTHREAD))
		return task->flags & PF_IO_WORKER;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	return classify(task, regs, read_syscall_number(regs), &ia32) == SYS_URING;
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
	class = classify(task, regs, read_syscall_number(regs), &ia32);
	read_args(args, regs, ia32);
	return is_connect(class, args);
}

static __noinline int on_ask(struct sock *sk)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct connect_owner *o;
	struct task_state *st;
	struct address peer;

	o = bpf_sk_storage_get(&owners, sk, 0, 0);
	if ((o && o->open) || is_self(task, OWN_TCP)) /* open: noted by the other program */
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
	fill_task(&o->task);
	o->asked_ns = bpf_ktime_get_boot_ns();
	__builtin_memcpy(o->dst, peer.ip, 16);
	o->family = peer.family;
	o->dst_port = peer.port;
	o->by_ring = in_ring(task);
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

struct transfer {
	u64 in, out, duration_ns;
};

/* Bytes without those that opening and closing count as: one each, where they were acknowledged. */
static __always_inline void read_transfer(struct sock *sk, const struct connect_owner *o,
					  bool inbound, u32 old, struct transfer *t)
{
	struct tcp_sock *tcp = (struct tcp_sock *)sk;
	bool said_last = old == TCP_FIN_WAIT1 || old == TCP_FIN_WAIT2 || old == TCP_CLOSING ||
			 old == TCP_LAST_ACK;
	unsigned long flags = BPF_CORE_READ(sk, __sk_common.skc_flags);

	t->in = BPF_CORE_READ(tcp, bytes_received);
	t->out = BPF_CORE_READ(tcp, bytes_acked);
	t->duration_ns = bpf_ktime_get_boot_ns() - o->asked_ns;
	if (t->out && !inbound) /* who accepts counts from behind its opening */
		t->out--;
	if (t->out && said_last && BPF_CORE_READ(tcp, snd_una) == BPF_CORE_READ(tcp, write_seq))
		t->out--;
	if (t->in && flags >> bpf_core_enum_value(enum sock_flags, SOCK_DONE) & 1)
		t->in--;
}

/*
 * The connection is over: how long, how much, for whoever opened or took it. Of those that were taken
 * the window counts like ones. May be in softirq.
 */
static __noinline int emit_close(struct sock *sk, struct connect_owner *o, u32 inbound_and_state)
{
	bool inbound = inbound_and_state & 0x100, folds = cfg_fold && inbound;
	struct flow_key key = {.kind = RECORD_NET_CLOSE};
	struct transfer t;
	struct slot *s;
	struct record_flow *r;

	if (!o)
		return 0;
	read_transfer(sk, o, inbound, inbound_and_state & 0xff, &t);
	if (folds)
		fill_flow_key(&key, sk, flow_boundary(o->task.boundary, o->task.flags));
	if (folds && fold_flow(&key, 1, t.in, t.out, t.duration_ns))
		return 0;
	s = slot_claim(RECORD_NET_CLOSE);
	if (!s)
		return 0;
	r = begin_flow(s, sk, inbound);
	r->task = o->task;
	r->duration_ns = t.duration_ns;
	r->bytes_in = t.in;
	r->bytes_out = t.out;
	if (slot_submit(s, RECORD_NET_CLOSE) && folds)
		fold_flow_begin(&key, s);
	slot_release(s);
	return 0;
}

static __noinline int on_closed(struct sock *sk, u32 old)
{
	struct connect_owner *o = bpf_sk_storage_get(&owners, sk, 0, 0);
	u64 key = (u64)sk;

	if (o) {
		if (__sync_lock_test_and_set(&o->established, 0))
			emit_close(sk, o, old);
		return 0;
	}
	o = bpf_map_lookup_elem(&accepted, &key);
	if (!o)
		return 0;
	emit_close(sk, o, old | 0x100);
	bpf_map_delete_elem(&accepted, &key);
	return 0;
}

static __always_inline int on_state(struct sock *sk, u32 old, u32 state)
{
	if (!sk || sk->sk_protocol != IPPROTO_TCP)
		return 0;
	if (old == TCP_CLOSE && state == TCP_SYN_SENT)
		return on_ask(sk);
	if (old == TCP_SYN_SENT)
		return on_answer(sk, state);
	if (state == TCP_CLOSE && old != TCP_LISTEN)
		return on_closed(sk, old);
	return 0;
}

/*
 * inet_sock_set_state(sk, old, new): each change of a TCP state. CLOSE to SYN_SENT happens in the
 * asking process, the rest anywhere. Since 4.16; socket storage in here since 5.11.
 *
 * Twice: an answer from the network may come in softirq while this program runs for another socket
 * of the same CPU, and the kernel skips a program inside itself (one in a hundred connects with two
 * busy CPUs). Then the other one runs. What the first has done the second finds done.
 */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_tcp_state, struct sock *sk, int old, int state)
{
	return on_state(sk, old, state);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_tcp_state_again, struct sock *sk, int old, int state)
{
	return on_state(sk, old, state);
}

char LICENSE[] __weak SEC("license") = "GPL";
