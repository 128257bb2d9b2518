/* SPDX-License-Identifier: Apache-2.0 */
/* view_net: the words about sockets and their ends. */
#include "cmd/view.h"

/* The name that the host's own resolver gave; what another server said stands behind the address. */
static struct str known_name(const json_t *row)
{
	return row_is(row, "network.dst.name_source", "resolver") ? row_str(row, "network.dst.name")
								  : STR_NONE;
}

void view_destination_raw(struct text *out, const json_t *row)
{
	struct str name = known_name(row), ip = row_str(row, "network.dst.ip");
	struct str host = name.p ? name : ip;
	uint64_t port = row_u64(row, "network.dst.port", 0);
	bool v6 = host.p && memchr(host.p, ':', host.n);
	struct str path = row_str(row, "network.dst.path");

	if (path.p) {
		text_add(out, path.p, path.n);
		return;
	}
	if (row_is(row, "network.family", "vsock")) {
		text_printf(out, "vsock:%llu:%llu",
			    (unsigned long long)row_u64(row, "network.dst.cid", 0),
			    (unsigned long long)row_u64(row, "network.dst.vsock_port", 0));
		return;
	}
	if (!host.p) {
		text_puts(out, "-");
		return;
	}
	text_puts(out, v6 ? "[" : "");
	text_add(out, host.p, host.n);
	text_puts(out, v6 ? "]" : "");
	if (port)
		text_printf(out, ":%llu", (unsigned long long)port);
}

/* "example.com:443 (203.0.113.7)", "203.0.113.7:443 (called example.com by another server)" */
static void say_destination(struct text *out, const json_t *row)
{
	_cleanup_text_ struct text raw = {0};

	view_destination_raw(&raw, row);
	text_say(out, text_str(&raw));
	if (!row_find(row, "network.dst.name"))
		return;
	text_puts(out, " (");
	if (known_name(row).p) {
		row_say(out, row, "network.dst.ip");
	} else {
		text_puts(out, "called ");
		row_say(out, row, "network.dst.name");
		text_puts(out, " by another server");
	}
	if (row_find(row, "network.dst.other_names")) {
		text_puts(out, ", also ");
		row_say(out, row, "network.dst.other_names");
	}
	text_puts(out, ")");
}

void view_say_connect(struct text *out, const json_t *row)
{
	struct str proto = row_str(row, "network.proto");

	say_destination(out, row);
	if (proto.p && !str_is(proto, "tcp")) {
		text_puts(out, " ");
		text_say(out, proto);
	}
}

/* "inet raw icmp" */
void view_say_socket(struct text *out, const json_t *row)
{
	row_say(out, row, "network.family");
	text_puts(out, " ");
	row_say(out, row, "network.type");
	if (row_find(row, "network.proto")) {
		text_puts(out, " ");
		row_say(out, row, "network.proto");
	}
}

/* "[::1]:51002 -> 10.0.0.7:443" */
void view_say_ends(struct text *out, const json_t *row)
{
	struct str ip = row_str(row, "network.src.ip");
	bool v6 = ip.p && memchr(ip.p, ':', ip.n);

	if (ip.p) {
		text_puts(out, v6 ? "[" : "");
		text_say(out, ip);
		text_puts(out, v6 ? "]" : "");
		if (row_find(row, "network.src.port"))
			text_printf(out, ":%llu",
				    (unsigned long long)row_u64(row, "network.src.port", 0));
		text_puts(out, " -> ");
	}
	view_say_connect(out, row);
}

void view_say_close(struct text *out, const json_t *row)
{
	const json_t *ms = row_find(row, "network.duration_ms");

	view_say_ends(out, row);
	text_puts(out, " after ");
	text_say_duration(out, json_is_number(ms) ? (uint64_t)(json_number_value(ms) * 1e6) : 0);
	text_printf(out, ", %llu in, %llu out",
		    (unsigned long long)row_u64(row, "network.bytes_in", 0),
		    (unsigned long long)row_u64(row, "network.bytes_out", 0));
}

/* "example.com AAAA = 2001:db8::1 of 192.0.2.53", "nowhere.test A: NXDOMAIN of 192.0.2.53" */
void view_say_dns(struct text *out, const json_t *row)
{
	row_say(out, row, "dns.name");
	text_puts(out, " ");
	row_say(out, row, "dns.type");
	if (row_find(row, "dns.answers")) {
		text_puts(out, " = ");
		row_say(out, row, "dns.answers");
	} else if (row_find(row, "dns.rcode") && !row_is(row, "dns.rcode", "NOERROR")) {
		text_puts(out, ": ");
		row_say(out, row, "dns.rcode");
	}
	text_puts(out, " of ");
	row_say(out, row, "network.dst.ip");
	if (!row_is(row, "network.proto", "udp"))
		text_puts(out, " over tcp");
}

/* "example.com at example.com:443 (203.0.113.7)" */
void view_say_tls(struct text *out, const json_t *row)
{
	if (row_find(row, "tls.server_name")) {
		text_say_name(out, row_str(row, "tls.server_name"));
		text_puts(out, " at ");
	}
	say_destination(out, row);
	if (row_true(row, "tls.mismatch"))
		text_puts(out, ", which DNS does not call so");
}
