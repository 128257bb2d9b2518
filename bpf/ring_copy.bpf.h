/* SPDX-License-Identifier: GPL-2.0-only */
/* ring_copy.bpf.h: the kernel's own copy of what a request to a ring is about. */
#ifndef WHODID_BPF_RING_COPY_H
#define WHODID_BPF_RING_COPY_H

#include "maps.bpf.h"
#include "compat.bpf.h"

/*
 * Where the kernel keeps its copy of the address in a request: to send in a message; to connect in the same
 * from 6.10 on and later by itself, and before that, if at all, in a struct of its own. It is made before
 * the request is tried, and goes when the thread that asked has tried to send; where a worker did it stays
 * until the result is told. The flag that says whether it is there has another place in each kernel, and
 * no name that CO-RE could ask for.
 */
struct io_async_connect___old {
	u16 address;
} CORE;
struct sockaddr_storage___compat {
	u16 ss_family;
} CORE;
struct msghdr___compat {
	void *msg_name;
	int msg_namelen;
} CORE;
struct iou_vec___compat {
	u32 nr;
} CORE;
struct io_async_msghdr___compat {
	struct iou_vec___compat vec; /* 6.15 */
	struct msghdr___compat msg;
	struct sockaddr_storage___compat addr;
} CORE;

static __always_inline u64 read_data(u64 req)
{
	if (!(read_request_flags(req) & cfg_ring_data))
		return 0;
	return (u64)BPF_CORE_READ((struct io_kiocb *)req, async_data);
}

#endif
