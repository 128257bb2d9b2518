/* SPDX-License-Identifier: GPL-2.0-only */
/* cred.bpf.h: what the system call hook hands on to cred.bpf.c. */
#ifndef WHODID_BPF_CRED_H
#define WHODID_BPF_CRED_H

#include "target.bpf.h"

#define NEW_NAMESPACES                                                                 \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
	 CLONE_NEWPID | CLONE_NEWNET)

/* The end of a call of current that changes credentials or namespaces. Returns 0. */
int cred_on_call(u32 class_and_ia32, long ret);

/* Flags of clone(2) or clone3(2), the latter from the caller's memory. */
static __always_inline u64 clone_flags(u32 class, u64 arg)
{
	u64 flags = arg & ~0xffull; /* there the signal of the child's end */

	if (class == SYS_CLONE3) {
		flags = 0;
		bpf_probe_read_user(&flags, sizeof(flags), (void *)arg);
	}
	return flags;
}

/* A clone without a new namespace, or the child's end of one: the fork hook has it. */
static __always_inline bool is_plain_clone(struct pt_regs *regs, u32 class, bool ia32, long ret)
{
	u64 args[6];

	if (class != SYS_CLONE && class != SYS_CLONE3)
		return false;
	if (ret == 0)
		return true;
	read_args(args, regs, ia32);
	return !(clone_flags(class, args[0]) & (NEW_NAMESPACES | CLONE_NEWTIME));
}

#endif
