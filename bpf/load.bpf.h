/* SPDX-License-Identifier: GPL-2.0-only */
/* load.bpf.h: what the system call hook hands on to load.bpf.c. */
#ifndef WHODID_BPF_LOAD_H
#define WHODID_BPF_LOAD_H

#include "target.bpf.h"

/* The end of a call of current that puts code into the kernel. Returns 0. */
int load_on_call(u32 class_and_ia32, long ret);

#define LOAD_PROGRAM 5 /* BPF_PROG_LOAD */

/* bpf(2) that loads nothing. The daemon's own are many, and not even worth counting. */
static __always_inline bool is_other_bpf(struct pt_regs *regs, u32 class, bool ia32)
{
	u64 args[6];

	if (class != SYS_BPF)
		return false;
	read_args(args, regs, ia32);
	return (u32)args[0] != LOAD_PROGRAM;
}

#endif
