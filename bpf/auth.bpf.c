// SPDX-License-Identifier: GPL-2.0-only
/*
 * auth.bpf.c: what sshd, as root, tells the system's log. syslog(3) sends one datagram for each line,
 * and "Accepted publickey for ..." leaves before the session's first program runs. Read from the
 * daemon's own memory, so no log file, no log daemon and no other writer comes in between.
 * Misses: an sshd that logs to a file or to standard error (write(2)), and a host without /dev/log,
 * where syslog(3) sends nothing.
 */
#include "auth.bpf.h"
#include "net.bpf.h"

#define LOG_MAX 2048 /* EVENT_LOG_MAX + 1, a power of two */

#define FDS_SEARCHED 16

/* The daemon's other sockets may carry anything. */
static __always_inline bool is_unix_socket(struct task_struct *task, s32 fd)
{
	struct sock *sk = read_sock(read_fd(task, fd));

	return sk && BPF_CORE_READ(sk, __sk_common.skc_family) == AF_UNIX;
}

/* Also when the client has nothing more to say: it may have said it all at once. */
static __always_inline bool is_open_tcp(struct sock *sk)
{
	u8 state = sk ? BPF_CORE_READ(sk, __sk_common.skc_state) : 0;

	return (state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT) &&
	       BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP;
}

/* The client, by the connection itself; user space compares it with what the line says. */
static __noinline int take_client(struct record_auth_log *r, struct task_struct *task)
{
	struct address peer, local;

	if (!r || !task)
		return 0;
	for (int fd = 0; fd < FDS_SEARCHED; fd++) {
		struct sock *sk = ip_sock(read_fd(task, fd));

		if (!is_open_tcp(sk))
			continue;
		read_peer(sk, &peer);
		read_source(sk, &local);
		r->net_inum = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
		r->family = peer.family;
		r->peer_port = peer.port;
		r->local_port = local.port;
		__builtin_memcpy(r->peer, peer.ip, 16);
		__builtin_memcpy(r->local, local.ip, 16);
		return 0;
	}
	return 0;
}

static __always_inline int take_line(struct slot *s, struct record_auth_log *r, u64 buf, u64 len)
{
	u32 n = len;

	if (len > EVENT_LOG_MAX) {
		n = EVENT_LOG_MAX;
		s->flags |= RECORD_TEXT_CUT;
	}
	hide(n);
	mask(n, LOG_MAX);
	if (bpf_probe_read_user(&s->data[sizeof(*r)], n, (void *)buf))
		return -1;
	r->text = slot_took(s, n);
	return 0;
}

int auth_on_send(u64 fd, u64 buf, u64 len)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct record_auth_log *r;
	struct task_state *st;
	struct slot *s;
	char first = 0;

	bpf_probe_read_user(&first, 1, (void *)buf);
	if (first != '<' || !is_unix_socket(task, fd)) /* "<38>Nov 23 ...", RFC 3164 */
		return 0;
	st = bpf_task_storage_get(&tasks, task, 0, 0); /* brought up to date by the hook */
	s = st ? slot_claim(RECORD_AUTH_LOG) : 0;
	if (!s)
		return 0;
	r = slot_begin(s, struct record_auth_log);
	fill_current(s->id);
	take_client(r, task);
	if (take_line(s, r, buf, len) == 0)
		slot_submit(s, RECORD_AUTH_LOG);
	slot_release(s);
	return 0;
}

int auth_on_sendmsg(u64 fd, u64 msg, u32 ia32)
{
	u64 iov = 0, piece[2] = {};

	if (ia32) {
		u32 half[2] = {};

		/* name, name length, pieces: 32 bits each */
		if (bpf_probe_read_user(&iov, 4, (void *)(msg + 8)) ||
		    bpf_probe_read_user(half, sizeof(half), (void *)iov))
			return 0;
		return auth_on_send(fd, half[0], half[1]);
	}
	if (bpf_probe_read_user(&iov, 8, (void *)(msg + 16)) ||
	    bpf_probe_read_user(piece, sizeof(piece), (void *)iov))
		return 0;
	return auth_on_send(fd, piece[0], piece[1]);
}

char LICENSE[] __weak SEC("license") = "GPL";
