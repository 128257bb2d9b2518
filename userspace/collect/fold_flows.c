// SPDX-License-Identifier: Apache-2.0
/*
 * fold_flows: datagrams of one boundary to one peer, connections that it took from one address, and
 * their ends, become one record with the sums.
 */
#include <string.h>
#include <sys/socket.h>

#include "collect/fold.h"

/* As in bpf/maps.bpf.h. */
struct flow_key {
	uint64_t boundary;
	uint8_t peer[16];
	uint8_t own[16];
	uint32_t kind;
	uint32_t net_inum;
	uint16_t family;
	uint16_t proto;
	uint16_t port;
	uint16_t error;
};
#define FLOW_SHARED (1ull << 63) /* of the boundary: what its shared rings did (TASK_SHARED_RING) */
struct flow_count {
	struct fold_count n;
	uint64_t bytes_in;
	uint64_t bytes_out;
	uint64_t duration_ns;
};

static bool is_first(const struct record_header *h, size_t size)
{
	if (h->kind == RECORD_NET_CONNECT)
		return size >= sizeof(struct record_net) && h->flags & RECORD_SENT;
	return size == sizeof(struct record_flow) &&
	       (h->kind == RECORD_NET_ACCEPT || h->kind == RECORD_NET_CLOSE);
}

/* The name of a unix socket is in the first record alone. */
static size_t forget_name(struct record_unix *u)
{
	static const char text[8] = "?";

	u->net.header.flags |= RECORD_USER_ADDRESS | RECORD_PATH_CUT;
	u->type = SOCK_DGRAM;
	u->path = (struct record_text){.off = sizeof(*u), .len = 1};
	memset(u->net.dst, 0, sizeof(u->net.dst));
	memcpy(u + 1, text, sizeof(text));
	return sizeof(*u) + sizeof(text);
}

/* The first record was lost: what the key says. */
static void set_actor(struct record_task *task, const struct flow_key *key)
{
	task->boundary = key->boundary & ~FLOW_SHARED;
	task->flags = key->boundary & FLOW_SHARED ? TASK_SHARED_RING : 0;
	task->login_uid = task->session_id = UINT32_MAX;
}

static size_t make_sent(struct record_net *r, const struct record_header *first,
			const struct flow_key *key, const struct fold_count *n)
{
	size_t size = sizeof(*r);

	if (first) {
		size = first->size;
		memcpy(r, first, size);
	} else {
		memset(r, 0, sizeof(struct record_unix));
		r->header.flags = RECORD_SENT;
		set_actor(&r->task, key);
		r->result = -(int32_t)key->error;
		r->family = key->family;
		r->proto = key->proto;
		r->dst_port = key->port;
		r->net_inum = key->net_inum;
		memcpy(r->dst, key->peer, sizeof(r->dst));
		if (key->family == AF_UNIX)
			size = forget_name((void *)r);
	}
	r->header.kind = RECORD_NET_CONNECT;
	r->count = n->count;
	r->first_ns = n->count > 1 ? n->first_ns : 0;
	r->last_ns = n->count > 1 ? n->last_ns : 0;
	return size;
}

static size_t make_taken(struct record_flows *r, const struct record_header *first,
			 const struct flow_key *key, const struct flow_count *c)
{
	memset(r, 0, sizeof(*r));
	if (first) {
		memcpy(&r->flow, first, sizeof(r->flow));
	} else {
		set_actor(&r->flow.task, key);
	}
	r->flow.header.kind = (uint16_t)key->kind;
	r->flow.family = key->family;
	r->flow.proto = key->proto;
	r->flow.inbound = 1;
	r->flow.src_port = 0;
	r->flow.dst_port = key->port;
	memcpy(r->flow.src, key->peer, sizeof(r->flow.src));
	memcpy(r->flow.dst, key->own, sizeof(r->flow.dst));
	r->flow.bytes_in = c->bytes_in;
	r->flow.bytes_out = c->bytes_out;
	r->flow.duration_ns = c->duration_ns;
	r->count = c->n.count;
	r->first_ns = c->n.count > 1 ? c->n.first_ns : 0;
	r->last_ns = c->n.count > 1 ? c->n.last_ns : 0;
	return sizeof(*r);
}

static size_t make(uint8_t *out, const struct record_header *first, const void *key_bytes,
		   const struct fold_count *n)
{
	const struct flow_key *key = key_bytes;

	if (key->kind == RECORD_NET_CONNECT)
		return make_sent((void *)out, first, key, n);
	return make_taken((void *)out, first, key, (const struct flow_count *)n);
}

const struct fold_kind fold_flows = {
	.key_size = sizeof(struct flow_key),
	.count_size = sizeof(struct flow_count),
	.is_first = is_first,
	.make = make,
};
