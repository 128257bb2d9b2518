/* SPDX-License-Identifier: GPL-2.0-only */
/* net.bpf.h: what the system call hook hands on to net.bpf.c; verified by itself, scalars only. */
#ifndef WHODID_BPF_NET_H
#define WHODID_BPF_NET_H

#include "path.bpf.h"
#include <bpf/bpf_endian.h>

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

/* The socket of a file, or NULL. */
static __always_inline struct sock *read_sock(struct file *file)
{
	struct socket *sock;

	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	sock = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(sock, sk);
}

struct address {
	u8 ip[16];
	u16 family;
	u16 port;
};

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

static __always_inline void read_peer(struct sock *sk, struct address *a)
{
	__builtin_memset(a, 0, sizeof(*a));
	a->family = BPF_CORE_READ(sk, __sk_common.skc_family);
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
	a->family = BPF_CORE_READ(sk, __sk_common.skc_family);
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

	return sk && is_ip(BPF_CORE_READ(sk, __sk_common.skc_family)) ? sk : 0;
}

#endif
