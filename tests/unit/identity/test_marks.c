/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that somebody else has a hand in: whose they are said to be, and for how long that is known. */
#include "history.h"

#include <arpa/inet.h>

static struct task alice, bob;

/* Two people, and who they are. */
static struct task person(uint32_t pid, uint32_t uid)
{
	struct task sshd = task_of(5, 0), task;

	CROSS(table, &sshd, .id = 100 + pid, .kind = BOUNDARY_SEED,
	      .exe = STR_LIT("/usr/sbin/sshd"), .cgroup = STR_LIT("/system.slice/ssh.service"));
	task = fork_task(table, &sshd, pid, pid * 1000);
	task.uid = uid;
	CROSS(table, &task, .id = 200 + pid, .kind = BOUNDARY_LOGIN, .role = ROLE_SSHD,
	      .opener_pid = pid, .opener_start_ns = task.start_ns, .to_uid = uid,
	      .session_id = pid);
	return task;
}

static int new_people(void **state)
{
	new_case(state);
	alice = person(11, 1001);
	bob = person(12, 1002);
	return 0;
}

static struct event reach(const struct task *by, const struct task *target, uint32_t op,
			  enum outcome outcome)
{
	struct event ev = event_of(EVENT_PTRACE, by);

	ev.what.target.pid = target->pid;
	ev.what.target.start_ns = target->start_ns;
	ev.what.target.boundary = target->boundary;
	ev.what.target.op = op;
	ev.what.outcome = outcome;
	identity_attach(table, &ev);
	return ev;
}

static void ask_unix(const struct task *by, const struct task *server)
{
	struct event ev = event_of(EVENT_NET_CONNECT, by);

	ev.what.outcome = OUTCOME_OK;
	ev.what.net.family = AF_UNIX;
	ev.what.target.pid = server->pid;
	ev.what.target.start_ns = server->start_ns;
	identity_attach(table, &ev);
}

static void listen_at(const struct task *server, uint16_t port)
{
	struct event ev = event_of(EVENT_NET_LISTEN, server);

	ev.what.outcome = OUTCOME_OK;
	ev.what.net.family = AF_INET6;
	ev.what.net.proto = IPPROTO_TCP;
	ev.what.net.dst_port = port;
	identity_attach(table, &ev);
}

static void ask_tcp(const struct task *by, const char *from, const char *to, uint16_t port)
{
	struct event ev = event_of(EVENT_NET_CONNECT, by);

	ev.what.outcome = OUTCOME_OK;
	ev.what.net.family = AF_INET;
	ev.what.net.proto = IPPROTO_TCP;
	assert_int_equal(inet_pton(AF_INET, from, ev.what.net.src), 1);
	assert_int_equal(inet_pton(AF_INET, to, ev.what.net.dst), 1);
	ev.what.net.src_port = 4000;
	ev.what.net.dst_port = port;
	identity_attach(table, &ev);
}

static void assert_marked(const struct task *task, const char *who, uint32_t flags, const char *by)
{
	struct event ev = act(table, EVENT_FILE_READ, task);

	ASSERT_STR(ev.who.id.who, who);
	assert_int_equal(ev.who.id.flags, flags);
	assert_int_equal(ev.who.id.who_level, flags ? ASSURANCE_DERIVED : ASSURANCE_KERNEL);
	if (by)
		ASSERT_STR(ev.who.id.by, by);
	else
		assert_null(ev.who.id.by.p);
}

static void memory_of_others(void **state)
{
	static const uint32_t ops[] = {PTRACE_OP_ATTACH, PTRACE_OP_SEIZE, PTRACE_OP_WRITE,
				       PTRACE_OP_OPEN_WRITE};

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(ops); i++) {
		struct task older, younger, victim = fork_task(table, &bob, 20 + i, 20000 + i);

		older = fork_task(table, &victim, 30 + i, 30000 + i);
		reach(&alice, &victim, PTRACE_OP_READ, OUTCOME_OK);
		reach(&alice, &victim, ops[i], OUTCOME_FAILED);
		reach(&bob, &victim, ops[i], OUTCOME_OK); /* their own debugger */
		assert_marked(&victim, "human:deployer", 0, NULL);
		reach(&alice, &victim, ops[i], OUTCOME_OK);
		younger = fork_task(table, &victim, 40 + i, 40000 + i);
		exec_task(table, &younger, "/bin/true");
		assert_marked(&victim, "human:deployer", ID_REACHED_INTO, "human:alice");
		assert_marked(&younger, "human:deployer", ID_REACHED_INTO, "human:alice");
		assert_marked(&older, "human:deployer", 0, NULL);
	}
}

/* What bob does by way of alice's process is no more hers where it goes on in another one of hers. */
static void what_the_marked_reach(void **state)
{
	struct task victim = fork_task(table, &bob, 20, 20000);
	struct task server = fork_task(table, &bob, 21, 21000),
		    next = fork_task(table, &bob, 22, 22000);

	(void)state;
	reach(&alice, &victim, PTRACE_OP_ATTACH, OUTCOME_OK);
	ask_unix(&victim, &server);
	reach(&victim, &next, PTRACE_OP_ATTACH, OUTCOME_OK);
	assert_marked(&server, "human:deployer", ID_SERVES_OTHERS, "human:alice");
	assert_marked(&next, "human:deployer", ID_REACHED_INTO, "human:alice");
	assert_marked(&bob, "human:deployer", 0, NULL);
}

static void a_service_that_was_reached_into(void **state)
{
	struct task service = task_of(50, 0);
	struct event ev;

	(void)state;
	CROSS(table, &service, .id = 500, .kind = BOUNDARY_SEED, .exe = STR_LIT("/usr/sbin/nginx"),
	      .cgroup = STR_LIT("/system.slice/nginx.service"));
	reach(&alice, &service, PTRACE_OP_SEIZE, OUTCOME_OK);
	ev = act(table, EVENT_NET_CONNECT, &service);
	assert_true(ev.who.id.flags & ID_REACHED_INTO);
	ASSERT_STR(ev.who.id.by, "human:alice");
}

static void servers_of_people(void **state)
{
	struct task server = fork_task(table, &alice, 60, 60000), child, beside;

	(void)state;
	beside = fork_task(table, &alice, 61, 61000);
	listen_at(&server, 8080);
	ask_unix(&alice, &server);
	ask_tcp(&alice, "127.0.0.1", "127.0.0.1", 8080);
	ask_tcp(&bob, "127.0.0.1", "127.0.0.1", 8081);
	ask_tcp(&bob, "10.0.0.1", "10.0.0.2", 8080); /* another host's */
	assert_marked(&server, "human:alice", 0, NULL);
	ask_unix(&bob, &server);
	child = fork_task(table, &server, 62, 62000);
	assert_marked(&child, "human:alice", ID_SERVES_OTHERS, "human:deployer");
	assert_marked(&beside, "human:alice", 0, NULL);
}

static void servers_over_tcp(void **state)
{
	static const char *const from[] = {"127.0.0.1", "10.0.0.1", "127.0.0.1"},
				 *const to[] = {"127.0.0.1", "10.0.0.1", "10.0.0.1"};

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(from); i++) {
		struct task server = fork_task(table, &alice, 60 + i, 60000 + i);

		listen_at(&server, (uint16_t)(8080 + i));
		ask_tcp(&bob, from[i], to[i], (uint16_t)(8080 + i));
		assert_marked(&server, "human:alice", ID_SERVES_OTHERS, "human:deployer");
	}
}

/* They are there for others. */
static void servers_of_services(void **state)
{
	struct task service = task_of(50, 0);
	struct event ev;

	(void)state;
	CROSS(table, &service, .id = 500, .kind = BOUNDARY_SEED, .exe = STR_LIT("/usr/sbin/nginx"),
	      .cgroup = STR_LIT("/system.slice/nginx.service"));
	listen_at(&service, 80);
	ask_unix(&bob, &service);
	ask_tcp(&bob, "127.0.0.1", "127.0.0.1", 80);
	ev = act(table, EVENT_NET_CONNECT, &service);
	assert_int_equal(ev.who.id.flags, ID_SEEDED);
	assert_null(ev.who.id.by.p);
}

/* Two runs of one job have one name. */
static struct task job(uint32_t pid, const char *run)
{
	struct task worker = task_of(pid, 0), task;
	char env[200];
	int n = snprintf(env, sizeof(env),
			 "GITHUB_REPOSITORY=acme/app%cGITHUB_JOB=build%cGITHUB_RUN_ID=%s", 0, 0,
			 run);

	CROSS(table, &worker, .id = 600 + pid, .kind = BOUNDARY_SEED, .cgroup = STR_LIT("/"));
	struct event ev = event_of(EVENT_EXEC, &worker);

	ev.what.exec.exe = STR_LIT("/opt/runner/bin/Runner.Worker");
	ev.what.exec.argv = (struct str){"Runner.Worker\0spawnclient", 25};
	identity_attach(table, &ev);
	task = fork_task(table, &worker, pid + 1, pid + 1);
	CROSS(table, &task, .id = 700 + pid, .kind = BOUNDARY_CI, .role = ROLE_CI_SUPERVISOR,
	      .ci_system = CI_GITHUB, .opener_pid = pid, .opener_start_ns = worker.start_ns,
	      .cgroup = STR_LIT("/"), .environ = {env, (uint32_t)n});
	return task;
}

static void build_servers_over_jobs(void **state)
{
	struct task first = job(70, "1"), again = job(80, "1"), second = job(90, "2"), server;
	struct event ev;

	(void)state;
	server = fork_task(table, &first, 75, 75);
	ask_unix(&again, &server);
	ev = act(table, EVENT_FILE_WRITE, &server);
	ASSERT_STR(ev.who.id.who, "ci:github/acme/app/build");
	assert_false(ev.who.id.flags & ID_SERVES_OTHERS);
	ask_unix(&second, &server);
	ev = act(table, EVENT_FILE_WRITE, &server);
	ASSERT_STR(ev.who.id.who, "ci:github/acme/app/build");
	assert_true(ev.who.id.flags & ID_SERVES_OTHERS);
	ASSERT_STR(ev.who.id.by, "ci:github/acme/app/build");
}

static uint8_t notes[64][8192];
static size_t note_sizes[64], note_count;

static void take_note(void *ctx, uint64_t boundary, const void *note, size_t size)
{
	(void)ctx;
	(void)boundary;
	if (!size || note_count == ARRAY_SIZE(notes))
		return;
	memcpy(notes[note_count], note, size);
	note_sizes[note_count++] = size;
}

static void known_to_the_next_daemon(void **state)
{
	struct identity_keeper keeper = {take_note, NULL};

	(void)state;
	reach(&alice, &bob, PTRACE_OP_ATTACH, OUTCOME_OK);
	note_count = 0;
	identity_keep(table, &keeper);
	identity_free(table);
	table = new_table(0, 0);
	for (size_t i = 0; i < note_count; i++)
		assert_int_equal(identity_restore(table, notes[i], note_sizes[i]), 0);
	assert_marked(&bob, "human:deployer", ID_REACHED_INTO, NULL); /* by whom is not kept */
	assert_marked(&alice, "human:alice", 0, NULL);
}

/* A table that is filled up forgets who was reached into, and not that somebody was. */
static void forgotten_for_want_of_room(void **state)
{
	struct task parent, victim, late;

	(void)state;
	identity_free(table);
	table = new_table(0, 64);
	alice = person(11, 1001);
	bob = person(12, 1002);
	for (uint32_t i = 0; i < 70; i++) { /* more than are remembered beside the table */
		victim = fork_task(table, &bob, 20, 20000 + i);
		reach(&alice, &victim, PTRACE_OP_ATTACH, OUTCOME_OK);
	}
	victim = fork_task(table, &victim, 21, 30000);
	parent = fork_task(table, &bob, 22, 31000);
	for (uint32_t i = 0; i < 100; i++)
		fork_task(table, &parent, 100 + i, 40000 + i);
	assert_true(act(table, EVENT_FILE_READ, &victim).who.id.flags & ID_REACHED_INTO);
	late = fork_task(table, &parent, 300, 90000);
	assert_marked(&late, "human:deployer", 0, NULL);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, new_people, end_case)
	const struct CMUnitTest cases[] = {
		CASE(what_the_marked_reach),
		CASE(memory_of_others),
		CASE(a_service_that_was_reached_into),
		CASE(servers_of_people),
		CASE(servers_over_tcp),
		CASE(servers_of_services),
		CASE(build_servers_over_jobs),
		CASE(known_to_the_next_daemon),
		CASE(forgotten_for_want_of_room),
	};

	return cmocka_run_group_tests(cases, make_passwd, remove_passwd);
}
