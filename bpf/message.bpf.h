/* SPDX-License-Identifier: GPL-2.0-only */
/* message.bpf.h: what lies where in the caller's memory that it sends, up to two pieces of it. */
#ifndef WHODID_BPF_MESSAGE_H
#define WHODID_BPF_MESSAGE_H

#include "emit.bpf.h"

/* What is sent, in one piece or in two: a tag, and the text behind it. */
struct pieces {
	u64 buf, len;
	u64 more, more_len;
};

/* 32-bit programs: name, name length, pieces, their number: 32 bits each. */
static __always_inline int read_message32(u64 msg, struct pieces *out)
{
	u32 iov[2] = {}, p[4] = {};

	if (bpf_probe_read_user(iov, sizeof(iov), (void *)(msg + 8)) || iov[1] == 0)
		return -1;
	if (bpf_probe_read_user(p, 8, (void *)(u64)iov[0]) ||
	    (iov[1] > 1 && bpf_probe_read_user(&p[2], 8, (void *)(u64)(iov[0] + 8))))
		return -1;
	*out = (struct pieces){p[0], p[1], p[2], p[3]};
	return 0;
}

static __always_inline int read_message(u64 msg, u32 ia32, struct pieces *out)
{
	u64 iov[2] = {};

	if (ia32)
		return read_message32(msg, out);
	if (bpf_probe_read_user(iov, sizeof(iov), (void *)(msg + 16)) || iov[1] == 0)
		return -1;
	return bpf_probe_read_user(out, iov[1] > 1 ? sizeof(*out) : 16, (void *)iov[0]);
}

#endif
