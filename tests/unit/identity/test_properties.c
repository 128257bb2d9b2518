/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What holds in every history: a task has its parent's boundary unless a crossing was made, and who it is was
 * opened in its own lineage: clients of a server that people share, who have no key here, name nobody.
 */
#include "history.h"

#include <sys/socket.h>

#define TASKS  48
#define LOGINS 60 /* each with a uid of its own, a bit in a mask */
#define STEPS  4000

struct member {
	struct task task;
	uint64_t may_be; /* logins in its lineage, as bits */
	bool is_server, alive;
};

static struct member world[TASKS];
static uint32_t seed, logins, named;
static uint64_t next_boundary, now;

static uint32_t dice(uint32_t sides)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % sides;
}

static struct member *anyone(void)
{
	struct member *m;

	do
		m = &world[dice(TASKS)];
	while (!m->alive);
	return m;
}

/* The event says who it is: one of its own, or nobody. */
static void check(const struct member *m, const struct event *ev)
{
	unsigned uid;
	char who[64];

	assert_int_equal(ev->who.id.boundary, m->task.boundary);
	snprintf(who, sizeof(who), "%.*s", STR_ARG(ev->who.id.who));
	if (sscanf(who, "human:uid=%u", &uid) == 1) {
		named++;
		if (!(m->may_be >> (uid - 10000) & 1))
			fail_msg("%s is nobody's who led here (may be %llx)", who,
				 (unsigned long long)m->may_be);
	} else if (!str_starts(ev->who.id.who, "anon:")) {
		assert_true(str_starts(ev->who.id.who, "unit:"));
	}
}

static void look(const struct member *m)
{
	struct event ev = act(table, EVENT_FILE_READ, &m->task);

	check(m, &ev);
}

static struct member *have_child(const struct member *parent)
{
	struct member *child = &world[dice(TASKS)];

	if (child->alive) {
		if (child == parent || dice(2))
			return NULL;
		act(table, EVENT_EXIT, &child->task);
	}
	*child = *parent;
	child->is_server = false;
	/* few numbers, so that they are used again and again */
	child->task = fork_task(table, &parent->task, 1000 + dice(64), ++now);
	return child;
}

static void log_in(struct member *m)
{
	uint32_t n = logins < LOGINS ? logins++ : dice(LOGINS);

	CROSS(table, &m->task, .id = ++next_boundary, .kind = BOUNDARY_LOGIN, .role = ROLE_SSHD,
	      .to_uid = 10000 + n, .session_id = 100 + (uint32_t)next_boundary,
	      .opener_pid = m->task.pid, .opener_start_ns = m->task.start_ns);
	m->may_be |= 1ull << n;
}

static void become(struct member *m)
{
	CROSS(table, &m->task, .id = ++next_boundary, .kind = BOUNDARY_BECOME, .role = ROLE_SUDO,
	      .to_uid = dice(3));
}

/* By the first process, or by somebody who may not decide that. */
static void move(struct member *m)
{
	CROSS(table, &m->task, .id = ++next_boundary, .kind = BOUNDARY_CGROUP,
	      .role = dice(2) ? ROLE_SERVICE_MANAGER : ROLE_NONE, .opener_pid = 1,
	      .cgroup = STR_LIT("/system.slice/x.service"));
}

/* Sets its own login uid: to anybody's. */
static void pretend(struct member *m)
{
	m->task.login_uid = 10000 + dice(LOGINS);
	m->task.flags |= TASK_SELF_LOGINUID;
}

static void serve(struct member *m)
{
	exec_task(table, &m->task, "/usr/bin/tmux");
	m->is_server = true;
}

/* A client connects, and maybe has a window opened. */
static void visit(struct member *client)
{
	struct member *server = anyone(), *child;
	struct event ev = event_of(EVENT_NET_CONNECT, &client->task);

	if (!server->is_server)
		return;
	if (dice(2))
		exec_task(table, &client->task, "/usr/bin/tmux");
	ev.what.boot_ns = ++now;
	ev.what.outcome = OUTCOME_OK;
	ev.what.net.family = AF_UNIX;
	ev.what.target.pid = server->task.pid;
	ev.what.target.start_ns = server->task.start_ns;
	identity_attach(table, &ev);
	child = have_child(server);
	if (!child || child == client)
		return;
	ev = event_of(EVENT_BOUNDARY, &child->task);
	ev.what.boot_ns = ++now;
	ev.what.crossing.parent_id = child->task.boundary;
	child->task.boundary = ev.what.boundary = ev.what.crossing.id = ++next_boundary;
	ev.what.crossing.kind = BOUNDARY_HANDOFF;
	ev.what.crossing.role = ROLE_MULTIPLEXER;
	ev.what.crossing.opener_pid = server->task.pid;
	ev.what.crossing.opener_start_ns = server->task.start_ns;
	identity_attach(table, &ev);
	check(child, &ev);
}

static void step(void)
{
	static void (*const acts[])(struct member * m) = {log_in,  become, move,
							  pretend, serve,  visit};
	struct member *m = anyone();
	uint32_t what = dice(16);

	if (what < 6)
		acts[what](m);
	else if (what < 10)
		m = have_child(m);
	else if (what == 10)
		exec_task(table, &m->task, "/bin/sh");
	if (m && m->alive)
		look(m);
}

static void run(uint32_t from, size_t boundaries, size_t processes)
{
	seed = from;
	logins = 0;
	next_boundary = 100;
	now = 1000000;
	table = new_table(boundaries, processes);
	memset(world, 0, sizeof(world));
	for (uint32_t i = 0; i < TASKS / 2; i++) {
		world[i] = (struct member){.task = task_of(500 + i, 0), .alive = true};
		CROSS(table, &world[i].task, .id = ++next_boundary, .kind = BOUNDARY_SEED,
		      .exe = STR_LIT("/seed"), .cgroup = STR_LIT("/"));
	}
	for (unsigned i = 0; i < STEPS; i++)
		step();
	for (uint32_t i = 0; i < TASKS; i++)
		if (world[i].alive)
			look(&world[i]);
	identity_free(table);
}

static void nobody_is_named_from_outside_the_lineage(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 25; i++)
		run(i, 0, 0);
	assert_true(named > 10000); /* it is not by naming nobody that nobody is wrong */
}

static void nor_with_tables_that_are_too_small(void **state)
{
	(void)state;
	for (uint32_t i = 100; i < 125; i++)
		run(i, 12, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_named_from_outside_the_lineage),
		cmocka_unit_test(nor_with_tables_that_are_too_small),
	};

	return cmocka_run_group_tests(tests, make_passwd, remove_passwd);
}
