// SPDX-License-Identifier: GPL-2.0-only
/*
 * socket.bpf.c: calls on sockets, with their arguments, and sockets that are made for seeing or
 * forging packets: raw and packet ones, AF_XDP; the audit system's; and vsock where there is none.
 * Family, type and protocol come in registers, which no other thread can change (but in memory for
 * socketcall(2) of 32-bit programs, where one can).
 */
#include "session.bpf.h"
#include "send.bpf.h"
#include "ask.bpf.h"
#include "manager.bpf.h"
#include "target.bpf.h"

#define MESSAGES_MAX 128 /* of one sendmmsg(2) that are looked at; more are counted as lost */

static __always_inline bool is_telling(u32 family, u32 type, u32 protocol, long ret)
{
	if (is_ip(family))
		return type == SOCK_RAW || type == SOCK_PACKET;
	if (family == AF_NETLINK)
		return protocol == NETLINK_AUDIT;
	if (family == AF_VSOCK) /* where it exists, the connection will tell */
		return ret < 0;
	return family == AF_PACKET || family == AF_XDP;
}

int socket_on_made(u64 family_and_type, u32 protocol, u32 how, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 family = family_and_type >> 32, type = family_and_type & SOCK_TYPE_MASK;
	struct record_socket *r;
	struct slot *s;

	if (!is_telling(family, type, protocol, result_of(how, ret)))
		return 0;
	s = slot_claim(RECORD_NET_SOCKET);
	if (!s)
		return 0;
	r = slot_begin(s, struct record_socket);
	s->flags |= flags_of(how);
	fill_current(s->id);
	r->result = result_of(how, ret) < 0 ? ret : 0;
	r->family = family;
	r->type = type;
	r->protocol = protocol;
	r->net_inum = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	net_submit(s, RECORD_NET_SOCKET, how, ret);
	slot_release(s);
	return 0;
}

/* As the caller says; whatever does not fit fits nowhere. */
static __always_inline u32 length_of(u64 len)
{
	return (u32)len < HOW_MARK ? len : HOW_MARK;
}

/* By the family of the socket, each to its own file. */
static __always_inline int on_connect(struct task_struct *task, const u64 *args, long ret)
{
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);
	struct file *file = read_fd(task, args[0]);
	struct sock *sk = read_sock(file);
	u32 family = sk ? read_family(sk) : AF_UNSPEC, mark;

	if (!st)
		return 0;
	mark = st->connect;
	st->connect = CONNECT_NONE; /* whatever follows: the mark is about this call only */
	if (mark == CONNECT_SENT)
		return 0;
	if (family == AF_UNIX && ret == 0) {
		ask_on_connect((u64)sk);
		manager_on_connect((u64)sk);
	}
	if (family == AF_UNIX)
		return unix_on_connect((u64)sk, args[1], length_of(args[2]), ret);
	if (family == AF_VSOCK)
		return vsock_on_connect((u64)sk, args[1], length_of(args[2]), ret);
	return net_on_connect((u64)file, args[1], mark, ret);
}

/* socketcall(2) of 32-bit programs: the call's number, and the arguments in memory. */
static __always_inline u32 read_socketcall(u64 *args)
{
	u32 call = args[0], a[6] = {}, count = 3;

	if (call == SOCKETCALL_SENDTO)
		count = 6;
	else if (call == SOCKETCALL_SEND || call == SOCKETCALL_SENDMMSG ||
		 call == SOCKETCALL_ACCEPT4)
		count = 4;
	else if (call == SOCKETCALL_LISTEN)
		count = 2;
	if (bpf_probe_read_user(a, 4 * count, (void *)args[1]))
		return SYS_NONE;
	for (int i = 0; i < 6; i++)
		args[i] = a[i];
	switch (call) {
	case SOCKETCALL_SOCKET:
		return SYS_SOCKET;
	case SOCKETCALL_CONNECT:
		return SYS_CONNECT;
	case SOCKETCALL_LISTEN:
		return SYS_LISTEN;
	case SOCKETCALL_ACCEPT:
	case SOCKETCALL_ACCEPT4:
		return SYS_ACCEPT;
	case SOCKETCALL_SEND:
	case SOCKETCALL_SENDTO:
		return SYS_SENDTO;
	case SOCKETCALL_SENDMSG:
		return SYS_SENDMSG;
	case SOCKETCALL_SENDMMSG:
		return SYS_SENDMMSG;
	}
	return SYS_NONE;
}

/* Who asks engines, sshd and the rest: each hears only what begins as its own. */
static __always_inline int on_sendto(struct task_struct *task, const u64 *args, long ret)
{
	if (ret > 0 && asks_engine(task))
		ask_on_write(args[0], args[1], args[2]);
	if (ret > 0 && asks_manager(task))
		manager_on_send(args[0], args[1], ret);
	auth_on_send(args[0], args[1], args[2]);
	if (args[4] && unix_on_send(args[0], args[4], length_of(args[5]), ret))
		return 0;
	return send_on_call(args[0], args[4], SYS_SENDTO, ret);
}

/*
 * Each that was sent by its own name; of a call that sent none the first one, with the error. What stopped
 * sendmmsg(2) after some is told to nobody, so that one is no attempt here.
 */
static __always_inline bool unix_on_messages(u64 fd, u64 messages, u32 class, u32 ia32, s32 ret)
{
	u32 how = HOW_MESSAGE | (ia32 ? HOW_IA32 : 0), size = ia32 ? 32 : 64;
	u32 count = class == SYS_SENDMMSG && ret > 0 ? ret : 1;

	for (u32 i = 0; i < MESSAGES_MAX && i < count; i++)
		if (!unix_on_send(fd, messages + i * size, how, ret))
			return false;
	if (count > MESSAGES_MAX)
		count_many_lost(RECORD_NET_CONNECT, count - MESSAGES_MAX);
	return true;
}

static __always_inline int on_message(const u64 *args, u32 class, u32 ia32, long ret)
{
	if (unix_on_messages(args[0], args[1], class, ia32, ret))
		return 0;
	return send_on_call(args[0], read_msg_name(args[1], ia32), class, ret);
}

int socket_on_call(u32 class_and_ia32, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 class = class_and_ia32 & 0xff, ia32 = class_and_ia32 & 0x100;
	u64 args[6];

	read_current_args(args, class_and_ia32);
	if (class == SYS_SOCKETCALL)
		class = read_socketcall(args);
	switch (class) {
	case SYS_CONNECT:
		return on_connect(task, args, ret);
	case SYS_LISTEN:
		return flow_on_listen((u64)read_fd(task, args[0]), 0, ret);
	case SYS_ACCEPT:
		return flow_on_accept(ret);
	case SYS_SOCKET:
		return socket_on_made(args[0] << 32 | (u32)args[1], args[2], 0, ret);
	case SYS_SENDTO:
		return on_sendto(task, args, ret);
	case SYS_SENDMSG:
		if (ret > 0 && asks_engine(task))
			ask_on_sendmsg(args[0], args[1], ia32);
		if (ret > 0 && asks_manager(task))
			manager_on_sendmsg(args[0], args[1], ia32, ret);
		auth_on_sendmsg(args[0], args[1], ia32);
		/* fall through: the first of several is laid out as one alone */
	case SYS_SENDMMSG:
		return on_message(args, class, ia32, ret);
	case SYS_URING:
		return send_on_call(0, 0, class, ret);
	case SYS_WRITE:
		return ret > 0 ? ask_on_write(args[0], args[1], args[2]) : 0;
	case SYS_WRITEV:
		return ret > 0 ? ask_on_pieces(args[0], args[1], ia32) : 0;
	}
	return 0;
}

char LICENSE[] __weak SEC("license") = "GPL";
