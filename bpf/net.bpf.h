/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * net.bpf.h: what the files of sockets hand to each other, verified by themselves, scalars only;
 * and how sockets and their addresses are read.
 */
#ifndef WHODID_BPF_NET_H
#define WHODID_BPF_NET_H

#include "path.bpf.h"
#include "syscalls.bpf.h"
#include "aside.bpf.h"
#include <bpf/bpf_endian.h>

/* socket.bpf.c: the end of a call on sockets of current, which has a state. */
int socket_on_call(u32 class_and_ia32, long ret);

/*
 * All of these are about current, at the end of the call or of a request to a ring, and return 0, so that a
 * hook can end with them. how: enum net_how; of a unix or vsock address also its length. ret: the result, with
 * HOW_ASIDE the request that will have one.
 */
int net_on_connect(u64 file, u64 addr, u32 how, long ret); /* how: also enum connect_mark */
int unix_on_connect(u64 sk, u64 addr, u32 len_and_how, long ret);
int vsock_on_connect(u64 sk, u64 addr, u32 len_and_how, long ret);
/*
 * The end of a call that sent to a name; with HOW_MESSAGE name is the struct msghdr that has it. Whether fd is
 * a unix socket of datagrams, else nothing was done.
 */
int unix_on_send(u64 fd, u64 name, u32 len_and_how, long ret);
int flow_on_listen(u64 file, u32 how, long ret);
int flow_on_accept(long ret); /* the new descriptor */
int flow_on_accepted(u64 file);
/*
 * Begins the record of a datagram in a claimed slot, and its key there (slot_flow_key()): sent over the socket sk
 * to that name. 0, or -1 where there is none; the key has no kind when it cannot be counted with others.
 */
int unix_begin_sent(u32 slot, u64 sk, u64 name, u32 len_and_how);
/* What socket(2) was given. */
int socket_on_made(u64 family_and_type, u32 protocol, u32 how, long ret);

/* task_state.connect, during one connect(2) */
enum connect_mark {
	CONNECT_NONE = 0,
	CONNECT_SENT = 1,   /* reached SYN_SENT: the state hook makes the record */
	CONNECT_FAILED = 2, /* and fell back at once: only the call's result says why */
};

enum net_how {
	HOW_RING = 1 << 16,	 /* a ring was asked for it */
	HOW_COPIED = 1 << 17,	 /* the address lies in the kernel: nobody can rewrite it */
	HOW_NO_RESULT = 1 << 18, /* it is about to be done, and the result will not be seen */
	HOW_MESSAGE = 1 << 19,
	HOW_IA32 = 1 << 20,
	HOW_ASIDE = 1 << 21, /* it is about to be done, and the result may be seen: aside.bpf.h */
};
#define HOW_MARK 0xffff /* the rest: a mark, or a length */

/* header.flags of an act that was done so. */
static __always_inline u32 flags_of(u32 how)
{
	return (how & HOW_RING ? RECORD_IO_URING : 0) |
	       (how & HOW_NO_RESULT ? RECORD_NO_RESULT : 0);
}

static __always_inline s32 result_of(u32 how, long ret)
{
	return how & HOW_NO_RESULT ? 0 : ret;
}

static __always_inline void net_submit(struct slot *s, u32 kind, u32 how, u64 ret)
{
	if (!(how & HOW_ASIDE) || !put_aside(s, ret, kind))
		slot_submit(s, kind);
}

/* The same with an address that is what was asked for, not where it led. */
static __always_inline u32 flags_of_asked(u32 how)
{
	return how & HOW_COPIED ? RECORD_REQUEST_PATH : RECORD_USER_ADDRESS;
}

/* From the caller's memory, or with HOW_COPIED the kernel's copy of it. */
static __always_inline long read_asked(void *out, u32 n, u64 addr, u32 how)
{
	if (how & HOW_COPIED)
		return bpf_probe_read_kernel(out, n, (void *)addr);
	return bpf_probe_read_user(out, n, (void *)addr);
}

/* Where the open file behind a descriptor of the task stands, or NULL. */
static __always_inline struct file **fd_place(struct task_struct *task, s32 fd)
{
	struct files_struct *files = task->files;

	if (fd < 0 || !files || (u32)fd >= files->fdt->max_fds)
		return 0;
	return &files->fdt->fd[fd];
}

/* The file, or NULL. */
static __always_inline struct file *read_fd(struct task_struct *task, s32 fd)
{
	struct file **place = fd_place(task, fd), *file = 0;

	if (place)
		bpf_probe_read_kernel(&file, sizeof(file), place);
	return file;
}

/* The same of current, verified once and not on each path to where it is asked. */
shared_sub u64 read_current_fd(s32 fd)
{
	return (u64)read_fd(bpf_get_current_task_btf(), fd);
}

/* The socket of a file, or NULL. */
static __always_inline struct sock *read_sock(struct file *file)
{
	struct socket *sock;

	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	sock = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(sock, sk);
}

/* ::ffff:a.b.c.d is v4 */
static __always_inline void normalise(struct address *a)
{
	u32 *w = (u32 *)a->ip;

	if (a->family != AF_INET6 || w[0] || w[1] || w[2] != (u32)bpf_htonl(0xffff))
		return;
	a->family = AF_INET;
	w[0] = w[3];
	w[2] = w[3] = 0;
}

static __always_inline u32 read_family(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_family);
}

static __always_inline u32 read_net_inum(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

static __always_inline void read_peer(struct sock *sk, struct address *a)
{
	__builtin_memset(a, 0, sizeof(*a));
	a->family = read_family(sk);
	a->port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (a->family == AF_INET6)
		bpf_core_read(a->ip, 16, &sk->__sk_common.skc_v6_daddr);
	else
		bpf_core_read(a->ip, 4, &sk->__sk_common.skc_daddr);
	normalise(a);
}

/* The family of the record is the peer's, so a mapped source is shortened with it. */
static __always_inline void read_source(struct sock *sk, struct address *a)
{
	struct inet_sock *inet = (struct inet_sock *)sk;

	__builtin_memset(a, 0, sizeof(*a));
	a->family = read_family(sk);
	a->port = bpf_ntohs(BPF_CORE_READ(inet, inet_sport));
	if (a->family == AF_INET6)
		bpf_core_read(a->ip, 16, &sk->__sk_common.skc_v6_rcv_saddr);
	else
		bpf_core_read(a->ip, 4, &sk->__sk_common.skc_rcv_saddr);
	normalise(a);
}

static __always_inline bool is_ip(u32 family)
{
	return family == AF_INET || family == AF_INET6;
}

/* The same when it is an IPv4 or IPv6 one. */
static __always_inline struct sock *ip_sock(struct file *file)
{
	struct sock *sk = read_sock(file);

	return sk && is_ip(read_family(sk)) ? sk : 0;
}

static __always_inline void fill_source(struct record_net *r, struct sock *sk)
{
	struct address src;

	read_source(sk, &src);
	r->src_port = src.port;
	r->net_inum = read_net_inum(sk);
	if (src.family == r->family)
		__builtin_memcpy(r->src, src.ip, 16);
}

/* An IP address as asked for: whoever tells it says so by flags_of_asked(). */
static __always_inline bool read_asked_address(u64 addr, u32 how, struct address *a)
{
	struct user_sockaddr u = {};

	__builtin_memset(a, 0, sizeof(*a));
	if (read_asked(&u, 8, addr, how))
		return false;
	a->family = u.family;
	a->port = bpf_ntohs(u.port);
	if (u.family == AF_INET6) {
		if (read_asked(&u, sizeof(u), addr, how))
			return false;
		__builtin_memcpy(a->ip, u.v6, 16);
	} else {
		__builtin_memcpy(a->ip, u.v4, 4);
	}
	normalise(a);
	return is_ip(a->family);
}

static __always_inline bool read_user_address(u64 addr, struct address *a)
{
	return read_asked_address(addr, 0, a);
}

/* The call is going to be repeated, or was broken off: nobody has been reached by it. */
static __always_inline bool is_restart(s32 ret)
{
	return ret == -EINTR || (ret <= -ERESTARTSYS && ret >= -ERESTART_RESTARTBLOCK);
}

#endif
