// SPDX-License-Identifier: GPL-2.0-only
/*
 * auth.bpf.c: what sshd, as root, tells the system's log. syslog(3) sends one datagram for each line,
 * and "Accepted publickey for ..." leaves before the session's first program runs. Read from the
 * daemon's own memory, so no log file, no log daemon and no other writer comes in between.
 * Anybody else may tell the log the same: such a line is told as what it is, TASK_PLAYS_SSHD.
 * Misses: an sshd that logs to a file or to standard error (write(2)), and a host without /dev/log,
 * where syslog(3) sends nothing; forgers who use write(2), or are in a container, which has its own sshd.
 */
#include "auth.bpf.h"
#include "message.bpf.h"
#include "net.bpf.h"
#include "target.bpf.h"
#include "syscalls.bpf.h"

#define LOG_MAX 2048 /* EVENT_LOG_MAX + 1, a power of two */

#define FDS_SEARCHED 16

/* The daemon's other sockets may carry anything. */
static __always_inline bool is_unix_socket(s32 fd)
{
	struct sock *sk = read_sock((struct file *)read_current_fd(fd));

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
static __noinline int take_client(struct record_auth_log *r)
{
	struct address peer, local;

	if (!r)
		return 0;
	for (int fd = 0; fd < FDS_SEARCHED; fd++) {
		struct sock *sk = ip_sock((struct file *)read_current_fd(fd));

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

static __always_inline u32 take_piece(struct slot *s, u32 at, u64 buf, u64 len)
{
	u32 n = len;

	if (len > EVENT_LOG_MAX - at) {
		n = EVENT_LOG_MAX - at;
		s->flags |= RECORD_TEXT_CUT;
	}
	hide(n);
	mask(n, LOG_MAX);
	hide(at);
	mask(at, LOG_MAX);
	if (n && bpf_probe_read_user(&s->data[sizeof(struct record_auth_log) + at], n, (void *)buf))
		return 0;
	return n;
}

static __noinline int take_line(struct slot *s, struct record_auth_log *r, const struct pieces *l)
{
	u32 n, total;

	if (!s || !r || !l)
		return -1;
	n = take_piece(s, 0, l->buf, l->len);
	if (!n)
		return -1;
	total = n;
	if (l->more_len && n < EVENT_LOG_MAX)
		total += take_piece(s, n, l->more, l->more_len);
	r->text = slot_took(s, total);
	return 0;
}

int auth_looks_like_line(u32 class_and_ia32)
{
	u32 class = class_and_ia32 & 0xff;
	struct pieces l = {};
	u64 args[6];
	char first = 0;

	if (class != SYS_SENDTO && class != SYS_SENDMSG)
		return false;
	read_current_args(args, class_and_ia32);
	l.buf = args[1];
	if (class == SYS_SENDMSG && read_message(args[1], class_and_ia32 & 0x100, &l))
		return false;
	bpf_probe_read_user(&first, 1, (void *)l.buf);
	return first == '<';
}

#define TAG_SEARCHED 64 /* "<38>Nov 23 17:50:32 host sshd[2927]: " */

/* In a container it is that one's own sshd, which this host knows nothing about. */
static __noinline bool plays_sshd(struct task_struct *task, const struct task_state *st, u64 buf)
{
	char text[TAG_SEARCHED] = {};

	if (!task || !st || is_contained(task, st))
		return false;
	bpf_probe_read_user_str(text, sizeof(text), (void *)buf);
	for (int i = 0; i < TAG_SEARCHED - 4; i++)
		if (text[i] == 's' && text[i + 1] == 's' && text[i + 2] == 'h' &&
		    text[i + 3] == 'd')
			return true;
	return false;
}

static __noinline int tell_line(struct task_struct *task, s32 fd, const struct pieces *l)
{
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0); /* brought up to date */
	struct record_auth_log *r;
	struct slot *s;
	bool genuine;
	char first = 0;

	if (!st || !l)
		return 0;
	bpf_probe_read_user(&first, 1, (void *)l->buf);
	if (first != '<' || !is_unix_socket(fd)) /* "<38>Nov 23 ...", RFC 3164 */
		return 0;
	genuine = is_sshd(task);
	if (!genuine && !plays_sshd(task, st, l->buf))
		return 0;
	s = slot_claim(RECORD_AUTH_LOG);
	if (!s)
		return 0;
	r = slot_begin(s, struct record_auth_log);
	fill_current(s->id);
	if (genuine)
		take_client(r);
	else
		r->task.flags |= TASK_PLAYS_SSHD;
	if (take_line(s, r, l) == 0)
		slot_submit(s, RECORD_AUTH_LOG);
	slot_release(s);
	return 0;
}

int auth_on_send(u64 fd, u64 buf, u64 len)
{
	struct pieces l = {buf, len, 0, 0};

	return tell_line(bpf_get_current_task_btf(), fd, &l);
}

int auth_on_sendmsg(u64 fd, u64 msg, u32 ia32)
{
	struct pieces l = {};

	if (read_message(msg, ia32, &l))
		return 0;
	return tell_line(bpf_get_current_task_btf(), fd, &l);
}

char LICENSE[] __weak SEC("license") = "GPL";
