/* SPDX-License-Identifier: GPL-2.0-only */
/* load.bpf.h: what the system call hook hands on to load.bpf.c. */
#ifndef WHODID_BPF_LOAD_H
#define WHODID_BPF_LOAD_H

#include "target.bpf.h"

/* The end of a call of current that puts code into the kernel. Returns 0. */
int load_on_call(u32 class_and_ia32, long ret);

#endif
