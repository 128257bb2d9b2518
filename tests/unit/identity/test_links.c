/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs of at's by who submitted them, and jobs of a supervisor that a job has reached for. */
#include "history.h"

#include <sys/stat.h>

#define WORKER "/opt/runner/bin/Runner.Worker"

static uint64_t next_id = 100;

static int begin_case(void **state)
{
	static const char *const supervisors[] = {"github=" WORKER, NULL};
	const struct identity_options opt = {.passwd_path = passwd_path,
					     .ci_supervisors = supervisors};

	(void)state;
	return identity_new(&table, &opt);
}

/* A host with one crontab of the system, which has a line already. */
static char host_root[] = "/tmp/whodid-links-XXXXXX", crontab_path[64];

static void write_crontab(const char *text)
{
	_cleanup_fclose_ FILE *f = fopen(crontab_path, "w");

	assert_non_null(f);
	fputs(text, f);
}

static int new_host(void **state)
{
	static const char *const supervisors[] = {"github=" WORKER, NULL};
	const struct identity_options opt = {
		.passwd_path = passwd_path, .ci_supervisors = supervisors, .host_root = host_root};
	char path[64];

	(void)state;
	if (!mkdtemp(host_root))
		return -1;
	snprintf(path, sizeof(path), "%s/etc", host_root);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/etc/cron.d", host_root);
	mkdir(path, 0755);
	snprintf(crontab_path, sizeof(crontab_path), "%s/etc/cron.d/one", host_root);
	write_crontab("* * * * * alice /bin/old\n");
	return identity_new(&table, &opt);
}

static int end_host(void **state)
{
	char path[64];

	(void)state;
	identity_free(table);
	unlink(crontab_path);
	snprintf(path, sizeof(path), "%s/etc/cron.d", host_root);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/etc", host_root);
	rmdir(path);
	rmdir(host_root);
	snprintf(host_root, sizeof(host_root), "/tmp/whodid-links-XXXXXX");
	return 0;
}

static struct task worker(uint32_t pid)
{
	struct task task = task_of(pid, 0);
	struct event ev;

	CROSS(table, &task, .id = ++next_id, .kind = BOUNDARY_SEED, .exe = STR_LIT(WORKER),
	      .cgroup = STR_LIT("/system.slice/runner.service"));
	ev = event_of(EVENT_EXEC, &task);
	ev.what.exec.exe = STR_LIT(WORKER);
	ev.what.exec.argv = STR_LIT(WORKER "\0spawnclient\0003\0004");
	identity_attach(table, &ev);
	return task;
}

/* The supervisor starts a step. */
static struct task step(const struct task *by)
{
	struct task task = fork_task(table, by, by->pid + (uint32_t)next_id, next_id);

	task.flags = TASK_IN_JOB;
	CROSS(table, &task, .id = ++next_id, .kind = BOUNDARY_CI, .role = ROLE_CI_SUPERVISOR,
	      .ci_system = CI_GITHUB, .opener_pid = by->pid, .opener_start_ns = by->start_ns,
	      .environ = STR_LIT("GITHUB_REPOSITORY=acme/app\0GITHUB_JOB=build\0GITHUB_RUN_ID=1"));
	return task;
}

static struct event touch(const struct task *task, enum event_type type, const char *path,
			  uint64_t inode)
{
	struct event ev = event_of(type, task);

	ev.what.outcome = OUTCOME_OK;
	ev.what.file.path = str_of(path);
	ev.what.file.inode = inode;
	ev.what.file.dev = 1;
	identity_attach(table, &ev);
	return ev;
}

/* atd links the job to another name; its child opens it, logs its owner in and starts the shell; the boundary of the shell's exec. */
static struct event run_at(uint32_t pid, uint64_t inode, bool reads)
{
	struct task atd = task_of(40, BOUNDARY_ID_KERNEL), child;

	exec_task(table, &atd, "/usr/sbin/atd");
	touch(&atd, EVENT_FILE_LINK, "/var/spool/cron/atjobs/=0001", inode);
	child = fork_task(table, &atd, pid, pid);
	if (reads)
		touch(&child, EVENT_FILE_READ, "/var/spool/cron/atjobs/=0001", inode);
	CROSS(table, &child, .id = ++next_id, .kind = BOUNDARY_LOGIN, .role = ROLE_AT,
	      .to_uid = 1001, .session_id = 9, .opener_pid = pid, .opener_start_ns = pid);
	return exec_task(table, &child, "/bin/sh");
}

static void at_jobs_name_their_submitter(void **state)
{
	struct task w = worker(50), job = step(&w), user = task_of(60, 0);
	struct event ev;

	(void)state;
	touch(&job, EVENT_FILE_CREATE, "/var/spool/cron/atjobs/a0001", 11);
	ev = run_at(200, 11, true);
	ASSERT_STR(ev.who.id.who, "at:alice");
	ASSERT_STR(ev.who.id.by, "ci:github/acme/app/build");
	assert_true(ev.who.id.flags & ID_DEFERRED_BY_JOB);
	CROSS(table, &user, .id = ++next_id, .kind = BOUNDARY_LOGIN, .role = ROLE_SSHD,
	      .to_uid = 1002, .session_id = 3);
	touch(&user, EVENT_FILE_CREATE, "/var/spool/cron/atjobs/a0002",
	      11); /* the number is used again */
	ev = run_at(201, 11, true);
	ASSERT_STR(ev.who.id.by, "human:deployer");
	assert_false(ev.who.id.flags & ID_DEFERRED_BY_JOB);
	ev = run_at(202, 12, true); /* nobody was seen to write it */
	assert_null(ev.who.id.by.p);
	ev = run_at(203, 11, false);
	assert_null(ev.who.id.by.p);
}

/* What a deferred job defers is still the first one's. */
static void deferring_again_hides_nobody(void **state)
{
	struct task w = worker(50), job = step(&w), second;
	struct event ev;

	(void)state;
	touch(&job, EVENT_FILE_CREATE, "/var/spool/cron/atjobs/a0001", 11);
	ev = run_at(200, 11, true);
	second = task_of(200, ev.what.boundary);
	second.start_ns = 200;
	touch(&second, EVENT_FILE_CREATE, "/var/spool/cron/atjobs/a0002", 12);
	ev = run_at(201, 12, true);
	ASSERT_STR(ev.who.id.by, "ci:github/acme/app/build");
	assert_true(ev.who.id.flags & ID_DEFERRED_BY_JOB);
}

/* In a container the same path is another file. */
static void containers_write_their_own_spool(void **state)
{
	struct task user = task_of(60, BOUNDARY_ID_KERNEL);
	struct event ev;

	(void)state;
	user.flags = TASK_IN_CONTAINER;
	touch(&user, EVENT_FILE_CREATE, "/var/spool/cron/atjobs/a0001", 11);
	ev = run_at(200, 11, true);
	assert_null(ev.who.id.by.p);
}

static void next_jobs_of_a_changed_supervisor_are_derived(void **state)
{
	struct task w = worker(50), job = step(&w), next;
	struct event ev;

	(void)state;
	ev = touch(&job, EVENT_FILE_WRITE, "/opt/runner/_work/app/bin/Runner.Worker", 5);
	assert_false(ev.who.id.flags & ID_SUPERVISOR_TAMPERED);
	ev = touch(&job, EVENT_FILE_READ, WORKER, 6);
	assert_false(ev.who.id.flags & ID_SUPERVISOR_TAMPERED);
	next = step(&w);
	ev = act(table, EVENT_FILE_READ, &next);
	assert_int_equal(ev.who.id.who_level, ASSURANCE_RECORDED);
	ev = touch(&job, EVENT_FILE_WRITE, "/opt/runner/externals/node20/bin/node", 7);
	assert_true(ev.who.id.flags & ID_SUPERVISOR_TAMPERED);
	w = worker(70); /* another one of the same files */
	next = step(&w);
	ev = act(table, EVENT_FILE_READ, &next);
	ASSERT_STR(ev.who.id.who, "ci:github/acme/app/build");
	assert_int_equal(ev.who.id.who_level, ASSURANCE_DERIVED);
	assert_true(ev.who.id.flags & ID_SUPERVISOR_TAMPERED);
}

static void written_memory_spoils_that_supervisor(void **state)
{
	struct task w = worker(50), other = worker(70), job = step(&w), next;
	struct event ev = event_of(EVENT_PTRACE, &job);

	(void)state;
	ev.what.target.pid = w.pid;
	ev.what.target.start_ns = w.start_ns;
	ev.what.target.op = PTRACE_OP_READ;
	ev.what.outcome = OUTCOME_OK;
	identity_attach(table, &ev);
	assert_true(ev.who.id.flags &
		    ID_SUPERVISOR_TAMPERED); /* an alarm, but it changed nothing */
	next = step(&w);
	ev = act(table, EVENT_FILE_READ, &next);
	assert_int_equal(ev.who.id.who_level, ASSURANCE_RECORDED);
	ev = event_of(EVENT_PTRACE, &job);
	ev.what.target.pid = w.pid;
	ev.what.target.start_ns = w.start_ns;
	ev.what.target.op = PTRACE_OP_WRITE;
	ev.what.outcome = OUTCOME_OK;
	identity_attach(table, &ev);
	next = step(&w);
	ev = act(table, EVENT_FILE_READ, &next);
	assert_int_equal(ev.who.id.who_level, ASSURANCE_DERIVED);
	next = step(&other);
	ev = act(table, EVENT_FILE_READ, &next);
	assert_int_equal(ev.who.id.who_level, ASSURANCE_RECORDED);
}

static uint64_t crontab_inode(void)
{
	struct stat st;

	assert_int_equal(stat(crontab_path, &st), 0);
	return st.st_ino;
}

/* A job adds a line, and cron reads it. */
static void plant(const struct task *job)
{
	struct task cron = task_of(41, BOUNDARY_ID_KERNEL);

	write_crontab("* * * * * alice /bin/old\n* * * * * alice /bin/planted\n");
	touch(job, EVENT_FILE_WRITE, "/etc/cron.d/one", crontab_inode());
	exec_task(table, &cron, "/usr/sbin/cron");
	touch(&cron, EVENT_FILE_READ, "/etc/cron.d/one", crontab_inode());
}

/* cron's child logs alice in. */
static struct task cron_child(uint32_t pid)
{
	struct task cron = task_of(41, BOUNDARY_ID_KERNEL), child;

	child = fork_task(table, &cron, pid, pid);
	CROSS(table, &child, .id = ++next_id, .kind = BOUNDARY_LOGIN, .role = ROLE_CRON,
	      .to_uid = 1001, .session_id = 9, .opener_pid = pid, .opener_start_ns = pid);
	return child;
}

static struct event run_shell(const struct task *task, struct str argv)
{
	struct event ev = event_of(EVENT_EXEC, task);

	ev.what.exec.exe = STR_LIT("/bin/sh");
	ev.what.exec.argv = argv;
	identity_attach(table, &ev);
	return ev;
}

/* Only the program that cron itself starts says which line it is: what that starts says what it likes. */
static void a_cron_job_cannot_choose_its_line(void **state)
{
	struct task w = worker(50), job = step(&w), child, grandchild;
	struct event ev;

	(void)state;
	plant(&job);
	child = cron_child(300);
	ev = run_shell(&child, STR_LIT("/bin/sh\0-c\0/bin/planted"));
	ASSERT_STR(ev.who.id.by, "ci:github/acme/app/build");
	assert_true(ev.who.id.flags & ID_DEFERRED_BY_JOB);
	child = cron_child(310);
	ev = run_shell(&child, STR_LIT("/bin/sh\0-c\0/bin/old"));
	assert_null(ev.who.id.by.p);
	grandchild = fork_task(table, &child, 311, 311);
	ev = run_shell(&grandchild, STR_LIT("/bin/sh\0-c\0/bin/planted"));
	assert_null(ev.who.id.by.p);
	ev = run_shell(&child, STR_LIT("/bin/sh\0-c\0/bin/planted"));
	assert_null(ev.who.id.by.p);
	assert_false(ev.who.id.flags & ID_DEFERRED_BY_JOB);
}

/* Whoever wrote it while events were lost is not known; nor who had it last, when they come late. */
static void lost_writes_leave_nobody(void **state)
{
	struct task w = worker(50), job = step(&w);
	uint64_t lost[EVENT_TYPE_MAX] = {[EVENT_FILE_WRITE] = 1};
	struct event ev = {.what = {.type = EVENT_LOSS}};

	(void)state;
	touch(&job, EVENT_FILE_CREATE, "/var/spool/cron/atjobs/a0001", 11);
	ev.what.loss.by_type = lost;
	identity_missed(table, &ev.what);
	ev = run_at(200, 11, true);
	assert_null(ev.who.id.by.p);
	touch(&job, EVENT_FILE_CREATE, "/var/spool/cron/atjobs/a0002", 12);
	ev = event_of(EVENT_FILE_WRITE, &w);
	ev.what.outcome = OUTCOME_OK;
	ev.what.folded = true;
	ev.what.file.path = STR_LIT("/var/spool/cron/atjobs/a0002");
	ev.what.file.inode = 12;
	ev.what.file.dev = 1;
	identity_attach(table, &ev);
	ev = run_at(201, 12, true);
	ASSERT_STR(ev.who.id.by, "ci:github/acme/app/build");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(at_jobs_name_their_submitter, begin_case, end_case),
		cmocka_unit_test_setup_teardown(deferring_again_hides_nobody, begin_case, end_case),
		cmocka_unit_test_setup_teardown(a_cron_job_cannot_choose_its_line, new_host,
						end_host),
		cmocka_unit_test_setup_teardown(lost_writes_leave_nobody, begin_case, end_case),
		cmocka_unit_test_setup_teardown(containers_write_their_own_spool, begin_case,
						end_case),
		cmocka_unit_test_setup_teardown(next_jobs_of_a_changed_supervisor_are_derived,
						begin_case, end_case),
		cmocka_unit_test_setup_teardown(written_memory_spoils_that_supervisor, begin_case,
						end_case),
	};

	return cmocka_run_group_tests(tests, make_passwd, remove_passwd);
}
