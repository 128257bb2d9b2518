/* SPDX-License-Identifier: GPL-2.0-only */
/* manager.bpf.h: what the hooks hand on to manager.bpf.c; verified by itself, scalars only. */
#ifndef WHODID_BPF_MANAGER_H
#define WHODID_BPF_MANAGER_H

#include "syscalls.bpf.h"

/* Whether what the task sends may be a request to systemd: as asks_engine(). */
static __always_inline bool asks_manager(struct task_struct *task)
{
	struct task_state *st;

	if (!manager_clients)
		return false;
	st = bpf_task_storage_get(&tasks, task->group_leader, 0, 0);
	return st && (st->clients & CLIENT_OF_MANAGER);
}

/* current has connected this socket (an address): marks it when systemd or the bus is at the other end. */
int manager_on_connect(u64 sock);
/* The end of a send of sent bytes over fd by current: at buf, or as its struct msghdr says. Return 0. */
int manager_on_send(u64 fd, u64 buf, u64 sent);
int manager_on_sendmsg(u64 fd, u64 msg, u32 ia32, u64 sent);

/* The process is over. */
static __always_inline void manager_on_exit(struct task_struct *task)
{
	if (asks_manager(task))
		__sync_fetch_and_add(&manager_clients, -1);
}

#endif
