/* SPDX-License-Identifier: Apache-2.0 */
/* Events as the line makes them, for the tests of JSON, packing and filters. */
#ifndef WHODID_TEST_SAMPLE_H
#define WHODID_TEST_SAMPLE_H

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/json.h"
#include "bpf/event.h"
#include "event_json.h"

#define SAMPLE_WALL_NS 1795449739114203911ll /* 2026-11-23T16:02:19.114203911Z */
#define SAMPLE_BOOT_NS 1187923456789ull

static const struct host sample_host = {
	.name = "runner-07",
	.boot_id = "b1946ac9-2d2e-4a8f-9f0c-3a1b5c7d9e11",
	.machine_id = "5f0e7c1a9b0d4c5e8a3b2c1d0e9f8a7b",
};

static inline struct event sample_act(enum event_type type)
{
	struct event ev = {0};

	ev.what.type = type;
	ev.what.outcome = OUTCOME_OK;
	ev.what.seq = 8190334;
	ev.what.count = 1;
	ev.what.wall_ns = SAMPLE_WALL_NS;
	ev.what.boot_ns = SAMPLE_BOOT_NS;
	ev.what.start_ns = SAMPLE_BOOT_NS - 213707;
	ev.what.pid = ev.what.tid = ev.what.ns_pid = 4466;
	ev.what.parent_pid = 4460;
	ev.what.parent_start_ns = 1187809000000ull;
	ev.what.uid = ev.what.euid = 998;
	ev.what.gid = ev.what.egid = 998;
	ev.what.login_uid = 1000;
	ev.what.session_id = 26;
	ev.what.boundary = 281474976710657ull;
	ev.what.cgroup_id = 4242;
	ev.what.comm = STR_LIT("run.sh");
	ev.what.file.new_uid = ev.what.file.new_gid = UINT32_MAX;
	ev.who.exe = STR_LIT("/usr/bin/bash");
	ev.who.user_name = STR_LIT("runner");
	ev.who.parent = (struct process_ref){4460, 1187809000000ull, STR_LIT("/usr/bin/dash")};
	ev.who.id = (struct identity){
		.who = STR_LIT("human:maya"),
		.kind = STR_LIT("human"),
		.via = STR_LIT("ssh,sudo:root"),
		.as = STR_LIT("session:26"),
		.who_level = ASSURANCE_KERNEL,
		.via_level = ASSURANCE_DERIVED,
		.as_level = ASSURANCE_KERNEL,
		.boundary = 281474976710657ull,
		.session = STR_LIT("26"),
		.person = STR_LIT("maya"),
		.cgroup = STR_LIT("/user.slice/user-1000.slice/session-26.scope"),
	};
	ev.verdict.value = VERDICT_UNEXPECTED;
	ev.verdict.severity = SEVERITY_HIGH;
	ev.verdict.mode = STR_LIT("audit");
	ev.verdict.binding = STR_LIT("acme-app-build");
	ev.score.anomaly = 1042;
	return ev;
}

static inline struct event sample_exec(void)
{
	struct event ev = sample_act(EVENT_EXEC);

	ev.what.exec.exe = STR_LIT("/usr/bin/bash");
	ev.what.exec.filename = STR_LIT("/tmp/.x/run.sh");
	ev.what.exec.cwd = STR_LIT("/home/runner/work");
	ev.what.exec.argv = STR_LIT("./run.sh\0--once");
	ev.what.exec.argc = 2;
	ev.what.exec.exe_mode = 0100755;
	ev.what.exec.exe_inode = 81432219;
	ev.what.exec.exe_dev = 8u << 20 | 1;
	ev.what.exec.exe_nlink = 1;
	ev.what.exec.caps_effective = 1ull << 12 | 1ull << 21;
	ev.who.ancestors[0] = ev.who.parent;
	ev.who.ancestors[1] = (struct process_ref){4455, 77, STR_LIT("/usr/bin/node")};
	ev.who.ancestors[2] = (struct process_ref){4402, 66, STR_NONE};
	ev.who.ancestor_count = 3;
	return ev;
}

static inline struct event sample_file(void)
{
	struct event ev = sample_act(EVENT_FILE_READ);

	ev.what.file.path = STR_LIT("/proc/4127/mem");
	ev.what.file.op = STR_LIT("open");
	ev.what.file.flags = STR_LIT("rdonly,cloexec");
	ev.what.file.mode = 0100644;
	ev.what.file.inode = 9007199254740993ull;
	ev.what.file.dev = 22;
	return ev;
}

static inline struct event sample_net(void)
{
	struct event ev = sample_act(EVENT_NET_CONNECT);

	ev.what.net.family = 2;
	ev.what.net.proto = 6;
	ev.what.net.src_port = 48812;
	ev.what.net.dst_port = 443;
	inet_pton(AF_INET, "10.20.4.17", ev.what.net.src);
	inet_pton(AF_INET, "203.0.113.66", ev.what.net.dst);
	ev.what.net.duration_ns = 1500000;
	return ev;
}

static inline struct event sample_exit(void)
{
	struct event ev = sample_act(EVENT_EXIT);

	ev.what.exit.signal = 9;
	ev.what.exit.duration_ns = 412345;
	ev.what.exit.user_ns = 1000000;
	ev.what.exit.max_rss_bytes = 4096000;
	return ev;
}

/* The event as JSON, to be freed. */
static inline char *sample_json(const struct event *ev)
{
	struct json w;
	char *text;

	json_init(&w, 1u << 20);
	event_json_write(&w, &sample_host, ev);
	assert_int_equal(w.err, 0);
	text = strndup(w.buf, w.len);
	json_release(&w);
	return text;
}

#endif
