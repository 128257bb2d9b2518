// SPDX-License-Identifier: GPL-2.0-only
/*
 * net.bpf.c: the end of connect(2) on IPv4 and IPv6 sockets, for what tcp.bpf.c does not tell: UDP,
 * raw, TCP that failed before it sent anything.
 */
#include "session.bpf.h"
#include "net.bpf.h"

/*
 * TCP results of a connect(2) that sent nothing itself, when they tell of an earlier attempt.
 * Unreachable (ICMP, told once more by a second connect(2)) cannot be told from "no route": that
 * one gives a second record rather than none.
 */
static __always_inline bool is_old_news(s32 ret)
{
	return ret == 0 || ret == -EINPROGRESS || ret == -EALREADY || ret == -EISCONN ||
	       ret == -EINTR || ret == -ECONNREFUSED || ret == -ECONNRESET || ret == -ETIMEDOUT ||
	       ret == -ECONNABORTED || (ret <= -ERESTARTSYS && ret >= -ERESTART_RESTARTBLOCK);
}

static __noinline int emit_connect(struct sock *sk, struct address *peer, long ret, u32 how,
				   u32 flags)
{
	struct slot *s = slot_claim(RECORD_NET_CONNECT);
	struct record_net *r;

	if (!s || !peer)
		return 0;
	r = slot_begin(s, struct record_net);
	s->flags |= flags_of(how) | flags;
	fill_current(s->id);
	r->count = 1;
	r->result = result_of(how, ret);
	r->family = peer->family;
	r->dst_port = peer->port;
	__builtin_memcpy(r->dst, peer->ip, 16);
	if (sk) {
		r->proto = BPF_CORE_READ(sk, sk_protocol);
		fill_source(r, sk);
	}
	net_submit(s, RECORD_NET_CONNECT, how, ret);
	slot_release(s);
	return 0;
}

/*
 * Another thread has closed the descriptor during the call. What was connected is not known (proto
 * 0, and the peer as the caller says), but that it was must not be hidden by that.
 */
static __always_inline int on_vanished(u64 addr, long ret, u32 how)
{
	struct address peer;

	if ((result_of(how, ret) != 0 && (how & HOW_MARK) != CONNECT_FAILED) ||
	    !read_asked_address(addr, how, &peer))
		return 0;
	return emit_connect(0, &peer, ret, how, flags_of_asked(how));
}

int net_on_connect(u64 file, u64 addr, u32 how, long ret)
{
	struct sock *sk = ip_sock((struct file *)file);
	struct address peer;
	u32 proto, flags = 0;

	if (!file)
		return on_vanished(addr, ret, how);
	if (!sk)
		return 0;
	proto = BPF_CORE_READ(sk, sk_protocol);
	if (proto == IPPROTO_TCP && (how & HOW_MARK) != CONNECT_FAILED &&
	    is_old_news(result_of(how, ret)))
		return 0;
	if (!(how & HOW_NO_RESULT) && ret == 0)
		read_peer(sk, &peer);
	else if (read_asked_address(addr, how, &peer))
		flags = flags_of_asked(how);
	else
		return 0;
	if (!is_ip(peer.family) || (peer.port == 0 && proto == IPPROTO_UDP))
		return 0; /* asks for a route or takes a peer away; nothing can be sent to port 0 */
	return emit_connect(sk, &peer, ret, how, flags);
}

char LICENSE[] __weak SEC("license") = "GPL";
