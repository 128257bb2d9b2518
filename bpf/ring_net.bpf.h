/* SPDX-License-Identifier: GPL-2.0-only */
/* ring_net.bpf.h: requests to rings that are about sockets. */
#ifndef WHODID_BPF_RING_NET_H
#define WHODID_BPF_RING_NET_H

#include "compat.bpf.h"

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

/* Such a request is about to be done, or has got its result, by current. Both return 0. */
int ring_net_on_submit(u64 req);
int ring_net_on_complete(u64 req);

#endif
