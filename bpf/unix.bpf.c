// SPDX-License-Identifier: GPL-2.0-only
/*
 * unix.bpf.c: the end of connect(2) on unix and vsock sockets, and datagrams sent to a unix socket by name.
 *
 * What was connected to is read from the socket at the other end: where its listener bound it, not
 * what the caller wrote, so that a link to it, or a bind mount of it in a container, is the same
 * one. An attempt that failed has only what the caller wrote (RECORD_USER_ADDRESS).
 * A datagram has no other end once it is sent, so it has only what the caller wrote; equal ones of a
 * window are counted.
 * Misses: pairs made by socketpair(2), a descriptor that
 * another thread exchanged during the call, and the name of a datagram that it took back.
 */
#include "session.bpf.h"
#include "file.bpf.h"
#include "flow.bpf.h"
#include "send.bpf.h"
#include "target.bpf.h"

#define UNIX_NAME_MAX 128 /* sun_path has 108; a power of two */

/* Appends "@" and the n bytes of an abstract name. */
static __always_inline void slot_abstract(struct slot *s, const void *name, u32 n, bool user,
					  struct record_text *out)
{
	u32 at = s->len;

	hide(at);
	hide(n);
	if (at > SLOT_DATA || n >= UNIX_NAME_MAX)
		return;
	mask(n, UNIX_NAME_MAX);
	s->data[at] = '@';
	if (user)
		bpf_probe_read_user(&s->data[at + 1], n, name);
	else
		bpf_probe_read_kernel(&s->data[at + 1], n, name);
	*out = slot_took(s, n + 1);
}

/* The name as its listener gave it: all that is left where that one is gone already. */
static __noinline int take_bound_name(struct slot *s, struct record_unix *r, struct sock *peer)
{
	struct unix_sock *u = (struct unix_sock *)peer;
	struct unix_address *a = BPF_CORE_READ(u, addr);
	const char *path = (const char *)a + bpf_core_field_offset(struct unix_address, name) +
			   bpf_core_field_offset(struct sockaddr_un, sun_path);
	u32 n = BPF_CORE_READ(a, len) - bpf_core_field_offset(struct sockaddr_un, sun_path);
	char first = 0;

	if (!s || !r || !a || n == 0 || n >= UNIX_NAME_MAX)
		return 0;
	bpf_probe_read_kernel(&first, 1, path);
	if (first == 0) {
		r->abstract = 1;
		slot_abstract(s, path + 1, n - 1, false, &r->path);
		return 0;
	}
	s->flags |= RECORD_USER_ADDRESS;
	slot_abstract(s, path, n, false, &r->path);
	/* no "@" in front of a path, and no NUL behind it */
	if (r->path.len > 2) {
		r->path.off++;
		r->path.len -= 2;
	}
	return 0;
}

static __noinline int take_peer(struct slot *s, struct record_unix *r, struct sock *sk)
{
	struct sock *peer = BPF_CORE_READ((struct unix_sock *)sk, peer);
	struct unix_sock *u = (struct unix_sock *)peer;
	struct dentry *d;

	if (!s || !r || !peer)
		return -1;
	d = BPF_CORE_READ(u, path.dentry);
	if (!d) {
		take_bound_name(s, r, peer);
		return 0;
	}
	r->inode = BPF_CORE_READ(d, d_inode, i_ino);
	r->dev = BPF_CORE_READ(d, d_inode, i_sb, s_dev);
	slot_path(s, BPF_CORE_READ(u, path.mnt), d, &r->path);
	return 0;
}

/* What the caller asked for; the length is that of the whole address. */
static __noinline int take_asked(struct slot *s, struct record_unix *r, u64 addr, u32 len_and_how)
{
	u32 len = len_and_how & HOW_MARK;
	u16 family = 0;
	char first = 0;

	if (!s || !r || len <= 2 || len > 110)
		return -1;
	if (read_asked(&family, 2, addr, len_and_how) || family != AF_UNIX ||
	    read_asked(&first, 1, addr + 2, len_and_how))
		return -1;
	s->flags |= flags_of_asked(len_and_how);
	if (first == 0) {
		r->abstract = 1;
		slot_abstract(s, (void *)(addr + 3), len - 3, !(len_and_how & HOW_COPIED),
			      &r->path);
		return 0;
	}
	take_pair(s, addr + 2, AT_FDCWD, &r->path, &r->base);
	return 0;
}

/* Who listens: the kernel has noted that at the connecting end. */
static __always_inline void take_listener(struct slot *s, struct record_unix *r, struct sock *sk)
{
	target_find(s->id, (u64)BPF_CORE_READ(sk, sk_peer_pid));
	r->peer_boundary = s->target_boundary;
	r->peer_start_ns = s->target_start_ns;
	r->peer_pid = s->target_pid;
	r->peer_exe = s->text;
}

int unix_on_connect(u64 sock, u64 addr, u32 len_and_how, long ret)
{
	struct sock *sk = (struct sock *)sock;
	struct record_unix *r;
	bool connected = ret == 0 && !(len_and_how & HOW_NO_RESULT);
	s32 result = result_of(len_and_how, ret);
	struct slot *s;
	int missing;

	if (result == -ENOENT || result == -ENOTDIR) {
		count_here(filtered_missing);
		return 0;
	}
	if (is_restart(result) || result == -EAGAIN) /* a full queue: it will ask again */
		return 0;
	s = slot_claim(RECORD_NET_CONNECT);
	if (!s)
		return 0;
	r = slot_begin(s, struct record_unix);
	s->flags |= flags_of(len_and_how);
	fill_current(s->id);
	r->net.count = 1;
	r->net.result = result;
	r->net.family = AF_UNIX;
	r->net.net_inum = read_net_inum(sk);
	r->type = BPF_CORE_READ(sk, sk_type);
	missing = connected ? take_peer(s, r, sk) : take_asked(s, r, addr, len_and_how);
	if (missing == 0) { /* else no address at all, or a peer that was taken away */
		if (connected)
			take_listener(s, r, sk);
		net_submit(s, RECORD_NET_CONNECT, len_and_how, ret);
	}
	slot_release(s);
	return 0;
}

/*
 * Copies the name's number, which it is given where it has none. An element that is thrown out is
 * another name's at once (kernel/bpf/bpf_lru_list.c), also while it is read: a number counts only
 * when the name still has it afterwards, and none is given twice.
 */
static __always_inline int take_number(const struct send_name *name, u64 *out)
{
	const struct send_number *n = bpf_map_lookup_elem(&unix_names, name);
	struct send_number fresh = {};

	if (!n) {
		fresh.at_ns = bpf_ktime_get_boot_ns();
		fresh.cpu = bpf_get_smp_processor_id();
		bpf_map_update_elem(&unix_names, name, &fresh, BPF_NOEXIST);
		n = bpf_map_lookup_elem(&unix_names, name);
		if (!n)
			return -1;
	}
	out[0] = stored(&n->at_ns);
	out[1] = stored(&n->cpu);
	n = bpf_map_lookup_elem(&unix_names, name);
	return n && stored(&n->at_ns) == out[0] && stored(&n->cpu) == out[1] ? 0 : -1;
}

/*
 * What the caller sent to, into s->path, and its number into the key, with where it is looked up from:
 * the same name means another socket behind another root, in another directory or mount namespace.
 * -1 = there is no name, 1 = it has no number: it cannot be counted with others.
 */
static __noinline int number_name(struct slot *s, u64 name, u32 len_and_how, struct flow_key *key)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 len = len_and_how & HOW_MARK;
	struct send_name *n;
	u64 number[2];

	hide(len);
	if (!s || !key || len <= 2 || len > 110)
		return -1;
	n = (struct send_name *)s->path;
	__builtin_memset(n, 0, sizeof(*n));
	mask(len, 128);
	if (read_asked(s->path, len, name, len_and_how) || *(u16 *)s->path != AF_UNIX)
		return -1;
	n->len = len;
	if (take_number(n, number))
		return 1;
	__builtin_memcpy(key->peer, number, sizeof(number));
	if (n->address[2] == '/')
		bpf_core_read(key->own, sizeof(struct path), &task->fs->root);
	else if (n->address[2])
		bpf_core_read(key->own, sizeof(struct path), &task->fs->pwd);
	return 0;
}

/* From the copy that the number was given for: the caller's memory may be another one by now. */
static __always_inline void take_name(struct slot *s, struct record_unix *r, u32 len_and_how)
{
	s->args[0] = (u64)s->path;
	take_asked(s, r, stored(&s->args[0]), (len_and_how & HOW_MARK) | HOW_COPIED);
	s->flags &= ~RECORD_REQUEST_PATH;
	s->flags |= flags_of_asked(len_and_how);
}

static __always_inline void begin_sent(struct slot *s, u32 net_inum, u32 len_and_how)
{
	struct record_unix *r = slot_begin(s, struct record_unix);

	s->flags |= RECORD_SENT | flags_of(len_and_how);
	fill_current(s->id);
	r->net.count = 1;
	r->net.family = AF_UNIX;
	r->net.net_inum = net_inum;
	r->type = SOCK_DGRAM;
	take_name(s, r, len_and_how);
}

static __always_inline void emit_sent(struct slot *s, u32 len_and_how, struct flow_key *key,
				      bool counts)
{
	begin_sent(s, key->net_inum, len_and_how);
	((struct record_net *)s->data)->result = -(s32)key->error;
	if (slot_submit(s, RECORD_NET_CONNECT) && counts)
		fold_flow_begin(key, s);
}

/* One datagram, or an attempt at one. */
static __always_inline int on_sent(struct task_state *st, struct sock *sk, u64 name, u32 len,
				   s32 ret)
{
	struct flow_key *key;
	struct slot *s = slot_claim(RECORD_NET_CONNECT);
	int unnumbered;

	if (!s)
		return 0;
	key = slot_flow_key(s, flow_boundary(st->boundary, st->flags));
	key->family = AF_UNIX;
	key->net_inum = read_net_inum(sk); /* abstract names are those of a network namespace */
	key->error = ret < 0 ? -ret : 0;
	unnumbered = number_name(s, name, len, key);
	if (unnumbered > 0 || (unnumbered == 0 && !cfg_fold))
		emit_sent(s, len, key, false);
	else if (unnumbered == 0 && !fold_flow(key, 1, 0, 0, 0))
		emit_sent(s, len, key, true);
	slot_release(s);
	return 0;
}

int unix_begin_sent(u32 slot, u64 sk, u64 name, u32 len_and_how)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);
	struct slot *s = bpf_map_lookup_elem(&slots, &slot);
	struct flow_key *key;
	int unnumbered;

	if (!s || !st)
		return -1;
	key = slot_flow_key(s, flow_boundary(st->boundary, st->flags));
	key->family = AF_UNIX;
	key->net_inum = read_net_inum((struct sock *)sk);
	unnumbered = number_name(s, name, len_and_how, key);
	if (unnumbered < 0)
		return -1;
	if (unnumbered)
		key->kind = RECORD_NONE;
	begin_sent(s, key->net_inum, len_and_how);
	return 0;
}

int unix_on_send(u64 fd, u64 name, u32 len_and_how, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);
	struct sock *sk = read_sock(read_fd(task, fd));
	bool ia32 = len_and_how & HOW_IA32;
	u32 len = len_and_how & HOW_MARK;

	if (!st || !sk || read_family(sk) != AF_UNIX || BPF_CORE_READ(sk, sk_type) != SOCK_DGRAM)
		return false;
	if (len_and_how & HOW_MESSAGE) {
		len = read_msg_namelen(name, ia32);
		name = read_msg_name(name, ia32);
	}
	if (!name || is_restart(ret) || ret == -EAGAIN)
		return true;
	if (ret == -ENOENT || ret == -ENOTDIR)
		count_here(filtered_missing);
	else
		on_sent(st, sk, name, len, ret);
	return true;
}

/* The socket keeps where it was sent to, whatever came of it. */
static __always_inline bool read_vsock_peer(u64 sk, u32 *where)
{
	struct vsock_sock___peer *v = (void *)sk;

	if (!bpf_core_field_exists(v->remote_addr))
		return false;
	where[0] = BPF_CORE_READ(v, remote_addr.svm_cid);
	where[1] = BPF_CORE_READ(v, remote_addr.svm_port);
	return where[0] != VSOCK_CID_ANY;
}

int vsock_on_connect(u64 sk, u64 addr, u32 len_and_how, long ret)
{
	struct user_sockaddr_vm asked = {};
	struct record_net *r;
	u32 where[2] = {}, flags = flags_of(len_and_how);
	struct slot *s;

	s32 result = result_of(len_and_how, ret);

	if (is_restart(result) || result == -EALREADY || result == -EISCONN)
		return 0;
	if (len_and_how & HOW_NO_RESULT || !read_vsock_peer(sk, where)) {
		if ((len_and_how & HOW_MARK) < sizeof(asked) ||
		    read_asked(&asked, sizeof(asked), addr, len_and_how) ||
		    asked.family != AF_VSOCK)
			return 0;
		where[0] = asked.cid;
		where[1] = asked.port;
		flags |= flags_of_asked(len_and_how);
	}
	s = slot_claim(RECORD_NET_CONNECT);
	if (!s)
		return 0;
	r = slot_begin(s, struct record_net);
	s->flags |= flags;
	fill_current(s->id);
	r->count = 1;
	r->result = result;
	r->family = AF_VSOCK;
	r->net_inum = read_net_inum((struct sock *)sk);
	__builtin_memcpy(r->dst, where, sizeof(where));
	net_submit(s, RECORD_NET_CONNECT, len_and_how, ret);
	slot_release(s);
	return 0;
}

char LICENSE[] __weak SEC("license") = "GPL";
