/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel_net.h: sockets, and what programs at packets and cgroups are given; a part of kernel.h. */
#ifndef WHODID_BPF_KERNEL_NET_H
#define WHODID_BPF_KERNEL_NET_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct in6_addr {
	union {
		u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};
typedef struct {
	struct net *net;
} possible_net_t;
struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	unsigned char skc_state;
	possible_net_t skc_net;
	unsigned long skc_flags;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};
struct socket;
struct sock {
	struct sock_common __sk_common;
	int sk_err;
	u16 sk_type;
	u16 sk_protocol;
	struct pid *sk_peer_pid;
	const struct cred *sk_peer_cred;
	struct socket *sk_socket;
};
enum sock_flags {
	SOCK_DONE = 1, /* the other end has said its last byte */
};
struct inet_sock {
	struct sock sk;
	__be16 inet_sport;
};
struct tcp_sock {
	u64 bytes_received;
	u64 bytes_acked;
	u32 snd_una;
	u32 write_seq;
};
struct sockaddr_un {
	char sun_path[108];
};
struct unix_address {
	int len;
	struct sockaddr_un name[];
};
struct unix_sock {
	struct unix_address *addr;
	struct path path;
	struct sock *peer;
};
struct socket {
	struct sock *sk;
};

#pragma clang attribute pop

/* uapi of bpf(2): contexts, by fixed offsets; what is not read is room */
struct bpf_sock;
struct __sk_buff {
	__u32 len;
	__u32 room0[3];
	__u32 protocol; /* ethernet's, in network order */
	__u32 room1[14];
	__u32 data;
	__u32 data_end;
	__u32 room2[21];
	struct bpf_sock *sk;
};
struct bpf_tcp_sock {
	__u32 room0[4];
	__u32 rcv_nxt;
	__u32 room1;
	__u32 snd_una;
	__u32 room2[10];
	__u32 data_segs_out;
	__u32 room3[2];
	__u64 bytes_received;
	__u64 bytes_acked;
};
_Static_assert(__builtin_offsetof(struct __sk_buff, data) == 76, "uapi");
_Static_assert(__builtin_offsetof(struct __sk_buff, sk) == 168, "uapi");
_Static_assert(__builtin_offsetof(struct bpf_tcp_sock, data_segs_out) == 68, "uapi");
_Static_assert(__builtin_offsetof(struct bpf_tcp_sock, bytes_received) == 80, "uapi");

/* uapi of sockets: fixed layouts, read from the caller's memory */
struct user_sockaddr {
	__u16 family;
	__be16 port;
	__u8 v4[4]; /* sin6: flow label */
	__u8 v6[16];
};
struct user_sockaddr_vm {
	__u16 family;
	__u16 reserved;
	__u32 port;
	__u32 cid;
};

/* uapi of bpf(2): the context of programs at cgroups, rewritten by the verifier */
struct bpf_sock;
struct bpf_sock_addr {
	__u32 user_family;
	__u32 user_ip4; /* network order, as the port */
	__u32 user_ip6[4];
	__u32 user_port;
	__u32 family;
	__u32 type;
	__u32 protocol;
	__u32 msg_src_ip4;
	__u32 msg_src_ip6[4];
	struct bpf_sock *sk __attribute__((aligned(8)));
};

#endif
