/* SPDX-License-Identifier: Apache-2.0 */
/* stage.h: the names stage with a server and a clock of the test's own. */
#ifndef TESTS_UNIT_NAMES_STAGE_H
#define TESTS_UNIT_NAMES_STAGE_H

#include "messages.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bpf/event.h"
#include "names/names.h"

#define SECOND 1000000000ull
#define NET    4026531840u

static char resolv_path[] = "/tmp/whodid-resolv-XXXXXX";
static struct names *names;
static struct event ev;
static struct message m;
static uint64_t now;

/* Who acts; the tests change it. */
static struct {
	uint32_t pid, flags, net;
	uint64_t boundary, cgroup;
} self;

static int setup(void **state)
{
	static const char *const extra[] = {"10.0.0.53", "2001:db8::53", NULL};
	const struct names_options opt = {
		.resolv_path = resolv_path, .host_net = NET, .resolvers = extra, .fold_ns = SECOND};
	int fd = mkstemp(resolv_path);

	(void)state;
	if (fd < 0 || dprintf(fd, "# nameserver 9.9.9.9\nnameserver 127.0.0.53\n"
				  "nameserver\tfe80::1%%eth0\noptions edns0\nnameserver ") < 0)
		return -1;
	close(fd);
	now = 1000 * SECOND;
	self.pid = 7;
	self.flags = 0;
	self.net = NET;
	self.boundary = self.cgroup = 3;
	return names_new(&names, &opt);
}

static int teardown(void **state)
{
	(void)state;
	names_free(names);
	unlink(resolv_path);
	snprintf(resolv_path, sizeof(resolv_path), "/tmp/whodid-resolv-XXXXXX");
	return 0;
}

static void begin(enum event_type type, const char *server, uint16_t proto)
{
	ev = (struct event){.what = {.type = type,
				     .boot_ns = now,
				     .wall_ns = (int64_t)(now + 5),
				     .count = 1,
				     .pid = self.pid,
				     .start_ns = self.pid,
				     .boundary = self.boundary,
				     .cgroup_id = self.cgroup,
				     .task_flags = self.flags,
				     .comm = STR_LIT("dig"),
				     .net = {.family = AF_INET,
					     .proto = proto,
					     .src_port = 40000,
					     .dst_port = 53,
					     .ns = self.net}}};
	inet_pton(AF_INET, "127.0.0.1", ev.what.net.src);
	inet_pton(AF_INET, server, ev.what.net.dst);
}

/* A packet to a server, or from it. */
static bool packet(const char *server, uint64_t socket, bool inbound)
{
	begin(EVENT_NET_DNS, server, IPPROTO_UDP);
	ev.what.packet.bytes = bytes_of(&m);
	ev.what.packet.length = m.n;
	ev.what.packet.socket = socket;
	ev.what.packet.inbound = inbound;
	if (inbound) {
		memcpy(ev.what.net.src, ev.what.net.dst, 16);
		memset(ev.what.net.dst, 0, 16);
		inet_pton(AF_INET, "127.0.0.1", ev.what.net.dst);
		ev.what.net.src_port = 53;
		ev.what.net.dst_port = 40000;
	}
	return names_attach(names, &ev);
}

/* Asked and answered. */
static bool look_up(const char *server, const char *name, uint32_t ttl, uint32_t ip)
{
	make_question(&m, 1, name);
	assert_false(packet(server, 9, false));
	now += 2000000;
	make_answer(&m, 1, name, ttl, ip);
	return packet(server, 9, true);
}

static struct str connect_to(uint32_t ip)
{
	begin(EVENT_NET_CONNECT, "0.0.0.0", IPPROTO_TCP);
	ip = htonl(ip);
	memcpy(ev.what.net.dst, &ip, 4);
	assert_true(names_attach(names, &ev));
	return ev.what.net.dst_name;
}

static void assert_str(struct str got, const char *want)
{
	if (!want) {
		assert_null(got.p);
		return;
	}
	if (!str_is(got, want))
		fail_msg("got \"%.*s\", want \"%s\"", STR_ARG(got), want);
}

static struct names_stats stats(void)
{
	struct names_stats s;

	names_get_stats(names, &s);
	return s;
}

#endif
