/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped roles, the examples and the worked examples of the language, as they are on disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "acts.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"

#define VENDOR	 "userspace/etc/profiles"
#define EXAMPLES "userspace/etc/examples"
#define WORKED	 "tests/unit/profile/worked"
#define CI	 "ci:github/acme/app/build"

static void free_set(struct profile_set **p)
{
	profile_free(*p);
}
#define SET _cleanup_(free_set) struct profile_set *

static struct profile_set *load(const char *first, const char *second)
{
	const char *dirs[] = {first, second, NULL};
	struct profile_set *p = NULL;
	struct problem err = {0};
	char line[1024];

	if (profile_load(&p, dirs, &err)) {
		problem_format(&err, line, sizeof(line));
		print_error("%s\n", line);
	}
	assert_non_null(p);
	return p;
}

static void the_baseline_judges_out_of_the_box(void **state)
{
	SET p = load(VENDOR, "/nonexistent");
	struct event ev;

	(void)state;
	assert_int_equal(p->warnings->count, 0); /* a fresh install says nothing odd */
	assert_string_equal(judge(p, act_file("human:maya", EVENT_FILE_READ, "/proc/4127/mem")),
			    "forbidden baseline/process-memory critical");
	assert_string_equal(judge(p, act_file(CI, EVENT_FILE_READ, "/proc/4127/task/4130/mem")),
			    "forbidden baseline/process-memory critical");
	assert_string_equal(judge(p, act_file(CI, EVENT_FILE_READ, "/proc/4466/mem")),
			    "unprofiled");
	assert_string_equal(judge(p, act_file(CI, EVENT_FILE_WRITE, "/root/.ssh/authorized_keys")),
			    "forbidden baseline-machines/plant-a-key critical");
	assert_string_equal(
		judge(p, act_file("unit:nginx.service", EVENT_FILE_CREATE, "/etc/cron.d/x")),
		"forbidden baseline-machines/scheduled-jobs high");
	assert_string_equal(judge(p, act_file(CI, EVENT_FILE_READ, "/proc/4127/environ")),
			    "forbidden baseline-ci/other-environments high");
	assert_string_equal(judge(p, act_connect(CI, "169.254.169.254", 80)),
			    "forbidden baseline-ci/cloud-metadata critical");
	assert_string_equal(judge(p, act_connect(CI, "169.254.169.254", 53)),
			    "unprofiled"); /* a resolver */
	assert_string_equal(judge(p, act_connect("unit:cloud-init.service", "169.254.169.254", 80)),
			    "unprofiled");
	ev = act_exec("human:maya", "memfd:x");
	ev.what.exec.deleted = true;
	assert_string_equal(judge(p, ev),
			    "unprofiled"); /* parent not known: the rule asks for it */
	ev.who.parent.exe = STR_LIT("/usr/bin/bash");
	assert_string_equal(judge(p, ev), "forbidden baseline/program-without-a-file high");
	ev.who.parent.exe = STR_LIT("/usr/sbin/runc");
	assert_string_equal(judge(p, ev), "unprofiled");
	ev = act_file("human:maya", EVENT_FILE_DELETE, "/var/lib/whodid/hot.db");
	ev.who.exe = STR_LIT("/usr/bin/rm");
	assert_string_equal(judge(p, ev), "forbidden baseline/blind-the-monitor critical");
}

/* What hosts do all day long must not alarm. */
static void the_baseline_is_quiet_on_an_ordinary_host(void **state)
{
	static const struct quiet {
		const char *who, *exe;
		enum event_type type;
		const char *path;
	} acts[] = {
		{"human:maya", "/usr/bin/passwd", EVENT_FILE_WRITE, "/etc/shadow"},
		{"human:maya", "/usr/bin/vim", EVENT_FILE_WRITE, "/home/maya/.ssh/authorized_keys"},
		{"human:maya", "/usr/bin/htop", EVENT_FILE_READ, "/proc/1/environ"},
		{"human:maya", "/usr/bin/ps", EVENT_FILE_READ, "/proc/1/stat"},
		{"unit:apt-daily-upgrade.service", "/usr/sbin/useradd", EVENT_FILE_WRITE,
		 "/etc/passwd"},
		{"unit:systemd-sysusers.service", "/usr/bin/systemd-sysusers", EVENT_FILE_RENAME,
		 "/etc/group"},
		{"unit:whodid.service", "/usr/bin/whodidd", EVENT_FILE_WRITE,
		 "/var/lib/whodid/hot.db"},
		{"unit:systemd-journald.service", "/usr/lib/systemd/systemd-journald",
		 EVENT_FILE_READ, "/proc/77/cgroup"},
		{"cron:root", "/usr/sbin/cron", EVENT_FILE_READ, "/var/spool/cron/crontabs/root"},
		{"anon:seeded", "/usr/bin/bash", EVENT_FILE_WRITE, "/etc/passwd"},
		{"human:maya", "/usr/bin/node", EVENT_FILE_READ, "/proc/self/mem"},
	};
	SET p = load(VENDOR, "/nonexistent");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		struct event ev = act_file(acts[i].who, acts[i].type, acts[i].path);
		struct str who = ev.who.id.who;

		ev.who.exe = str_of(acts[i].exe);
		ev.what.file.old_path = STR_LIT("/etc/group+");
		if (str_starts(who, "unit:"))
			ev.who.id.unit = str_sub(who, 5, who.n);
		assert_string_equal(judge(p, ev), "unprofiled");
	}
}

static void a_container_s_own_files_are_its_own(void **state)
{
	SET p = load(VENDOR, "/nonexistent");
	struct event ev = act_file(CI, EVENT_FILE_WRITE, "/etc/passwd");

	(void)state;
	assert_string_equal(judge(p, ev),
			    "forbidden baseline-machines/accounts-and-rights critical");
	ev.who.id.as = STR_LIT("ctr:docker/86248a6f9803");
	assert_string_equal(judge(p, ev), "unprofiled");
}

static char *text_of(const char *name)
{
	char path[300], *text = NULL;
	size_t n;

	snprintf(path, sizeof(path), WORKED "/%s.yaml", name);
	assert_int_equal(file_read(path, 1 << 20, &text, &n), 0);
	return text;
}

/* The text of a worked example with base-linux, that it includes, before it. */
static struct profile_set *worked(const char *name, const char *without)
{
	_cleanup_free_ char *example = text_of(name), *base = NULL, *all = NULL;
	char *cut = without ? strstr(example, without) : NULL;
	size_t n;

	if (cut)
		memset(cut, ' ', strlen(without) - 1); /* its line end stays */
	assert_int_equal(file_read(VENDOR "/base-linux.yaml", 1 << 20, &base, &n), 0);
	assert_true(asprintf(&all, "%s\n---\n%s", base, example) > 0);
	return set_of(all);
}

static void worked_example_1_build_job(void **state)
{
	SET as_written = worked("gha-build", NULL);
	SET p = worked("gha-build", "        workflow: build.yml\n");

	(void)state;
	assert_non_null(as_written);
	assert_non_null(p);
	/* the workflow of a job is not known yet: then nobody is taken for it */
	assert_string_equal(judge(as_written, act_exec(CI, "/usr/bin/git")), "unprofiled");
	assert_string_equal(judge(p, act_exec(CI, "/usr/bin/gcc-12")),
			    "expected gha-build/toolchain");
	assert_string_equal(judge(p, act_exec(CI, "/tmp/.x/run.sh")), "unexpected high");
	assert_string_equal(judge(p, act_file(CI, EVENT_FILE_READ, "/proc/4127/mem")),
			    "forbidden gha-build/runner-memory critical");
	assert_string_equal(judge(p, act_file(CI, EVENT_FILE_READ, "/proc/4466/environ")),
			    "unexpected high");
	assert_string_equal(judge(p, act_connect(CI, "169.254.169.254", 80)),
			    "forbidden gha-build/cloud-metadata critical");
	assert_string_equal(judge(p, act_connect(CI, "203.0.113.66", 443)), "unexpected high");
	assert_string_equal(
		judge(p, act_file(CI, EVENT_FILE_READ, "/usr/lib/x86_64-linux-gnu/libc.so.6")),
		"expected base-linux/libraries");
	assert_string_equal(judge(p, act_exec("ci:github/acme/app/e2e", "/usr/bin/git")),
			    "unprofiled");
}

static void worked_example_2_deploy_account(void **state)
{
	SET p = worked("deployer", NULL);
	struct event ev = act_connect("unit:deployer.service", "198.51.100.4", 22);

	(void)state;
	assert_non_null(p);
	ev.who.id.unit = STR_LIT("deployer.service");
	assert_string_equal(judge(p, ev), "unprofiled"); /* account not known */
	ev.who.user_name = STR_LIT("deploy");
	assert_string_equal(judge(p, ev), "excepted svc-deployer-1/vendor-migration");
	ev.what.wall_ns += 10 * 3600000000000;
	assert_string_equal(judge(p, ev), "unexpected medium");
	assert_string_equal(judge(p, act_exec("sa:ops/deployer", "/usr/local/bin/deploy-agent")),
			    "expected deployer/programs");
	assert_string_equal(judge(p, act_exec("sa:ops/deployer", "/bin/dash")),
			    "forbidden deployer/no-shell high");
	/* a hash that is not known is no hash that matches */
	assert_string_equal(judge(p, act_exec("sa:ops/deployer", "/usr/bin/kubectl")),
			    "unexpected medium");
	assert_string_equal(judge(p, act_connect("sa:ops/deployer", "10.0.8.10", 6443)),
			    "expected deployer/cluster-api");
	assert_string_equal(judge(p, act_file("sa:ops/deployer", EVENT_FILE_READ, "/etc/deployer")),
			    "expected deployer/releases");
	ev = act_by("sa:ops/deployer", EVENT_CRED_BECOME);
	assert_string_equal(judge(p, ev), "forbidden deployer/no-identity-change critical");
}

static void worked_example_3_breakglass(void **state)
{
	_cleanup_free_ char *text = text_of("breakglass");
	SET as_written = worked("breakglass", NULL);
	char *when = strstr(text, "  when:"), *announce = strstr(text, "  announce:");
	struct event ev = act_exec("human:maya", "/usr/bin/anything");
	SET p = NULL;

	(void)state;
	assert_non_null(as_written);
	ev.who.id.via = STR_LIT("ssh");
	/* where the session comes from is not known yet: the binding matches nobody */
	assert_string_equal(judge(as_written, ev), "unprofiled");
	memmove(when, announce, strlen(announce) + 1);
	p = set_of(text);
	assert_string_equal(judge(p, ev), "expected breakglass/anything");
	ev = act_file("human:maya", EVENT_FILE_WRITE, "/var/log/journal/x/system.journal");
	ev.who.id.via = STR_LIT("ssh,sudo:root");
	assert_string_equal(judge(p, ev), "forbidden breakglass/blind-the-monitor critical");
	ev.what.file.path = STR_LIT("/etc/sudoers");
	assert_string_equal(judge(p, ev), "forbidden breakglass/leave-a-door critical");
	ev.who.id.via = STR_LIT("console");
	assert_string_equal(judge(p, ev), "unprofiled");
}

static void examples_load_beside_the_shipped_roles(void **state)
{
	struct profile_counts counts;
	SET p = load(VENDOR, EXAMPLES);
	SET tests = worked("test", NULL);

	(void)state;
	assert_non_null(tests);
	profile_get_counts(p, &counts);
	assert_true(counts.bindings >= 6 && counts.exceptions == 1 && counts.enforce == 1);
}

/* --- directories */

static char dirs[2][64];

static void put(int dir, const char *name, const char *text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dirs[dir], name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static int make_dirs(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		strcpy(dirs[i], "/tmp/whodid-profile.XXXXXX");
		if (!mkdtemp(dirs[i]))
			return -1;
	}
	return 0;
}

static int remove_dirs(void **state)
{
	char cmd[200];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -rf %s %s", dirs[0], dirs[1]);
	return system(cmd);
}

#define ONE(name, path)                                                                                  \
	"{\"apiVersion\": \"whodid.dev/v1alpha1\", \"kind\": \"Role\", \"metadata\": {\"name\": \"" name \
	"\"}, \"spec\": {\"allow\": [{\"id\": \"a\", \"exec\": [\"" path "\"]}]}}"
#define BIND                                                                                            \
	"apiVersion: whodid.dev/v1alpha1\nkind: RoleBinding\nmetadata: {name: b}\nspec: {mode: audit, " \
	"roles: [r], subjects: [{kind: Any}]}\n"

static void a_local_role_replaces_the_shipped_one(void **state)
{
	struct problem err = {0};
	const char *const list[] = {dirs[0], dirs[1], NULL};
	struct profile_set *none = NULL;
	SET first = NULL;
	SET second = NULL;

	(void)state;
	put(0, "a.json", ONE("r", "/bin/vendor"));
	put(0, "b.yml", BIND);
	put(0, "ignored.txt", "not: [yaml");
	put(0, ".hidden.yaml", "not: [yaml");
	assert_int_equal(profile_load(&first, list, &err), 0);
	assert_string_equal(judge(first, act_exec(CI, "/bin/vendor")), "expected r/a");
	put(1, "z.yaml", ONE("r", "/bin/local"));
	assert_int_equal(profile_load(&second, list, &err), 0);
	assert_string_equal(judge(second, act_exec(CI, "/bin/vendor")), "unexpected medium");
	assert_string_equal(judge(second, act_exec(CI, "/bin/local")), "expected r/a");
	/* the set that is in force goes on to be itself */
	assert_string_equal(judge(first, act_exec(CI, "/bin/local")), "unexpected medium");
	/* twice in one directory is nobody's intention */
	put(1, "y.yaml", ONE("r", "/bin/other"));
	assert_int_equal(profile_load(&none, list, &err), -EINVAL);
	assert_null(none);
	assert_non_null(strstr(err.text, "y.yaml:1"));
	assert_non_null(strstr(err.file, "z.yaml"));
}

static void the_list_counts_hits(void **state)
{
	SET p = set_of(BIND "---\n" ONE("r", "/bin/ls"));
	_cleanup_(json_release) struct json w;

	(void)state;
	for (int i = 0; i < 3; i++)
		judge(p, act_exec(CI, "/bin/ls"));
	json_init(&w, 1 << 16);
	profile_list(p, &w);
	assert_int_equal(w.err, 0);
	json_text(&w, (struct str){"", 1});
	assert_non_null(strstr(
		w.buf,
		"{\"kind\":\"RoleBinding\",\"name\":\"b\",\"mode\":\"audit\",\"roles\":[\"r\"],\"rules\":1,"
		"\"hits\":3,\"last_hit_time\":\"2026-11-23T16:02:19.000000000Z\",\"file\":\"test\"}\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_baseline_judges_out_of_the_box),
		cmocka_unit_test(the_baseline_is_quiet_on_an_ordinary_host),
		cmocka_unit_test(a_container_s_own_files_are_its_own),
		cmocka_unit_test(worked_example_1_build_job),
		cmocka_unit_test(worked_example_2_deploy_account),
		cmocka_unit_test(worked_example_3_breakglass),
		cmocka_unit_test(examples_load_beside_the_shipped_roles),
		cmocka_unit_test_setup_teardown(a_local_role_replaces_the_shipped_one, make_dirs,
						remove_dirs),
		cmocka_unit_test(the_list_counts_hits),
	};

	setenv("TZ", "UTC", 1);
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
