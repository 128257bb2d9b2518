// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring_net.bpf.c: what a ring is asked for on sockets: connect, accept, socket, listen and the sending of
 * datagrams, as the calls of those names.
 *
 * They are told when they have got their result, by the thread that has it: the one that asked, or a
 * worker of the same process. So nothing has to wait for them, however long a connection takes. Those
 * that end without a word when they succeed (CQE_SKIP) are told when they are asked for.
 * TCP connections: tcp.bpf.c; what the hooks at the cgroup saw of datagrams: send.bpf.c.
 * Misses: accept for many (multishot), without a word and into the ring's own table; what raw and ICMP
 * sockets send; results that do not fit into the ring. Of the silent those that a worker sends before
 * 6.10, and where the ring's own table has the socket but for the addresses that they name.
 */
#include "session.bpf.h"
#include "send.bpf.h"
#include "ask.bpf.h"
#include "manager.bpf.h"
#include "ring_net.bpf.h"

const volatile __u32 cfg_ring_data = 0;

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

static __always_inline u64 read_send_copy(u64 req)
{
	struct io_async_msghdr___compat *m = (void *)read_data(req);

	if (!m || !bpf_core_field_exists(m->addr))
		return 0;
	return (u64)BPF_CORE_READ(m, msg.msg_name);
}

static __always_inline bool is_silent(u64 req)
{
	return read_request_flags(req) & REQ_F_CQE_SKIP;
}

/* What the request is about; not known before it is tried where the ring's own table has it. */
static __always_inline struct file *file_of(struct task_struct *task, u64 req, bool is_tried)
{
	struct io_kiocb *r = (struct io_kiocb *)req;

	if (is_tried)
		return BPF_CORE_READ(r, file);
	if (read_request_flags(req) & REQ_F_FIXED_FILE)
		return 0;
	return read_fd(task, BPF_CORE_READ(r, cqe.fd));
}

/* The address is the kernel's copy as long as there is one. */
static __always_inline int on_connect(struct file *file, u64 req, u32 how, s32 ret)
{
	struct io_connect *asked = (struct io_connect *)req;
	struct sock *sk = read_sock(file);
	u32 family = sk ? read_family(sk) : AF_UNSPEC, len = BPF_CORE_READ(asked, addr_len);
	u64 addr = read_connect_copy(req);

	if (addr)
		how |= HOW_COPIED;
	else
		addr = (u64)BPF_CORE_READ(asked, addr);
	if (len > HOW_MARK)
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

static __always_inline int on_made(u64 req, u32 how, s32 ret)
{
	struct io_socket *asked = (struct io_socket *)req;
	u32 family = BPF_CORE_READ(asked, domain), type = BPF_CORE_READ(asked, type);

	return socket_on_made((u64)family << 32 | type, BPF_CORE_READ(asked, protocol), how, ret);
}

/* An act that is told once, with or without its result. */
static __always_inline int on_request(struct task_struct *task, u64 req, u32 how, s32 ret)
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

/* A silent one: what a worker will do is told now, what this thread does, with what follows. */
static __always_inline int on_silent_send(struct task_struct *task, u64 req)
{
	struct sock *sk = read_sock(file_of(task, req, false));
	u64 name = read_request_flags(req) & REQ_F_FORCE_ASYNC ? read_send_copy(req) : 0;

	send_on_request(0, 0, 0);
	return name ? send_on_request((u64)sk, name, -EINPROGRESS) : 0;
}

int ring_net_on_submit(u64 req)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (!is_silent(req) || is_self(task, OWN_OTHER) || !current_state(task))
		return 0;
	if (ring_op_sends(BPF_CORE_READ((struct io_kiocb *)req, opcode)))
		return on_silent_send(task, req);
	return on_request(task, req, HOW_RING | HOW_NO_RESULT, 0);
}

int ring_net_on_complete(u64 req)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct io_kiocb *r = (struct io_kiocb *)req;
	u32 opcode = BPF_CORE_READ(r, opcode);
	s32 ret = BPF_CORE_READ(r, cqe.res);

	/* who cleans up behind a process that is gone is the kernel's own */
	if (task->flags & PF_KTHREAD || ret == -ECANCELED || is_self(task, OWN_OTHER) ||
	    !current_state(task))
		return 0;
	if (ring_op_sends(opcode))
		return send_on_request((u64)read_sock(BPF_CORE_READ(r, file)), read_send_copy(req),
				       ret);
	if (opcode != OP_ACCEPT)
		return on_request(task, req, HOW_RING, ret);
	if (BPF_CORE_READ((struct io_accept *)req, file_slot))
		return 0; /* a number in the ring's own table */
	return flow_on_accept(ret);
}

char LICENSE[] __weak SEC("license") = "GPL";
