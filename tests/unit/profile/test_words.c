/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs whose objects are words: ptrace, signal and their kin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "acts.h"
#include "bpf/event.h"

#define RULES(text)                                                                      \
	"apiVersion: whodid.dev/v1alpha1\nkind: Role\nmetadata: {name: r}\nspec:\n" text \
	"---\napiVersion: whodid.dev/v1alpha1\nkind: RoleBinding\nmetadata: {name: b}\n" \
	"spec: {mode: audit, roles: [r], subjects: [{kind: Any}]}\n"

static const char *verdict_of(struct profile_set *p, struct event ev)
{
	static char out[100];

	profile_decide(p, &ev);
	snprintf(out, sizeof(out), "%s %.*s", verdict_name(ev.verdict.value),
		 STR_ARG(ev.verdict.rule));
	return out;
}

static struct event target(enum event_type type, const char *exe, const char *who)
{
	struct event ev = act_by("ci:github/acme/app/build", type);

	ev.what.target.pid = 812;
	ev.what.target.exe = str_of(exe);
	ev.who.target = str_of(who);
	return ev;
}

static void targets_by_word_program_and_owner(void **state)
{
	struct profile_set *p =
		set_of(RULES("  deny:\n"
			     "    - {id: others, ptrace: [other]}\n"
			     "    - {id: write, severity: critical, ptrace: [write]}\n"
			     "    - {id: units, signal: ['unit:*']}\n"
			     "  allow:\n"
			     "    - {id: debug, ptrace: [/usr/bin/app]}\n"
			     "    - {id: term, signal: [SIGTERM]}\n"));
	struct event ev = target(EVENT_PTRACE, "/usr/bin/app", "ci:github/acme/app/build");

	(void)state;
	ev.what.target.op = PTRACE_OP_ATTACH;
	assert_string_equal(verdict_of(p, ev), "expected r/debug");
	ev.what.target.op = PTRACE_OP_WRITE;
	assert_string_equal(verdict_of(p, ev), "forbidden r/write");
	ev.what.target.op = PTRACE_OP_READ;
	ev.who.target = STR_LIT("unit:app.service");
	assert_string_equal(verdict_of(p, ev), "forbidden r/others");
	ev.who.target = STR_NONE; /* not known: neither the same nor another */
	assert_string_equal(verdict_of(p, ev), "expected r/debug");
	ev.what.target.exe = STR_LIT("/usr/bin/other");
	assert_string_equal(verdict_of(p, ev), "unexpected ");

	ev = target(EVENT_SIGNAL, "/usr/bin/app", "human:maya");
	ev.what.target.signal = 15;
	assert_string_equal(verdict_of(p, ev), "expected r/term");
	ev.what.target.signal = 9;
	assert_string_equal(verdict_of(p, ev), "unexpected ");
	ev.what.target.signal = 15;
	ev.who.target = STR_LIT("unit:app.service");
	assert_string_equal(verdict_of(p, ev), "forbidden r/units");
	profile_free(p);
}

static void any_is_any(void **state)
{
	struct profile_set *p = set_of(RULES("  deny: [{id: none, ptrace: [any]}]\n"));
	struct event ev = target(EVENT_PTRACE, NULL, NULL);

	(void)state;
	ev.what.target.op = PTRACE_OP_SEIZE;
	assert_string_equal(verdict_of(p, ev), "forbidden r/none");
	ev = target(EVENT_SIGNAL, NULL, NULL);
	ev.what.target.signal = 9;
	assert_string_equal(verdict_of(p, ev), "unprofiled ");
	profile_free(p);
}

static void each_bit_counts(void **state)
{
	struct profile_set *p = set_of(RULES("  deny: [{id: admin, capability: [sys_admin]}]\n"
					     "  allow:\n"
					     "    - {id: some, capability: [chown, 'net_*']}\n"
					     "    - {id: ns, namespace: [user, mnt]}\n"));
	struct event ev = act_by("unit:app.service", EVENT_CRED_CAPABILITY);

	(void)state;
	ev.what.cred.caps_gained = 1ull << 0 | 1ull << 13;
	assert_string_equal(verdict_of(p, ev), "expected r/some");
	ev.what.cred.caps_gained |= 1ull << 5; /* kill: allowed by nobody */
	assert_string_equal(verdict_of(p, ev), "unexpected ");
	ev.what.cred.caps_gained |= 1ull << 21;
	assert_string_equal(verdict_of(p, ev), "forbidden r/admin");

	ev = act_by("unit:app.service", EVENT_NAMESPACE);
	ev.what.cred.namespaces = 1 << 0 | 1 << 1;
	assert_string_equal(verdict_of(p, ev), "expected r/ns");
	ev.what.cred.namespaces = 1 << 0 | 1 << 3;
	assert_string_equal(verdict_of(p, ev), "unexpected ");
	profile_free(p);
}

static void mounts_loads_and_listening(void **state)
{
	struct profile_set *p = set_of(RULES("  deny:\n"
					     "    - {id: tmpfs, mount: [tmpfs]}\n"
					     "    - {id: bpf, load: [bpf]}\n"
					     "    - {id: out, connect: ['10.0.0.0/8']}\n"
					     "  allow:\n"
					     "    - {id: under, mount: ['/mnt/*']}\n"
					     "    - {id: web, listen: ['0.0.0.0/0:8080']}\n"));
	struct event ev = act_file("unit:app.service", EVENT_FILE_MOUNT, "/mnt/x");

	(void)state;
	ev.what.file.op = STR_LIT("mount");
	ev.what.file.fs_type = STR_LIT("ext4");
	assert_string_equal(verdict_of(p, ev), "expected r/under");
	ev.what.file.fs_type = STR_LIT("tmpfs");
	assert_string_equal(verdict_of(p, ev), "forbidden r/tmpfs");
	ev = act_by("unit:app.service", EVENT_BPF_LOAD);
	assert_string_equal(verdict_of(p, ev), "forbidden r/bpf");
	ev.what.type = EVENT_MODULE_LOAD;
	assert_string_equal(verdict_of(p, ev), "unexpected ");

	ev = act_connect("unit:app.service", "10.1.1.1", 8080);
	assert_string_equal(verdict_of(p, ev), "forbidden r/out");
	ev.what.type = EVENT_NET_LISTEN; /* the same address, another verb */
	assert_string_equal(verdict_of(p, ev), "expected r/web");
	ev.what.net.dst_port = 8081;
	assert_string_equal(verdict_of(p, ev), "unexpected ");
	ev.what.type = EVENT_NET_ACCEPT; /* follows from listening: nothing to judge */
	profile_decide(p, &ev);
	assert_int_equal(ev.verdict.value, VERDICT_NONE);
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_by_word_program_and_owner),
		cmocka_unit_test(any_is_any),
		cmocka_unit_test(each_bit_counts),
		cmocka_unit_test(mounts_loads_and_listening),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
