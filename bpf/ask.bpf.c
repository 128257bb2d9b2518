// SPDX-License-Identifier: GPL-2.0-only
/*
 * ask.bpf.c: what a client asks of a container engine. The engine then works in its own name, so the
 * request is where somebody's identity can be seen: "POST /v1.41/containers/web/start HTTP/1.1",
 * written in clear to a unix socket. Only that line is taken, up to its query: what follows are headers
 * with passwords of registries.
 * An engine is who listens at a socket called docker.sock or podman.sock, by the listener's own name, as
 * root of the host: anybody can listen at a name like that, and ask there for what others start.
 * Misses: engines of users, engines that listen elsewhere or over TCP, requests in gRPC (containerd,
 * CRI), sent with io_uring, through a descriptor that came from another process or was connected before
 * the sensor started, or in pieces.
 */
#include "session.bpf.h"
#include "ask.bpf.h"
#include "net.bpf.h"

#define LINE_MAX 256

__u32 engine_clients = 0;

/*
 * Whether root listens, outside of containers. The kernel has copied both from the listener to the
 * client: who called listen(2), as they were then (unix_stream_connect(), net/unix/af_unix.c).
 */
static __always_inline bool is_of_host_root(struct sock *sk)
{
	const struct cred *by = BPF_CORE_READ(sk, sk_peer_cred);
	struct pid *pid = BPF_CORE_READ(sk, sk_peer_pid);

	return by && pid && BPF_CORE_READ(by, euid.val) == 0 && BPF_CORE_READ(pid, level) == 0;
}

/* enum request_engine by the name of the listener's socket; 0 = another. */
static __always_inline u32 engine_of(struct sock *sk)
{
	struct unix_sock *peer = (struct unix_sock *)BPF_CORE_READ((struct unix_sock *)sk, peer);
	struct dentry *d = peer ? BPF_CORE_READ(peer, path.dentry) : 0;
	const unsigned char *name = d ? BPF_CORE_READ(d, d_name.name) : 0;
	char text[12] = {};

	if (!name || BPF_CORE_READ(d, d_name.len) != 11 || bpf_probe_read_kernel(text, 11, name) ||
	    !is_of_host_root(sk))
		return REQUEST_ENGINE_NONE;
	if (*(u32 *)&text[6] != 0x636f732e || text[10] != 'k') /* ".soc" */
		return REQUEST_ENGINE_NONE;
	if (*(u32 *)text == 0x6b636f64 && text[4] == 'e' && text[5] == 'r') /* "dock" */
		return REQUEST_ENGINE_DOCKER;
	if (*(u32 *)text == 0x6d646f70 && text[4] == 'a' && text[5] == 'n') /* "podm" */
		return REQUEST_ENGINE_PODMAN;
	return REQUEST_ENGINE_NONE;
}

int ask_on_connect(u64 sock)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task->group_leader, 0, 0);

	if (!st || (st->clients & CLIENT_OF_ENGINE) || !engine_of((struct sock *)sock))
		return 0;
	st->clients |= CLIENT_OF_ENGINE;
	__sync_fetch_and_add(&engine_clients, 1);
	return 0;
}

/* Where the line ends: at its protocol, at a query, or at anything that is no text. */
static __always_inline u32 line_length(const u8 *text, u32 n)
{
	u32 i;

	for (i = 5; i < LINE_MAX; i++) /* behind "POST " */
		if (i >= n || text[i] <= ' ' || text[i] == '?' || text[i] > '~')
			break;
	return i;
}

static __always_inline int take_line(struct slot *s, struct record_request *r, u64 buf, u64 len)
{
	u32 n = len < LINE_MAX ? len : LINE_MAX - 1;

	hide(n);
	mask(n, LINE_MAX);
	if (bpf_probe_read_user(&s->data[sizeof(*r)], n, (void *)buf))
		return -1;
	n = line_length(&s->data[sizeof(*r)], n);
	r->line = slot_took(s, n);
	return 0;
}

int ask_on_write(u64 fd, u64 buf, u64 len)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st;
	struct record_request *r;
	struct sock *sk;
	struct slot *s;
	u64 head = 0;
	u32 engine;

	if (len < 8 || bpf_probe_read_user(&head, 8, (void *)buf) ||
	    (head & 0xffffffffffffull) != 0x2f2054534f50ull) /* "POST /" */
		return 0;
	sk = read_sock(read_fd(task, fd));
	if (!sk || read_family(sk) != AF_UNIX)
		return 0;
	engine = engine_of(sk);
	st = bpf_task_storage_get(&tasks, task, 0, 0); /* brought up to date by the hook */
	if (!engine || !st)
		return 0;
	s = slot_claim(RECORD_REQUEST);
	if (!s)
		return 0;
	r = slot_begin(s, struct record_request);
	fill_current(s->id);
	r->role = st->role;
	r->ci_system = st->ci;
	r->engine = engine;
	if (take_line(s, r, buf, len) == 0)
		slot_submit(s, RECORD_REQUEST);
	slot_release(s);
	return 0;
}

int ask_on_pieces(u64 fd, u64 pieces, u32 ia32)
{
	u64 piece[2] = {};
	u32 half[2] = {};

	if (ia32) {
		if (bpf_probe_read_user(half, sizeof(half), (void *)pieces))
			return 0;
		return ask_on_write(fd, half[0], half[1]);
	}
	if (bpf_probe_read_user(piece, sizeof(piece), (void *)pieces))
		return 0;
	return ask_on_write(fd, piece[0], piece[1]);
}

int ask_on_sendmsg(u64 fd, u64 msg, u32 ia32)
{
	u64 pieces = 0;

	/* name, length of the name, pieces: as long as a pointer each */
	if (bpf_probe_read_user(&pieces, ia32 ? 4 : 8, (void *)(msg + (ia32 ? 8 : 16))))
		return 0;
	return ask_on_pieces(fd, pieces, ia32);
}

char LICENSE[] __weak SEC("license") = "GPL";
