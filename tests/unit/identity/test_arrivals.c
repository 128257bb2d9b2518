/* SPDX-License-Identifier: Apache-2.0 */
/* A login gets sshd's own line, and one from this host belongs to who made the connection. */
#include "history.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#define KEY "SHA256:1VrYabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLM"
#define NS  4026531840u
#define LINE \
	"<38>Nov 23 17:50:32 sshd[11]: Accepted publickey for alice from %s port %u ssh2: ED25519 " KEY

static struct task listener;

static int begin_case(void **state)
{
	(void)state;
	table = new_table(0, 0);
	listener = task_of(10, 0);
	CROSS(table, &listener, .id = 100, .kind = BOUNDARY_SEED, .exe = STR_LIT("/usr/sbin/sshd"),
	      .cgroup = STR_LIT("/system.slice/ssh.service"));
	return 0;
}

#define SSHD_PORT 22

static const char *sshd_ip; /* NULL = the client's, as of a connection within the host */

static uint16_t put_address(uint8_t out[16], const char *ip)
{
	uint16_t family = strchr(ip, ':') ? AF_INET6 : AF_INET;

	memset(out, 0, 16);
	assert_int_equal(inet_pton(family, ip, out), 1);
	return family;
}

/* sshd tells its log that somebody came in from there; its connection says actual_port. */
static void accept_as(const struct task *monitor, const char *ip, uint16_t port,
		      uint16_t actual_port)
{
	struct event ev = event_of(EVENT_AUTH_LOG, monitor);
	char line[400];

	snprintf(line, sizeof(line), LINE, ip, port);
	ev.what.auth.text = str_of(line);
	ev.what.auth.ns = NS;
	ev.what.auth.family = put_address(ev.what.auth.src, ip);
	put_address(ev.what.auth.dst, sshd_ip ? sshd_ip : ip);
	ev.what.auth.src_port = actual_port;
	ev.what.auth.dst_port = SSHD_PORT;
	identity_attach(table, &ev);
	memset(line, 'x', sizeof(line)); /* what was said must have been kept */
}

static void accept_from(const struct task *monitor, const char *ip, uint16_t port)
{
	accept_as(monitor, ip, port, port);
}

static struct event log_in(struct task *monitor, uint64_t id)
{
	return CROSS(table, monitor, .id = id, .kind = BOUNDARY_LOGIN, .role = ROLE_SSHD,
		     .opener_pid = monitor->pid, .opener_start_ns = monitor->start_ns,
		     .to_uid = 1001, .session_id = 26,
		     .cgroup = STR_LIT("/system.slice/ssh.service"));
}

static void connect_to(const struct task *task, const char *ip, uint16_t port, uint16_t dst_port,
		       uint32_t ns)
{
	struct event ev = event_of(EVENT_NET_CONNECT, task);

	ev.what.outcome = OUTCOME_OK;
	ev.what.net.family = put_address(ev.what.net.src, ip);
	put_address(ev.what.net.dst, ip);
	ev.what.net.proto = IPPROTO_TCP;
	ev.what.net.src_port = port;
	ev.what.net.dst_port = dst_port;
	ev.what.net.ns = ns;
	identity_attach(table, &ev);
}

static void connect_from(const struct task *task, const char *ip, uint16_t port, uint32_t ns)
{
	connect_to(task, ip, port, SSHD_PORT, ns);
}

static struct task service(uint32_t pid, uint64_t id)
{
	struct task task = task_of(pid, 0);

	CROSS(table, &task, .id = id, .kind = BOUNDARY_CGROUP, .role = ROLE_SERVICE_MANAGER,
	      .opener_pid = 1, .cgroup = STR_LIT("/system.slice/deploy.service"));
	return task;
}

static struct event login_from(const char *ip, uint16_t port)
{
	struct task monitor = fork_task(table, &listener, 11, 11000);

	accept_from(&monitor, ip, port);
	return log_in(&monitor, 101);
}

/* A debugger in the client acts by it, over there too. */
static void a_client_that_was_reached_into(void **state)
{
	struct task deploy = service(20, 200), other = task_of(30, 0);
	struct event ev;

	(void)state;
	CROSS(table, &other, .id = 300, .kind = BOUNDARY_CGROUP, .role = ROLE_SERVICE_MANAGER,
	      .opener_pid = 1, .cgroup = STR_LIT("/system.slice/other.service"));
	connect_from(&deploy, "127.0.0.1", 40000, NS);
	ev = event_of(EVENT_PTRACE, &other);
	ev.what.outcome = OUTCOME_OK;
	ev.what.target.pid = deploy.pid;
	ev.what.target.start_ns = deploy.start_ns;
	ev.what.target.op = PTRACE_OP_ATTACH;
	identity_attach(table, &ev);
	ev = login_from("127.0.0.1", 40000);
	ASSERT_STR(ev.who.id.who, "unit:deploy.service");
	ASSERT_STR(ev.who.id.by, "unit:other.service");
	assert_int_equal(ev.who.id.flags, ID_LOOPBACK_SSH | ID_REACHED_INTO);
	assert_int_equal(ev.who.id.who_level, ASSURANCE_DERIVED);
}

static void a_login_has_what_sshd_said(void **state)
{
	struct task task = task_of(11, 101);
	struct event ev;

	(void)state;
	sshd_ip = "10.0.0.1";
	ev = login_from("10.0.0.7", 48190);
	sshd_ip = NULL;
	ASSERT_ID(ev, "human:alice", "ssh", "unit:ssh.service", "KKK");
	ASSERT_STR(ev.who.id.login.key_fingerprint, KEY);
	task.start_ns = 11000;
	ev = CROSS(table, &task, .id = 102, .kind = BOUNDARY_BECOME, .role = ROLE_SUDO);
	ASSERT_STR(ev.who.id.login.ip, "10.0.0.7"); /* sudo changes nothing about that */
	assert_int_equal(ev.who.id.login.port, 48190);
	assert_int_equal(ev.who.id.flags, 0);
	assert_null(ev.who.id.by.p);
	ev = CROSS(table, &task, .id = 103, .kind = BOUNDARY_LOGIN, .role = ROLE_CRON,
		   .to_uid = 1002);
	ASSERT_STR(ev.who.id.who, "cron:deployer"); /* somebody else: not their login */
	assert_null(ev.who.id.login.method.p);
}

static void the_line_of_another_process_is_not_mine(void **state)
{
	struct task other = fork_task(table, &listener, 12, 12000), again = task_of(12, 100);
	struct event ev;

	(void)state;
	accept_from(&other, "10.0.0.7", 48190);
	again.start_ns = 99000; /* the pid was used again */
	ev = log_in(&again, 101);
	ASSERT_STR(ev.who.id.who, "human:alice");
	assert_null(ev.who.id.login.method.p);
}

static void a_job_that_logs_in_here_stays_itself(void **state)
{
	struct task job = service(50, 500);
	struct event ev;

	(void)state;
	connect_from(&job, "127.0.0.1", 40000, NS);
	ev = login_from("127.0.0.1", 40000);
	ASSERT_ID(ev, "unit:deploy.service", "ssh", "unit:ssh.service", "KKK");
	ASSERT_STR(ev.who.id.by, "unit:deploy.service");
	ASSERT_STR(ev.who.id.session, "26");
	ASSERT_STR(ev.who.id.login.key_fingerprint, KEY);
	assert_null(ev.who.id.person.p);
	assert_int_equal(ev.who.id.flags, ID_LOOPBACK_SSH);
	/* and in the scope that the session gets */
	struct task task = task_of(11, 101);
	task.start_ns = 11000;
	ev = CROSS(table, &task, .id = 102, .kind = BOUNDARY_CGROUP, .role = ROLE_SERVICE_MANAGER,
		   .opener_pid = 1,
		   .cgroup = STR_LIT("/user.slice/user-1001.slice/session-26.scope"));
	ASSERT_ID(ev, "unit:deploy.service", "ssh", "session:26", "KKK");
}

static void any_address_of_this_host_is_here(void **state)
{
	struct task job = service(50, 500);
	struct event ev;

	(void)state;
	connect_from(&job, "2001:db8::5", 40000, NS);
	ev = login_from("2001:db8::5", 40000);
	ASSERT_STR(ev.who.id.who, "unit:deploy.service");
	assert_int_equal(ev.who.id.flags, ID_LOOPBACK_SSH);
}

static void a_person_who_logs_in_again_keeps_the_way(void **state)
{
	struct task first = fork_task(table, &listener, 20, 20000);
	struct event ev;

	(void)state;
	CROSS(table, &first, .id = 200, .kind = BOUNDARY_LOGIN, .role = ROLE_LOGIN,
	      .opener_pid = 20, .to_uid = 1002, .session_id = 3);
	connect_from(&first, "127.0.0.1", 40000, NS);
	ev = login_from("127.0.0.1", 40000);
	ASSERT_STR(ev.who.id.who, "human:deployer");
	ASSERT_STR(ev.who.id.via, "console,ssh");
	ASSERT_STR(ev.who.id.person, "deployer");
	ASSERT_STR(ev.who.id.session, "26");
}

/*
 * Nobody known, a ring that anybody can use, another namespace, another port, two that could be it: the
 * account is all there is.
 */
static void doubt_names_the_account(void **state)
{
	struct task job = service(50, 500), unknown = task_of(60, 0), other = task_of(70, 0);
	struct event ev;

	(void)state;
	job.flags = TASK_SHARED_RING;
	connect_from(&job, "127.0.0.1", 40002, NS);
	ev = login_from("127.0.0.1", 40002);
	ASSERT_STR(ev.who.id.who, "human:alice");
	ASSERT_STR(ev.who.id.by, "anon:shared-ring");

	identity_free(table);
	new_case(NULL);
	CROSS(table, &unknown, .id = 600, .kind = BOUNDARY_SEED, .exe = STR_LIT("/bin/x"),
	      .cgroup = STR_LIT("/"));
	connect_from(&unknown, "127.0.0.1", 40001, NS);
	ev = login_from("127.0.0.1", 40001);
	ASSERT_STR(ev.who.id.who, "human:alice");
	ASSERT_STR(ev.who.id.by, "anon:before-start");
	assert_int_equal(ev.who.id.flags, ID_LOOPBACK_SSH);

	identity_free(table);
	begin_case(NULL);
	job = service(50, 500);
	connect_from(&job, "127.0.0.1", 40000, NS + 1);
	connect_from(&job, "127.0.0.1", 40001, NS);
	ev = login_from("127.0.0.1", 40000);
	ASSERT_STR(ev.who.id.who, "human:alice");
	assert_null(ev.who.id.by.p);
	assert_int_equal(ev.who.id.flags, ID_LOOPBACK_SSH); /* from here, whoever it was */

	identity_free(table);
	begin_case(NULL);
	job = service(50, 500);
	other = fork_task(table, &listener, 11, 11000);
	connect_from(&job, "10.9.8.7", 40000, NS); /* the line speaks of another one */
	accept_as(&other, "10.9.8.7", 40001, 40000);
	ev = log_in(&other, 101);
	ASSERT_STR(ev.who.id.who, "human:alice");
	ASSERT_STR(ev.who.id.login.ip, "10.9.8.7");
	assert_int_equal(ev.who.id.flags, 0);
}

/* One source can have two connections at a time, to two places. */
static void the_other_end_counts_too(void **state)
{
	struct task job = service(50, 500), other = task_of(70, 0);
	struct event ev;

	(void)state;
	CROSS(table, &other, .id = 700, .kind = BOUNDARY_CGROUP, .role = ROLE_SERVICE_MANAGER,
	      .opener_pid = 1, .cgroup = STR_LIT("/system.slice/victim.service"));
	connect_from(&job, "10.9.8.7", 40000, NS);
	connect_to(&other, "10.9.8.7", 40000, 443, NS);
	ev = login_from("10.9.8.7", 40000);
	ASSERT_STR(ev.who.id.who, "unit:deploy.service");
}

/* A requester whose own name is in doubt gives no more than that. */
static void doubt_is_handed_on(void **state)
{
	struct task job = service(50, 500);
	struct event ev;

	(void)state;
	job.flags = TASK_REPAIRED;
	connect_from(&job, "127.0.0.1", 40000, NS);
	ev = login_from("127.0.0.1", 40000);
	ASSERT_ID(ev, "unit:deploy.service", "ssh", "unit:ssh.service", "DDK");
}

static void failed_and_old_connections_are_forgotten(void **state)
{
	struct task job = service(50, 500);
	struct event ev = event_of(EVENT_NET_CONNECT, &job);

	(void)state;
	ev.what.outcome = OUTCOME_FAILED;
	ev.what.net.family = put_address(ev.what.net.src, "10.9.8.7");
	put_address(ev.what.net.dst, "10.9.8.7");
	ev.what.net.proto = IPPROTO_TCP;
	ev.what.net.src_port = 40002;
	ev.what.net.dst_port = SSHD_PORT;
	ev.what.net.ns = NS;
	connect_from(&job, "10.9.8.7", 40002, NS);
	identity_attach(table, &ev);
	for (unsigned i = 0; i < 20000; i++)
		connect_from(&job, "10.9.8.7", 50000, NS);
	ev = login_from("10.9.8.7", 40002);
	/* who it was is forgotten, and not that it came from here */
	ASSERT_ID(ev, "human:alice", "ssh", "unit:ssh.service", "DKK");
	assert_int_equal(ev.who.id.flags, ID_LOOPBACK_SSH);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin_case, end_case)
	const struct CMUnitTest tests[] = {
		CASE(a_login_has_what_sshd_said),
		CASE(a_client_that_was_reached_into),
		CASE(the_line_of_another_process_is_not_mine),
		CASE(a_job_that_logs_in_here_stays_itself),
		CASE(any_address_of_this_host_is_here),
		CASE(a_person_who_logs_in_again_keeps_the_way),
		CASE(doubt_names_the_account),
		CASE(the_other_end_counts_too),
		CASE(doubt_is_handed_on),
		CASE(failed_and_old_connections_are_forgotten),
	};

	return cmocka_run_group_tests(tests, make_passwd, remove_passwd);
}
