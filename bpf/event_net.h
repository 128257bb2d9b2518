/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* event_net.h: the records of sockets; a part of event.h, whose rules hold. */
#ifndef WHODID_BPF_EVENT_NET_H
#define WHODID_BPF_EVENT_NET_H

/* One outbound connection attempt with its result. */
struct record_net {
	struct record_header header;
	struct record_task
		task; /* of the process that asked, also when the result came in softirq */
	__u64 count;  /* as in record_file */
	__u64 first_ns;
	__u64 last_ns;
	__u64 duration_ns; /* from asking to the result; 0 = at once */
	__s32 result;	   /* 0 or -errno; what is known when the attempt is over */
	__u16 family;	   /* AF_INET, AF_INET6, AF_VSOCK; AF_UNIX in struct record_unix */
	__u16 proto;	   /* IPPROTO_TCP, IPPROTO_UDP, other */
	__u16 src_port;
	__u16 dst_port;
	__u32 net_inum; /* network namespace of the socket; 0 = not known */
	__u8 src[16];	/* v4 in the first four bytes, v4-mapped v6 already turned into v4 */
	__u8 dst[16];	/* AF_VSOCK: context id and port, host numbers of 32 bits each */
};

/* The same of a named unix socket: the ports, addresses and the protocol are 0. */
struct record_unix {
	struct record_net net;
	__u64 inode; /* of the socket's name; 0 = abstract, or not known */
	__u64 dev;   /* as in record_file */
	/* who listens there, as it was when it began to; all 0 = not known, or a socket of datagrams */
	__u64 peer_boundary;
	__u64 peer_start_ns;
	__u32 peer_pid;
	__u16 type;	/* SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET */
	__u16 abstract; /* 1: the name is no path */
	/* where the listener bound it, resolved; with RECORD_USER_ADDRESS as the caller wrote it */
	struct record_text path;
	struct record_text base; /* as in record_file, of such a path */
	struct record_text peer_exe;
};

/* A socket that was asked for: for packets as they are on the wire, or at the audit system. */
struct record_socket {
	struct record_header header;
	struct record_task task;
	__s32 result; /* 0 or -errno */
	__u16 family; /* AF_* */
	__u16 type;   /* SOCK_* without flags */
	__u32 protocol;
	__u32 net_inum; /* network namespace; 0 = not known */
};

/* The other end of connections, and the end of them. src is who asked, dst who is asked. */
struct record_flow {
	struct record_header header;
	struct record_task
		task;	   /* close: of the process that connected or accepted, as it was then */
	__u64 duration_ns; /* close: since asking or accepting */
	__u64 bytes_in;	   /* close: taken in, */
	__u64 bytes_out;   /* and acknowledged by the other end */
	__s32 result;	   /* 0 or -errno */
	__u16 family;	   /* AF_INET, AF_INET6 */
	__u16 proto;
	__u16 src_port; /* listen: 0, and src all zeroes */
	__u16 dst_port;
	__u32 inbound;
	__u8 src[16]; /* as in record_net */
	__u8 dst[16];
};

/*
 * Several that were taken from one address, and their ends: src_port is 0, durations and bytes are
 * sums, the task is that of the first one. Made by the collector.
 */
struct record_flows {
	struct record_flow flow;
	__u64 count;
	__u64 first_ns;
	__u64 last_ns;
};

/* What a packet carried. src is who sent it. */
#define EVENT_PACKET_MAX 4096
struct record_packet {
	struct record_header header;
	/* udp: who sent the socket's newest question; tcp: who connected, as it was then */
	struct record_task task;
	__u64 socket;	/* cookie: never another socket in a boot */
	__u32 offset;	/* tcp: of the first byte in its direction of the stream, from 0 */
	__u32 length;	/* of the payload, copied or not */
	__u32 net_inum; /* network namespace of the socket */
	__u16 family;	/* AF_INET, AF_INET6 */
	__u16 proto;	/* IPPROTO_TCP, IPPROTO_UDP */
	__u16 src_port;
	__u16 dst_port;
	__u32 inbound; /* came in */
	__u8 src[16];  /* as in record_net */
	__u8 dst[16];
	struct record_text bytes; /* at most EVENT_PACKET_MAX, else RECORD_TEXT_CUT */
};

_Static_assert(sizeof(struct record_net) == 208, "ABI");
_Static_assert(sizeof(struct record_unix) == 272, "ABI");
_Static_assert(sizeof(struct record_socket) == 144, "ABI");
_Static_assert(sizeof(struct record_flow) == 200, "ABI");
_Static_assert(sizeof(struct record_flows) == 224, "ABI");
_Static_assert(sizeof(struct record_packet) == 200, "ABI");

#endif
