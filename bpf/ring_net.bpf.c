// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring_net.bpf.c: what a ring is asked for on sockets: connect, socket and listen, as the calls of those
 * names. Sending: ring_send.bpf.c, accepting: ring_accept.bpf.c, TCP connections: tcp.bpf.c.
 *
 * They are told when they have got their result, by the thread that has it: the one that asked, or a
 * worker of the same process. So nothing has to wait for them, however long a connection takes. Those
 * that end without a word when they succeed (CQE_SKIP) are told when they are asked for. What was asked for
 * is also put aside until then: where the result does not fit into the ring, collect tells it without one.
 * A request that takes longer than collect waits is told twice so.
 * Misses: TCP connects that fail before they send anything, where that result does not fit.
 */
#include "session.bpf.h"
#include "ask.bpf.h"
#include "manager.bpf.h"
#include "ring_copy.bpf.h"
#include "ring_net.bpf.h"

static __always_inline bool is_address(u64 at)
{
	u16 family = 0;

	bpf_probe_read_kernel(&family, sizeof(family), (void *)at);
	return is_ip(family) || family == AF_UNIX;
}

/* By what lies there: a message begins with a pointer, which is no such small number. */
static __always_inline u64 read_connect_copy(u64 req)
{
	struct io_async_msghdr___compat *none = 0;
	u64 data = read_data(req);

	if (!data || bpf_core_type_exists(struct io_async_connect___old))
		return 0;
	if (is_address(data))
		return data;
	if (!bpf_core_field_exists(none->addr) || bpf_core_field_exists(none->vec))
		return 0;
	data += bpf_core_field_offset(struct io_async_msghdr___compat, addr);
	return is_address(data) ? data : 0;
}

/* Its connections are told by their states, however long they take. */
static __always_inline bool is_tcp(struct sock *sk)
{
	return sk && is_ip(read_family(sk)) && BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP;
}

/* The address is the kernel's copy as long as there is one. */
static __always_inline int on_connect(struct file *file, u64 req, u32 how, long ret)
{
	struct io_connect *asked = (struct io_connect *)req;
	struct sock *sk = read_sock(file);
	u32 family = sk ? read_family(sk) : AF_UNSPEC, len = BPF_CORE_READ(asked, addr_len);
	u64 addr = read_connect_copy(req);

	if (addr)
		how |= HOW_COPIED;
	else
		addr = (u64)BPF_CORE_READ(asked, addr);
	if (len > HOW_MARK || (how & HOW_ASIDE && is_tcp(sk)))
		return 0;
	if (family == AF_UNIX && ret == 0 && !(how & HOW_NO_RESULT)) {
		ask_on_connect((u64)sk);
		manager_on_connect((u64)sk);
	}
	if (family == AF_UNIX)
		return unix_on_connect((u64)sk, addr, len | how, ret);
	if (family == AF_VSOCK)
		return vsock_on_connect((u64)sk, addr, len | how, ret);
	return net_on_connect((u64)file, addr, CONNECT_NONE | how, ret);
}

static __always_inline int on_made(u64 req, u32 how, long ret)
{
	struct io_socket *asked = (struct io_socket *)req;
	u32 family = BPF_CORE_READ(asked, domain), type = BPF_CORE_READ(asked, type);

	return socket_on_made((u64)family << 32 | type, BPF_CORE_READ(asked, protocol), how, ret);
}

/* An act that is told now, with or without its result, or put aside until it has one. */
static __always_inline int on_request(struct task_struct *task, u64 req, u32 how, long ret)
{
	u32 opcode = BPF_CORE_READ((struct io_kiocb *)req, opcode);
	struct file *file = file_of(task, req, !(how & HOW_NO_RESULT));

	switch (opcode) {
	case OP_CONNECT:
		return on_connect(file, req, how, ret);
	case OP_SOCKET:
		return on_made(req, how, ret);
	case OP_LISTEN:
		return flow_on_listen((u64)file, how, ret);
	}
	return 0;
}

int ring_net_on_submit(u64 req)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (is_self(task, OWN_OTHER) || !current_state(task))
		return 0;
	if (is_silent(req))
		return on_request(task, req, HOW_RING | HOW_NO_RESULT, 0);
	return on_request(task, req, HOW_RING | HOW_NO_RESULT | HOW_ASIDE, req);
}

int ring_net_on_complete(u64 req)
{
	struct task_struct *task = bpf_get_current_task_btf();
	s32 ret = BPF_CORE_READ((struct io_kiocb *)req, cqe.res);

	bpf_map_delete_elem(&requests, &req); /* it has a result now */
	if (!is_done(task, ret) || is_self(task, OWN_OTHER) || !current_state(task))
		return 0;
	return on_request(task, req, HOW_RING, ret);
}

char LICENSE[] __weak SEC("license") = "GPL";
