/* SPDX-License-Identifier: GPL-2.0-only */
/* net.bpf.h: what the system call hook hands on to net.bpf.c; verified by itself, scalars only. */
#ifndef WHODID_BPF_NET_H
#define WHODID_BPF_NET_H

#include "path.bpf.h"

/* The end of connect(fd, addr) of current. Returns 0, so that a hook can end with it. */
int net_on_connect(u64 fd, u64 addr, long ret);

/* The same for listen(fd) and for accept(2), whose result is the new descriptor. */
int net_on_listen(u64 fd, long ret);
int net_on_accept(long ret);

/* The open file behind a descriptor of the task, or NULL. */
static __always_inline struct file *read_fd(struct task_struct *task, s32 fd)
{
	struct files_struct *files = task->files;
	struct file *file = 0;

	if (fd < 0 || !files || (u32)fd >= files->fdt->max_fds)
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), &files->fdt->fd[fd]);
	return file;
}

#endif
