/* SPDX-License-Identifier: GPL-2.0-only */
/* send.bpf.h: datagrams to an address that the call names. */
#ifndef WHODID_BPF_SEND_H
#define WHODID_BPF_SEND_H

#include "auth.bpf.h"
#include "net.bpf.h"

/* The end of a call that sent over fd to what name, an address in the caller's memory, says. Returns 0. */
int send_on_call(u64 fd, u64 name, u32 class, long ret);
/*
 * The end of a request to send over the socket sk; name: the kernel's copy of where to, of one that a worker
 * did, else 0. With sk 0: current does nothing more of what it did so far. Returns 0.
 */
int send_on_request(u64 sk, u64 name, long ret);

/* What current has noted, or NULL: not what an earlier thread with its number left behind. */
static __always_inline struct pending_sends *find_pending(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	u64 id = bpf_get_current_pid_tgid();
	struct pending_sends *p;
	u32 tid = id;

	p = bpf_map_lookup_elem(&pending, &tid);
	return p && p->start_ns == BPF_CORE_READ(task, start_boottime) ? p : 0;
}

/* The address in a struct msghdr of the caller, or 0. */
static __always_inline u64 read_msg_name(u64 msg, bool ia32)
{
	u64 name = 0;

	bpf_probe_read_user(&name, ia32 ? 4 : 8, (void *)msg);
	return name;
}

/* The length of that address. */
static __always_inline u32 read_msg_namelen(u64 msg, bool ia32)
{
	u32 len = 0;

	bpf_probe_read_user(&len, 4, (void *)(msg + (ia32 ? 4 : 8)));
	return len;
}

/*
 * Whether a call of a sending class is worth a look; most are not, so this is short. What it named is
 * asked of the hooks first: the caller's memory may have been rewritten to say nothing.
 */
static __always_inline bool is_told_send(struct task_struct *task, struct pt_regs *regs, u32 class,
					 bool ia32)
{
	struct pending_sends *p;
	u64 args[6];

	read_args(args, regs, ia32);
	if (is_sshd(task))
		return true;
	if (class == SYS_SENDTO && !args[4])
		return false;
	p = find_pending();
	if (p && p->used)
		return true;
	if (class == SYS_SENDTO || class == SYS_SENDMMSG) /* any of several may have one */
		return true;
	return class != SYS_URING && read_msg_name(args[1], ia32);
}

#endif
