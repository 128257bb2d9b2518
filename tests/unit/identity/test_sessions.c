/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a login, and of the session, which is when its last process has gone. */
#include "history.h"

#define SSHD  5
#define LOGIN 50

/* sshd's child lets alice in and starts her shell. */
static struct task log_in(struct identity_table *t, struct task *child)
{
	struct task sshd = task_of(SSHD, BOUNDARY_ID_KERNEL);

	exec_task(t, &sshd, "/usr/sbin/sshd");
	*child = fork_task(t, &sshd, 100, 100);
	CROSS(t, child, .id = LOGIN, .kind = BOUNDARY_LOGIN, .role = ROLE_SSHD, .to_uid = 1001,
	      .session_id = 7, .opener_pid = 100, .opener_start_ns = 100);
	return fork_task(t, child, 101, 101);
}

static struct event end_of(struct identity_table *t, const struct task *task, int64_t wall_ns)
{
	struct event ev = event_of(EVENT_EXIT, task);

	ev.what.wall_ns = wall_ns;
	ev.what.boot_ns = (uint64_t)wall_ns;
	identity_attach(t, &ev);
	return ev;
}

static bool ends(struct identity_table *t, const struct event *cause)
{
	struct event out;

	return identity_take_ended(t, cause, &out);
}

static void last_process_ends_the_session(void **state)
{
	struct identity_table *t = new_table(0, 0);
	struct task child, shell = log_in(t, &child), left = fork_task(t, &shell, 102, 102);
	struct event ev, end;

	(void)state;
	exec_task(t, &shell, "/bin/bash");
	ev = end_of(t, &shell, 2000);
	assert_false(ends(t, &ev));
	ev = end_of(t, &child, 3000); /* sshd's child: the login is over, something is left */
	assert_false(ends(t, &ev));
	ev = end_of(t, &left, 9000);
	assert_true(identity_take_ended(t, &ev, &end));
	assert_int_equal(end.what.type, EVENT_SESSION_END);
	ASSERT_STR(end.who.id.who, "human:alice");
	ASSERT_STR(end.who.id.session, "7");
	assert_int_equal(end.what.session.login_end_wall_ns, 3000);
	assert_int_equal(end.what.wall_ns, 9000);
	assert_int_equal(end.what.session.duration_ns, 8999);
	assert_int_equal(end.what.crossing.id, LOGIN);
	assert_false(identity_take_ended(t, &ev, &end));
	identity_free(t);
}

/* sudo, containers: what was crossed into from the session is part of it. */
static void what_lies_inside_keeps_it_open(void **state)
{
	struct identity_table *t = new_table(0, 0);
	struct task child, shell = log_in(t, &child), root;
	struct event ev;

	(void)state;
	root = fork_task(t, &shell, 102, 102);
	CROSS(t, &root, .id = 60, .kind = BOUNDARY_BECOME, .role = ROLE_SUDO, .to_uid = 0);
	ev = end_of(t, &shell, 2000);
	ev = end_of(t, &child, 3000);
	assert_false(ends(t, &ev));
	ev = end_of(t, &root, 4000);
	assert_true(ends(t, &ev));
	identity_free(t);
}

/* The only process crosses from the login into something inside of it: nothing has ended. */
static void crossing_deeper_ends_nothing(void **state)
{
	struct identity_table *t = new_table(0, 0);
	struct task child, shell = log_in(t, &child);
	struct event ev;

	(void)state;
	end_of(t, &child, 2000);
	ev = CROSS(t, &shell, .id = 60, .kind = BOUNDARY_BECOME, .role = ROLE_SU, .to_uid = 1002);
	assert_false(ends(t, &ev));
	ev = end_of(t, &shell, 3000);
	assert_true(ends(t, &ev));
	identity_free(t);
}

/* A process that the table had no room for may live on: no end is said. */
static void what_was_forgotten_has_no_end(void **state)
{
	struct identity_table *t = new_table(0, 3);
	struct task child, shell = log_in(t, &child), other;
	struct event ev;

	(void)state;
	other = task_of(200, BOUNDARY_ID_KERNEL);
	act(t, EVENT_FILE_READ, &other); /* pushes sshd's or the shell's entry out */
	act(t, EVENT_FILE_READ, &other);
	other = task_of(201, BOUNDARY_ID_KERNEL);
	act(t, EVENT_FILE_READ, &other);
	ev = end_of(t, &child, 2000);
	assert_false(ends(t, &ev));
	(void)shell;
	identity_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(last_process_ends_the_session),
		cmocka_unit_test(what_lies_inside_keeps_it_open),
		cmocka_unit_test(crossing_deeper_ends_nothing),
		cmocka_unit_test(what_was_forgotten_has_no_end),
	};

	return cmocka_run_group_tests(tests, make_passwd, remove_passwd);
}
