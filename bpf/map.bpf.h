/* SPDX-License-Identifier: GPL-2.0-only */
/* map.bpf.h: what the system call hook hands on to map.bpf.c. */
#ifndef WHODID_BPF_MAP_H
#define WHODID_BPF_MAP_H

#include "target.bpf.h"

/* The end of a call of current that maps code. ret is the result cut to 32 bits. Returns 0. */
int map_on_call(u32 class_and_ia32, s32 ret);

#define PROT_READ	  1
#define PROT_EXEC	  4
#define READ_IMPLIES_EXEC 0x0400000 /* personality(2) */
#define MAP_ANONYMOUS	  0x20
#define LAST_ERROR	  4095

static __always_inline bool is_map(u32 class)
{
	return class >= SYS_MMAP && class <= SYS_MPROTECT;
}

/* Most that is mapped is data. What the old mmap(2) asked for is looked up in the mapping. */
static __always_inline bool maps_data(struct task_struct *task, struct pt_regs *regs, u32 class,
				      bool ia32)
{
	u64 args[6];

	if (class == SYS_MMAP_OLD)
		return false;
	read_args(args, regs, ia32);
	if (args[2] & PROT_EXEC)
		return false;
	return !(args[2] & PROT_READ && task->personality & READ_IMPLIES_EXEC);
}

#endif
