/* SPDX-License-Identifier: Apache-2.0 */
/* What is decided, by what rule, for whom; and what may never make a difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "acts.h"
#include "base/cleanup.h"
#include "bpf/event.h"

#define ROLE(name) \
	"---\napiVersion: whodid.dev/v1alpha1\nkind: Role\nmetadata: {name: " name "}\nspec:\n"
#define BINDING(name)                                                                     \
	"---\napiVersion: whodid.dev/v1alpha1\nkind: RoleBinding\nmetadata: {name: " name \
	"}\nspec:\n"
#define EXCEPTION(name) \
	"---\napiVersion: whodid.dev/v1alpha1\nkind: Exception\nmetadata: {name: " name "}\nspec:\n"

static void free_set(struct profile_set **p)
{
	profile_free(*p);
}
#define SET _cleanup_(free_set) struct profile_set *

#define CI "ci:github/acme/app/build"

static const char basic[] = ROLE(
	"build") "  allow:\n"
		 "    - {id: tools, exec: ['/usr/bin/{git,node,gcc*}', '/opt/**']}\n"
		 "    - {id: files, read: ['/srv/w/**', /etc/app/], write: ['/srv/w/**']}\n"
		 "    - {id: net, connect: ['10.0.0.0/8:443', '[2001:db8::/32]:443/udp', '192.0.2.7']}\n"
		 "  deny:\n"
		 "    - {id: shells, severity: critical, exec: ['/usr/bin/nc*', '/opt/bad/*']}\n"
		 "    - {id: secrets, read: ['/srv/w/**/.secret'], write: ['/srv/w/**/.secret']}\n" BINDING(
			 "b") "  mode: audit\n  roles: [build]\n  subjects: [{kind: CIJob, match: {repository: acme/app}}]\n"
			      "  unexpected: {severity: low}\n";

static void deny_wins_then_allow_then_unexpected(void **state)
{
	SET p = set_of(basic);

	(void)state;
	assert_string_equal(judge(p, act_exec(CI, "/usr/bin/git")), "expected build/tools");
	assert_string_equal(judge(p, act_exec(CI, "/usr/bin/gcc-12")), "expected build/tools");
	assert_string_equal(judge(p, act_exec(CI, "/usr/bin/gi")), "unexpected low");
	assert_string_equal(judge(p, act_exec(CI, "/usr/bin/git/x")), "unexpected low");
	assert_string_equal(judge(p, act_exec(CI, "/opt/bad/x")),
			    "forbidden build/shells critical");
	assert_string_equal(judge(p, act_exec(CI, "/opt/bad/x/y")), "expected build/tools");
	assert_string_equal(judge(p, act_file(CI, EVENT_FILE_READ, "/srv/w/a/.secret")),
			    "forbidden build/secrets high");
	assert_string_equal(judge(p, act_file(CI, EVENT_FILE_READ, "/srv/w/.secret")),
			    "forbidden build/secrets high");
	assert_string_equal(judge(p, act_file(CI, EVENT_FILE_READ, "/srv/w/a")),
			    "expected build/files");
	assert_string_equal(judge(p, act_file(CI, EVENT_FILE_READ, "/etc/app")),
			    "expected build/files");
	assert_string_equal(judge(p, act_file(CI, EVENT_FILE_READ, "/etc/app/x/y")),
			    "expected build/files");
	assert_string_equal(judge(p, act_file(CI, EVENT_FILE_READ, "/etc/apple")),
			    "unexpected low");
	assert_string_equal(judge(p, act_file(CI, EVENT_FILE_WRITE, "/etc/app/x")),
			    "unexpected low");
	assert_string_equal(judge(p, act_file(CI, EVENT_FILE_CHMOD, "/srv/w/a")), "unexpected low");
	assert_string_equal(judge(p, act_exec("ci:github/acme/other/build", "/usr/bin/git")),
			    "unprofiled");
	assert_string_equal(judge(p, act_exec("human:maya", "/usr/bin/git")), "unprofiled");
	assert_string_equal(judge(p, act_by(CI, EVENT_EXIT)), "none");
	assert_string_equal(judge(p, act_by(CI, EVENT_ANOMALY)), "none");
}

static void blocks_and_ports_have_edges(void **state)
{
	SET p = set_of(basic);
	struct event udp = act_connect(CI, "2001:db8:ffff::1", 443);

	(void)state;
	assert_string_equal(judge(p, act_connect(CI, "10.0.0.0", 443)), "expected build/net");
	assert_string_equal(judge(p, act_connect(CI, "10.255.255.255", 443)), "expected build/net");
	assert_string_equal(judge(p, act_connect(CI, "11.0.0.0", 443)), "unexpected low");
	assert_string_equal(judge(p, act_connect(CI, "9.255.255.255", 443)), "unexpected low");
	assert_string_equal(judge(p, act_connect(CI, "10.1.2.3", 442)), "unexpected low");
	assert_string_equal(judge(p, act_connect(CI, "192.0.2.7", 1)), "expected build/net");
	assert_string_equal(judge(p, act_connect(CI, "192.0.2.6", 1)), "unexpected low");
	assert_string_equal(judge(p, udp), "unexpected low"); /* tcp */
	udp.what.net.proto = IPPROTO_UDP;
	assert_string_equal(judge(p, udp), "expected build/net");
	/* ::10.0.0.1 is another address than 10.0.0.1 */
	assert_string_equal(judge(p, act_connect(CI, "::10.0.0.1", 443)), "unexpected low");
	assert_string_equal(judge(p, act_connect(CI, "2001:db9::1", 443)), "unexpected low");
}

static void all_of_v4_is_not_all_of_v6(void **state)
{
	SET p = set_of(
		ROLE("r") "  allow: [{id: four, connect: [0.0.0.0/0]}]\n  deny: [{id: six, connect: ['[::1]']}]\n" BINDING(
			"b") "  mode: audit\n  roles: [r]\n  subjects: [{kind: Any}]\n");

	(void)state;
	assert_string_equal(judge(p, act_connect(CI, "203.0.113.66", 9)), "expected r/four");
	assert_string_equal(judge(p, act_connect(CI, "2001:db8::1", 9)), "unexpected medium");
	assert_string_equal(judge(p, act_connect(CI, "::1", 9)), "forbidden r/six high");
	assert_string_equal(judge(p, act_connect(CI, "127.0.0.1", 9)), "expected r/four");
}

/* Names of scripts and links are the caller's word: good enough to forbid, never to allow. */
static void the_asked_name_forbids_and_never_allows(void **state)
{
	SET p = set_of(basic);
	struct event ev = act_exec(CI, "/usr/bin/git");

	(void)state;
	ev.what.exec.filename = STR_LIT("/opt/bad/x.sh");
	assert_string_equal(judge(p, ev), "forbidden build/shells critical");
	ev.what.exec.filename = STR_LIT("../bad/./x.sh");
	ev.what.exec.cwd = STR_LIT("/opt/good");
	assert_string_equal(judge(p, ev), "forbidden build/shells critical");
	ev.what.exec.cwd = STR_LIT("/opt/good/deep");
	assert_string_equal(judge(p, ev), "expected build/tools");
	ev.what.exec.exe = STR_LIT("/tmp/x");
	ev.what.exec.filename = STR_LIT("/usr/bin/git");
	assert_string_equal(judge(p, ev), "unexpected low");
}

static void all_names_of_an_act_count(void **state)
{
	SET p = set_of(basic);
	struct event ev = act_file(CI, EVENT_FILE_RENAME, "/srv/w/new");

	(void)state;
	ev.what.file.old_path = STR_LIT("/srv/w/old");
	assert_string_equal(judge(p, ev), "expected build/files");
	ev.what.file.old_path = STR_LIT("/etc/shadow");
	assert_string_equal(judge(p, ev), "unexpected low");
	ev.what.file.old_path = STR_LIT("/srv/w/.secret");
	assert_string_equal(judge(p, ev), "forbidden build/secrets high");
	ev.what.type = EVENT_FILE_LINK;
	ev.what.file.op = STR_LIT("link");
	assert_string_equal(judge(p, ev), "forbidden build/secrets high");
	ev.what.file.op = STR_LIT("symlink"); /* its target is only text */
	assert_string_equal(judge(p, ev), "expected build/files");
}

static void what_is_not_known_whole_is_not_allowed(void **state)
{
	SET p = set_of(basic);
	struct event ev = act_file(CI, EVENT_FILE_READ, "/srv/w/a");

	(void)state;
	ev.what.truncated = CUT_PATH; /* its left part is lost: it may have been anything */
	assert_string_equal(judge(p, ev), "unexpected low");
	ev.what.file.path = STR_LIT("/srv/w/x/.secret");
	assert_string_equal(judge(p, ev), "forbidden build/secrets high");
	ev.what.truncated = 0;
	ev.what.file.path = STR_NONE;
	assert_string_equal(judge(p, ev), "unexpected low");
	ev.what.file.path = STR_LIT("srv/w/a");
	assert_string_equal(judge(p, ev), "unexpected low");
}

static void a_binding_without_allow_only_forbids(void **state)
{
	SET p = set_of(
		ROLE("never") "  deny: [{id: mem, read: [{path: '/proc/*/mem', notSelf: true}]}]\n" BINDING(
			"all") "  mode: audit\n  roles: [never]\n  subjects: [{kind: Any}]\n");
	struct event ev = act_file("unit:x.service", EVENT_FILE_READ, "/proc/4127/mem");

	(void)state;
	assert_string_equal(judge(p, ev), "forbidden never/mem high");
	assert_string_equal(judge(p, act_file(CI, EVENT_FILE_READ, "/etc/x")), "unprofiled");
	ev.what.file.path = STR_LIT("/proc/4466/mem"); /* its own */
	assert_string_equal(judge(p, ev), "unprofiled");
	ev.what.ns_pid = 7;
	ev.what.file.path = STR_LIT("/proc/7/mem"); /* its own, as its container counts */
	assert_string_equal(judge(p, ev), "unprofiled");
	ev.what.file.path = STR_LIT("/proc/44660/mem");
	assert_string_equal(judge(p, ev), "forbidden never/mem high");
}

static void variables(void **state)
{
	SET p = set_of(ROLE(
		"r") "  variables: {D: ['/srv/a', '${HOME}/d', '/m$$x'], UNSET2: ['${NOPE}/x']}\n"
		     "  allow:\n"
		     "    - {id: d, read: ['${D}/**', '/u/${USER}/*']}\n"
		     "    - {id: no, read: ['${NOPE}/**', '${UNSET2}/**', '${WORKSPACE}/**']}\n" BINDING("b") "  mode: audit\n  roles: [r]\n  subjects: [{kind: Any}]\n" BINDING(
			     "c") "  mode: audit\n  roles: [r]\n  variables: {D: [/own]}\n"
				  "  subjects: [{kind: Any, match: {who: 'cron:*'}}]\n");

	(void)state;
	assert_string_equal(judge(p, act_file("human:maya", EVENT_FILE_READ, "/srv/a/x")),
			    "expected r/d");
	assert_string_equal(judge(p, act_file("human:maya", EVENT_FILE_READ, "/home/maya/d/x")),
			    "expected r/d");
	assert_string_equal(judge(p, act_file("human:maya", EVENT_FILE_READ, "/m$x/y")),
			    "expected r/d");
	assert_string_equal(judge(p, act_file("human:maya", EVENT_FILE_READ, "/u/maya/y")),
			    "expected r/d");
	assert_string_equal(judge(p, act_file("human:ivo", EVENT_FILE_READ, "/u/maya/y")),
			    "unexpected medium");
	/* undefined is nothing, and not the empty text that would make it "/" and all below */
	assert_string_equal(judge(p, act_file("human:maya", EVENT_FILE_READ, "/etc/shadow")),
			    "unexpected medium");
	assert_string_equal(judge(p, act_file("human:maya", EVENT_FILE_READ, "/x/y")),
			    "unexpected medium");
	/* somebody without a home has none, rather than an empty one */
	assert_string_equal(judge(p, act_file("unit:x", EVENT_FILE_READ, "/d/x")),
			    "unexpected medium");
	assert_string_equal(judge(p, act_file("human:ivo", EVENT_FILE_READ, "/d/x")),
			    "unexpected medium");
	/* special characters in a value are themselves */
	assert_string_equal(judge(p, act_file("human:odd*", EVENT_FILE_READ, "/home/o[d]d/d/x")),
			    "expected r/d");
	assert_string_equal(judge(p, act_file("human:odd*", EVENT_FILE_READ, "/home/odd/d/x")),
			    "unexpected medium");
	assert_string_equal(judge(p, act_file("human:odd*", EVENT_FILE_READ, "/u/oddity/x")),
			    "unexpected medium");
	/* a binding's own value, beside that of the other binding */
	assert_string_equal(judge(p, act_file("cron:deploy", EVENT_FILE_READ, "/own/x")),
			    "expected r/d");
	assert_string_equal(judge(p, act_file("human:maya", EVENT_FILE_READ, "/own/x")),
			    "unexpected medium");
	assert_true(p->warnings->count >= 2);
}

static void a_job_s_folders(void **state)
{
	SET p = set_of(ROLE(
		"r") "  allow:\n"
		     "    - {id: w, write: ['${WORKSPACE}/**', '${RUNNER_TEMP}/*.sh']}\n" BINDING(
			     "b") "  mode: audit\n  roles: [r]\n"
				  "  subjects: [{kind: Any}]\n");
	struct event a = act_file(CI, EVENT_FILE_WRITE, "/w/app/x"), b = a;

	(void)state;
	a.who.id.ci.workspace = STR_LIT("/w/app");
	a.who.id.ci.temp = STR_LIT("/w/_temp");
	b.who.id.ci.workspace = STR_LIT("/w/*");
	assert_string_equal(judge(p, a), "expected r/w");
	a.what.file.path = STR_LIT("/w/_temp/1.sh");
	assert_string_equal(judge(p, a), "expected r/w");
	a.what.file.path = STR_LIT("/w/other/x");
	assert_string_equal(judge(p, a), "unexpected medium");
	/* another workspace of the same job, and special characters that are themselves */
	assert_string_equal(judge(p, b), "unexpected medium");
	b.what.file.path = STR_LIT("/w/*/x");
	assert_string_equal(judge(p, b), "expected r/w");
	/* not known is not "/" and all below */
	b.who.id.ci.workspace = STR_NONE;
	assert_string_equal(judge(p, b), "unexpected medium");
	assert_int_equal(p->warnings->count, 0);
}

/* Of the account that its supervisor started it as, whoever it has become. */
static void a_job_s_home(void **state)
{
	SET p = set_of(
		ROLE("r") "  allow:\n"
			  "    - {id: h, write: ['${HOME}/.npm/**', '/srv/${USER}/**']}\n" BINDING(
				  "b") "  mode: audit\n  roles: [r]\n"
				       "  subjects: [{kind: Any}]\n");
	struct event a = act_file(CI, EVENT_FILE_WRITE, "/home/maya/.npm/x");

	(void)state;
	assert_string_equal(judge(p, a), "unexpected medium"); /* not known */
	a.who.id.ci.user = STR_LIT("maya");
	assert_string_equal(judge(p, a), "expected r/h");
	a.what.file.path = STR_LIT("/srv/maya/x");
	assert_string_equal(judge(p, a), "expected r/h");
	a.who.id.ci.user = STR_LIT("nobody-known");
	a.what.file.path = STR_LIT("/home/maya/.npm/x");
	assert_string_equal(judge(p, a), "unexpected medium");
}

static void exceptions_end(void **state)
{
	SET p = set_of(basic);
	SET q = NULL;
	_cleanup_free_ char *text = NULL;
	struct event ev = act_connect(CI, "198.51.100.4", 22), nc = act_exec(CI, "/usr/bin/nc");

	(void)state;
	assert_true(
		asprintf(
			&text,
			"%s" EXCEPTION(
				"x") "  subjects: [{kind: CIJob}]\n"
				     "  allow: [{id: night, connect: ['198.51.100.4:22']}]\n  overrides: [build/shells]\n"
				     "  reason: Agreed for one night.\n  approvedBy: maya\n  expires: '2026-11-23T16:02:20Z'\n",
			basic) > 0);
	q = set_of(text);
	assert_string_equal(judge(p, ev), "unexpected low");
	assert_string_equal(judge(q, ev), "excepted x/night");
	assert_string_equal(judge(q, nc), "excepted build/shells");
	ev.what.wall_ns = nc.what.wall_ns = MONDAY_NS + 1000000000;
	assert_string_equal(judge(q, ev),
			    "unexpected low"); /* one second later, with a warm cache */
	assert_string_equal(judge(q, nc), "forbidden build/shells critical");
	/* it lifts the rule that it names, and no other */
	assert_string_equal(judge(q, act_file(CI, EVENT_FILE_READ, "/srv/w/.secret")),
			    "forbidden build/secrets high");
}

static void the_strictest_mode_counts(void **state)
{
	static const char text[] =
		ROLE("a") "  allow: [{id: ls, exec: [/bin/ls]}]\n  deny: [{id: nc, exec: [/bin/nc]}]\n" ROLE("d") "  deny: [{id: wget, exec: [/bin/wget]}]\n" BINDING("learns") "  mode: learn\n  roles: [a]\n  subjects: [{kind: CIJob}, {kind: User}]\n" BINDING(
			"all") "  mode: audit\n  roles: [d]\n  subjects: [{kind: CIJob}]\n" BINDING("strict") "  mode: enforce\n  roles: [a]\n  subjects: [{kind: CIJob, match: {job: strict}}]\n";
	SET p = set_of(text);
	struct event ev = act_exec("ci:github/acme/app/strict", "/bin/x");

	(void)state;
	/* a binding that only forbids does not end learning, but it forbids */
	assert_string_equal(judge(p, act_exec(CI, "/bin/x")), "learning");
	assert_string_equal(judge(p, act_exec(CI, "/bin/ls")), "learning");
	assert_string_equal(judge(p, act_exec(CI, "/bin/wget")), "forbidden d/wget high");
	assert_string_equal(judge(p, act_exec("human:maya", "/bin/nc")), "learning");
	profile_decide(p, &ev);
	assert_int_equal(ev.verdict.value, VERDICT_UNEXPECTED);
	assert_true(str_is(ev.verdict.mode, "enforce"));
}

static void conditions(void **state)
{
	SET p = set_of(ROLE(
		"r") "  allow:\n"
		     "    - {id: day, when: [{attr: time.local, between: ['08:00', '17:00']}, {attr: time.weekday, in: [mon, tue]}], exec: [/bin/a]}\n"
		     "    - {id: night, when: [{attr: time.local, between: ['22:00', '06:00']}], exec: [/bin/b]}\n"
		     "    - {id: sure, when: [{attr: identity.assurance, gte: recorded}], exec: [/bin/c]}\n"
		     "    - {id: ref, when: [{attr: job.ref, notIn: [x]}], exec: [/bin/d]}\n"
		     "    - {id: noref, when: [{attr: job.ref, exists: false}], exec: [/bin/e]}\n"
		     "    - {id: repo, when: [{attr: job.repository, like: ['acme/*']}, {attr: job.job, is: build}], exec: [/bin/f]}\n"
		     "    - {id: sudo, when: [{attr: identity.via, includes: ['sudo:root']}], exec: [/bin/g]}\n"
		     "    - {id: args, exec: [{path: /bin/h, args: ['--safe', 'x=*']}]}\n"
		     "    - {id: parent, exec: [{path: /bin/i, parent: '/usr/bin/*'}]}\n" BINDING(
			     "b") "  mode: audit\n  roles: [r]\n  subjects: [{kind: Any}]\n");
	struct event ev = act_exec(CI, "/bin/a");

	(void)state;
	assert_string_equal(judge(p, ev), "expected r/day"); /* Monday 16:02 */
	ev.what.wall_ns += 3600000000000;
	assert_string_equal(judge(p, ev), "unexpected medium");
	ev.what.wall_ns = MONDAY_NS + 2 * 86400000000000;
	assert_string_equal(judge(p, ev), "unexpected medium"); /* Wednesday */
	ev = act_exec(CI, "/bin/b");
	assert_string_equal(judge(p, ev), "unexpected medium");
	ev.what.wall_ns += 7 * 3600000000000; /* 23:02 */
	assert_string_equal(judge(p, ev), "expected r/night");
	ev.what.wall_ns += 6 * 3600000000000; /* 05:02 */
	assert_string_equal(judge(p, ev), "expected r/night");
	ev = act_exec(CI, "/bin/c");
	assert_string_equal(judge(p, ev), "expected r/sure");
	ev.who.id.who_level = ASSURANCE_DERIVED;
	assert_string_equal(judge(p, ev), "unexpected medium");
	/* without a value every operator is false, a negated one too */
	assert_string_equal(judge(p, act_exec(CI, "/bin/d")), "unexpected medium");
	assert_string_equal(judge(p, act_exec(CI, "/bin/e")), "expected r/noref");
	assert_string_equal(judge(p, act_exec(CI, "/bin/f")), "expected r/repo");
	assert_string_equal(judge(p, act_exec("ci:github/acme/app/test", "/bin/f")),
			    "unexpected medium");
	/* one who, two refs: one answer is not kept for the other */
	ev = act_exec(CI, "/bin/d");
	ev.who.id.ci.provider = STR_LIT("github");
	ev.who.id.ci.ref = STR_LIT("y");
	assert_string_equal(judge(p, ev), "expected r/ref");
	ev.who.id.ci.ref = STR_LIT("x");
	assert_string_equal(judge(p, ev), "unexpected medium");
	ev = act_exec("human:maya", "/bin/g");
	assert_string_equal(judge(p, ev), "unexpected medium");
	ev.who.id.via = STR_LIT("ssh,sudo:root");
	assert_string_equal(judge(p, ev), "expected r/sudo");
	ev = act_exec(CI, "/bin/h");
	ev.what.exec.argv = (struct str){"h\0--safe\0x=1", 12};
	assert_string_equal(judge(p, ev), "expected r/args");
	ev.what.exec.argv.n = 8;
	assert_string_equal(judge(p, ev), "unexpected medium");
	ev = act_exec(CI, "/bin/i");
	assert_string_equal(judge(p, ev), "unexpected medium"); /* parent not known */
	ev.who.parent.exe = STR_LIT("/usr/bin/make");
	assert_string_equal(judge(p, ev), "expected r/parent");
	ev.who.parent.exe = STR_LIT("/tmp/make");
	assert_string_equal(judge(p, ev), "unexpected medium");
}

static bool is_subject(const char *subject, const struct event *like)
{
	_cleanup_free_ char *text = NULL;
	struct event ev = *like;
	SET p = NULL;

	assert_true(asprintf(&text,
			     ROLE("r") "  allow: [{id: all, exec: ['/**']}]\n" BINDING(
				     "b") "  mode: audit\n  roles: [r]\n  subjects: [%s]\n",
			     subject) > 0);
	p = set_of(text);
	assert_non_null(p);
	profile_decide(p, &ev);
	assert_true(ev.verdict.value == VERDICT_EXPECTED || ev.verdict.value == VERDICT_UNPROFILED);
	return ev.verdict.value == VERDICT_EXPECTED;
}

static void subjects(void **state)
{
	struct event ci = act_exec("ci:github/acme/sub/app/build", "/x"),
		     maya = act_exec("human:maya", "/x");
	struct event unit = act_exec("unit:nginx.service", "/x"),
		     ctr = act_exec("unit:docker.service", "/x");
	struct event sa = act_exec("sa:ops/deployer", "/x");
	struct event job = act_exec("ci:github/acme/app/build%20all", "/x");

	(void)state;
	maya.who.id.via = STR_LIT("ssh:10.0.0.7,sudo:root");
	unit.who.id.unit = STR_LIT("nginx.service");
	unit.who.user_name = STR_LIT("www-data");
	ctr.who.id.container_id = STR_LIT("86248a6f9803");
	ctr.who.id.container_runtime = STR_LIT("docker");
	assert_true(is_subject(
		"{kind: CIJob, match: {provider: github, repository: acme/sub/app, job: build}}",
		&ci));
	assert_false(is_subject("{kind: CIJob, match: {repository: acme/sub}}", &ci));
	assert_true(is_subject("{kind: CIJob, match: {repository: ['x', 'acme/*']}}", &ci));
	job.who.id.ci = (struct ci_facts){
		.provider = STR_LIT("github"),
		.repository = STR_LIT("acme/app"),
		.workflow = STR_LIT("build.yml"),
		.job = STR_LIT("build all"),
		.ref = STR_LIT("refs/heads/main"),
		.actor = STR_LIT("maya"),
		.event = STR_LIT("push"),
	};
	assert_true(
		is_subject("{kind: CIJob, match: {repository: acme/app, job: 'build all', "
			   "workflow: build.yml, ref: 'refs/heads/*', actor: maya, event: push}}",
			   &job));
	assert_false(is_subject("{kind: CIJob, match: {ref: 'refs/tags/*'}}", &job));
	assert_false(is_subject("{kind: CIJob, match: {runner: '*'}}", &job));
	assert_false(is_subject("{kind: CIJob, not: {actor: maya}}", &job));
	/* where facts are known they count, and not what who looks like */
	job.who.id.ci.repository = STR_NONE;
	assert_false(is_subject("{kind: CIJob, match: {repository: '*'}}", &job));
	/* what is not known of somebody matches nobody */
	assert_false(is_subject("{kind: CIJob, match: {workflow: '*'}}", &ci));
	assert_false(is_subject("{kind: User}", &ci));
	assert_false(is_subject("{kind: CIJob}", &maya));
	assert_true(is_subject("{kind: User, match: {user: maya, login: ssh, group: sre}}", &maya));
	assert_false(is_subject("{kind: User, match: {group: wheel}}", &maya));
	assert_true(is_subject("{kind: User, match: {group: maya}}", &maya)); /* primary */
	assert_false(is_subject("{kind: User, match: {login: console}}", &maya));
	assert_false(is_subject("{kind: User, match: {user: may}}", &maya));
	assert_true(is_subject("{kind: Any, match: {via: 'sudo:*'}}", &maya));
	assert_true(is_subject("{kind: Service, match: {unit: 'nginx.*', user: www-data}}", &unit));
	assert_false(
		is_subject("{kind: Service, match: {unit: nginx.service, user: root}}", &unit));
	assert_false(is_subject("{kind: Service, not: {unit: [a.service, 'nginx*']}}", &unit));
	assert_true(is_subject("{kind: Container, match: {runtime: docker, id: '86*'}}", &ctr));
	assert_false(is_subject("{kind: Container}", &unit));
	assert_true(is_subject(
		"{kind: KubernetesServiceAccount, match: {namespace: ops, name: deployer}}", &sa));
	assert_false(is_subject("{kind: KubernetesServiceAccount, match: {namespace: dev}}", &sa));
	assert_true(is_subject("{kind: Any, match: {who: 'sa:*', assurance: kernel}}", &sa));
	assert_false(is_subject("{kind: Any, match: {assurance: attested}}", &sa));
}

static void become_names_the_target(void **state)
{
	SET p = set_of(
		ROLE("r") "  allow: [{id: deploy, become: [deploy]}, {id: num, become: ['33']}]\n" BINDING(
			"b") "  mode: audit\n  roles: [r]\n  subjects: [{kind: Any}]\n");
	struct event ev = act_by("human:maya", EVENT_CRED_BECOME);

	(void)state;
	ev.what.uid = ev.what.crossing.to_uid = 998;
	ev.who.user_name = STR_LIT("deploy");
	assert_string_equal(judge(p, ev), "expected r/deploy");
	ev.what.uid =
		1000; /* the name is somebody else's: the number decides, by the account file */
	ev.who.user_name = STR_LIT("maya");
	assert_string_equal(judge(p, ev), "expected r/deploy");
	ev.what.crossing.to_uid = 0;
	ev.who.user_name = STR_LIT("deploy");
	assert_string_equal(judge(p, ev), "unexpected medium");
	ev.what.crossing.to_uid = 33;
	assert_string_equal(judge(p, ev), "expected r/num");
}

/* --- properties over random events */

static unsigned rnd(unsigned *seed, unsigned below)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % below;
}

static struct event random_event(unsigned *seed)
{
	static const char *const whos[] = {CI, "ci:github/acme/app/test", "human:maya",
					   "unit:nginx.service", "anon:orphan"};
	static const char *const paths[] = {"/usr/bin/git",
					    "/usr/bin/nc",
					    "/srv/w/a",
					    "/srv/w/.secret",
					    "/srv/w/x/y/.secret",
					    "/opt/bad/x",
					    "/opt/x",
					    "/proc/4466/mem",
					    "/proc/1/mem",
					    "/home/maya/x",
					    "/etc/app",
					    "relative",
					    ""};
	static const enum event_type types[] = {EVENT_EXEC, EVENT_FILE_READ, EVENT_FILE_WRITE,
						EVENT_FILE_RENAME, EVENT_FILE_CHMOD};
	const char *who = whos[rnd(seed, 5)], *path = paths[rnd(seed, 13)];
	struct event ev;

	if (rnd(seed, 6) == 0)
		return act_connect(who, rnd(seed, 2) ? "10.0.0.1" : "2001:db8::1",
				   rnd(seed, 2) ? 443 : 80);
	ev = act_by(who, types[rnd(seed, 5)]);
	ev.what.exec.exe = ev.what.file.path = str_of(path);
	ev.what.exec.filename = ev.what.file.old_path = str_of(paths[rnd(seed, 13)]);
	ev.what.exec.deleted = rnd(seed, 8) == 0;
	ev.who.parent.exe = str_of(paths[rnd(seed, 3)]);
	ev.who.id.via = rnd(seed, 2) ? STR_LIT("ssh,sudo:root") : STR_NONE;
	ev.who.id.who_level = (enum assurance)rnd(seed, 6);
	ev.what.wall_ns += (int64_t)rnd(seed, 48) * 3600000000000;
	return ev;
}

static const char *const documents[] = {
	ROLE("build") "  include: [shared]\n  allow:\n",
	ROLE("shared") "  deny:\n",
	BINDING("b") "  mode: audit\n  roles: [build]\n  subjects: [{kind: CIJob}]\n  unexpected: {severity: low}\n",
	BINDING("c") "  mode: enforce\n  roles: [build]\n  subjects: [{kind: CIJob, match: {job: test}}]\n",
	BINDING("d") "  mode: audit\n  roles: [shared]\n  subjects: [{kind: Any}]\n",
	BINDING("e") "  mode: audit\n  roles: [build]\n  subjects: [{kind: User, match: {via: 'sudo:*'}}]\n",
	EXCEPTION(
		"x") "  subjects: [{kind: CIJob}]\n  overrides: [shared/zz, shared/yy]\n  reason: For one day only\n"
		     "  approvedBy: maya\n  expires: '2026-11-24T10:00:00Z'\n",
};
static const char *const rules[2][6] = {
	{"    - {id: a, exec: ['/usr/bin/*', '/opt/**']}\n",
	 "    - {id: b, read: ['/srv/w/**'], write: ['/srv/w/**']}\n",
	 "    - {id: c, read: ['/srv/w/a', '${HOME}/*']}\n",
	 "    - {id: d, connect: ['10.0.0.0/8', '[::/0]:443']}\n",
	 "    - {id: e, exec: [{path: '/**', parent: /usr/bin/git}]}\n",
	 "    - {id: f, when: [{attr: time.local, between: ['09:00', '12:00']}], read: ['/**']}\n"},
	{"    - {id: zz, exec: ['/usr/bin/nc']}\n",
	 "    - {id: yy, severity: critical, exec: ['/usr/**/nc'], read: ['/proc/*/mem']}\n",
	 "    - {id: xx, read: [{path: '/proc/*/mem', notSelf: true}]}\n",
	 "    - {id: ww, exec: [{deleted: true}]}\n",
	 "    - {id: vv, write: ['/srv/w/**/.secret', '/etc/']}\n",
	 "    - {id: uu, read: ['/srv/*/.secret']}\n"},
};

static void shuffle(unsigned *order, unsigned n, unsigned *seed)
{
	for (unsigned i = 0; i < n; i++)
		order[i] = i;
	for (unsigned i = n - 1; i > 0; i--) {
		unsigned k = rnd(seed, i + 1), t = order[i];

		order[i] = order[k];
		order[k] = t;
	}
}

static struct profile_set *shuffled_set(unsigned *seed)
{
	unsigned docs[7], inner[6];
	char text[8192] = "";
	size_t n = 0;

	shuffle(docs, 7, seed);
	for (unsigned i = 0; i < 7; i++) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", documents[docs[i]]);
		shuffle(inner, 6, seed);
		for (unsigned k = 0; docs[i] < 2 && k < 6; k++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s",
					      rules[docs[i]][inner[k]]);
	}
	return set_of(text);
}

static bool same(const struct event_verdict *a, const struct event_verdict *b)
{
	return a->value == b->value && a->severity == b->severity && str_equal(a->mode, b->mode) &&
	       str_equal(a->binding, b->binding) && str_equal(a->rule, b->rule) &&
	       str_equal(a->reason, b->reason);
}

static void order_never_matters(void **state)
{
	unsigned seed = 7, seen[8] = {0};
	struct profile_set *sets[20];

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		sets[i] = shuffled_set(&seed);
		assert_non_null(sets[i]);
	}
	for (unsigned i = 0; i < 10000; i++) {
		struct event first = random_event(&seed);
		struct event other = first;

		profile_decide(sets[0], &first);
		seen[first.verdict.value]++;
		for (unsigned k = 1; k < 20; k++) {
			profile_decide(sets[k], &other);
			assert_true(same(&first.verdict, &other.verdict));
		}
	}
	for (unsigned v = VERDICT_EXPECTED; v <= VERDICT_UNPROFILED; v++)
		assert_true(seen[v] > 20); /* the events reach every verdict */
	for (unsigned i = 0; i < 20; i++)
		profile_free(sets[i]);
}

static void the_cache_changes_nothing(void **state)
{
	unsigned seed = 11, from_cache = 0;
	SET cached = shuffled_set(&seed);
	SET fresh = shuffled_set(&seed);

	(void)state;
	fresh->no_cache = true;
	for (unsigned i = 0; i < 50000; i++) {
		struct event a = random_event(&seed);
		struct event b = a;
		struct cache_key identity, all;
		struct act act;

		if (act_from_event(&act, &a)) {
			cache_make_keys(&cached->cache, &act, &identity, &all);
			from_cache += cache_find(&cached->cache, &all) != NULL;
		}
		profile_decide(cached, &a);
		profile_decide(fresh, &b);
		assert_true(same(&a.verdict, &b.verdict));
	}
	assert_true(from_cache > 5000);
}

static void writers_of_programs(void **state)
{
	struct profile_set *p = set_of(
		"{apiVersion: whodid.dev/v1alpha1, kind: Role, metadata: {name: r}, spec: {\n"
		"  allow: [{id: built, exec: [{path: /srv/**, writtenBy: [\"ci:acme/*\", human:maya]}]}],\n"
		"  deny: [{id: foreign, exec: [{writtenBy: \"ci:evil/*\"}]},\n"
		"         {id: asked, when: [{attr: proc.writtenBy, is: anon:x}], exec: [/**]}]}}\n"
		"---\n"
		"{apiVersion: whodid.dev/v1alpha1, kind: RoleBinding, metadata: {name: b}, spec: {\n"
		"  mode: audit, roles: [r], subjects: [{kind: Any}]}}\n");
	struct event ev = act_exec("unit:deploy.service", "/srv/tool");

	(void)state;
	assert_non_null(p);
	assert_string_equal(judge(p, ev), "unexpected medium"); /* not known: neither matches */
	ev.who.written_by = STR_LIT("ci:acme/app");
	assert_string_equal(judge(p, ev), "expected r/built");
	ev.what.exec.script_inode = 7; /* of a script the interpreter too */
	assert_string_equal(judge(p, ev), "unexpected medium");
	ev.who.interpreter_written_by = STR_LIT("human:maya");
	assert_string_equal(judge(p, ev), "expected r/built");
	ev.who.interpreter_written_by = STR_LIT("ci:evil/x");
	assert_string_equal(judge(p, ev), "forbidden r/foreign high");
	ev.who.interpreter_written_by = STR_LIT("human:joe");
	assert_string_equal(judge(p, ev), "unexpected medium");
	ev.what.exec.package = STR_LIT("dash 0.5");
	assert_string_equal(judge(p, ev), "unexpected medium");
	ev.who.interpreter_written_by = STR_NONE; /* nobody's but the package's */
	assert_string_equal(judge(p, ev), "expected r/built");
	ev.what.exec.package_modified = true;
	assert_string_equal(judge(p, ev), "unexpected medium");
	ev.what.exec.script_inode = 0;
	assert_string_equal(judge(p, ev), "expected r/built");
	ev.what.exec.package_modified = false;
	ev.what.exec.package = STR_NONE;
	ev.who.written_by = STR_LIT("human:maya,ci:acme/app");
	assert_string_equal(judge(p, ev), "expected r/built");
	ev.who.written_by = STR_LIT("human:maya,ci:other/app"); /* allowed only when all are */
	assert_string_equal(judge(p, ev), "unexpected medium");
	ev.who.written_by = STR_LIT("human:maya,ci:evil/app"); /* forbidden when one is */
	assert_string_equal(judge(p, ev), "forbidden r/foreign high");
	ev.who.written_by = STR_LIT("anon:x");
	assert_string_equal(judge(p, ev), "forbidden r/asked high");
	profile_free(p);
}

#define SHA "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

static void content_of_programs(void **state)
{
	struct profile_set *p = set_of(
		"{apiVersion: whodid.dev/v1alpha1, kind: Role, metadata: {name: r}, spec: {\n"
		"  allow: [{id: exact, exec: [{path: /usr/bin/kubectl, sha256: [" SHA "]}]},\n"
		"          {id: distribution, exec: [{package: coreutils*}]}],\n"
		"  deny: [{id: known-bad, exec: [{sha256: [\"" SHA "\"], path: /tmp/**}]},\n"
		"         {id: foreign, when: [{attr: proc.package, in: [netcat]}], exec: [/**]}]}}\n"
		"---\n"
		"{apiVersion: whodid.dev/v1alpha1, kind: RoleBinding, metadata: {name: b}, spec: {\n"
		"  mode: audit, roles: [r], subjects: [{kind: Any}]}}\n");
	struct event ev = act_exec("unit:deploy.service", "/usr/bin/kubectl");

	(void)state;
	assert_non_null(p);
	assert_string_equal(judge(p, ev), "unexpected medium"); /* not known yet */
	ev.what.exec.sha256 = STR_LIT(SHA);
	assert_string_equal(judge(p, ev), "expected r/exact");
	ev.what.exec.sha256 = STR_LIT("00");
	assert_string_equal(judge(p, ev), "unexpected medium");
	ev = act_exec("unit:deploy.service", "/tmp/x");
	assert_string_equal(judge(p, ev), "unexpected medium");
	ev.what.exec.sha256 = STR_LIT(SHA);
	assert_string_equal(judge(p, ev), "forbidden r/known-bad high");
	ev = act_exec("unit:deploy.service", "/usr/bin/ls");
	ev.what.exec.package = STR_LIT("coreutils 9.1-1");
	assert_string_equal(judge(p, ev), "expected r/distribution");
	ev.what.exec.package_modified = true; /* then it is not the package's program */
	assert_string_equal(judge(p, ev), "unexpected medium");
	ev.what.exec.package_modified = false;
	ev.what.exec.package = STR_LIT("netcat 1.10");
	assert_string_equal(judge(p, ev), "forbidden r/foreign high");
	profile_free(p);
}

/* No two acts that differ in a field that rules look at may share a key. */
static void keys_tell_acts_apart(void **state)
{
	struct event a = act_exec(CI, "/bin/ls"), b;
	_cleanup_free_ struct cache *cache = calloc(1, sizeof(*cache));
	struct cache_key identity, ka, kb;
	struct act act;

	(void)state;
	assert_true(act_from_event(&act, &a));
	cache_make_keys(cache, &act, &identity, &ka);
#define DIFFERS(change)                                       \
	do {                                                  \
		b = a;                                        \
		change;                                       \
		assert_true(act_from_event(&act, &b));        \
		cache_make_keys(cache, &act, &identity, &kb); \
		assert_false(cache_key_equal(&ka, &kb));      \
	} while (0)
	DIFFERS(b.who.id.who = STR_LIT("ci:github/acme/app/buile"));
	DIFFERS(b.who.id.via = STR_LIT("ssh"));
	DIFFERS(b.who.id.person = STR_LIT("ssh"));
	DIFFERS(b.who.id.session = STR_LIT("ssh"));
	DIFFERS(b.who.id.unit = STR_LIT("x"));
	DIFFERS(b.who.id.as = STR_LIT("hosu"));
	DIFFERS(b.who.id.container_id = STR_LIT("x"));
	DIFFERS(b.who.id.who_level = ASSURANCE_CLAIMED);
	DIFFERS(b.who.id.flags = ID_SELF_MOVED);
	DIFFERS(b.who.user_name = STR_LIT("x"));
	DIFFERS(b.who.parent.exe = STR_LIT("/bin/x"));
	DIFFERS(b.what.exec.exe = STR_LIT("/bin/l"));
	DIFFERS(b.what.exec.filename = STR_LIT("/bin/x"));
	DIFFERS(b.what.exec.deleted = true);
	DIFFERS(b.what.exec.sha256 = STR_LIT("x"));
	DIFFERS(b.what.exec.package = STR_LIT("x"));
	DIFFERS(b.what.exec.package_modified = true);
	DIFFERS(b.who.written_by = STR_LIT("ci:x"));
	DIFFERS(b.who.interpreter_written_by = STR_LIT("ci:x"));
	DIFFERS(b.what.truncated = CUT_EXE);
	DIFFERS(b.what.type = EVENT_FILE_READ);
#undef DIFFERS
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deny_wins_then_allow_then_unexpected),
		cmocka_unit_test(blocks_and_ports_have_edges),
		cmocka_unit_test(all_of_v4_is_not_all_of_v6),
		cmocka_unit_test(the_asked_name_forbids_and_never_allows),
		cmocka_unit_test(all_names_of_an_act_count),
		cmocka_unit_test(what_is_not_known_whole_is_not_allowed),
		cmocka_unit_test(a_binding_without_allow_only_forbids),
		cmocka_unit_test(variables),
		cmocka_unit_test(a_job_s_home),
		cmocka_unit_test(a_job_s_folders),
		cmocka_unit_test(exceptions_end),
		cmocka_unit_test(the_strictest_mode_counts),
		cmocka_unit_test(conditions),
		cmocka_unit_test(subjects),
		cmocka_unit_test(become_names_the_target),
		cmocka_unit_test(writers_of_programs),
		cmocka_unit_test(content_of_programs),
		cmocka_unit_test(order_never_matters),
		cmocka_unit_test(the_cache_changes_nothing),
		cmocka_unit_test(keys_tell_acts_apart),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
