/* SPDX-License-Identifier: Apache-2.0 */
/* net: records of sockets become event.what.net: connections, their other ends, sockets themselves. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "decode/reader.h"

static bool is_mapped(const uint8_t a[16])
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(a, prefix, sizeof(prefix)) == 0;
}

void reader_address(uint8_t out[static 16], const uint8_t in[static 16], bool mapped, bool v4)
{
	memset(out, 0, 16);
	memcpy(out, mapped ? in + 12 : in, v4 ? 4 : 16);
}

/* What was asked for, and not where it led. */
static bool is_asked(const struct reader *r)
{
	return r->flags & (RECORD_USER_ADDRESS | RECORD_REQUEST_PATH);
}

static uint32_t address_source(const struct reader *r)
{
	if (r->flags & RECORD_USER_ADDRESS)
		return PATH_OF_PROCESS;
	return r->flags & RECORD_REQUEST_PATH ? PATH_OF_REQUEST : PATH_OF_KERNEL;
}

/* The result of an act on a socket; a ring may not tell it. */
static void read_result(struct reader *r, int32_t result, struct event_what *what)
{
	reader_result(r, result, what);
	if (r->flags & RECORD_NO_RESULT)
		what->outcome = OUTCOME_NONE;
}

/* An abstract name may have any byte in it; a path from the caller is joined and tidied. */
static struct str read_name(struct reader *r, const struct record_unix *u, struct event_what *what)
{
	bool cut = false;
	struct str path, dir, joined;

	if (u->abstract)
		return reader_text(r, u->path, EVENT_PATH_MAX);
	path = reader_path(r, u->path, &cut);
	dir = reader_path(r, u->base, &cut);
	if (cut || r->flags & RECORD_PATH_CUT)
		what->truncated |= CUT_PATH;
	if (r->bad || !path.p || !is_asked(r))
		return path;
	joined = path_join(r->d->path[0], sizeof(r->d->path[0]), r->root, dir, path);
	if (!joined.p)
		r->bad = true;
	return joined;
}

static void decode_unix(struct reader *r, struct event_what *what)
{
	const struct record_unix *u = r->record;
	bool cut = false;

	if (r->size < sizeof(*u) || u->abstract > 1 || u->type > SOCK_PACKET) {
		r->bad = true;
		return;
	}
	r->fixed = sizeof(*u);
	what->net.type = u->type;
	what->net.path = read_name(r, u, what);
	what->net.inode = u->inode;
	what->net.dev = u->dev;
	what->target.pid = u->peer_pid;
	what->target.start_ns = u->peer_start_ns;
	what->target.boundary = u->peer_boundary;
	what->target.exe = reader_path(r, u->peer_exe, &cut);
	if (!what->net.path.n)
		r->bad = true; /* what has no name is not told */
}

static void decode_ip(const struct record_net *n, struct event_what *what)
{
	bool mapped = n->family == AF_INET6 && is_mapped(n->dst);

	what->net.family = mapped ? AF_INET : n->family;
	what->net.proto = n->proto;
	what->net.src_port = n->src_port;
	what->net.dst_port = n->dst_port;
	reader_address(what->net.src, n->src, mapped, what->net.family == AF_INET);
	reader_address(what->net.dst, n->dst, mapped, what->net.family == AF_INET);
}

void decode_net(struct reader *r, struct event_what *what)
{
	const struct record_net *n = r->record;

	read_result(r, n->result, what);
	if (n->result == -EINPROGRESS)
		what->outcome = OUTCOME_NONE; /* still open when the record was made */
	if (n->result == -EINPROGRESS && r->flags & RECORD_SENT)
		what->err = 0; /* a ring's: its result is not known */
	reader_count(r, n->count, n->first_ns, n->last_ns, what);
	what->net.family = n->family;
	what->net.duration_ns = n->duration_ns;
	what->net.ns = n->net_inum;
	what->net.sent = r->flags & RECORD_SENT;
	what->net.address_source = address_source(r);
	switch (n->family) {
	case AF_INET:
	case AF_INET6:
		decode_ip(n, what);
		break;
	case AF_UNIX:
		decode_unix(r, what);
		break;
	case AF_VSOCK:
		memcpy(&what->net.cid, n->dst, sizeof(what->net.cid));
		memcpy(&what->net.vsock_port, n->dst + 4, sizeof(what->net.vsock_port));
		break;
	default:
		r->bad = true;
	}
}

/* Of several the record has the sums behind the first one. */
static void read_flows(struct reader *r, struct event_what *what)
{
	const struct record_flows *f = r->record;

	if (r->size < sizeof(*f)) {
		r->bad = true;
		return;
	}
	r->fixed = sizeof(*f);
	reader_count(r, f->count, f->first_ns, f->last_ns, what);
}

void decode_flow(struct reader *r, struct event_what *what)
{
	const struct record_flow *f = r->record;

	if ((f->family != AF_INET && f->family != AF_INET6) || f->inbound > 1) {
		r->bad = true;
		return;
	}
	if (r->flags & RECORD_FOLDED)
		read_flows(r, what);
	read_result(r, f->result, what);
	what->net.family = f->family;
	what->net.proto = f->proto;
	what->net.src_port = f->src_port;
	what->net.dst_port = f->dst_port;
	what->net.inbound = f->inbound;
	reader_address(what->net.src, f->src, false, f->family == AF_INET);
	reader_address(what->net.dst, f->dst, false, f->family == AF_INET);
	if (what->type != EVENT_NET_CLOSE)
		return;
	what->net.duration_ns = f->duration_ns;
	what->net.bytes_in = f->bytes_in;
	what->net.bytes_out = f->bytes_out;
}

void decode_socket(struct reader *r, struct event_what *what)
{
	const struct record_socket *s = r->record;

	if (s->protocol > UINT16_MAX || s->type > SOCK_PACKET) {
		r->bad = true;
		return;
	}
	read_result(r, s->result, what);
	what->net.family = s->family;
	what->net.type = s->type;
	what->net.proto = (uint16_t)s->protocol;
	what->net.ns = s->net_inum;
}

void decode_packet(struct reader *r, struct event_what *what)
{
	const struct record_packet *p = r->record;

	if ((p->family != AF_INET && p->family != AF_INET6) || p->inbound > 1) {
		r->bad = true;
		return;
	}
	what->packet.bytes = reader_text(r, p->bytes, EVENT_PACKET_MAX);
	what->packet.socket = p->socket;
	what->packet.offset = p->offset;
	what->packet.length = p->length;
	what->packet.inbound = p->inbound;
	what->net.family = p->family;
	what->net.proto = p->proto;
	what->net.src_port = p->src_port;
	what->net.dst_port = p->dst_port;
	what->net.ns = p->net_inum;
	reader_address(what->net.src, p->src, false, p->family == AF_INET);
	reader_address(what->net.dst, p->dst, false, p->family == AF_INET);
}
