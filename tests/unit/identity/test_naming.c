/* SPDX-License-Identifier: Apache-2.0 */
/* Which crossing says who, via and as, how sure it is, and what a forgery gets. */
#include "history.h"

static struct task seed(uint32_t pid, uint64_t id, const char *exe, const char *cgroup)
{
	struct task task = task_of(pid, 0);

	CROSS(table, &task, .id = id, .kind = BOUNDARY_SEED, .exe = str_of(exe),
	      .cgroup = str_of(cgroup));
	return task;
}

/* An sshd found running, and a login through it. */
static struct task ssh_login(void)
{
	struct task sshd = seed(10, 100, "/usr/sbin/sshd", "/system.slice/ssh.service");
	struct task session = fork_task(table, &sshd, 11, 11000);

	CROSS(table, &session, .id = 101, .kind = BOUNDARY_LOGIN, .role = ROLE_SSHD,
	      .opener_pid = 11, .to_uid = 1001, .session_id = 26,
	      .cgroup = STR_LIT("/system.slice/ssh.service"));
	return session;
}

static void ssh_sudo_su_is_still_the_person(void **state)
{
	struct task task = ssh_login(), shell;
	struct event ev;

	(void)state;
	ev = act(table, EVENT_FILE_READ, &task);
	ASSERT_ID(ev, "human:alice", "ssh", "unit:ssh.service", "KKK");
	ASSERT_STR(ev.who.id.session, "26");
	ASSERT_STR(ev.who.id.person, "alice");
	assert_int_equal(ev.who.id.flags, 0);
	CROSS(table, &task, .id = 102, .kind = BOUNDARY_CGROUP, .role = ROLE_SERVICE_MANAGER,
	      .opener_pid = 1, .cgroup = STR_LIT("/user.slice/user-1001.slice/session-26.scope"));
	CROSS(table, &task, .id = 103, .kind = BOUNDARY_BECOME, .role = ROLE_SUDO,
	      .from_uid = 1001);
	shell = fork_task(table, &task, 12, 12000);
	ev = CROSS(table, &shell, .id = 104, .kind = BOUNDARY_BECOME, .role = ROLE_SU,
		   .to_uid = 1002);
	ASSERT_ID(ev, "human:alice", "ssh,sudo:root,su:deployer", "session:26", "KKK");
	ev = CROSS(table, &shell, .id = 105, .kind = BOUNDARY_BECOME, .role = ROLE_DOAS,
		   .to_uid = 4242);
	ASSERT_STR(ev.who.id.via, "ssh,sudo:root,su:deployer,doas:uid=4242");
	assert_int_equal(ev.who.id.boundary, 105);
}

static void schedulers_are_not_people(void **state)
{
	static const struct {
		uint32_t role;
		const char *who, *via, *levels, *person;
	} rows[] = {
		{ROLE_CRON, "cron:deployer", "cron", "KKK", NULL},
		{ROLE_AT, "at:deployer", "at", "KKK", NULL},
		{ROLE_LOGIN, "human:deployer", "console", "KKK", "deployer"},
		{ROLE_SERVICE_MANAGER, "human:deployer", "systemd-user", "DDK", "deployer"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct task task = seed(20, 200 + 2 * i, "/usr/sbin/x", "/");
		struct event ev = CROSS(table, &task, .id = 201 + 2 * i, .kind = BOUNDARY_LOGIN,
					.role = rows[i].role, .to_uid = 1002, .session_id = 31);

		ASSERT_ID(ev, rows[i].who, rows[i].via, "host", rows[i].levels);
		ASSERT_STR(ev.who.id.session, "31");
		if (rows[i].person)
			ASSERT_STR(ev.who.id.person, rows[i].person);
		else
			assert_null(ev.who.id.person.p);
	}
}

/* What a person starts, and lets people in: `sudo sshd -f mine`, `sudo login -f deployer`. */
static void logins_by_hand_are_doubted(void **state)
{
	static const struct {
		uint32_t role;
		const char *who, *via, *levels;
	} rows[] = {
		{ROLE_SSHD, "human:deployer", "ssh", "DKK"},
		{ROLE_CRON, "cron:deployer", "cron", "DKK"},
		{ROLE_AT, "at:deployer", "at", "DKK"},
		{ROLE_LOGIN, "anon:login-by-hand", "", "UUK"},
		{ROLE_SERVICE_MANAGER, "anon:login-by-hand", "", "UUK"},
	};
	struct task person = ssh_login();

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct task task = fork_task(table, &person, 20 + i, 20000 + i);
		struct event ev = CROSS(table, &task, .id = 201 + i, .kind = BOUNDARY_LOGIN,
					.role = rows[i].role, .opener_pid = 20 + i, .to_uid = 1002,
					.session_id = 31 + i);

		ASSERT_ID(ev, rows[i].who, rows[i].via, "unit:ssh.service", rows[i].levels);
		ASSERT_STR(ev.who.id.by, "human:alice");
		assert_int_equal(ev.who.id.flags, ID_LOGIN_BY_HAND);
	}
	/* the same sshd that sets it once more */
	person = ssh_login();
	struct event ev =
		CROSS(table, &person, .id = 301, .kind = BOUNDARY_LOGIN, .role = ROLE_SSHD,
		      .opener_pid = 11, .to_uid = 1002, .session_id = 40);
	ASSERT_ID(ev, "human:deployer", "ssh", "unit:ssh.service", "KKK");
	assert_int_equal(ev.who.id.flags, 0);
}

static void uid_without_a_name_stays_a_number(void **state)
{
	struct task task = seed(20, 200, "/usr/sbin/sshd", "/");
	struct event ev = CROSS(table, &task, .id = 201, .kind = BOUNDARY_LOGIN, .role = ROLE_SSHD,
				.to_uid = 5555, .session_id = 1);

	(void)state;
	ASSERT_STR(ev.who.id.who, "human:uid=5555");
	assert_null(ev.who.id.person.p);
}

static void untrusted_login_uid_changes_nothing(void **state)
{
	struct task task = seed(30, 300, "/opt/agent", "/system.slice/agent.service");
	struct event ev;

	(void)state;
	task.flags = TASK_SELF_LOGINUID;
	task.login_uid = 0;
	task.session_id = 99;
	ev = act(table, EVENT_NET_CONNECT, &task);
	ASSERT_ID(ev, "unit:agent.service", "", "unit:agent.service", "DDK");
	assert_true(ev.who.id.flags & ID_SELF_LOGINUID);
	assert_null(ev.who.id.session.p);
	/* even as a boundary of its own */
	task.flags = 0;
	ev = CROSS(table, &task, .id = 301, .kind = BOUNDARY_LOGIN, .role = ROLE_NONE, .to_uid = 0,
		   .session_id = 99);
	ASSERT_STR(ev.who.id.who, "unit:agent.service");
	assert_true(ev.who.id.flags & ID_SELF_LOGINUID);
	assert_null(ev.who.id.session.p);
	assert_null(ev.who.id.person.p);
}

static void thread_login_uid_lowers_a_person(void **state)
{
	struct task task = ssh_login();
	struct event ev;

	(void)state;
	task.flags = TASK_THREAD_LOGINUID | TASK_USERNS;
	ev = act(table, EVENT_NET_CONNECT, &task);
	ASSERT_ID(ev, "human:alice", "ssh", "unit:ssh.service", "DKK");
	assert_int_equal(ev.who.id.flags, ID_THREAD_LOGINUID | ID_USERNS);
	task.flags = 0;
	ev = act(table, EVENT_NET_CONNECT, &task); /* flags are the event's own */
	ASSERT_ID(ev, "human:alice", "ssh", "unit:ssh.service", "KKK");
}

static void moving_oneself_moves_nothing(void **state)
{
	struct task task = ssh_login();
	struct event ev;

	(void)state;
	task.flags = TASK_SELF_MOVED;
	ev = act(table, EVENT_NET_CONNECT, &task);
	ASSERT_ID(ev, "human:alice", "ssh", "unit:ssh.service", "KKD");
	task.flags = 0;
	ev = CROSS(table, &task, .id = 110, .kind = BOUNDARY_CGROUP, .role = ROLE_NONE,
		   .opener_pid = 4000, .cgroup = STR_LIT("/system.slice/docker-" H ".scope"));
	ASSERT_ID(ev, "human:alice", "ssh", "unit:ssh.service", "KKD");
	assert_true(ev.who.id.flags & ID_SELF_MOVED);
	assert_null(ev.who.id.container_id.p);
	/* until one who may puts it somewhere */
	ev = CROSS(table, &task, .id = 111, .kind = BOUNDARY_CGROUP, .role = ROLE_SERVICE_MANAGER,
		   .opener_pid = 1,
		   .cgroup = STR_LIT("/user.slice/user-1001.slice/session-26.scope"));
	ASSERT_ID(ev, "human:alice", "ssh", "session:26", "KKK");
	assert_int_equal(ev.who.id.flags, 0);
}

/* Who wrote a request into the memory of a ring is not known: its maker is told, and nobody named. */
static void what_a_shared_ring_does_is_nobodys(void **state)
{
	struct task task = ssh_login(), before = seed(50, 500, "/bin/x", "/");
	struct event ev;

	(void)state;
	task.flags = TASK_SHARED_RING;
	ev = act(table, EVENT_FILE_WRITE, &task);
	ASSERT_STR(ev.who.id.who, "anon:shared-ring");
	ASSERT_STR(ev.who.id.kind, "anon");
	ASSERT_STR(ev.who.id.by, "human:alice");
	assert_int_equal(ev.who.id.who_level, ASSURANCE_UNKNOWN);
	assert_int_equal(ev.who.id.flags, ID_SHARED_RING);
	assert_int_equal(ev.who.id.via.n, 0);
	assert_null(ev.who.id.as.p);
	assert_null(ev.who.id.person.p);
	assert_null(ev.who.id.session.p);
	assert_true(ev.who.id.reason.n > 0);
	/* the process is who it was, in its own acts and in those of its children */
	task.flags = 0;
	ev = act(table, EVENT_FILE_WRITE, &task);
	ASSERT_ID(ev, "human:alice", "ssh", "unit:ssh.service", "KKK");
	assert_int_equal(ev.who.id.flags, 0);
	/* a maker who is nobody is not told */
	before.flags = TASK_SHARED_RING | TASK_SEEDED;
	ev = act(table, EVENT_FILE_WRITE, &before);
	ASSERT_STR(ev.who.id.who, "anon:shared-ring");
	assert_null(ev.who.id.by.p);
}

/* A job that starts a service's work in a scope or a container is still the job. */
static void jobs_keep_what_they_start(void **state)
{
	static const uint32_t roles[] = {ROLE_CRON, ROLE_AT};
	static const char *const names[] = {"cron:deployer", "at:deployer"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		struct task task = seed(20, 200 + 10 * i, "/usr/sbin/x", "/");

		CROSS(table, &task, .id = 201 + 10 * i, .kind = BOUNDARY_LOGIN, .role = roles[i],
		      .to_uid = 1002, .session_id = 31);
		struct event ev = CROSS(table, &task, .id = 202 + 10 * i, .kind = BOUNDARY_CGROUP,
					.role = ROLE_SERVICE_MANAGER, .opener_pid = 1,
					.cgroup = STR_LIT("/system.slice/run-u1.scope"));
		ASSERT_STR(ev.who.id.who, names[i]);
		ASSERT_STR(ev.who.id.as, "unit:run-u1.scope");
		ev = CROSS(table, &task, .id = 203 + 10 * i, .kind = BOUNDARY_CGROUP,
			   .role = ROLE_CONTAINER_RUNTIME, .cgroup = STR_LIT("/docker/" H));
		ASSERT_STR(ev.who.id.who, names[i]);
		ASSERT_STR(ev.who.id.as, "ctr:docker/0123456789ab");
	}
}

static void services_get_their_unit(void **state)
{
	struct task init = seed(1, 400, "/usr/lib/systemd/systemd", "/init.scope");
	struct task task = fork_task(table, &init, 41, 41000);
	struct event ev = CROSS(table, &task, .id = 401, .kind = BOUNDARY_CGROUP,
				.role = ROLE_SERVICE_MANAGER, .opener_pid = 1,
				.cgroup = STR_LIT("/system.slice/dev-a\\x2db.service"));

	(void)state;
	ASSERT_ID(ev, "unit:dev-a%5Cx2db.service", "", "unit:dev-a%5Cx2db.service", "KKK");
	ASSERT_STR(ev.who.id.unit, "dev-a\\x2db.service");
	ASSERT_STR(ev.who.id.kind, "unit");
	assert_int_equal(ev.who.id.flags, 0);
}

/* A person's own scope and units stay the person's; names below the delegation point are claims. */
static void units_of_people_are_theirs(void **state)
{
	struct task task = ssh_login();
	struct event ev;

	(void)state;
	ev = CROSS(table, &task, .id = 120, .kind = BOUNDARY_CGROUP, .role = ROLE_SERVICE_MANAGER,
		   .opener_pid = 1, .cgroup = STR_LIT("/system.slice/run-u123.scope"));
	ASSERT_ID(ev, "human:alice", "ssh", "unit:run-u123.scope", "KKK");
	ev = CROSS(table, &task, .id = 121, .kind = BOUNDARY_CGROUP, .role = ROLE_SERVICE_MANAGER,
		   .opener_pid = 900,
		   .cgroup = STR_LIT(
			   "/user.slice/user-1001.slice/user@1001.service/app.slice/a.service"));
	ASSERT_ID(ev, "human:alice", "ssh", "uunit:1001/a.service", "KKC");
	ev = CROSS(table, &task, .id = 122, .kind = BOUNDARY_CGROUP, .role = ROLE_SERVICE_MANAGER,
		   .opener_pid = 900,
		   .cgroup = STR_LIT(
			   "/user.slice/user-1001.slice/user@1001.service/user.slice/docker-" H
			   ".scope"));
	ASSERT_ID(ev, "human:alice", "ssh,container-run", "ctr:docker/0123456789ab", "KCC");
}

static void podman_by_a_person_is_the_persons(void **state)
{
	struct task task = ssh_login(), monitor, init;
	struct event ev;

	(void)state;
	CROSS(table, &task, .id = 130, .kind = BOUNDARY_BECOME, .role = ROLE_SUDO);
	monitor = fork_task(table, &task, 50, 50000);
	ev = CROSS(table, &monitor, .id = 131, .kind = BOUNDARY_CGROUP,
		   .role = ROLE_CONTAINER_RUNTIME, .cgroup = STR_LIT("/libpod_parent/conmon"));
	ASSERT_ID(ev, "human:alice", "ssh,sudo:root", "cgroup:/libpod_parent/conmon", "KKK");
	init = fork_task(table, &monitor, 51, 51000);
	ev = CROSS(table, &init, .id = 132, .kind = BOUNDARY_CGROUP, .role = ROLE_CONTAINER_RUNTIME,
		   .cgroup = STR_LIT("/libpod_parent/libpod-" H));
	ASSERT_ID(ev, "human:alice", "ssh,sudo:root,container-run", "ctr:podman/0123456789ab",
		  "KKK");
	ASSERT_STR(ev.who.id.container_id, H);
	ASSERT_STR(ev.who.id.container_runtime, "podman");
	ev = CROSS(table, &init, .id = 133, .kind = BOUNDARY_CGROUP, .role = ROLE_CONTAINER_RUNTIME,
		   .cgroup = STR_LIT("/libpod_parent/libpod-" H "/init"));
	ASSERT_STR(ev.who.id.via, "ssh,sudo:root,container-run");
}

/* Whoever can write below their unit's cgroup can execute podman with code of their own in it. */
static void what_users_move_takes_no_name(void **state)
{
	static const char *const cgroups[] = {"/system.slice/web.service/libpod-payload-" H,
					      "/user.slice/user-1001.slice/user@1001.service/"
					      "user.slice/libpod-" H ".scope"};

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(cgroups); i++) {
		struct task web = seed(52 + 10 * i, 520 + 10 * i, "/usr/bin/web",
				       "/system.slice/web.service");
		struct task mover = fork_task(table, &web, 53 + 10 * i, 53000), task;
		struct event ev;

		mover.uid = 1001;
		exec_task(table, &mover, "/usr/bin/podman");
		task = fork_task(table, &mover, 54 + 10 * i, 54000);
		ev = CROSS(table, &task, .id = 521 + 10 * i, .kind = BOUNDARY_CGROUP,
			   .role = ROLE_CONTAINER_RUNTIME, .opener_pid = mover.pid,
			   .opener_start_ns = mover.start_ns, .cgroup = str_of(cgroups[i]));
		ASSERT_ID(ev, "unit:web.service", "container-run", "ctr:podman/0123456789ab",
			  "DCC");
	}
}

#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static void containers_of_daemons_are_their_own(void **state)
{
	struct task dockerd = seed(60, 500, "/usr/bin/dockerd", "/system.slice/docker.service");
	struct task task = fork_task(table, &dockerd, 61, 61000);
	struct event ev = CROSS(table, &task, .id = 501, .kind = BOUNDARY_CGROUP,
				.role = ROLE_CONTAINER_RUNTIME, .cgroup = STR_LIT("/docker/" H));

	(void)state;
	ASSERT_ID(ev, "ctr:docker/0123456789ab", "container-run", "ctr:docker/0123456789ab", "KKK");
	ASSERT_STR(ev.who.id.kind, "container");
	/* PID 1 made it for somebody: the name alone is no proof */
	task = fork_task(table, &dockerd, 62, 62000);
	ev = CROSS(table, &task, .id = 502, .kind = BOUNDARY_CGROUP, .role = ROLE_SERVICE_MANAGER,
		   .opener_pid = 1, .cgroup = STR_LIT("/system.slice/docker-" OTHER ".scope"));
	ASSERT_ID(ev, "ctr:docker/fedcba987654", "container-run", "ctr:docker/fedcba987654", "DDD");
	/* into one that is there already, by a runtime that nothing is known of: nobody is guessed */
	task = fork_task(table, &dockerd, 64, 64000);
	ev = CROSS(table, &task, .id = 504, .kind = BOUNDARY_CGROUP, .role = ROLE_CONTAINER_RUNTIME,
		   .cgroup = STR_LIT("/docker/" H));
	ASSERT_ID(ev, "anon:container-exec", "container-exec", "ctr:docker/0123456789ab", "UUK");
	/* no name, no rights of the daemon */
	task = fork_task(table, &dockerd, 63, 63000);
	ev = CROSS(table, &task, .id = 503, .kind = BOUNDARY_CGROUP, .role = ROLE_CONTAINER_RUNTIME,
		   .cgroup = STR_LIT("/weird/place"));
	ASSERT_ID(ev, "anon:container-unnamed", "container-run", "cgroup:/weird/place", "UUK");
	assert_true(ev.who.id.reason.n > 0);
}

static void what_ran_before_is_named_by_facts_only(void **state)
{
	static const struct {
		const char *exe, *cgroup;
		uint32_t login_uid, session_id, flags;
		const char *who, *via, *as, *levels;
	} rows[] = {
		{"/usr/bin/bash", "/user.slice/user-1001.slice/session-7.scope", 1001, 7, 0,
		 "human:alice", "", "session:7", "DUK"},
		{"/usr/bin/bash", "/user.slice/user-1001.slice/session-7.scope", UNSET, UNSET, 0,
		 "human:alice", "", "session:7", "DUK"},
		{"/usr/sbin/cron", "/system.slice/cron.service", 1002, 8, 0, "cron:deployer",
		 "cron", "unit:cron.service", "DDK"},
		{"/bin/sh", "/system.slice/cron.service", 1002, 8, 0, "cron:deployer", "cron",
		 "unit:cron.service", "DDK"},
		{"/usr/sbin/atd", "/", 1002, 8, 0, "at:deployer", "at", "host", "DDK"},
		{"/usr/lib/systemd/systemd",
		 "/user.slice/user-1001.slice/user@1001.service/init.scope", 1001, 9, 0,
		 "human:alice", "systemd-user", "uunit:1001/init.scope", "DDC"},
		/* a login uid that no second fact speaks for can be anybody's own work */
		{"/usr/bin/bash", "/", 0, 10, 0, "anon:before-start", "", "host", "UUK"},
		{"/usr/sbin/nginx", "/system.slice/nginx.service", 0, 10, 0, "anon:before-start",
		 "", "unit:nginx.service", "UUK"},
		/* paths in a user namespace are its owner's */
		{"/usr/sbin/sshd", "/", 1001, 11, TASK_USERNS, "anon:before-start", "", "host",
		 "UUK"},
		{"/usr/sbin/cron", "/", 1002, 8, TASK_USERNS, "anon:before-start", "", "host",
		 "UUK"},
		{"/usr/sbin/sshd", "/", 1001, 11, 0, "human:alice", "", "host", "DUK"},
		{"/usr/sbin/nginx", "/system.slice/nginx.service", UNSET, UNSET, 0,
		 "unit:nginx.service", "", "unit:nginx.service", "DDK"},
		{"/app", "/docker/" H, UNSET, UNSET, 0, "ctr:docker/0123456789ab", "",
		 "ctr:docker/0123456789ab", "DDD"},
		{"/app", "/system.slice/web.service/libpod-payload-" H, UNSET, UNSET, 0,
		 "unit:web.service", "", "ctr:podman/0123456789ab", "DDD"},
		{"", "/", UNSET, UNSET, TASK_KTHREAD, "kernel", "", "host", "KKK"},
		{"/usr/bin/thing", "/", UNSET, UNSET, 0, "anon:before-start", "", "host", "UUK"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct task task = task_of(70 + (uint32_t)i, 0);
		struct event ev;

		task.login_uid = rows[i].login_uid;
		task.session_id = rows[i].session_id;
		task.flags = rows[i].flags;
		ev = CROSS(table, &task, .id = 700 + i, .kind = BOUNDARY_SEED,
			   .exe = str_of(rows[i].exe), .cgroup = str_of(rows[i].cgroup));
		ASSERT_ID(ev, rows[i].who, rows[i].via, rows[i].as, rows[i].levels);
		if (!rows[i].flags)
			assert_true(ev.who.id.flags & ID_SEEDED);
	}
}

/* What a cron found running starts later is cron's by the parent, not a person's. */
static void seeded_jobs_below_cron_are_jobs(void **state)
{
	struct task cron = seed(80, 800, "/usr/sbin/cron", "/");
	struct task job = fork_task(table, &cron, 81, 81000), child;
	struct event ev;

	(void)state;
	job.login_uid = 1002;
	job.session_id = 12;
	CROSS(table, &job, .id = 801, .kind = BOUNDARY_SEED, .exe = STR_LIT("/bin/sh"),
	      .cgroup = STR_LIT("/"));
	child = fork_task(table, &job, 82, 82000);
	ev = CROSS(table, &child, .id = 802, .kind = BOUNDARY_SEED, .exe = STR_LIT("/usr/bin/make"),
		   .cgroup = STR_LIT("/"));
	ASSERT_STR(ev.who.id.who, "cron:deployer");
}

static void seeded_logins_need_a_witness(void **state)
{
	struct task sshd = seed(83, 810, "/usr/sbin/sshd", "/");
	struct task shell = fork_task(table, &sshd, 84, 84000), child, forger;
	struct event ev;

	(void)state;
	shell.login_uid = 1001;
	shell.session_id = 13;
	ev = CROSS(table, &shell, .id = 811, .kind = BOUNDARY_SEED, .exe = STR_LIT("/bin/bash"),
		   .cgroup = STR_LIT("/"));
	ASSERT_ID(ev, "human:alice", "", "host", "DUK");
	child = fork_task(table, &shell, 85, 85000);
	ev = CROSS(table, &child, .id = 812, .kind = BOUNDARY_SEED, .exe = STR_LIT("/usr/bin/tmux"),
		   .cgroup = STR_LIT("/"));
	ASSERT_ID(ev, "human:alice", "", "host", "DUK");
	/* a parent without a witness is none */
	forger = seed(86, 820, "/opt/job", "/");
	forger.login_uid = 0;
	forger.session_id = 14;
	CROSS(table, &forger, .id = 821, .kind = BOUNDARY_SEED, .exe = STR_LIT("/opt/job"),
	      .cgroup = STR_LIT("/"));
	ev = CROSS(table, &forger, .id = 822, .kind = BOUNDARY_SEED, .exe = STR_LIT("/opt/job"),
		   .cgroup = STR_LIT("/"));
	ASSERT_ID(ev, "anon:before-start", "", "host", "UUK");
}

/* Whoever was lost may have been a person: a container or a scope does not take the name over. */
static void lost_starters_are_not_renamed(void **state)
{
	struct task run = task_of(92, 9999), scope = task_of(93, 9999), service = task_of(94, 9999);
	struct event ev;

	(void)state;
	ev = CROSS(table, &run, .id = 911, .kind = BOUNDARY_CGROUP, .role = ROLE_CONTAINER_RUNTIME,
		   .cgroup = STR_LIT("/machine.slice/libpod-" H ".scope"));
	ASSERT_ID(ev, "anon:boundary-lost", "container-run", "ctr:podman/0123456789ab", "UUK");
	ev = CROSS(table, &scope, .id = 912, .kind = BOUNDARY_CGROUP, .opener_pid = 1,
		   .role = ROLE_SERVICE_MANAGER, .cgroup = STR_LIT("/system.slice/run-r7.scope"));
	ASSERT_ID(ev, "anon:boundary-lost", "", "unit:run-r7.scope", "UUK");
	ev = CROSS(table, &service, .id = 913, .kind = BOUNDARY_CGROUP, .opener_pid = 1,
		   .role = ROLE_SERVICE_MANAGER, .cgroup = STR_LIT("/system.slice/nginx.service"));
	ASSERT_ID(ev, "unit:nginx.service", "", "unit:nginx.service", "KKK");
}

/* Nor do they become a CI system's job by executing its supervisor. */
static void lost_starters_are_no_job(void **state)
{
	struct task task = task_of(95, 9999);
	struct event ev =
		CROSS(table, &task, .id = 921, .kind = BOUNDARY_CI, .role = ROLE_CI_SUPERVISOR,
		      .ci_system = CI_GITHUB, .cgroup = STR_LIT("/"),
		      .environ = STR_LIT("GITHUB_REPOSITORY=victim/app\0GITHUB_JOB=x"));

	(void)state;
	ASSERT_ID(ev, "anon:boundary-lost", "ci-step", "host", "UUD");
}

/* A container that got the host's file by a mount. */
static void containers_start_no_jobs(void **state)
{
	struct task dockerd = seed(60, 500, "/usr/bin/dockerd", "/system.slice/docker.service");
	struct task task = fork_task(table, &dockerd, 61, 61000);
	struct event ev;

	(void)state;
	CROSS(table, &task, .id = 501, .kind = BOUNDARY_CGROUP, .role = ROLE_CONTAINER_RUNTIME,
	      .cgroup = STR_LIT("/docker/" H));
	ev = CROSS(table, &task, .id = 502, .kind = BOUNDARY_CI, .role = ROLE_CI_SUPERVISOR,
		   .ci_system = CI_GITHUB, .cgroup = STR_LIT("/docker/" H),
		   .environ = STR_LIT("GITHUB_REPOSITORY=victim/app\0GITHUB_JOB=x"));
	ASSERT_STR(ev.who.id.who, "ctr:docker/0123456789ab");
	assert_true(ev.who.id.flags & ID_FAKE_SUPERVISOR);
}

static void lost_boundaries_are_nobody(void **state)
{
	struct task task = task_of(90, 9999);
	struct event ev = act(table, EVENT_NET_CONNECT, &task);
	struct identity_stats stats;

	(void)state;
	ASSERT_ID(ev, "anon:boundary-lost", "", "", "UUU");
	assert_int_equal(ev.who.id.flags, ID_BOUNDARY_LOST);
	assert_int_equal(ev.who.id.boundary, 9999);
	assert_true(ev.who.id.reason.n > 0);
	/* what is opened inside of it inherits the doubt, until somebody trusted says who */
	ev = CROSS(table, &task, .id = 901, .kind = BOUNDARY_BECOME, .role = ROLE_SUDO,
		   .cgroup = STR_LIT("/"));
	ASSERT_ID(ev, "anon:boundary-lost", "sudo:root", "host", "UUD");
	ev = CROSS(table, &task, .id = 902, .kind = BOUNDARY_LOGIN, .role = ROLE_SSHD,
		   .to_uid = 1001, .session_id = 5);
	ASSERT_ID(ev, "human:alice", "ssh", "host", "KKD");
	assert_int_equal(ev.who.id.flags, 0);
	identity_get_stats(table, &stats);
	assert_int_equal(stats.boundary_lost, 1);
	assert_int_equal(stats.events, 3);
	assert_int_equal(stats.attributed, 1);
}

static void kernel_threads_need_no_record(void **state)
{
	struct task task = task_of(2, BOUNDARY_ID_KERNEL);
	struct event ev;

	(void)state;
	task.flags = TASK_KTHREAD;
	ev = act(table, EVENT_FILE_WRITE, &task);
	ASSERT_ID(ev, "kernel", "", "host", "KKK");
	task.boundary = 123456;
	ev = act(table, EVENT_FILE_WRITE, &task);
	ASSERT_STR(ev.who.id.who, "kernel");
}

/* A program that the kernel starts was chosen by a setting, and made to start by anybody. */
static void what_the_kernel_starts_is_nobodys(void **state)
{
	struct task task = task_of(4000, 90);
	struct event ev;

	(void)state;
	ev = CROSS(table, &task, .id = 90, .parent_id = BOUNDARY_ID_KERNEL, .kind = BOUNDARY_HELPER,
		   .cgroup = str_of("/"));
	ASSERT_ID(ev, "anon:kernel-helper", "", "host", "UUK");
	assert_true(ev.who.id.reason.n > 0);
}

/* Names from passwd and cgroups cannot look like other names or break a list. */
static void hostile_names_are_encoded(void **state)
{
	struct task task = ssh_login();
	struct event ev;
	char longest[3000], other[512];

	(void)state;
	write_passwd(
		"root:x:0:0::/:/bin/sh\nev,il\nx:x:7:7::/:/bin/sh\n\xff=a b:x:8:8::/:/bin/sh\n");
	ev = CROSS(table, &task, .id = 140, .kind = BOUNDARY_BECOME, .role = ROLE_SU, .to_uid = 8);
	ASSERT_STR(ev.who.id.via, "ssh,su:%FF%3Da%20b");
	ev = CROSS(table, &task, .id = 141, .kind = BOUNDARY_CGROUP, .role = ROLE_CONTAINER_RUNTIME,
		   .cgroup = STR_LIT("/a,b\n\x1b[31m"));
	ASSERT_STR(ev.who.id.as, "cgroup:/a%2Cb%0A%1B%5B31m");
	memset(longest, '\n', sizeof(longest));
	longest[0] = '/';
	ev = CROSS(table, &task, .id = 142, .kind = BOUNDARY_CGROUP, .role = ROLE_CONTAINER_RUNTIME,
		   .cgroup = {longest, sizeof(longest)});
	assert_true(ev.who.id.as.n < 512);
	assert_true(str_ends(str_sub(ev.who.id.as, 0, ev.who.id.as.n - 32), "%2E%2E%2E"));
	assert_int_equal(ev.who.id.cgroup.n, sizeof(longest));
	snprintf(other, sizeof(other), "%.*s", STR_ARG(ev.who.id.as));
	longest[sizeof(longest) - 1] = 'x'; /* cut at the same place, and another all the same */
	ev = CROSS(table, &task, .id = 143, .kind = BOUNDARY_CGROUP, .role = ROLE_CONTAINER_RUNTIME,
		   .cgroup = {longest, sizeof(longest)});
	assert_int_equal(ev.who.id.as.n, strlen(other));
	assert_false(str_is(ev.who.id.as, other));
	write_passwd(PASSWD);
	make_passwd(state);
}

/* An account, unit or cgroup may be called like a whole identity: it is a name and nothing else. */
static void names_cannot_forge_identities(void **state)
{
	static const struct {
		const char *name, *who, *via;
	} rows[] = {
		{"x,sudo:root", NULL, NULL}, /* no name at all: ':' ends it */
		{"root,sudo", "human:root%2Csudo", "ssh,su:root%2Csudo"},
		{"uid=0", "human:uid%3D0", "ssh,su:uid%3D0"},
		{"root ", "human:root%20", "ssh,su:root%20"},
		{"root%20", "human:root%2520", "ssh,su:root%2520"},
		{"root;ses=1", "human:root%3Bses%3D1", "ssh,su:root%3Bses%3D1"},
		{"r\xc3\xb6\xc3\xb6t", "human:r%C3%B6%C3%B6t", "ssh,su:r%C3%B6%C3%B6t"},
		{"\x1b[31mroot\r", "human:%1B%5B31mroot%0D", "ssh,su:%1B%5B31mroot%0D"},
		{"*", "human:%2A", "ssh,su:%2A"},
		{"...", "human:...", "ssh,su:..."},
		{"corp/root", "human:corp/root", "ssh,su:corp/root"},
		{"", "human:uid=7", "ssh,su:uid=7"},
	};

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct task task = task_of(200 + i, 0);
		char passwd[200];
		struct event ev;

		snprintf(passwd, sizeof(passwd), "root:x:0:0::/:/bin/sh\n%s:x:7:7::/:/bin/sh\n",
			 rows[i].name);
		write_passwd(passwd);
		ev = CROSS(table, &task, .id = 2000 + 2 * i, .kind = BOUNDARY_LOGIN,
			   .role = ROLE_SSHD, .to_uid = 7, .session_id = i);
		ASSERT_STR(ev.who.id.who, rows[i].who ? rows[i].who : "human:uid=7");
		ev = CROSS(table, &task, .id = 2001 + 2 * i, .kind = BOUNDARY_BECOME,
			   .role = ROLE_SU, .to_uid = 7);
		ASSERT_STR(ev.who.id.via, rows[i].via ? rows[i].via : "ssh,su:uid=7");
	}
	write_passwd(PASSWD);
}

static void cgroups_cannot_forge_lists(void **state)
{
	static const char *const hostile[] = {
		"/system.slice/x,sudo:root.service", "/system.slice/a b.service",
		"/system.slice/\n.service", "/system.slice/x.service/libpod-payload-,y",
		"/lxc/a,b"};

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		struct task task = seed(300 + i, 3000 + 2 * i, "/sbin/init", "/init.scope");
		struct event ev = CROSS(table, &task, .id = 3001 + 2 * i, .kind = BOUNDARY_CGROUP,
					.role = ROLE_SERVICE_MANAGER, .opener_pid = 1,
					.cgroup = str_of(hostile[i]));
		const struct str texts[] = {ev.who.id.who, ev.who.id.via, ev.who.id.as};

		for (size_t j = 0; j < ARRAY_SIZE(texts); j++) {
			assert_int_equal(str_index(texts[j], 0, ','), -1);
			assert_int_equal(str_index(texts[j], 0, ' '), -1);
			assert_int_equal(str_index(texts[j], 0, '\n'), -1);
		}
	}
}

static void via_has_an_end(void **state)
{
	struct task task = ssh_login();
	struct event ev;

	(void)state;
	for (uint64_t i = 0; i < 200; i++)
		ev = CROSS(table, &task, .id = 1000 + i, .kind = BOUNDARY_BECOME, .role = ROLE_SU,
			   .to_uid = 1002);
	assert_true(ev.who.id.via.n <= 520);
	assert_true(str_starts(ev.who.id.via, "ssh,su:deployer,"));
	assert_true(str_ends(ev.who.id.via, "deployer,..."));
	ASSERT_STR(ev.who.id.who, "human:alice");
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, new_case, end_case)
	const struct CMUnitTest tests[] = {
		CASE(ssh_sudo_su_is_still_the_person),
		CASE(schedulers_are_not_people),
		CASE(uid_without_a_name_stays_a_number),
		CASE(logins_by_hand_are_doubted),
		CASE(untrusted_login_uid_changes_nothing),
		CASE(thread_login_uid_lowers_a_person),
		CASE(moving_oneself_moves_nothing),
		CASE(what_a_shared_ring_does_is_nobodys),
		CASE(jobs_keep_what_they_start),
		CASE(services_get_their_unit),
		CASE(units_of_people_are_theirs),
		CASE(podman_by_a_person_is_the_persons),
		CASE(what_users_move_takes_no_name),
		CASE(containers_of_daemons_are_their_own),
		CASE(what_ran_before_is_named_by_facts_only),
		CASE(seeded_jobs_below_cron_are_jobs),
		CASE(seeded_logins_need_a_witness),
		CASE(lost_boundaries_are_nobody),
		CASE(lost_starters_are_not_renamed),
		CASE(lost_starters_are_no_job),
		CASE(containers_start_no_jobs),
		CASE(kernel_threads_need_no_record),
		CASE(what_the_kernel_starts_is_nobodys),
		CASE(hostile_names_are_encoded),
		CASE(names_cannot_forge_identities),
		CASE(cgroups_cannot_forge_lists),
		CASE(via_has_an_end),
	};

	return cmocka_run_group_tests(tests, make_passwd, remove_passwd);
}
