/* SPDX-License-Identifier: GPL-2.0-only */
/* load.bpf.h: what the system call hook hands on to load.bpf.c. */
#ifndef WHODID_BPF_LOAD_H
#define WHODID_BPF_LOAD_H

#include "target.bpf.h"

/* The end of a call of current that puts code into the kernel. Returns 0. */
int load_on_call(u32 class_and_ia32, long ret);

/* The end of a bpf(2) of current that may be one on the sensor's own objects: touch.bpf.c. Returns 0. */
int touch_on_call(u32 command, u64 attr, long ret);

#define LOAD_PROGRAM 5 /* BPF_PROG_LOAD */
/* Those that touch_on_call() has a row for. */
#define TOUCHES	     0x000000046e60668cull

/* bpf(2) that neither loads nor touches. The daemon's own are many, and not even worth counting. */
static __always_inline bool is_other_bpf(struct task_struct *task, struct pt_regs *regs, u32 class,
					 bool ia32)
{
	u64 args[6];
	u32 command;

	if (class != SYS_BPF)
		return false;
	read_args(args, regs, ia32);
	command = args[0];
	if (command == LOAD_PROGRAM)
		return false;
	return command > 63 || !(TOUCHES >> (command & 63) & 1) || is_sensor(task);
}

#endif
