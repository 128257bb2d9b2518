/* SPDX-License-Identifier: Apache-2.0 */
/* Which acts are acts on the sensor, how grave, and which are administration or somebody else's business. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "anomaly/tamper.h"
#include "base/cleanup.h"
#include "bpf/event.h"

#define DAEMON 700u
#define FORMER 600u
#define START  9000u /* ticks */
#define TICK   10000000ull
#define SECOND 1000000000ull
#define DEV    0x800001ull
#define GROUP  "/sys/fs/cgroup/system.slice"

static struct event told;

static struct tamper *new_tamper(void)
{
	struct tamper *t = NULL;

	assert_int_equal(tamper_new(&t, DAEMON, START), 0);
	tamper_watch(t, TAMPER_STORE, "/var/lib/whodid", DEV);
	tamper_watch(t, TAMPER_SETTINGS, "/etc/whodid/whodid.yaml", DEV);
	tamper_watch(t, TAMPER_PROGRAM, "/usr/sbin/whodidd", DEV);
	tamper_watch(t, TAMPER_PINS, "/sys/fs/bpf/whodid", 0);
	tamper_watch(t, TAMPER_GROUP, GROUP, 0);
	return t;
}

static void free_tamper(struct tamper **t)
{
	tamper_free(*t);
}
#define TAMPER _cleanup_(free_tamper) struct tamper *

/* An act of root, outside of jobs and containers. */
static struct event act(enum event_type type)
{
	struct event ev = {0};

	ev.what.type = type;
	ev.what.pid = 4711;
	ev.what.start_ns = SECOND;
	ev.what.boot_ns = 100 * SECOND;
	ev.what.outcome = OUTCOME_OK;
	ev.who.id.who = STR_LIT("human:alice");
	ev.who.exe = STR_LIT("/bin/bash");
	ev.verdict.value = VERDICT_EXPECTED;
	return ev;
}

static struct event signal_to(uint32_t pid, uint32_t number)
{
	struct event ev = act(EVENT_SIGNAL);

	ev.what.target.pid = pid;
	ev.what.target.start_ns = pid == DAEMON ? START * TICK + TICK / 3 : SECOND;
	ev.what.target.signal = number;
	return ev;
}

static struct event file_act(enum event_type type, const char *op, const char *path)
{
	struct event ev = act(type);

	ev.what.file.op = str_of(op);
	ev.what.file.path = str_of(path);
	ev.what.file.dev = DEV;
	return ev;
}

/* The severity of what is told of it; SEVERITY_NONE = nothing. */
static enum severity look(struct tamper *t, struct event ev)
{
	memset(&told, 0, sizeof(told));
	return tamper_sees(t, &ev, &told) ? told.verdict.severity : SEVERITY_NONE;
}

static void assert_message(const char *want)
{
	assert_int_equal(told.what.message.n, strlen(want));
	assert_memory_equal(told.what.message.p, want, strlen(want));
}

static void signals(void **state)
{
	TAMPER t = new_tamper();
	struct event ev = signal_to(DAEMON, SIGKILL);

	(void)state;
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	assert_message("SIGKILL to the daemon (pid 700)");
	assert_int_equal(told.what.type, EVENT_AGENT_TAMPER);
	assert_int_equal(told.what.pid, 4711);
	assert_int_equal(told.verdict.value,
			 VERDICT_NONE); /* what the profile says is said of the act */
	assert_int_equal(look(t, signal_to(DAEMON, SIGSTOP)), SEVERITY_HIGH);
	assert_int_equal(look(t, signal_to(DAEMON, SIGTERM)), SEVERITY_NONE);
	assert_int_equal(look(t, signal_to(DAEMON, SIGCONT)), SEVERITY_NONE);
	assert_int_equal(look(t, signal_to(DAEMON + 1, SIGKILL)), SEVERITY_NONE);
	ev.what.target.start_ns = (START + 5) * TICK; /* somebody else with that number */
	assert_int_equal(look(t, ev), SEVERITY_NONE);
	ev.what.target.start_ns = 0; /* not known: the number is all there is */
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	ev = signal_to(DAEMON, SIGTERM);
	ev.what.euid = 1000;
	ev.what.outcome = OUTCOME_FAILED;
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	ev = signal_to(DAEMON, SIGTERM);
	ev.what.task_flags = TASK_IN_JOB;
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	ev.what.task_flags = TASK_IN_CONTAINER;
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	ev = signal_to(DAEMON, SIGKILL);
	ev.what.pid = DAEMON; /* its own work */
	assert_int_equal(look(t, ev), SEVERITY_NONE);
}

static void the_daemon_before(void **state)
{
	TAMPER t = new_tamper();
	struct event ev = signal_to(FORMER, SIGKILL);

	(void)state;
	assert_int_equal(look(t, ev), SEVERITY_NONE);
	tamper_former(t, FORMER);
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	assert_message("SIGKILL to the daemon before this one (pid 600)");
	ev.what.target.start_ns = (START + 1) * TICK; /* whoever got its number since */
	assert_int_equal(look(t, ev), SEVERITY_NONE);
	ev.what.target.start_ns = 0;
	assert_int_equal(look(t, ev), SEVERITY_NONE);
}

static void who_commanded(void **state)
{
	TAMPER t = new_tamper();
	struct event ev = signal_to(DAEMON, SIGHUP);
	char text[128];

	(void)state;
	look(t, ev);
	assert_true(tamper_signaller(t, SIGHUP, 4711, 102 * SECOND, text, sizeof(text)));
	assert_string_equal(text, "human:alice (pid 4711)");
	assert_false(tamper_signaller(t, SIGHUP, 4712, 102 * SECOND, text, sizeof(text)));
	assert_false(tamper_signaller(t, SIGTERM, 4711, 102 * SECOND, text, sizeof(text)));
	assert_false(tamper_signaller(t, SIGHUP, 4711, 106 * SECOND, text, sizeof(text)));
	assert_false(tamper_signaller(t, 64, 4711, 102 * SECOND, text, sizeof(text)));
	ev.what.pid = 4712;
	ev.what.outcome = OUTCOME_FAILED; /* refused: it commanded nothing */
	look(t, ev);
	assert_false(tamper_signaller(t, SIGHUP, 4712, 102 * SECOND, text, sizeof(text)));
}

static void reaching_into_it(void **state)
{
	TAMPER t = new_tamper();
	struct event ev = act(EVENT_PTRACE);

	(void)state;
	ev.what.target.pid = DAEMON;
	ev.what.target.op = PTRACE_OP_WRITE;
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	assert_message("process_vm_writev on the daemon (pid 700)");
	assert_true(str_is(told.what.tamper, "memory"));
	ev.what.target.op = PTRACE_OP_GETFD;
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	assert_true(str_is(told.what.tamper, "ptrace"));
	ev.what.target.pid = DAEMON + 1;
	assert_int_equal(look(t, ev), SEVERITY_NONE);
}

static void files(void **state)
{
	TAMPER t = new_tamper();
	struct event ev = file_act(EVENT_FILE_WRITE, "open", "/var/lib/whodid/events.db");

	(void)state;
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	assert_message("open of the store: /var/lib/whodid/events.db");
	ev.who.exe = STR_LIT("/usr/sbin/whodidd");
	assert_int_equal(look(t, ev), SEVERITY_NONE);
	ev.what.task_flags = TASK_IN_CONTAINER; /* a file of that name in there is another one */
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	ev.what.file.dev = DEV + 1; /* and so is the store */
	assert_int_equal(look(t, ev), SEVERITY_NONE);
	assert_int_equal(look(t, file_act(EVENT_FILE_DELETE, "unlink", "/var/lib/whodid")),
			 SEVERITY_HIGH);
	assert_int_equal(look(t, file_act(EVENT_FILE_DELETE, "unlink", "/var/lib/whodidder")),
			 SEVERITY_NONE);
	assert_int_equal(look(t, file_act(EVENT_FILE_READ, "open", "/var/lib/whodid/events.db")),
			 SEVERITY_NONE);
	assert_int_equal(
		look(t, file_act(EVENT_FILE_DELETE, "unlink", "/sys/fs/bpf/whodid/map_kept")),
		SEVERITY_HIGH);
	ev = file_act(EVENT_FILE_WRITE, "open", "/etc/whodid/whodid.yaml");
	assert_int_equal(look(t, ev), SEVERITY_MEDIUM);
	ev.what.task_flags = TASK_IN_JOB;
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	ev = file_act(EVENT_FILE_WRITE, "open", "/usr/sbin/whodidd");
	ev.who.exe = STR_LIT("/usr/sbin/whodidd");
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	assert_int_equal(look(t, file_act(EVENT_FILE_WRITE, "open", NULL)), SEVERITY_NONE);
}

/* The old name counts where something is done to it: not the text of a symbolic link. */
/* Each time systemd starts or stops a service. */
static void a_service_manager_at_work(void **state)
{
	static const char *const freeze = GROUP "/cgroup.freeze";
	TAMPER t = new_tamper();
	struct event ev = file_act(EVENT_FILE_WRITE, "open", freeze);

	(void)state;
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	ev.what.pid = 1;
	assert_int_equal(look(t, ev), SEVERITY_NONE);
	ev = file_act(EVENT_FILE_WRITE, "open", GROUP "/cgroup.kill");
	ev.what.pid = 1;
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	ev = file_act(EVENT_FILE_WRITE, "open", GROUP "/memory.max");
	assert_int_equal(look(t, ev), SEVERITY_MEDIUM);
	ev.what.pid = 1;
	assert_int_equal(look(t, ev), SEVERITY_NONE);
	ev = file_act(EVENT_FILE_DELETE, "unlink", freeze);
	ev.what.pid = 1;
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	/* the folders of the unit, which are there */
	ev = file_act(EVENT_FILE_CREATE, "mkdir", "/var/lib/whodid");
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	ev.what.outcome = OUTCOME_FAILED;
	ev.what.err = EEXIST;
	assert_int_equal(look(t, ev), SEVERITY_NONE);
	ev.what.file.op = STR_LIT("rename");
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
}

static void two_names(void **state)
{
	TAMPER t = new_tamper();
	struct event ev = file_act(EVENT_FILE_RENAME, "rename", "/tmp/x");

	(void)state;
	ev.what.file.old_path = STR_LIT("/etc/whodid/whodid.yaml");
	assert_int_equal(look(t, ev), SEVERITY_MEDIUM);
	assert_message("rename of settings: /etc/whodid/whodid.yaml");
	ev = file_act(EVENT_FILE_LINK, "symlink", "/tmp/x");
	ev.what.file.old_path = STR_LIT("/etc/whodid/whodid.yaml");
	assert_int_equal(look(t, ev), SEVERITY_NONE);
	ev.what.file.op = STR_LIT("link");
	assert_int_equal(look(t, ev), SEVERITY_MEDIUM);
	ev = file_act(EVENT_FILE_MOUNT, "mount", "/mnt");
	ev.what.file.old_path = STR_LIT("/var/lib/whodid");
	assert_int_equal(look(t, ev), SEVERITY_NONE);
	ev.what.file.op = STR_LIT("move_mount");
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
}

static struct event bpf(uint32_t op, uint32_t object)
{
	struct event ev = act(EVENT_AGENT_TAMPER);

	ev.what.tamper = STR_LIT("bpf");
	ev.what.touched.op = op;
	ev.what.touched.object = object;
	ev.what.touched.name = STR_LIT("on_send4");
	ev.what.touched.id = 12;
	return ev;
}

static enum severity touch(struct tamper *t, struct event ev)
{
	told = ev;
	return tamper_by_bpf(t, &told) ? told.verdict.severity : SEVERITY_NONE;
}

static void objects_in_the_kernel(void **state)
{
	TAMPER t = new_tamper();
	struct event ev = bpf(TOUCH_DETACH, OBJECT_LINK);

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(touch(t, ev), SEVERITY_HIGH); /* each change is told */
	assert_message("a detachment of the link on_send4 (number 12)");
	for (uint32_t op = TOUCH_NONE + 1; op < TOUCHES_MAX; op++) {
		assert_int_not_equal(touch(t, bpf(op, OBJECT_PROGRAM)), SEVERITY_NONE);
		assert_null(strstr(told.what.message.p, "(null)"));
	}
	ev.who.exe = STR_LIT("/usr/sbin/whodidd"); /* one that takes over, or unloads */
	assert_int_equal(touch(t, ev), SEVERITY_NONE);
}

/* Descriptors: of one process and kind the first, and those of others again. */
static void whoever_lists_all_is_told_once(void **state)
{
	TAMPER t = new_tamper();
	struct event ev = bpf(TOUCH_OPEN, OBJECT_MAP);

	(void)state;
	assert_int_equal(touch(t, ev), SEVERITY_MEDIUM);
	assert_int_equal(touch(t, ev), SEVERITY_NONE);
	assert_int_equal(touch(t, bpf(TOUCH_OPEN, OBJECT_LINK)), SEVERITY_MEDIUM);
	ev.what.start_ns++; /* its number, given to another process */
	assert_int_equal(touch(t, ev), SEVERITY_MEDIUM);
	ev.what.euid = 1000;
	ev.what.err = EPERM;
	ev.what.touched.name = STR_NONE;
	assert_int_equal(touch(t, ev), SEVERITY_HIGH);
	assert_message("a descriptor taken of the map (number 12)");
	for (uint32_t pid = 1; pid < 100; pid++) { /* more than are remembered */
		ev.what.pid = pid;
		assert_int_equal(touch(t, ev), SEVERITY_HIGH);
	}
}

static struct event mount_act(const char *op, const char *flags, const char *path)
{
	struct event ev = file_act(EVENT_FILE_MOUNT, op, path);

	ev.what.file.flags = str_of(flags);
	return ev;
}

static void mounts_above(void **state)
{
	TAMPER t = new_tamper();
	struct event ev = mount_act("mount", NULL, "/var/lib");

	(void)state;
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	assert_message("mount above the store: /var/lib");
	assert_int_equal(look(t, mount_act("mount", "bind", "/etc")), SEVERITY_HIGH);
	assert_message("mount above settings: /etc");
	assert_int_equal(look(t, mount_act("umount", "detach", "/sys/fs")), SEVERITY_HIGH);
	assert_message("umount above what the kernel keeps: /sys/fs");
	assert_int_equal(look(t, mount_act("move_mount", NULL, "/usr")), SEVERITY_HIGH);
	assert_int_equal(look(t, mount_act("mount", NULL, "/var/lib/whodid")), SEVERITY_HIGH);
	assert_message("mount of the store: /var/lib/whodid");
	/* taken from there */
	ev = mount_act("mount", "move", "/mnt");
	ev.what.file.old_path = STR_LIT("/var");
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	assert_message("mount above the store: /var");
	ev.what.file.flags = STR_LIT("bind");
	assert_int_equal(look(t, ev), SEVERITY_NONE);
	/* beside them; nothing that is hidden */
	assert_int_equal(look(t, mount_act("mount", NULL, "/va")), SEVERITY_NONE);
	assert_int_equal(look(t, mount_act("mount", NULL, "/var/lib/who")), SEVERITY_NONE);
	assert_int_equal(look(t, mount_act("mount", "remount,nosuid", "/var")), SEVERITY_NONE);
	assert_int_equal(look(t, mount_act("mount", "rec,private", "/")), SEVERITY_NONE);
	assert_int_equal(look(t, mount_act("mount", NULL, "/")), SEVERITY_NONE);
	assert_int_equal(look(t, mount_act("mount_setattr", NULL, "/var")), SEVERITY_NONE);
	ev = mount_act("mount", NULL, "/var");
	ev.what.file.mnt_ns = 4026532999u;
	assert_int_equal(look(t, ev), SEVERITY_NONE);
}

/* In another mount namespace the host's name for the file counts, and else the file system. */
static void other_namespaces(void **state)
{
	TAMPER t = new_tamper();
	struct event ev = file_act(EVENT_FILE_WRITE, "open", "/data/events.db");

	(void)state;
	ev.what.file.mnt_ns = 4026532999u;
	assert_int_equal(look(t, ev), SEVERITY_NONE);
	ev.what.file.path_on_host = STR_LIT("/var/lib/whodid/events.db");
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	assert_message("open of the store: /var/lib/whodid/events.db");
	ev = file_act(EVENT_FILE_WRITE, "open", "/var/lib/whodid/x");
	ev.what.file.mnt_ns = 4026532999u;
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	ev.what.file.dev = DEV + 1; /* a tmpfs of its own */
	assert_int_equal(look(t, ev), SEVERITY_NONE);
}

/* Whatever the mount was called by who did it: the table of mounts says where a place is. */
static void places_on_other_mounts(void **state)
{
	static const char *const tables[] = {
		"20 1 8:1 / / rw\n21 20 0:9 / /sys/fs/bpf rw\n",
		"20 1 8:1 / / rw\n21 20 0:9 / /sys/fs/bpf rw\n22 20 0:50 / /srv rw\n",
		"20 1 8:1 / / rw\n21 20 0:9 / /sys/fs/bpf rw\n23 20 0:50 / /var rw\n",
		"20 1 8:1 / / rw\n",
	};
	struct mounts *m[4];
	TAMPER t = new_tamper();
	struct event ev = mount_act("mount", NULL, "/etc");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		assert_int_equal(mounts_read(&m[i], NULL, str_of(tables[i]), 1, 2), 0);
	assert_null(tamper_hidden(t, m[0], SECOND));
	assert_null(tamper_hidden(t, m[1], SECOND));
	assert_string_equal(
		tamper_hidden(t, m[2], SECOND),
		"the store: hidden by a mount, or what held it is gone: /var/lib/whodid");
	assert_null(tamper_hidden(t, m[2], SECOND)); /* once */
	assert_null(tamper_hidden(t, m[0], SECOND)); /* it is back */
	assert_string_equal(
		tamper_hidden(t, m[3], SECOND),
		"what the kernel keeps: hidden by a mount, or what held it is gone: /sys/fs/bpf/whodid");
	/* who did it was told */
	assert_null(tamper_hidden(t, m[0], SECOND));
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	assert_null(tamper_hidden(t, m[2], ev.what.boot_ns + SECOND));
	assert_null(tamper_hidden(t, m[0], ev.what.boot_ns + 9 * SECOND));
	assert_non_null(tamper_hidden(t, m[2], ev.what.boot_ns + 9 * SECOND));
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		mounts_free(m[i]);
}

static enum severity write_to(struct tamper *t, const char *path)
{
	return look(t, file_act(EVENT_FILE_WRITE, "open", path));
}

static void control_groups(void **state)
{
	TAMPER t = new_tamper();
	struct event ev = file_act(EVENT_FILE_WRITE, "open", "/sys/fs/cgroup/a/whodid/cpu.max");

	(void)state;
	tamper_watch(t, TAMPER_GROUP, "/sys/fs/cgroup/a/whodid", 0);
	tamper_watch(t, TAMPER_GROUP, "/sys/fs/cgroup/a", 0);
	assert_int_equal(write_to(t, "/sys/fs/cgroup/a/whodid/cgroup.freeze"), SEVERITY_HIGH);
	assert_message("open of the control group: /sys/fs/cgroup/a/whodid/cgroup.freeze");
	assert_int_equal(write_to(t, "/sys/fs/cgroup/a/cgroup.kill"), SEVERITY_HIGH);
	assert_int_equal(look(t, ev), SEVERITY_MEDIUM);
	ev.what.task_flags = TASK_IN_JOB;
	assert_int_equal(look(t, ev), SEVERITY_HIGH);
	assert_int_equal(write_to(t, "/sys/fs/cgroup/a/memory.max"), SEVERITY_MEDIUM);
	assert_int_equal(write_to(t, "/sys/fs/cgroup/a/other/memory.max"), SEVERITY_NONE);
	assert_int_equal(write_to(t, "/sys/fs/cgroup/a/cgroup.procs"), SEVERITY_NONE);
	assert_int_equal(write_to(t, "/sys/fs/cgroup/a"), SEVERITY_NONE);
	assert_int_equal(look(t, mount_act("mount", NULL, "/sys/fs/cgroup")), SEVERITY_NONE);
	tamper_forget(t, TAMPER_GROUP);
	assert_int_equal(write_to(t, "/sys/fs/cgroup/a/cgroup.kill"), SEVERITY_NONE);
	assert_int_equal(write_to(t, "/usr/sbin/whodidd"), SEVERITY_HIGH);
}

static void moved_by_whom(void **state)
{
	TAMPER t = new_tamper();
	struct event ev = file_act(EVENT_FILE_WRITE, "open", "/sys/fs/cgroup/b/cgroup.procs"), out;
	const uint64_t then = ev.what.boot_ns;

	(void)state;
	assert_false(tamper_may_have_moved(t));
	assert_int_equal(look(t, ev), SEVERITY_NONE);
	assert_true(tamper_may_have_moved(t));
	assert_false(tamper_may_have_moved(t));
	assert_false(tamper_moved(t, "/sys/fs/cgroup", then, &out));
	assert_false(tamper_moved(t, "/sys/fs/cgroup/bb", then, &out));
	assert_false(tamper_moved(t, "/sys/fs/cgroup/b", then + 6 * SECOND, &out));
	assert_true(tamper_moved(t, "/sys/fs/cgroup/b", then + SECOND, &out));
	assert_int_equal(out.what.type, EVENT_AGENT_TAMPER);
	assert_int_equal(out.what.pid, 4711);
	assert_true(str_is(out.who.id.who, "human:alice"));
	assert_true(str_is(out.what.tamper, "group"));
	assert_int_equal(out.verdict.severity, SEVERITY_HIGH);
	told = out;
	assert_message("the daemon was moved to another control group: /sys/fs/cgroup/b");
	/* once more by the same: still that one; by somebody else at once: nobody is named */
	assert_int_equal(look(t, ev), SEVERITY_NONE);
	assert_true(tamper_moved(t, "/sys/fs/cgroup/b", then + SECOND, &out));
	ev.what.pid = 4712;
	assert_int_equal(look(t, ev), SEVERITY_NONE);
	assert_false(tamper_moved(t, "/sys/fs/cgroup/b", then + SECOND, &out));
	ev.what.boot_ns += 60 * SECOND;
	assert_int_equal(look(t, ev), SEVERITY_NONE);
	assert_true(tamper_moved(t, "/sys/fs/cgroup/b", then + 61 * SECOND, &out));
	assert_int_equal(out.what.pid, 4712);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals),
		cmocka_unit_test(the_daemon_before),
		cmocka_unit_test(who_commanded),
		cmocka_unit_test(reaching_into_it),
		cmocka_unit_test(files),
		cmocka_unit_test(a_service_manager_at_work),
		cmocka_unit_test(two_names),
		cmocka_unit_test(mounts_above),
		cmocka_unit_test(other_namespaces),
		cmocka_unit_test(places_on_other_mounts),
		cmocka_unit_test(control_groups),
		cmocka_unit_test(moved_by_whom),
		cmocka_unit_test(objects_in_the_kernel),
		cmocka_unit_test(whoever_lists_all_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
