/* SPDX-License-Identifier: GPL-2.0-only */
/* auth.bpf.h: what the system call hook hands on to auth.bpf.c; verified by itself, scalars only. */
#ifndef WHODID_BPF_AUTH_H
#define WHODID_BPF_AUTH_H

#include "session.bpf.h"

/* Whether the task is one that lets people in: its word about that is true. */
static __always_inline bool is_sshd(struct task_struct *task)
{
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);

	return st && st->role == ROLE_SSHD && task->real_cred->euid.val == 0;
}

/* Whether what current sends begins as a line for syslog does. */
int auth_looks_like_line(u32 class_and_ia32);
/* The end of a send of len bytes at buf over fd by current, whatever its result. Returns 0. */
int auth_on_send(u64 fd, u64 buf, u64 len);
/* The same for sendmsg(fd, msg): its first two pieces. */
int auth_on_sendmsg(u64 fd, u64 msg, u32 ia32);

#endif
