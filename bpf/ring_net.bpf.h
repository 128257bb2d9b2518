/* SPDX-License-Identifier: GPL-2.0-only */
/* ring_net.bpf.h: requests to rings that are about sockets. */
#ifndef WHODID_BPF_RING_NET_H
#define WHODID_BPF_RING_NET_H

#include "net.bpf.h"

/* IORING_OP_*: numbers are for ever. */
#define OP_SENDMSG    9
#define OP_ACCEPT     13
#define OP_CONNECT    16
#define OP_SEND	      26
#define OP_SOCKET     45 /* 5.19 */
#define OP_SEND_ZC    47 /* 6.0 */
#define OP_SENDMSG_ZC 48 /* 6.1 */
#define OP_LISTEN     57 /* 6.11 */
#define OPS_NET                                                                          \
	(1ull << OP_SENDMSG | 1ull << OP_ACCEPT | 1ull << OP_CONNECT | 1ull << OP_SEND | \
	 1ull << OP_SOCKET | 1ull << OP_SEND_ZC | 1ull << OP_SENDMSG_ZC | 1ull << OP_LISTEN)

static __always_inline bool ring_op_is_net(u64 req)
{
	u32 opcode = BPF_CORE_READ((struct io_kiocb *)req, opcode);

	return opcode < 64 && (OPS_NET >> opcode & 1);
}

static __always_inline bool ring_op_sends(u32 opcode)
{
	return opcode == OP_SENDMSG || opcode == OP_SEND || opcode == OP_SEND_ZC ||
	       opcode == OP_SENDMSG_ZC;
}

static __always_inline bool is_silent(u64 req)
{
	return read_request_flags(req) & REQ_F_CQE_SKIP;
}

/* What the request is about; before it is tried only its number is there. */
static __always_inline struct file *file_of(struct task_struct *task, u64 req, bool is_tried)
{
	struct io_kiocb *r = (struct io_kiocb *)req;

	if (is_tried)
		return BPF_CORE_READ(r, file);
	if (read_request_flags(req) & REQ_F_FIXED_FILE)
		return read_ring_file(BPF_CORE_READ(r, ctx), BPF_CORE_READ(r, cqe.fd));
	return read_fd(task, BPF_CORE_READ(r, cqe.fd));
}

/* A file that the request has put into its ring's own table: where it said, counted from 1, or by the result. */
#define ANY_SLOT 0xffffffff
static __always_inline struct file *read_ring_slot(u64 req, u32 slot, s32 result)
{
	return read_ring_file(BPF_CORE_READ((struct io_kiocb *)req, ctx),
			      slot == ANY_SLOT ? (u32)result : slot - 1);
}

/* Who cleans up behind a process that is gone is the kernel's own. */
static __always_inline bool is_done(struct task_struct *task, s32 ret)
{
	return !(task->flags & PF_KTHREAD) && ret != -ECANCELED;
}

/*
 * A request is about to be done, or has got its result, by current: one that sends, one to accept, another one on
 * sockets. All return 0.
 */
int ring_net_on_submit(u64 req);
int ring_net_on_complete(u64 req);
int ring_send_on_submit(u64 req);
int ring_send_on_complete(u64 req);
int ring_accept_on_submit(u64 req);
int ring_accept_on_complete(u64 req);
/*
 * A result that is not the last of its request. told: its user_data, with cfg_ring_cqe where user_data and result
 * lie.
 */
int ring_accept_on_one(u64 ring, u64 told, s32 res);

#endif
