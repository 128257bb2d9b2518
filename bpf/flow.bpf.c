// SPDX-License-Identifier: GPL-2.0-only
/*
 * flow.bpf.c: listening and accepting, IPv4 and IPv6, at the end of those calls.
 * The end of what was accepted: see tcp.bpf.c.
 */
#include "session.bpf.h"
#include "flow.bpf.h"

int flow_on_listen(u64 file, u32 how, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);
	struct sock *sk = ip_sock((struct file *)file);
	struct record_flow *r;
	struct address own;
	struct slot *s;

	if (!sk || !st)
		return 0;
	s = slot_claim(RECORD_NET_LISTEN);
	if (!s)
		return 0;
	r = slot_begin(s, struct record_flow);
	s->flags |= flags_of(how);
	fill_task(&r->task);
	read_source(sk, &own);
	r->family = own.family;
	r->proto = BPF_CORE_READ(sk, sk_protocol);
	r->dst_port = own.port;
	__builtin_memcpy(r->dst, own.ip, 16);
	r->result = result_of(how, ret);
	r->inbound = 1;
	net_submit(s, RECORD_NET_LISTEN, how, ret);
	slot_release(s);
	return 0;
}

/* For the record of its end. One that ended already will not be heard of again. */
static __noinline int note_accepted(struct task_struct *task, struct task_state *st,
				    struct sock *sk)
{
	struct connect_owner o = {.asked_ns = bpf_ktime_get_boot_ns()};
	u64 key = (u64)sk;

	fill_task(&o.task);
	if (BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP &&
	    BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_CLOSE)
		bpf_map_update_elem(&accepted, &key, &o, BPF_ANY);
	/* or in between: the address is another socket's soon, and that one's end is not theirs */
	if (BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_CLOSE)
		bpf_map_delete_elem(&accepted, &key);
	return 0;
}

/* From one address to one listener of a boundary: one record, the rest of the window is counted. */
static __noinline int tell_accepted(struct task_state *st, struct sock *sk)
{
	struct flow_key key = {.kind = RECORD_NET_ACCEPT};
	struct slot *s;

	if (!st)
		return 0;
	fill_flow_key(&key, sk, flow_boundary(st->boundary, st->flags));
	if (cfg_fold && fold_flow(&key, 1, 0, 0, 0))
		return 0;
	s = slot_claim(RECORD_NET_ACCEPT);
	if (!s)
		return 0;
	begin_flow(s, sk, true);
	fill_current(s->id);
	if (slot_submit(s, RECORD_NET_ACCEPT) && cfg_fold)
		fold_flow_begin(&key, s);
	slot_release(s);
	return 0;
}

static __always_inline int on_accepted(struct task_struct *task, struct file *file)
{
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);
	struct sock *sk = ip_sock(file);

	if (!sk || !st)
		return 0;
	note_accepted(task, st, sk);
	return tell_accepted(st, sk);
}

int flow_on_accept(long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return ret < 0 ? 0 : on_accepted(task, read_fd(task, ret));
}

int flow_on_accepted(u64 file)
{
	return on_accepted(bpf_get_current_task_btf(), (struct file *)file);
}

char LICENSE[] __weak SEC("license") = "GPL";
