/* SPDX-License-Identifier: Apache-2.0 */
/* arrivals: see the header. Searched at logins only, so a look at all of it will do. */
#include "identity/arrivals.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "bpf/event.h"

#define LINES_MAX	64 /* a login follows its line within milliseconds */
#define CONNECTIONS_MAX 16384

struct line {
	uint64_t start_ns;
	uint32_t pid, len;
	bool cut;
	struct ends client;
	char text[EVENT_LOG_MAX];
};

struct arrivals {
	uint64_t lines_seen, connections_seen;
	struct line lines[LINES_MAX];
	struct connection connections[CONNECTIONS_MAX];
};

struct arrivals *arrivals_new(void)
{
	return calloc(1, sizeof(struct arrivals)); /* pages come as they are used */
}

void arrivals_free(struct arrivals *a)
{
	free(a);
}

void arrivals_learn_line(struct arrivals *a, const struct event_what *what)
{
	struct sshd_login login;
	struct line *l;

	if (what->auth.text.n > EVENT_LOG_MAX ||
	    !sshd_log_parse(&login, what->auth.text, what->auth.cut))
		return;
	l = &a->lines[a->lines_seen++ % LINES_MAX];
	l->pid = what->pid;
	l->start_ns = what->start_ns;
	l->client = (struct ends){.ns = what->auth.ns,
				  .family = what->auth.family,
				  .src_port = what->auth.src_port,
				  .dst_port = what->auth.dst_port};
	memcpy(l->client.src, what->auth.src, sizeof(l->client.src));
	memcpy(l->client.dst, what->auth.dst, sizeof(l->client.dst));
	l->cut = what->auth.cut;
	l->len = what->auth.text.n;
	memcpy(l->text, what->auth.text.p, l->len);
}

/* They hand on what others have told them. */
static bool is_log_daemon(const struct event_what *what, const struct identity *who)
{
	static const char *const units[] = {"systemd-journald.service", "rsyslog.service",
					    "syslog-ng.service"};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (what->euid == 0 && str_is(who->kind, "unit") && str_is(who->unit, units[i]))
			return true;
	return false;
}

bool arrivals_is_forged(const struct event_what *what, const struct identity *who)
{
	static const char tag[] = "sshd", word[] = ": Accepted ";
	struct str line = what->auth.text;
	const char *at = line.n ? memmem(line.p, line.n, tag, strlen(tag)) : NULL;

	return at && memmem(at, (size_t)(line.p + line.n - at), word, strlen(word)) &&
	       !is_log_daemon(what, who);
}

void arrivals_learn_connection(struct arrivals *a, const struct event_what *what)
{
	struct connection *c;

	if (what->net.proto != IPPROTO_TCP || what->outcome != OUTCOME_OK || !what->net.src_port)
		return;
	c = &a->connections[a->connections_seen++ % CONNECTIONS_MAX];
	*c = (struct connection){.ends = {.ns = what->net.ns,
					  .family = what->net.family,
					  .src_port = what->net.src_port,
					  .dst_port = what->net.dst_port},
				 .boundary = what->boundary,
				 .start_ns = what->start_ns,
				 .pid = what->pid,
				 .task_flags = what->task_flags};
	memcpy(c->ends.src, what->net.src, sizeof(c->ends.src));
	memcpy(c->ends.dst, what->net.dst, sizeof(c->ends.dst));
}

/* Its family, or 0 when it is no address. A scope ("%eth0") says nothing about who it is. */
static uint16_t parse_address(struct str ip, uint8_t out[static 16])
{
	char text[64];

	memset(out, 0, 16);
	if (!ip.p || ip.n >= sizeof(text))
		return 0;
	snprintf(text, sizeof(text), "%.*s", STR_ARG(ip));
	text[strcspn(text, "%")] = '\0';
	if (inet_pton(AF_INET, text, out) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, text, out) == 1 ? AF_INET6 : 0;
}

/* The daemon may have other connections: the one that the line speaks of, or none. */
static void read_client(const struct line *l, const struct sshd_login *login, struct ends *out)
{
	uint8_t ip[16];

	*out = (struct ends){0};
	if (parse_address(login->ip, ip) == l->client.family &&
	    memcmp(ip, l->client.src, sizeof(ip)) == 0 && login->port == l->client.src_port)
		*out = l->client;
}

bool arrivals_find_login(const struct arrivals *a, uint32_t pid, uint64_t start_ns,
			 struct sshd_login *out, struct ends *client)
{
	for (unsigned back = 1; back <= LINES_MAX && back <= a->lines_seen; back++) {
		const struct line *l = &a->lines[(a->lines_seen - back) % LINES_MAX];

		if (l->pid != pid || l->start_ns != start_ns)
			continue;
		if (!sshd_log_parse(out, (struct str){l->text, l->len}, l->cut))
			return false;
		read_client(l, out, client);
		return true;
	}
	return false;
}

const struct connection *arrivals_find_connection(const struct arrivals *a, const struct ends *ends)
{
	if (!ends->family)
		return NULL;
	for (unsigned back = 1; back <= CONNECTIONS_MAX && back <= a->connections_seen; back++) {
		const struct connection *c =
			&a->connections[(a->connections_seen - back) % CONNECTIONS_MAX];

		if (memcmp(&c->ends, ends, sizeof(*ends)) == 0)
			return c;
	}
	return NULL;
}

bool arrivals_is_loopback(struct str ip)
{
	uint8_t raw[16];
	uint16_t family = parse_address(ip, raw);

	if (family == AF_INET)
		return raw[0] == 127;
	return family == AF_INET6 && memcmp(raw, &in6addr_loopback, sizeof(raw)) == 0;
}
