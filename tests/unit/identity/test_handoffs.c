/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Servers of terminal multiplexers that people share: a window is whose server it is, flagged once others have
 * been there, and a client's only where it is the same person's by their key.
 */
#include "notes.h"

#include <arpa/inet.h>

#define TMUX   "/usr/bin/tmux"
#define KEY_A  "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define KEY_B  "SHA256:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define SECOND 1000000000ull

static uint64_t next_id = 100;

/* sshd says with which key it lets somebody in. */
static void tell_key(const struct task *monitor, const char *key)
{
	struct event ev = event_of(EVENT_AUTH_LOG, monitor);
	char line[300];

	snprintf(
		line, sizeof(line),
		"<38>Nov 24 06:58:38 sshd[7]: Accepted publickey for alice from 10.0.0.7 port 4000 "
		"ssh2: ED25519 %s",
		key);
	ev.what.auth.text = str_of(line);
	identity_attach(table, &ev);
}

/* Somebody logs in to the one account that all have; their shell. key NULL = by a password. */
static struct task person(uint32_t pid, uint32_t session, const char *key)
{
	struct task listener = task_of(5, BOUNDARY_ID_KERNEL), sshd, task;

	exec_task(table, &listener, "/usr/sbin/sshd");
	sshd = fork_task(table, &listener, pid + 50, pid + 50);
	if (key)
		tell_key(&sshd, key);
	task = fork_task(table, &sshd, pid, pid * 1000);
	task.uid = 1001;
	CROSS(table, &task, .id = ++next_id, .kind = BOUNDARY_LOGIN, .role = ROLE_SSHD,
	      .to_uid = 1001, .session_id = session, .opener_pid = sshd.pid,
	      .opener_start_ns = sshd.start_ns);
	return task;
}

static struct task tmux_of(const struct task *by, uint32_t pid)
{
	struct task task = fork_task(table, by, pid, pid * 1000);

	exec_task(table, &task, TMUX);
	return task;
}

static void connect_to(const struct task *client, const struct task *server, uint64_t boot_ns)
{
	struct event ev = event_of(EVENT_NET_CONNECT, client);

	ev.what.boot_ns = boot_ns;
	ev.what.outcome = OUTCOME_OK;
	ev.what.net.family = AF_UNIX;
	ev.what.target.pid = server->pid;
	ev.what.target.start_ns = server->start_ns;
	identity_attach(table, &ev);
}

/* The server starts a window; what its shell does. */
static struct event window(const struct task *server, uint64_t boot_ns, struct task *out)
{
	uint64_t pid = ++next_id;
	struct task task = fork_task(table, server, (uint32_t)pid, pid);
	struct event ev = event_of(EVENT_BOUNDARY, &task);

	task.boundary = ++next_id;
	ev.what.boundary = task.boundary;
	ev.what.boot_ns = boot_ns;
	ev.what.crossing.id = task.boundary;
	ev.what.crossing.parent_id = server->boundary;
	ev.what.crossing.kind = BOUNDARY_HANDOFF;
	ev.what.crossing.role = ROLE_MULTIPLEXER;
	ev.what.crossing.opener_pid = server->pid;
	ev.what.crossing.opener_start_ns = server->start_ns;
	identity_attach(table, &ev);
	if (out)
		*out = task;
	return exec_task(table, &task, "/bin/sh");
}

/* Somebody's client connects. */
static void visit(const struct task *by, const struct task *server, uint64_t boot_ns)
{
	struct task client = tmux_of(by, (uint32_t)++next_id);

	connect_to(&client, server, boot_ns);
}

static bool is_flagged(const struct event *ev)
{
	bool flagged = ev->who.id.flags & ID_HANDOFF;

	assert_int_equal(ev->who.id.who_level, flagged ? ASSURANCE_DERIVED : ASSURANCE_KERNEL);
	return flagged;
}

/* bob's code may be what comes as alice's client. */
static void a_client_that_somebody_reached_into_is_nobodys(void **state)
{
	struct task alice = person(100, 25, KEY_A), bob = person(200, 26, KEY_B),
		    server = tmux_of(&alice, 101), client = tmux_of(&alice, 102);
	struct event ev = event_of(EVENT_PTRACE, &bob);

	(void)state;
	ev.what.target.pid = client.pid;
	ev.what.target.start_ns = client.start_ns;
	ev.what.target.boundary = client.boundary;
	ev.what.target.op = PTRACE_OP_ATTACH;
	ev.what.outcome = OUTCOME_OK;
	identity_attach(table, &ev);
	connect_to(&client, &server, 10 * SECOND);
	ev = window(&server, 10 * SECOND + 1, NULL);
	assert_true(is_flagged(&ev));
}

static void a_window_in_another_ones_server_is_flagged(void **state)
{
	struct task alice = person(100, 25, KEY_A), bob = person(200, 26, KEY_B),
		    server = tmux_of(&alice, 101), pane;
	struct event ev;

	(void)state;
	visit(&alice, &server, 10 * SECOND);
	ev = window(&server, 10 * SECOND + 1, &pane);
	ASSERT_ID(ev, "human:alice", "ssh,tmux", "host", "KKK");
	ASSERT_STR(ev.who.id.session, "25");
	assert_false(is_flagged(&ev));
	/* alice may have told her server what to do as soon as bob comes */
	visit(&bob, &server, 20 * SECOND);
	ev = window(&server, 20 * SECOND + 1, NULL);
	ASSERT_ID(ev, "human:alice", "ssh,tmux", "host", "DDK");
	ASSERT_STR(ev.who.id.session, "25");
	ASSERT_STR(ev.who.id.login.key_fingerprint, KEY_A);
	ASSERT_STR(ev.who.id.by, "human:alice");
	assert_true(is_flagged(&ev));
	/* her pane may be typed into by bob from now on, and later windows may be either's */
	ev = act(table, EVENT_FILE_READ, &pane);
	ASSERT_STR(ev.who.id.session, "25");
	assert_null(ev.who.id.by.p);
	assert_true(is_flagged(&ev));
	ev = window(&server, 40 * SECOND, NULL);
	ASSERT_STR(ev.who.id.session, "25");
	assert_null(ev.who.id.by.p);
	assert_true(is_flagged(&ev));
}

static void one_persons_sessions_are_told_apart_by_their_key(void **state)
{
	struct task first = person(100, 25, KEY_A), second = person(200, 26, KEY_A),
		    bob = person(300, 27, KEY_B), server = tmux_of(&first, 101);
	struct event ev;

	(void)state;
	visit(&second, &server, 10 * SECOND);
	ev = window(&server, 10 * SECOND + 1, NULL);
	ASSERT_STR(ev.who.id.session, "26");
	ASSERT_STR(ev.who.id.via, "ssh,tmux");
	assert_true(is_flagged(&ev));
	/* once bob was there, it may be he who waits for alice's next visit */
	visit(&bob, &server, 20 * SECOND);
	visit(&second, &server, 30 * SECOND);
	ev = window(&server, 30 * SECOND + 1, NULL);
	ASSERT_STR(ev.who.id.session, "25");
	assert_true(is_flagged(&ev));
}

static void passwords_tell_nobody_apart(void **state)
{
	struct task alice = person(100, 25, NULL), bob = person(200, 26, NULL),
		    server = tmux_of(&alice, 101);
	struct event ev;

	(void)state;
	visit(&bob, &server, 10 * SECOND);
	ev = window(&server, 10 * SECOND + 1, NULL);
	ASSERT_STR(ev.who.id.session, "25");
	assert_true(is_flagged(&ev));
}

static void who_may_have_asked_is_not_guessed(void **state)
{
	struct task alice = person(100, 25, KEY_A), bob = person(200, 26, KEY_A),
		    carol = person(300, 27, KEY_B);
	struct task server = tmux_of(&alice, 101), client;
	struct event ev;

	(void)state;
	/* two people within a second */
	visit(&bob, &server, 10 * SECOND);
	visit(&carol, &server, 10 * SECOND + 5);
	ev = window(&server, 10 * SECOND + 9, NULL);
	ASSERT_STR(ev.who.id.session, "25");
	assert_null(ev.who.id.by.p);
	assert_true(is_flagged(&ev));
	/* another account */
	server = tmux_of(&alice, 102);
	bob.uid = 1002;
	visit(&bob, &server, 20 * SECOND);
	ev = window(&server, 20 * SECOND + 9, NULL);
	ASSERT_STR(ev.who.id.session, "25");
	assert_true(is_flagged(&ev));
	/* another program may speak as a client does */
	bob.uid = 1001;
	server = tmux_of(&alice, 103);
	client = fork_task(table, &bob, 400, 400);
	exec_task(table, &client, "/usr/bin/socat");
	connect_to(&client, &server, 30 * SECOND);
	ev = window(&server, 30 * SECOND + 9, NULL);
	ASSERT_STR(ev.who.id.session, "25");
	assert_true(is_flagged(&ev));
}

/* A client whose connection a ring made that others can use: it may have been one of those. */
static void a_visit_by_a_shared_ring_is_anybodys(void **state)
{
	struct task alice = person(100, 25, KEY_A), server = tmux_of(&alice, 101),
		    client = tmux_of(&alice, 102);
	struct event ev;

	(void)state;
	client.flags = TASK_SHARED_RING;
	connect_to(&client, &server, 10 * SECOND);
	ev = window(&server, 10 * SECOND + 1, NULL);
	ASSERT_STR(ev.who.id.session, "25");
	assert_null(ev.who.id.by.p);
	assert_true(is_flagged(&ev));
}

/* Who came before the sensor did was not seen. */
static void a_server_that_was_found_running_may_be_shared(void **state)
{
	struct task alice = person(100, 25, KEY_A), server = fork_task(table, &alice, 101, 101);
	struct event ev = event_of(EVENT_PROCESS, &server);

	(void)state;
	ev.what.exec.exe = STR_LIT(TMUX);
	identity_attach(table, &ev);
	visit(&alice, &server, 10 * SECOND);
	ev = window(&server, 10 * SECOND + 1, NULL);
	ASSERT_STR(ev.who.id.session, "25");
	assert_true(is_flagged(&ev));
}

/* A connection that was lost may have been anybody's. */
static void lost_visits_may_have_been_anybodys(void **state)
{
	struct task alice = person(100, 25, KEY_A), server = tmux_of(&alice, 101), pane;
	uint64_t lost[EVENT_TYPE_MAX] = {[EVENT_FILE_READ] = 1};
	struct event ev = {.what = {.type = EVENT_LOSS, .loss.by_type = lost}};

	(void)state;
	window(&server, 10 * SECOND, &pane);
	identity_missed(table, &ev.what);
	ev = act(table, EVENT_FILE_READ, &pane);
	assert_false(is_flagged(&ev));
	lost[EVENT_NET_CONNECT] = 1;
	ev = (struct event){.what = {.type = EVENT_LOSS, .loss.by_type = lost}};
	identity_missed(table, &ev.what);
	ev = act(table, EVENT_FILE_READ, &pane);
	ASSERT_STR(ev.who.id.session, "25");
	assert_true(is_flagged(&ev));
}

/* Also at a server that had not been met by then; at one that begins later nobody was unseen. */
static void a_server_from_before_a_loss_may_be_shared(void **state)
{
	struct task alice = person(100, 25, KEY_A), early = tmux_of(&alice, 101), late;
	uint64_t lost[EVENT_TYPE_MAX] = {[EVENT_NET_CONNECT] = 1};
	struct event ev = {
		.what = {.type = EVENT_LOSS, .boot_ns = early.start_ns, .loss.by_type = lost}};

	(void)state;
	identity_missed(table, &ev.what);
	late = tmux_of(&alice, 102);
	ev = window(&early, 10 * SECOND, NULL);
	assert_true(is_flagged(&ev));
	ev = window(&late, 10 * SECOND, NULL);
	assert_false(is_flagged(&ev));
}

/* Its exec was lost; that it starts windows says what it is. */
static void a_server_whose_exec_was_not_seen_is_one(void **state)
{
	struct task alice = person(100, 25, KEY_A), bob = person(200, 26, KEY_B),
		    server = fork_task(table, &alice, 101, 101000), pane;
	struct event ev;

	(void)state;
	ev = window(&server, 10 * SECOND, &pane);
	assert_false(is_flagged(&ev));
	visit(&bob, &server, 20 * SECOND);
	ev = act(table, EVENT_FILE_READ, &pane);
	ASSERT_STR(ev.who.id.session, "25");
	assert_true(is_flagged(&ev));
}

/* --- the next daemon */

/* Another daemon takes over, which finds the server running. */
static void take_over(const struct task *server)
{
	struct event ev = event_of(EVENT_PROCESS, server);

	identity_free(table);
	table = new_table(0, 0);
	restore_notes(table);
	ev.what.exec.exe = STR_LIT(TMUX);
	identity_attach(table, &ev);
}

static void the_next_daemon_knows_who_was_there(void **state)
{
	struct task alice = person(100, 25, KEY_A), bob = person(200, 26, KEY_B),
		    server = tmux_of(&alice, 101), pane;
	struct event ev;

	(void)state;
	forget_notes(NULL);
	identity_keep(table, &keeper);
	window(&server, 10 * SECOND, &pane);
	take_over(&server);
	ev = act(table, EVENT_FILE_READ, &pane);
	ASSERT_STR(ev.who.id.session, "25");
	assert_false(is_flagged(&ev));
	identity_keep(table, &keeper);
	visit(&bob, &server, 20 * SECOND);
	ev = act(table, EVENT_FILE_READ, &pane);
	assert_true(is_flagged(&ev));
	take_over(&server);
	ev = act(table, EVENT_FILE_READ, &pane);
	ASSERT_STR(ev.who.id.session, "25");
	assert_true(is_flagged(&ev));
}

/* It took over, but hooks were gone meanwhile. */
static void an_absence_hides_visits(void **state)
{
	struct task alice = person(100, 25, KEY_A), server = tmux_of(&alice, 101), pane;
	struct event ev;

	(void)state;
	forget_notes(NULL);
	identity_keep(table, &keeper);
	window(&server, 10 * SECOND, &pane);
	take_over(&server);
	identity_absent(table, 10, 20);
	ev = act(table, EVENT_FILE_READ, &pane);
	ASSERT_STR(ev.who.id.session, "25");
	assert_true(is_flagged(&ev));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_client_that_somebody_reached_into_is_nobodys,
						new_case, end_case),
		cmocka_unit_test_setup_teardown(a_window_in_another_ones_server_is_flagged,
						new_case, end_case),
		cmocka_unit_test_setup_teardown(one_persons_sessions_are_told_apart_by_their_key,
						new_case, end_case),
		cmocka_unit_test_setup_teardown(passwords_tell_nobody_apart, new_case, end_case),
		cmocka_unit_test_setup_teardown(who_may_have_asked_is_not_guessed, new_case,
						end_case),
		cmocka_unit_test_setup_teardown(lost_visits_may_have_been_anybodys, new_case,
						end_case),
		cmocka_unit_test_setup_teardown(a_server_from_before_a_loss_may_be_shared, new_case,
						end_case),
		cmocka_unit_test_setup_teardown(a_server_whose_exec_was_not_seen_is_one, new_case,
						end_case),
		cmocka_unit_test_setup_teardown(the_next_daemon_knows_who_was_there, new_case,
						end_case),
		cmocka_unit_test_setup_teardown(an_absence_hides_visits, new_case, end_case),
		cmocka_unit_test_setup_teardown(a_visit_by_a_shared_ring_is_anybodys, new_case,
						end_case),
		cmocka_unit_test_setup_teardown(a_server_that_was_found_running_may_be_shared,
						new_case, end_case),
	};

	return cmocka_run_group_tests(tests, make_passwd, remove_passwd);
}
