/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel_ring.h: requests to rings (io_uring); a part of kernel.h. */
#ifndef WHODID_BPF_KERNEL_RING_H
#define WHODID_BPF_KERNEL_RING_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct io_cqe {
	u64 user_data;
	s32 res;
	s32 fd; /* over flags, until there is a result */
};
struct io_sq_data { /* the thread that takes the requests of rings */
	struct task_struct *thread;
};
struct io_ring_ctx {
	struct io_sq_data *sq_data;
};
struct io_kiocb { /* what a request wants lies over its start: the types below */
	struct file *file;
	u8 opcode;
	struct io_cqe cqe;
	struct io_ring_ctx *ctx;
	void *async_data;
};
struct io_open {
	int dfd;
	u32 file_slot;
	struct open_how how;
};
struct io_rename {
	int old_dfd;
	int new_dfd;
};
struct io_unlink {
	int dfd;
	int flags;
};
struct io_mkdir {
	int dfd;
	u16 mode;
};
struct io_link {
	int old_dfd;
	int new_dfd;
};
struct io_connect {
	void *addr; /* the caller's */
	int addr_len;
};
struct io_accept {
	u32 file_slot;
};
struct io_socket {
	int domain;
	int type;
	int protocol;
};

#pragma clang attribute pop

/* uapi: a result, by fixed offsets */
struct user_cqe {
	__u64 user_data;
	__s32 res;
	__u32 flags;
};

#endif
