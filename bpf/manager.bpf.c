// SPDX-License-Identifier: GPL-2.0-only
/*
 * manager.bpf.c: what a client asks of systemd. PID 1 starts a unit in its own name, so the call is where
 * somebody's identity can be seen: StartTransientUnit("run-u12.service", ...) of D-Bus, sent to
 * /run/systemd/private, where only root may connect, or to the system's bus. Only the head of the call and
 * the unit's name are taken: what follows are command lines and environments. Which call it is, user space
 * reads in the head; here only calls are let through whose first argument is the name of a service.
 * systemd is who listens at a socket called systemd/private or system_bus_socket and is PID 1: it listens
 * for the bus too, and hands the socket on (dbus.socket). A bus that was started otherwise is not heard.
 * Misses: calls over a descriptor that came from another process or was connected before the sensor
 * started, by write(2) or io_uring, several in one, in other pieces than head and arguments, in
 * big-endian, and by Varlink; units that are asked for by an object's path.
 */
#include "session.bpf.h"
#include "manager.bpf.h"
#include "message.bpf.h"
#include "net.bpf.h"

#define HEAD_MAX 512 /* fixed head and fields; libraries send some 160 bytes */
#define NAME_MAX 256
#define IS_CALL	 0x0100016c /* 'l', a method call, any flags, version 1 */

__u32 manager_clients = 0;

/* Who called listen(2), as the kernel has noted it at the client: PID 1, outside of containers, as root. */
static __always_inline bool is_first_process(struct sock *sk)
{
	const struct cred *by = BPF_CORE_READ(sk, sk_peer_cred);
	struct pid *pid = BPF_CORE_READ(sk, sk_peer_pid);

	return by && pid && BPF_CORE_READ(by, euid.val) == 0 && BPF_CORE_READ(pid, level) == 0 &&
	       BPF_CORE_READ(pid, numbers[0].nr) == 1;
}

static __always_inline bool is_called(struct dentry *d, const char *want, u32 len)
{
	const unsigned char *name = BPF_CORE_READ(d, d_name.name);
	char text[18] = {};

	if (BPF_CORE_READ(d, d_name.len) != len || bpf_probe_read_kernel(text, len, name))
		return false;
	for (u32 i = 0; i < len; i++)
		if (text[i] != want[i])
			return false;
	return true;
}

/* The socket that PID 1 or the bus has accepted for this one, or NULL. */
static __noinline u64 manager_end(struct sock *sk)
{
	struct sock *peer;
	struct dentry *d;

	if (!sk)
		return 0;
	peer = BPF_CORE_READ((struct unix_sock *)sk, peer);
	d = peer ? BPF_CORE_READ((struct unix_sock *)peer, path.dentry) : 0;
	if (!d || !is_first_process(sk))
		return 0;
	if (is_called(d, "system_bus_socket", 17))
		return (u64)peer;
	if (is_called(d, "private", 7) && is_called(BPF_CORE_READ(d, d_parent), "systemd", 7))
		return (u64)peer;
	return 0;
}

int manager_on_connect(u64 sock)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task->group_leader, 0, 0);

	if (!st || (st->clients & CLIENT_OF_MANAGER) || !manager_end((struct sock *)sock))
		return 0;
	st->clients |= CLIENT_OF_MANAGER;
	__sync_fetch_and_add(&manager_clients, 1);
	return 0;
}

/* Where the arguments of a call begin, and how much of it is to be taken. */
struct unit_call {
	u64 body;
	u32 head; /* bytes */
	u32 name; /* its length and text: bytes */
};

/* Whether its first argument is the name of a service. */
static __always_inline bool read_call(struct unit_call *out, const struct pieces *p, u64 sent)
{
	u32 head[4] = {}, name = 0;
	u64 left, end = 0;

	if (p->len < 16 || bpf_probe_read_user(head, sizeof(head), (void *)p->buf) ||
	    (head[0] & 0xff00ffff) != IS_CALL || head[3] > HEAD_MAX - 24)
		return false;
	out->head = 16 + ((head[3] + 7) & ~7u);
	if (p->len < out->head)
		return false;
	out->body = p->len == out->head ? p->more : p->buf + out->head;
	left = p->len == out->head ? p->more_len : p->len - out->head;
	if (left < 4 || bpf_probe_read_user(&name, sizeof(name), (void *)out->body))
		return false;
	if (name < 9 || name >= NAME_MAX || left < 4 + name || sent < out->head + 4 + name)
		return false;
	out->name = 4 + name;
	return bpf_probe_read_user(&end, 8, (void *)(out->body + name - 4)) == 0 &&
	       end == 0x656369767265732eull; /* ".service" */
}

static __always_inline int take_call(struct slot *s, struct record_request *r, u64 buf,
				     const struct unit_call *c)
{
	u32 head = c->head, name = c->name;

	hide(head);
	mask(head, 2 * HEAD_MAX);
	hide(name);
	mask(name, 2 * NAME_MAX);
	if (bpf_probe_read_user(&s->data[sizeof(*r)], head, (void *)buf) ||
	    bpf_probe_read_user(&s->data[sizeof(*r) + head], name, (void *)c->body))
		return -1;
	r->line = slot_took(s, head + name);
	return 0;
}

/* Root's word counts where root has connected too: systemd and the bus ask for the rights of who did. */
static __always_inline bool is_roots(struct sock *end)
{
	const struct cred *by = BPF_CORE_READ(end, sk_peer_cred);

	return by && BPF_CORE_READ(by, euid.val) == 0 &&
	       bpf_get_current_task_btf()->real_cred->euid.val == 0;
}

static __noinline int tell_call(s32 fd, const struct pieces *p, u64 sent)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st;
	struct record_request *r;
	struct sock *sk, *end;
	struct unit_call c = {};
	struct slot *s;

	if (!p || !read_call(&c, p, sent))
		return 0;
	sk = read_sock(read_fd(task, fd));
	end = sk && read_family(sk) == AF_UNIX ? (struct sock *)manager_end(sk) : 0;
	st = bpf_task_storage_get(&tasks, task, 0, 0); /* brought up to date by the hook */
	if (!end || !st)
		return 0;
	s = slot_claim(RECORD_REQUEST);
	if (!s)
		return 0;
	r = slot_begin(s, struct record_request);
	fill_current(s->id);
	r->role = st->role;
	r->ci_system = st->ci;
	r->engine = is_roots(end) ? REQUEST_SYSTEMD : REQUEST_SYSTEMD_UNSURE;
	if (take_call(s, r, p->buf, &c) == 0)
		slot_submit(s, RECORD_REQUEST);
	slot_release(s);
	return 0;
}

int manager_on_send(u64 fd, u64 buf, u64 sent)
{
	struct pieces p = {.buf = buf, .len = sent};

	return tell_call(fd, &p, sent);
}

int manager_on_sendmsg(u64 fd, u64 msg, u32 ia32, u64 sent)
{
	struct pieces p = {};

	if (read_message(msg, ia32, &p))
		return 0;
	return tell_call(fd, &p, sent);
}

char LICENSE[] __weak SEC("license") = "GPL";
