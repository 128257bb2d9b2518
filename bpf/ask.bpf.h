/* SPDX-License-Identifier: GPL-2.0-only */
/* ask.bpf.h: what the hooks hand on to ask.bpf.c; verified by itself, scalars only. */
#ifndef WHODID_BPF_ASK_H
#define WHODID_BPF_ASK_H

#include "syscalls.bpf.h"

/*
 * Whether what the task writes may be a request to a container engine. Writes are many: where no
 * process is connected to an engine that is one load, else one look-up. Any thread may write what
 * another one has connected, so the mark is the leader's.
 */
static __always_inline bool asks_engine(struct task_struct *task)
{
	struct task_state *st;

	if (!engine_clients)
		return false;
	st = bpf_task_storage_get(&tasks, task->group_leader, 0, 0);
	return st && (st->clients & CLIENT_OF_ENGINE);
}

/* current has connected this socket (an address): marks it when an engine is at the other end. */
int ask_on_connect(u64 sock);
/* The end of a write of len bytes at buf over fd by current; of a list of pieces, the first. Returns 0. */
int ask_on_write(u64 fd, u64 buf, u64 len);
int ask_on_pieces(u64 fd, u64 pieces, u32 ia32);
int ask_on_sendmsg(u64 fd, u64 msg, u32 ia32);

/* The process is over. */
static __always_inline void ask_on_exit(struct task_struct *task)
{
	struct task_state *st;

	if (!engine_clients)
		return;
	st = bpf_task_storage_get(&tasks, task->group_leader, 0, 0);
	if (st && (st->clients & CLIENT_OF_ENGINE))
		__sync_fetch_and_add(&engine_clients, -1);
}

#endif
