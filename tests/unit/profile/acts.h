/* SPDX-License-Identifier: Apache-2.0 */
/* acts: events for profile tests, made in one line each. */
#ifndef WHODID_TESTS_PROFILE_ACTS_H
#define WHODID_TESTS_PROFILE_ACTS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "event.h"
#include "profile/set.h"

/* Monday 2026-11-23 16:02:19 UTC */
#define MONDAY_NS 1795449739000000000ll

static inline struct event act_by(const char *who, enum event_type type)
{
	struct event ev = {0};

	ev.what.type = type;
	ev.what.wall_ns = MONDAY_NS;
	ev.what.count = 1;
	ev.what.pid = ev.what.tid = 4466;
	ev.what.outcome = OUTCOME_OK;
	ev.who.id.who = str_of(who);
	ev.who.id.who_level = ASSURANCE_KERNEL;
	ev.who.id.as = STR_LIT("host");
	ev.who.exe = STR_LIT("/usr/bin/node");
	return ev;
}

static inline struct event act_exec(const char *who, const char *exe)
{
	struct event ev = act_by(who, EVENT_EXEC);

	ev.what.exec.exe = ev.what.exec.filename = ev.who.exe = str_of(exe);
	return ev;
}

static inline struct event act_file(const char *who, enum event_type type, const char *path)
{
	struct event ev = act_by(who, type);

	ev.what.file.path = str_of(path);
	return ev;
}

static inline struct event act_connect(const char *who, const char *ip, uint16_t port)
{
	struct event ev = act_by(who, EVENT_NET_CONNECT);

	ev.what.net.proto = IPPROTO_TCP;
	ev.what.net.dst_port = port;
	ev.what.net.family = strchr(ip, ':') ? AF_INET6 : AF_INET;
	inet_pton(ev.what.net.family, ip, ev.what.net.dst);
	return ev;
}

/* The text as it is written in a C test, made into a set; NULL prints the problem. */
static inline struct profile_set *set_of(const char *text)
{
	static const char passwd[] = "root:x:0:0:root:/root:/bin/bash\n"
				     "maya:x:1000:1000::/home/maya:/bin/bash\n"
				     "odd*:x:1001:1001::/home/o[d]d:/bin/bash\n"
				     "deploy:x:998:998::/srv/deploy:/bin/false\n";
	static const char group[] = "root:x:0:\nsre:x:1200:ivo,maya\nmaya:x:1000:\n";
	struct profile_set *p = NULL;
	struct problem err = {0};
	char line[1024];

	if (profile_parse_with_users(&p, str_of(text), "test", str_of(passwd), str_of(group),
				     &err)) {
		problem_format(&err, line, sizeof(line));
		print_message("%s\n", line);
	}
	return p;
}

/* "forbidden build/no-shell high", "expected ...", "unprofiled" */
static inline const char *judge(struct profile_set *p, struct event ev)
{
	static char out[4][256];
	static unsigned turn;
	char *o = out[turn++ % 4];

	profile_decide(p, &ev);
	snprintf(o, 256, "%s%s%.*s%s%s", ev.verdict.value ? verdict_name(ev.verdict.value) : "none",
		 ev.verdict.rule.n ? " " : "", STR_ARG(ev.verdict.rule),
		 ev.verdict.severity ? " " : "",
		 ev.verdict.severity ? severity_name(ev.verdict.severity) : "");
	return o;
}

#endif
