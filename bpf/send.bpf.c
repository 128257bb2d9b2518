// SPDX-License-Identifier: GPL-2.0-only
/*
 * send.bpf.c: datagrams that are sent without connect(2): sendto, sendmsg, sendmmsg.
 *
 * The hooks at the root of cgroup v2 see the address that the kernel is about to use, in its own
 * copy, and note it by thread; the end of the call knows who and with which result. One record for
 * a peer, the rest of the window is counted (flow.bpf.h). Processes that are only in cgroup v1
 * groups belong to the root of v2, so they are seen too; network namespaces do not matter.
 * Where the hooks are missing (no cgroup v2), and of raw and ICMP sockets, which have none, there is
 * only the caller's memory (RECORD_USER_ADDRESS), and of sendmmsg(2) only its first address.
 * Unix datagrams: unix.bpf.c; what a ring sends and no hook sees: ring_send.bpf.c.
 */
#include "session.bpf.h"
#include "flow.bpf.h"
#include "send.bpf.h"

static __always_inline bool same_address(const struct address *a, const struct address *b)
{
	const u32 *x = (const u32 *)a->ip, *y = (const u32 *)b->ip;

	return a->port == b->port && a->family == b->family && x[0] == y[0] && x[1] == y[1] &&
	       x[2] == y[2] && x[3] == y[3];
}

/* A worker of a ring has the address of what it does in the request, which ends in another thread. */
static __always_inline bool is_kernels_or_worker(struct task_struct *task)
{
	u32 flags = BPF_CORE_READ(task, flags);

	return flags & PF_KTHREAD || (flags & PF_IO_WORKER && BPF_CORE_READ(task, worker_private));
}

/* Where the thread's sends are noted, emptied of those of an earlier thread of its number; NULL = no room. */
static __always_inline struct pending_sends *own_pending(struct task_struct *task)
{
	static const struct pending_sends none;
	u32 tid = bpf_get_current_pid_tgid();
	struct pending_sends *p = bpf_map_lookup_elem(&pending, &tid);
	u64 start;

	if (!p) {
		bpf_map_update_elem(&pending, &tid, &none, BPF_NOEXIST);
		p = bpf_map_lookup_elem(&pending, &tid);
		if (!p)
			return 0;
	}
	start = BPF_CORE_READ(task, start_boottime);
	if (p->start_ns != start) {
		p->used = p->total = 0;
		p->start_ns = start;
	}
	return p;
}

/*
 * Noted for the end of the call, or of the request to a ring. A thread is in one call at a time; the
 * kernel's own have none.
 */
static __always_inline int note_send(struct bpf_sock_addr *ctx, const struct address *to)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct pending_sends *p;
	u32 last, room, net_inum;

	if (is_sensor_at((u64)task)) {
		add_u64(&own_acts[to->family == AF_INET6 ? OWN_SEND6 : OWN_SEND4], 1);
		return 1;
	}
	if (is_kernels_or_worker(task))
		return 1;
	p = own_pending(task);
	if (!p)
		return 1; /* the end of the call finds nothing, and tells what the caller says */
	p->sock = (u64)ctx->sk;
	net_inum = read_net_inum((struct sock *)stored(&p->sock));
	last = p->used - 1;
	hide(last);
	if (last < PENDING_SENDS && p->proto == ctx->protocol && p->to[last].net_inum == net_inum &&
	    same_address(&p->to[last].address, to)) {
		p->to[last].count++;
		p->total++;
		return 1;
	}
	room = p->used;
	hide(room);
	if (room >= PENDING_SENDS) {
		count_lost(RECORD_NET_CONNECT);
		return 1;
	}
	p->proto = ctx->protocol;
	p->to[room].address = *to;
	p->to[room].count = 1;
	p->to[room].net_inum = net_inum;
	p->total++;
	p->used = room + 1;
	return 1;
}

/*
 * cgroup/sendmsg4, sendmsg6(ctx): a UDP datagram with an address, before the route is looked up, in
 * the sending task; IPv4 in a mapped IPv6 address comes as the former. Since 4.18. 1 = go on.
 */
SEC("cgroup/sendmsg4")
int on_send4(struct bpf_sock_addr *ctx)
{
	struct address to = {.family = AF_INET};
	u32 ip = ctx->user_ip4;

	to.port = bpf_ntohs(ctx->user_port);
	__builtin_memcpy(to.ip, &ip, 4);
	return note_send(ctx, &to);
}

SEC("cgroup/sendmsg6")
int on_send6(struct bpf_sock_addr *ctx)
{
	struct address to = {.family = AF_INET6};
	u32 ip[4] = {ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2], ctx->user_ip6[3]};

	to.port = bpf_ntohs(ctx->user_port);
	__builtin_memcpy(to.ip, ip, 16);
	normalise(&to);
	return note_send(ctx, &to);
}

/* Where it was sent from, unless another thread has exchanged the descriptor or closed it. */
static __always_inline void fill_sender(struct record_net *r)
{
	struct pending_sends *p = find_pending();
	struct sock *sk = 0;

	if (p && p->held)
		sk = (struct sock *)p->sock;
	else if (p)
		sk = read_sock((struct file *)read_current_fd(p->fd));
	if (sk && p->sock == (u64)sk)
		fill_source(r, sk);
}

/*
 * One peer of a call: counted where the window has it already, else a record. Not static: verified once
 * and not for each path of those who read an address.
 */
__noinline int send_tell(struct send_to *to, u32 proto, s32 ret, u32 flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);
	struct flow_key *key;
	struct record_net *r;
	struct slot *s;

	if (!st || !to || !to->count)
		return 0;
	s = slot_claim(RECORD_NET_CONNECT);
	if (!s)
		return 0;
	key = slot_flow_key(s, flow_boundary(st->boundary, st->flags));
	__builtin_memcpy(key->peer, to->address.ip, 16);
	key->family = to->address.family;
	key->port = to->address.port;
	key->net_inum = to->net_inum;
	key->proto = proto;
	key->error = -ret;
	if (cfg_fold && fold_flow(key, to->count, 0, 0, 0)) {
		slot_release(s);
		return 0;
	}
	r = slot_begin(s, struct record_net);
	s->flags |= RECORD_SENT | flags;
	fill_current(s->id);
	r->count = to->count;
	if (to->count > 1)
		r->first_ns = r->last_ns = bpf_ktime_get_boot_ns();
	r->result = ret;
	r->family = to->address.family;
	r->proto = proto;
	r->dst_port = to->address.port;
	r->net_inum = to->net_inum;
	__builtin_memcpy(r->dst, to->address.ip, 16);
	if (!(flags & (RECORD_USER_ADDRESS | RECORD_REQUEST_PATH)))
		fill_sender(r);
	if (slot_submit(s, RECORD_NET_CONNECT) && cfg_fold)
		fold_flow_begin(key, s);
	slot_release(s);
	return 0;
}

/* The i-th peer that was noted for this call, how often, and with which result and flags. */
int send_emit(u32 i, u32 less, s32 ret, u32 flags)
{
	struct pending_sends *p = find_pending();
	struct send_to to;

	hide(i);
	if (!p || i >= PENDING_SENDS)
		return 0;
	mask(i, PENDING_SENDS); /* 6.1 forgets the bound of what was spilled */
	to = p->to[i];
	to.count = less > 1 ? 1 : to.count - less; /* 2 = the last one alone */
	return send_tell(&to, p->proto, ret, flags);
}

/* What the hooks noted. sendmmsg(2) ends at the first failure, and tells its error to nobody. */
static __always_inline int emit_pending(struct pending_sends *p, u32 class, s32 ret)
{
	bool short_by_one = class == SYS_SENDMMSG && ret >= 0 && p->total > (u32)ret;
	u32 used = p->used, flags = class == SYS_URING ? RECORD_IO_URING : 0;

	if (ret > 0)
		ret = 0;
	for (u32 i = 0; i < PENDING_SENDS && i < used; i++)
		send_emit(i, short_by_one && i == used - 1, ret, flags);
	if (short_by_one)
		send_emit(used - 1, 2, -EVENT_ERRNO_UNKNOWN, flags);
	p->used = p->total = 0;
	return 0;
}

/*
 * Results of requests come in bundles, several after all were tried: of one alone it is known which
 * datagram it is about.
 */
int send_on_request(u64 sk, u64 name, long ret)
{
	struct pending_sends *p = find_pending();
	struct send_to to = {.count = 1};

	if (name && BPF_CORE_READ((struct sock *)sk, sk_protocol) == IPPROTO_UDP &&
	    read_asked_address(name, HOW_COPIED, &to.address)) {
		to.net_inum = read_net_inum((struct sock *)sk);
		return send_tell(&to, IPPROTO_UDP, ret < 0 ? ret : 0,
				 RECORD_IO_URING | RECORD_REQUEST_PATH);
	}
	if (!p || !p->used)
		return 0;
	p->held = sk && p->sock == sk;
	emit_pending(p, SYS_URING, p->held && p->total == 1 ? ret : -EINPROGRESS);
	p->held = 0;
	return 0;
}

int send_on_call(u64 fd, u64 name, u32 class, long ret)
{
	struct pending_sends *p = find_pending();
	bool nothing = is_restart(ret) || ret == -EAGAIN; /* it will be tried again */
	struct send_to to = {.count = 1};
	struct sock *sk;

	if (p && p->used) {
		p->fd = fd;
		if (class == SYS_URING)
			ret = -EINPROGRESS; /* its result is in the ring */
		else if (nothing)
			p->used = p->total = 0;
		return emit_pending(p, class, ret);
	}
	if (!name || nothing || class == SYS_URING)
		return 0;
	sk = ip_sock((struct file *)read_current_fd(fd));
	if (!sk || BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP ||
	    !read_user_address(name, &to.address))
		return 0;
	to.net_inum = read_net_inum(sk);
	return send_tell(&to, BPF_CORE_READ(sk, sk_protocol), ret < 0 ? ret : 0,
			 RECORD_USER_ADDRESS);
}

char LICENSE[] __weak SEC("license") = "GPL";
