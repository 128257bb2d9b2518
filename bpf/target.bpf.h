/* SPDX-License-Identifier: GPL-2.0-only */
/* target.bpf.h: what the system call hook hands on to target.bpf.c. */
#ifndef WHODID_BPF_TARGET_H
#define WHODID_BPF_TARGET_H

#include "syscalls.bpf.h"

/* The end of a call of current that reaches into another process. Returns 0. */
int target_on_call(u32 class_and_ia32, long ret);

/* Current has opened the memory of a process: inode of /proc/PID/mem. Returns 0. */
int target_on_memory(u64 inode, u32 op);
/*
 * The process whose leader has that number (a struct pid, by its address), into slot.target_*, its
 * executable into slot.text; nothing where it has gone: its number may be another's. Before 6.2 without
 * its boundary. Returns 0.
 */
int target_find(u32 slot, u64 pid);

/* Arguments of the call that current is at the end of. */
static __always_inline void read_current_args(u64 *args, u32 class_and_ia32)
{
	struct task_struct *task = bpf_get_current_task_btf();

	read_args(args, (struct pt_regs *)bpf_task_pt_regs(task), class_and_ia32 & 0x100);
}

#endif
