/* SPDX-License-Identifier: Apache-2.0 */
/* The stage as a whole: histories of processes, full tables, reused pids, late events, explanations. */
#include "history.h"

#include <errno.h>

#include <jansson.h>

static void processes_know_where_they_come_from(void **state)
{
	struct identity_table *t = new_table(0, 0);
	struct task shell = task_of(100, BOUNDARY_ID_KERNEL), child, grandchild;
	struct event ev;

	(void)state;
	exec_task(t, &shell, "/bin/bash");
	child = fork_task(t, &shell, 101, 101000);
	ev = act(t, EVENT_FILE_READ, &child);
	ASSERT_STR(ev.who.exe, "/bin/bash"); /* until it execs it is what it was forked from */
	ASSERT_STR(ev.who.parent.exe, "/bin/bash");
	assert_int_equal(ev.who.parent.pid, 100);
	assert_int_equal(ev.who.ancestor_count, 0);
	exec_task(t, &child, "/usr/bin/make");
	act(t, EVENT_EXIT, &shell);
	child.parent_pid = 1; /* reparented: the kernel's view now, not its origin */
	grandchild = fork_task(t, &child, 102, 102000);
	ev = exec_task(t, &grandchild, "/usr/bin/cc");
	ASSERT_STR(ev.who.exe, "/usr/bin/cc");
	assert_int_equal(ev.who.ancestor_count, 2);
	ASSERT_STR(ev.who.ancestors[0].exe, "/usr/bin/make");
	assert_int_equal(ev.who.ancestors[1].pid, 100);
	ASSERT_STR(ev.who.ancestors[1].exe, "/bin/bash");
	/* events may still come when it has gone */
	act(t, EVENT_EXIT, &grandchild);
	ev = act(t, EVENT_NET_CONNECT, &grandchild);
	ASSERT_STR(ev.who.exe, "/usr/bin/cc");
	identity_free(t);
}

static void unknown_process_is_made_from_its_record(void **state)
{
	struct identity_table *t = new_table(0, 0);
	struct task task = task_of(100, BOUNDARY_ID_KERNEL);
	struct event ev;

	(void)state;
	task.parent_pid = 50;
	task.parent_start_ns = 50;
	ev = act(t, EVENT_FILE_READ, &task);
	assert_null(ev.who.exe.p);
	assert_int_equal(ev.who.parent.pid, 50);
	assert_null(ev.who.parent.exe.p);
	task.pid = 0; /* the idle task has no entry and hurts nobody */
	ev = act(t, EVENT_NET_CONNECT, &task);
	assert_int_equal(ev.who.parent.pid, 0);
	identity_free(t);
}

static unsigned count_alive(const struct identity_table *t, uint32_t pid)
{
	char *line, *rest = NULL;
	unsigned alive = 0;
	struct json w;

	json_init(&w, 1 << 20);
	identity_list_processes(t, &test_host, &w);
	json_text(&w, (struct str){"", 1});
	for (line = strtok_r(w.buf, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		json_t *root = json_loads(line, 0, NULL), *p = json_object_get(root, "process");

		alive += json_integer_value(json_object_get(p, "pid")) == pid &&
			 json_is_true(json_object_get(p, "alive"));
		json_decref(root);
	}
	json_release(&w);
	return alive;
}

static void reused_pids_stay_apart(void **state)
{
	struct identity_table *t = new_table(0, 0);
	struct task parent = task_of(1, BOUNDARY_ID_KERNEL), first, second;
	struct event ev;

	(void)state;
	exec_task(t, &parent, "/init");
	first = fork_task(t, &parent, 100, 1000);
	exec_task(t, &first, "/bin/first");
	second = fork_task(t, &parent, 100, 2000);
	exec_task(t, &second, "/bin/second");
	ev = act(t, EVENT_NET_CONNECT, &first);
	ASSERT_STR(ev.who.exe, "/bin/first");
	ev = act(t, EVENT_NET_CONNECT, &second);
	ASSERT_STR(ev.who.exe, "/bin/second");
	/* the exit of the first one was not heard of: only one of them can be alive */
	assert_int_equal(count_alive(t, 100), 1);
	identity_free(t);
}

/* Ancestors are at most ANCESTORS_MAX, and a process that claims to be its own parent is no loop. */
static void ancestry_ends(void **state)
{
	struct identity_table *t = new_table(0, 0);
	struct task task = task_of(1000, BOUNDARY_ID_KERNEL);
	struct event ev;

	(void)state;
	task.parent_pid = task.pid;
	task.parent_start_ns = task.start_ns;
	ev = exec_task(t, &task, "/loop");
	assert_true(ev.who.ancestor_count <= ANCESTORS_MAX);
	for (uint32_t i = 0; i < 40; i++)
		task = fork_task(t, &task, 2000 + i, 1);
	ev = exec_task(t, &task, "/leaf");
	assert_int_equal(ev.who.ancestor_count, ANCESTORS_MAX);
	assert_int_equal(ev.who.ancestors[15].pid, 2000 + 39 - 16);
	identity_free(t);
}

static json_t *explain(const struct identity_table *t, const char *key)
{
	struct json w;
	struct problem err = {0};
	json_error_t at;
	json_t *root = NULL;

	json_init(&w, 1 << 20);
	if (identity_explain(t, &test_host, str_of(key), &w, &err) == 0) {
		assert_int_equal(w.err, 0);
		root = json_loadb(w.buf, w.len, 0, &at);
		if (!root)
			fail_msg("%s: %.*s", at.text, (int)w.len, w.buf);
	} else {
		assert_int_equal(w.len, 0);
		assert_true(err.text[0] && err.remedy[0]);
	}
	json_release(&w);
	return root;
}

/* More executables than are remembered, and more processes and boundaries than have room. */
#define CHURN 20000

static void full_tables_forget_the_dead_first(void **state)
{
	struct identity_table *t = new_table(64, 64);
	struct task init = task_of(1, BOUNDARY_ID_KERNEL), shell, inner, outer, lasting, task;
	struct identity_stats stats;
	struct event ev;
	json_t *root;

	(void)state;
	exec_task(t, &init, "/sbin/init");
	shell = fork_task(t, &init, 2, 2);
	CROSS(t, &shell, .id = 50, .kind = BOUNDARY_LOGIN, .role = ROLE_SSHD, .to_uid = 1001,
	      .session_id = 1);
	exec_task(t, &shell, "/bin/sh");
	inner = fork_task(t, &shell, 3, 3);
	CROSS(t, &inner, .id = 51, .kind = BOUNDARY_BECOME, .role = ROLE_SU);
	outer = fork_task(t, &shell, 4, 4);
	CROSS(t, &outer, .id = 52, .kind = BOUNDARY_LOGIN, .role = ROLE_SSHD, .to_uid = 1002);
	lasting = fork_task(t, &outer, 5, 5);
	CROSS(t, &lasting, .id = 53, .kind = BOUNDARY_BECOME, .role = ROLE_SU);
	act(t, EVENT_EXIT, &outer);
	for (uint32_t i = 0; i < CHURN; i++) {
		char exe[32];

		snprintf(exe, sizeof(exe), "/bin/%u", i);
		task = fork_task(t, &shell, 100 + i, i);
		CROSS(t, &task, .id = 1000 + i, .kind = BOUNDARY_BECOME, .role = ROLE_SUDO);
		ev = exec_task(t, &task, exe);
		ASSERT_STR(ev.who.id.who, "human:alice");
		ASSERT_STR(ev.who.ancestors[1].exe, "/sbin/init");
		act(t, EVENT_EXIT, &task);
	}
	identity_get_stats(t, &stats);
	assert_true(stats.boundaries <= 64);
	assert_true(stats.processes <= 64);
	assert_true(stats.evicted_boundaries >= CHURN - 64);
	assert_true(stats.evicted_processes >= CHURN - 64);
	assert_int_equal(stats.boundary_lost, 0);
	ev = act(t, EVENT_FILE_READ, &shell); /* alive all the time: still known */
	ASSERT_STR(ev.who.id.who, "human:alice");
	ASSERT_STR(ev.who.exe, "/bin/sh");
	ev = act(t, EVENT_FILE_READ, &inner);
	ASSERT_STR(ev.who.id.via, "ssh,su:root");
	/* a boundary stays while one inside of it has live processes: it explains them */
	root = explain(t, "b53");
	assert_int_equal(json_array_size(json_object_get(root, "boundaries")), 4);
	json_decref(root);
	identity_free(t);
}

/* More live ones than room: the oldest go, and what is not known any more is said to be so. */
static void overfull_tables_say_that_they_forgot(void **state)
{
	struct identity_table *t = new_table(4, 4);
	struct task tasks[20];
	struct event ev;

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(tasks); i++) {
		tasks[i] = task_of(100 + i, 0);
		CROSS(t, &tasks[i], .id = 10 + i, .kind = BOUNDARY_SEED, .exe = STR_LIT("/x"),
		      .cgroup = STR_LIT("/system.slice/x.service"));
	}
	ev = act(t, EVENT_FILE_READ, &tasks[0]);
	ASSERT_STR(ev.who.id.who, "anon:boundary-lost");
	ev = act(t, EVENT_FILE_READ, &tasks[19]);
	ASSERT_STR(ev.who.id.who, "unit:x.service");
	identity_free(t);
}

/* A uid given to somebody else: the account has the new name soon, and what was done keeps its who. */
static void reused_uids_get_the_new_name(void **state)
{
	struct identity_table *t = new_table(0, 0);
	struct task task = task_of(100, 0);
	struct event ev;

	(void)state;
	task.uid = 1001;
	CROSS(t, &task, .id = 10, .kind = BOUNDARY_LOGIN, .role = ROLE_SSHD, .to_uid = 1001,
	      .session_id = 1);
	write_passwd("root:x:0:0::/:/bin/sh\nmallory:x:1001:1001::/:/bin/sh\n");
	ev = event_of(EVENT_FILE_READ, &task);
	ev.what.boot_ns = 3000000000;
	identity_attach(t, &ev);
	ASSERT_STR(ev.who.user_name, "mallory");
	ASSERT_STR(ev.who.id.who, "human:alice");
	ASSERT_STR(ev.who.id.person, "alice");
	write_passwd(PASSWD);
	identity_free(t);
}

static void tables_of_one_entry_work(void **state)
{
	struct identity_table *t = new_table(1, 1);
	struct task a = task_of(1, 0), b;
	struct event ev;

	(void)state;
	CROSS(t, &a, .id = 5, .kind = BOUNDARY_LOGIN, .role = ROLE_SSHD, .to_uid = 1001,
	      .session_id = 1);
	exec_task(t, &a, "/a");
	b = fork_task(t, &a, 2, 2);
	ev = act(t, EVENT_FILE_READ, &b);
	ASSERT_STR(ev.who.id.who, "human:alice");
	ASSERT_STR(ev.who.exe, "/a");
	identity_free(t);
}

/* --- random histories: a model beside the table says who each process must be */

#define WORLD 64

struct member {
	struct task task;
	char who[32];
	char exe[32];
};

static uint32_t dice(uint32_t *seed, uint32_t sides)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % sides;
}

static void check_member(struct identity_table *t, const struct member *m)
{
	struct event ev = act(t, EVENT_FILE_READ, &m->task);

	ASSERT_STR(ev.who.id.who, m->who);
	ASSERT_STR(ev.who.exe, m->exe);
	assert_int_equal(ev.who.id.boundary, m->task.boundary);
}

static void step(struct identity_table *t, struct member *world, uint32_t *seed, uint64_t *clock)
{
	struct member *m = &world[dice(seed, WORLD)], *other = &world[dice(seed, WORLD)];
	uint64_t now = ++*clock;

	switch (dice(seed, 6)) {
	case 0: /* the other dies and m's child takes its place, often with its pid */
		if (other == m)
			return;
		act(t, EVENT_EXIT, &other->task);
		other->task = fork_task(
			t, &m->task, dice(seed, 2) ? other->task.pid : 10 + dice(seed, 200), now);
		memcpy(other->who, m->who, sizeof(m->who));
		memcpy(other->exe, m->exe, sizeof(m->exe));
		return;
	case 1:
		snprintf(m->exe, sizeof(m->exe), "/bin/%u", dice(seed, 50));
		exec_task(t, &m->task, m->exe);
		return;
	case 2: { /* a trusted login */
		bool cron = dice(seed, 2);
		bool alice = dice(seed, 2);

		CROSS(t, &m->task, .id = now + 1000, .kind = BOUNDARY_LOGIN,
		      .role = cron ? ROLE_CRON : ROLE_SSHD, .to_uid = alice ? 1001 : 1002,
		      .session_id = (uint32_t)now);
		snprintf(m->who, sizeof(m->who), "%s:%s", cron ? "cron" : "human",
			 alice ? "alice" : "deployer");
		return;
	}
	case 3: /* becoming somebody else changes no who */
		CROSS(t, &m->task, .id = now + 1000, .kind = BOUNDARY_BECOME, .role = ROLE_SUDO);
		return;
	case 4: /* nor do login uids that nobody trusted set */
		CROSS(t, &m->task, .id = now + 1000, .kind = BOUNDARY_LOGIN, .role = ROLE_NONE,
		      .to_uid = 1002, .session_id = 4);
		return;
	default:
		check_member(t, m);
	}
}

static void random_histories_never_give_a_wrong_name(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 20; seed++) {
		struct identity_table *t = new_table(0, 0);
		struct member world[WORLD];
		uint32_t dice_seed = seed;
		uint64_t clock = 1000000;

		for (uint32_t i = 0; i < WORLD; i++) {
			world[i] =
				(struct member){task_of(500 + i, 0), "anon:before-start", "/seed"};
			CROSS(t, &world[i].task, .id = 10 + i, .kind = BOUNDARY_SEED,
			      .exe = STR_LIT("/seed"), .cgroup = STR_LIT("/"));
		}
		for (unsigned i = 0; i < 5000; i++)
			step(t, world, &dice_seed, &clock);
		for (uint32_t i = 0; i < WORLD; i++)
			check_member(t, &world[i]);
		identity_free(t);
	}
}

/* With tables that are far too small a name may be lost; another one's never appears. */
static void random_histories_in_tiny_tables_never_give_a_wrong_name(void **state)
{
	struct identity_table *t = new_table(8, 8);
	uint32_t seed = 99, named = 0, lost = 0;
	struct task tasks[40];

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(tasks); i++) {
		tasks[i] = task_of(100 + i, 0);
		CROSS(t, &tasks[i], .id = 10 + i, .kind = BOUNDARY_LOGIN, .role = ROLE_SSHD,
		      .to_uid = 10000 + i, .session_id = i);
	}
	for (unsigned round = 0; round < 4000; round++) {
		uint32_t i = dice(&seed, ARRAY_SIZE(tasks));
		struct event ev;
		char want[32];

		if (dice(&seed, 3) == 0)
			CROSS(t, &tasks[i], .id = 100000 + round, .kind = BOUNDARY_LOGIN,
			      .role = ROLE_SSHD, .to_uid = 10000 + i, .session_id = i);
		ev = act(t, EVENT_FILE_READ, &tasks[i]);
		snprintf(want, sizeof(want), "human:uid=%u", 10000 + i);
		if (str_is(ev.who.id.who, want))
			named++;
		else
			lost += str_is(ev.who.id.who, "anon:boundary-lost");
		assert_true(named + lost == round + 1);
	}
	assert_true(named > 1000 && lost > 100);
	identity_free(t);
}

/* --- explanations */

static bool has_fact(json_t *root, const char *source, const char *part)
{
	size_t i;
	json_t *f;

	json_array_foreach (json_object_get(root, "facts"), i, f) {
		assert_non_null(json_object_get(f, "trust"));
		if (strcmp(json_string_value(json_object_get(f, "source")), source) == 0 &&
		    strstr(json_string_value(json_object_get(f, "fact")), part))
			return true;
	}
	return false;
}

static const char *text_at(json_t *root, const char *object, const char *member)
{
	const char *text =
		json_string_value(json_object_get(json_object_get(root, object), member));

	return text ? text : "";
}

static void identities_are_explained(void **state)
{
	struct identity_table *t = new_table(0, 0);
	struct task sshd = task_of(10, 0), shell, child;
	json_t *root;

	(void)state;
	CROSS(t, &sshd, .id = 20, .kind = BOUNDARY_SEED, .exe = STR_LIT("/usr/sbin/sshd"),
	      .cgroup = STR_LIT("/system.slice/ssh.service"));
	shell = fork_task(t, &sshd, 11, 11);
	CROSS(t, &shell, .id = 21, .kind = BOUNDARY_LOGIN, .role = ROLE_SSHD, .opener_pid = 11,
	      .to_uid = 1001, .session_id = 26);
	child = fork_task(t, &shell, 12, 12);
	CROSS(t, &child, .id = 22, .kind = BOUNDARY_BECOME, .role = ROLE_SUDO, .opener_pid = 11,
	      .from_uid = 1001);
	exec_task(t, &child, "/tmp/\xff\n\x1b[31m");
	child.flags = TASK_SELF_MOVED;
	act(t, EVENT_FILE_READ, &child);

	root = explain(t, "12");
	assert_non_null(root);
	assert_string_equal(text_at(root, "identity", "who"), "human:alice");
	assert_string_equal(text_at(root, "identity", "boundary"), "b22");
	assert_int_equal(json_array_size(json_object_get(json_object_get(root, "identity"), "via")),
			 2);
	assert_true(has_fact(root, "kernel",
			     "set the login uid of pid 11 to 1001 (alice), session 26"));
	assert_true(has_fact(root, "kernel", "turned uid 1001 (alice) into 0 (root)"));
	assert_true(has_fact(root, "kernel", "descends from pid 11 /usr/sbin/sshd, 1 generation"));
	assert_true(has_fact(root, "kernel", "cgroup /system.slice/ssh.service"));
	assert_true(has_fact(root, "flag", "moved to another cgroup"));
	assert_int_equal(json_array_size(json_object_get(root, "boundaries")), 3);
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(json_object_get(root, "boundaries"), 0), "id")),
			    "b20");
	json_decref(root);

	root = explain(t, "b22");
	assert_non_null(root);
	assert_null(json_object_get(root, "process"));
	json_decref(root);
	assert_null(explain(t, "99"));
	assert_null(explain(t, "b99"));
	assert_null(explain(t, "bx"));
	assert_null(explain(t, ""));
	assert_null(explain(t, "99999999999"));
	identity_free(t);
}

static void nobody_is_explained_too(void **state)
{
	struct identity_table *t = new_table(0, 0);
	struct task lost = task_of(10, 777), seeded = task_of(11, 0);
	json_t *root;

	(void)state;
	act(t, EVENT_FILE_READ, &lost);
	root = explain(t, "10");
	assert_true(has_fact(root, "none", "lost"));
	json_decref(root);
	CROSS(t, &seeded, .id = 20, .kind = BOUNDARY_SEED, .cgroup = STR_LIT("/"));
	root = explain(t, "11");
	assert_true(has_fact(root, "none", "ran before whodid started"));
	assert_true(has_fact(root, "flag", "ran before whodid started"));
	json_decref(root);
	root = explain(t, "b1");
	assert_true(has_fact(root, "kernel", "thread of the kernel"));
	json_decref(root);
	identity_free(t);
}

static void processes_are_listed_live_ones_first(void **state)
{
	struct identity_table *t = new_table(0, 0);
	struct task a = task_of(10, BOUNDARY_ID_KERNEL), b;
	struct json w;
	char *line, *rest = NULL;
	unsigned lines = 0;

	(void)state;
	exec_task(t, &a, "/a");
	b = fork_task(t, &a, 11, 11);
	act(t, EVENT_EXIT, &a);
	(void)b;
	json_init(&w, 1 << 20);
	identity_list_processes(t, &test_host, &w);
	json_text(&w, (struct str){"", 1});
	for (line = strtok_r(w.buf, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest), lines++) {
		json_t *root = json_loads(line, 0, NULL), *p;

		assert_non_null(root);
		p = json_object_get(root, "process");
		assert_int_equal(json_integer_value(json_object_get(p, "pid")), lines ? 10 : 11);
		assert_string_equal(text_at(root, "identity", "who"), "kernel");
		json_decref(root);
	}
	assert_int_equal(lines, 2);
	json_release(&w);
	identity_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes_know_where_they_come_from),
		cmocka_unit_test(unknown_process_is_made_from_its_record),
		cmocka_unit_test(reused_pids_stay_apart),
		cmocka_unit_test(ancestry_ends),
		cmocka_unit_test(full_tables_forget_the_dead_first),
		cmocka_unit_test(overfull_tables_say_that_they_forgot),
		cmocka_unit_test(reused_uids_get_the_new_name),
		cmocka_unit_test(tables_of_one_entry_work),
		cmocka_unit_test(random_histories_never_give_a_wrong_name),
		cmocka_unit_test(random_histories_in_tiny_tables_never_give_a_wrong_name),
		cmocka_unit_test(identities_are_explained),
		cmocka_unit_test(nobody_is_explained_too),
		cmocka_unit_test(processes_are_listed_live_ones_first),
	};

	return cmocka_run_group_tests(tests, make_passwd, remove_passwd);
}
