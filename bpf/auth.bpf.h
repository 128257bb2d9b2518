/* SPDX-License-Identifier: GPL-2.0-only */
/* auth.bpf.h: what the system call hook hands on to auth.bpf.c; verified by itself, scalars only. */
#ifndef WHODID_BPF_AUTH_H
#define WHODID_BPF_AUTH_H

#include "session.bpf.h"

/* Whether what the task sends is worth a look: one look-up for everybody else. */
static __always_inline bool sends_auth_log(struct task_struct *task)
{
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);

	return st && st->role == ROLE_SSHD && task->real_cred->euid.val == 0;
}

/* The end of a send of len bytes at buf over fd by current, whatever its result. Returns 0. */
int auth_on_send(u64 fd, u64 buf, u64 len);
/* The same for sendmsg(fd, msg): its first piece. */
int auth_on_sendmsg(u64 fd, u64 msg, u32 ia32);

#endif
