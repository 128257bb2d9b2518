/* SPDX-License-Identifier: Apache-2.0 */
/* Connections to what has a name in place of an address: unix sockets and vsock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "acts.h"
#include "base/cleanup.h"

#define ROLE(name) \
	"---\napiVersion: whodid.dev/v1alpha1\nkind: Role\nmetadata: {name: " name "}\nspec:\n"
#define BINDING(name)                                                                     \
	"---\napiVersion: whodid.dev/v1alpha1\nkind: RoleBinding\nmetadata: {name: " name \
	"}\nspec:\n"

static void free_set(struct profile_set **p)
{
	profile_free(*p);
}
#define SET _cleanup_(free_set) struct profile_set *

#define CI "ci:github/acme/app/build"

static const char sockets[] = ROLE(
	"r") "  allow:\n"
	     "    - {id: run, connect: ['unix:/run/app/*.sock', 'unix:@app-*', 'vsock:2:*']}\n"
	     "    - {id: net, connect: ['0.0.0.0/0', '[::/0]']}\n"
	     "    - {id: home, connect: ['unix:${HOME}/agent/**']}\n"
	     "  deny:\n"
	     "    - {id: docker, severity: high, connect: [{unix: /run/docker.sock}]}\n"
	     "    - {id: node, severity: low, connect: [{unix: '/run/x/**', exe: /usr/bin/node}]}\n" BINDING(
		     "b") "  mode: audit\n  roles: [r]\n  subjects: [{kind: Any}]\n"
			  "  unexpected: {severity: low}\n";

static struct event act_unix(const char *who, const char *path)
{
	struct event ev = act_by(who, EVENT_NET_CONNECT);

	ev.what.net.family = AF_UNIX;
	ev.what.net.path = str_of(path);
	return ev;
}

static struct event act_vsock(uint32_t cid, uint32_t port)
{
	struct event ev = act_by(CI, EVENT_NET_CONNECT);

	ev.what.net.family = AF_VSOCK;
	ev.what.net.cid = cid;
	ev.what.net.vsock_port = port;
	return ev;
}

static void sockets_match_by_name(void **state)
{
	SET p = set_of(sockets);
	struct event other = act_unix(CI, "/run/x/y");

	(void)state;
	assert_string_equal(judge(p, act_unix(CI, "/run/app/a.sock")), "expected r/run");
	assert_string_equal(judge(p, act_unix(CI, "/run/app/a/b.sock")), "unexpected low");
	assert_string_equal(judge(p, act_unix(CI, "@app-1")), "expected r/run");
	assert_string_equal(judge(p, act_unix(CI, "@other")), "unexpected low");
	assert_string_equal(judge(p, act_unix(CI, "/run/docker.sock")), "forbidden r/docker high");
	assert_string_equal(judge(p, act_unix("human:maya", "/home/maya/agent/1")),
			    "expected r/home");
	assert_string_equal(judge(p, other), "forbidden r/node low");
	other.who.exe = STR_LIT("/usr/bin/perl");
	assert_string_equal(judge(p, other), "unexpected low");
}

/* All of IPv4 and IPv6 holds no socket with a name, and the other way round. */
static void names_are_no_addresses(void **state)
{
	SET p = set_of(sockets);

	(void)state;
	assert_string_equal(judge(p, act_connect(CI, "192.0.2.1", 1)), "expected r/net");
	assert_string_equal(judge(p, act_unix(CI, "/tmp/x")), "unexpected low");
	assert_string_equal(judge(p, act_vsock(2, 1024)), "expected r/run");
	assert_string_equal(judge(p, act_vsock(20, 1024)), "unexpected low");
}

/* What only the caller told may be forbidden, and is never allowed. */
static void a_caller_s_word_allows_nothing(void **state)
{
	SET p = set_of(sockets);
	struct event ev = act_unix(CI, "/run/app/a.sock");

	(void)state;
	ev.what.net.address_source = PATH_OF_PROCESS;
	assert_string_equal(judge(p, ev), "unexpected low");
	ev = act_connect(CI, "192.0.2.1", 1);
	assert_string_equal(judge(p, ev), "expected r/net");
	ev.what.net.address_source = PATH_OF_PROCESS;
	assert_string_equal(judge(p, ev), "unexpected low");
	ev = act_unix(CI, "/run/docker.sock");
	ev.what.net.address_source = PATH_OF_PROCESS;
	assert_string_equal(judge(p, ev), "forbidden r/docker high");
}

static void refuse(const char *verb_and_object, const char *want)
{
	char text[512], line[512] = "";
	struct profile_set *p = NULL;
	struct problem err = {0};

	snprintf(text, sizeof(text), ROLE("r") "  deny: [{id: x, %s}]\n", verb_and_object);
	assert_int_equal(profile_parse(&p, str_of(text), "test", &err), -EINVAL);
	problem_format(&err, line, sizeof(line));
	if (!strstr(line, want))
		fail_msg("\"%s\" is not in \"%s\"", want, line);
}

static void mistakes_are_told(void **state)
{
	(void)state;
	refuse("connect: ['unix:run/x']", "not absolute");
	refuse("connect: ['unix:']", "empty");
	refuse("connect: ['unix:@a[']", "socket '@a['");
	refuse("listen: ['unix:/run/x']", "known to connect only");
	refuse("connect: [{unix: /run/x, port: 1}]", "stands without");
	refuse("connect: ['vsock:x:1']", "vsock:CID:PORT");
	refuse("connect: ['vsock:1']", "vsock:CID:PORT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets_match_by_name),
		cmocka_unit_test(names_are_no_addresses),
		cmocka_unit_test(a_caller_s_word_allows_nothing),
		cmocka_unit_test(mistakes_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
