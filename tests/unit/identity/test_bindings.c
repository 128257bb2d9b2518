/* SPDX-License-Identifier: Apache-2.0 */
/* A token names the nearest place around who shows it, whole, and no other; doubts lower, never rename. */
#include "history.h"

#define SECOND 1000000000ll
#define NOW    (1000 * SECOND)

static struct attestation job_token(uint8_t number, const char *repository)
{
	struct attestation a = {.issuer = STR_LIT("https://issuer.test"),
				.subject = STR_LIT("subject"),
				.audience = STR_LIT("whodid"),
				.expires_wall_ns = NOW + 300 * SECOND,
				.ci = {.provider = STR_LIT("github"), .run_id = STR_LIT("7")}};

	a.ci.repository = str_of(repository);
	a.hash[0] = number;
	return a;
}

static struct attestation workload_token(uint8_t number, const char *pod_uid)
{
	struct attestation a = job_token(number, "x");

	a.is_workload = true;
	a.who = STR_LIT("sa:ci/build er");
	a.pod_uid = str_of(pod_uid);
	return a;
}

/* A person's session, with a shell in it. */
static struct task session(uint32_t pid, uint64_t id)
{
	struct task task = task_of(pid, 0);

	CROSS(table, &task, .id = id, .kind = BOUNDARY_LOGIN, .role = ROLE_SSHD, .to_uid = 1001,
	      .session_id = (uint32_t)id, .cgroup = STR_LIT("/"));
	return task;
}

static void a_session_is_the_jobs_with_all_in_it(void **state)
{
	struct task task = session(10, 100), root = task, other = session(30, 300);
	struct attestation a = job_token(1, "acme/app");
	struct event ev;

	(void)state;
	root.pid = 11;
	CROSS(table, &root, .id = 101, .kind = BOUNDARY_BECOME, .role = ROLE_SUDO, .to_uid = 0,
	      .cgroup = STR_LIT("/"));
	assert_int_equal(identity_bind(table, 101, &a, NOW), ATTEST_OK);
	ev = act(table, EVENT_FILE_READ, &root);
	ASSERT_ID(ev, "ci:github/acme/app/-", "ssh,sudo:root", "host", "AKD");
	ASSERT_STR(ev.who.id.person, "alice");
	ASSERT_STR(ev.who.id.attested.issuer, "https://issuer.test");
	ev = act(table, EVENT_FILE_READ, &task);
	ASSERT_ID(ev, "ci:github/acme/app/-", "ssh", "host", "AKD");
	/* and what crosses afterwards */
	root.pid = 12;
	CROSS(table, &root, .id = 102, .kind = BOUNDARY_BECOME, .role = ROLE_SU, .to_uid = 1002,
	      .cgroup = STR_LIT("/"));
	ev = act(table, EVENT_FILE_READ, &root);
	ASSERT_ID(ev, "ci:github/acme/app/-", "ssh,sudo:root,su:deployer", "host", "AKD");
	ev = act(table, EVENT_FILE_READ, &other);
	ASSERT_ID(ev, "human:alice", "ssh", "host", "KKD");
}

static void the_same_again_is_no_conflict(void **state)
{
	struct attestation a = job_token(1, "acme/app"), fresh = job_token(2, "acme/app");
	struct task task = session(10, 100);
	struct event ev;

	(void)state;
	fresh.expires_wall_ns += SECOND;
	assert_int_equal(identity_bind(table, 100, &a, NOW), ATTEST_OK);
	assert_int_equal(identity_bind(table, 100, &a, NOW), ATTEST_OK);
	assert_int_equal(identity_bind(table, 100, &fresh, NOW), ATTEST_OK);
	ev = act(table, EVENT_FILE_READ, &task);
	assert_int_equal(ev.who.id.attested.expires_wall_ns, fresh.expires_wall_ns);
	assert_int_equal(ev.who.id.flags, 0);
}

static void another_identity_is_a_conflict(void **state)
{
	struct attestation a = job_token(1, "acme/app"), b = job_token(2, "acme/other");
	struct task task = session(10, 100);
	struct event ev;

	(void)state;
	assert_int_equal(identity_bind(table, 100, &a, NOW), ATTEST_OK);
	assert_int_equal(identity_bind(table, 100, &b, NOW), ATTEST_BIND_CONFLICT);
	b = job_token(3, "acme/app");
	b.ci.run_id = STR_LIT("8");
	assert_int_equal(identity_bind(table, 100, &b, NOW), ATTEST_BIND_CONFLICT);
	ev = act(table, EVENT_FILE_READ, &task);
	ASSERT_ID(ev, "ci:github/acme/app/-", "ssh", "host", "DKD");
	assert_int_equal(ev.who.id.flags, ID_BIND_CONFLICT);
}

static void a_token_is_for_one_place(void **state)
{
	struct task first = session(10, 100), second = session(20, 200);
	struct attestation a = job_token(1, "acme/app");
	struct event ev;

	(void)state;
	assert_int_equal(identity_bind(table, 100, &a, NOW), ATTEST_OK);
	assert_int_equal(identity_bind(table, 200, &a, NOW), ATTEST_TOKEN_REPLAY);
	ev = act(table, EVENT_FILE_READ, &first);
	ASSERT_ID(ev, "ci:github/acme/app/-", "ssh", "host", "DKD");
	assert_int_equal(ev.who.id.flags, ID_TOKEN_REPLAY);
	ev = act(table, EVENT_FILE_READ, &second);
	ASSERT_ID(ev, "human:alice", "ssh", "host", "DKD");
	assert_int_equal(ev.who.id.flags, ID_TOKEN_REPLAY);
}

static void too_many_tokens_are_told(void **state)
{
	struct attestation a = job_token(0, "acme/app");

	(void)state;
	session(10, 100);
	for (unsigned i = 0; i < 4096; i++) {
		memcpy(a.hash, &i, sizeof(i));
		assert_int_equal(identity_bind(table, 100, &a, NOW), ATTEST_OK);
	}
	a.hash[31] = 1;
	assert_int_equal(identity_bind(table, 100, &a, NOW), ATTEST_BUSY);
	/* they expire */
	assert_int_equal(identity_bind(table, 100, &a, NOW + 600 * SECOND), ATTEST_OK);
}

static void cron_and_nobody_are_no_places(void **state)
{
	struct task cron = task_of(10, 0), seed = task_of(20, 0);
	struct attestation a = job_token(1, "acme/app");

	(void)state;
	CROSS(table, &cron, .id = 100, .kind = BOUNDARY_LOGIN, .role = ROLE_CRON, .to_uid = 1001,
	      .session_id = 1, .cgroup = STR_LIT("/"));
	CROSS(table, &seed, .id = 200, .kind = BOUNDARY_SEED, .cgroup = STR_LIT("/"));
	assert_int_equal(identity_bind(table, 100, &a, NOW), ATTEST_NO_BOUNDARY);
	assert_int_equal(identity_bind(table, 200, &a, NOW), ATTEST_NO_BOUNDARY);
	assert_int_equal(identity_bind(table, 12345, &a, NOW), ATTEST_NO_BOUNDARY);
	ASSERT_STR(act(table, EVENT_FILE_READ, &cron).who.id.who, "cron:alice");
}

static void a_unit_is_a_workloads_not_a_jobs(void **state)
{
	struct attestation job = job_token(1, "acme/app"), workload = workload_token(2, NULL);
	struct task task = task_of(10, 0);
	struct event ev;

	(void)state;
	CROSS(table, &task, .id = 100, .kind = BOUNDARY_CGROUP, .role = ROLE_SERVICE_MANAGER,
	      .opener_pid = 1, .cgroup = STR_LIT("/system.slice/runner.service"));
	assert_int_equal(identity_bind(table, 100, &job, NOW), ATTEST_NO_BOUNDARY);
	assert_int_equal(identity_bind(table, 100, &workload, NOW), ATTEST_OK);
	ev = act(table, EVENT_FILE_READ, &task);
	ASSERT_STR(ev.who.id.who, "sa:ci/build%20er");
	assert_int_equal(ev.who.id.who_level, ASSURANCE_ATTESTED);
	session(20, 200);
	workload.hash[0] = 3;
	assert_int_equal(identity_bind(table, 200, &workload, NOW), ATTEST_NO_BOUNDARY);
}

static void a_pods_token_is_for_its_pod(void **state)
{
	static const char cgroup[] =
		"/kubepods.slice/kubepods-besteffort.slice/"
		"kubepods-besteffort-pod8a7e1c3a_0000_4000_8000_0123456789ab.slice/cri-containerd-" H
		".scope";
	struct attestation wrong = workload_token(1, "8a7e1c3a-0000-4000-8000-0123456789ac");
	struct attestation right = workload_token(2, "8a7e1c3a-0000-4000-8000-0123456789ab");
	struct task task = task_of(10, 0);

	(void)state;
	CROSS(table, &task, .id = 100, .kind = BOUNDARY_CGROUP, .role = ROLE_CONTAINER_RUNTIME,
	      .opener_pid = 5, .cgroup = STR_LIT(cgroup));
	assert_int_equal(identity_bind(table, 100, &right, NOW), ATTEST_OK);
	assert_int_equal(act(table, EVENT_FILE_READ, &task).who.id.who_level, ASSURANCE_ATTESTED);
	assert_int_equal(identity_bind(table, 100, &wrong, NOW), ATTEST_CLAIMS_MISMATCH);
	assert_int_equal(act(table, EVENT_FILE_READ, &task).who.id.flags & ID_CLAIMS_MISMATCH,
			 ID_CLAIMS_MISMATCH);
}

/* The engine's own unit shows one: what it starts for others is not the engine. */
static void an_attested_engine_names_no_containers(void **state)
{
	struct attestation workload = workload_token(2, NULL);
	struct task engine = task_of(10, 0), inside = engine;
	struct event ev;

	(void)state;
	CROSS(table, &engine, .id = 100, .kind = BOUNDARY_CGROUP, .role = ROLE_SERVICE_MANAGER,
	      .opener_pid = 1, .cgroup = STR_LIT("/system.slice/docker.service"));
	assert_int_equal(identity_bind(table, 100, &workload, NOW), ATTEST_OK);
	inside = engine;
	inside.pid = 11;
	CROSS(table, &inside, .id = 101, .kind = BOUNDARY_CGROUP, .role = ROLE_CONTAINER_RUNTIME,
	      .opener_pid = 5, .cgroup = STR_LIT("/docker/" H));
	ev = act(table, EVENT_FILE_READ, &inside);
	ASSERT_ID(ev, "ctr:docker/0123456789ab", "container-run", "ctr:docker/0123456789ab", "KKK");
	assert_null(ev.who.id.attested.issuer.p);
}

/* A login inside of what a token names is not what the token says. */
static void a_new_who_is_not_attested(void **state)
{
	struct attestation workload = workload_token(2, NULL), job = job_token(3, "acme/app");
	struct task task = task_of(10, 0);
	struct event ev;

	(void)state;
	CROSS(table, &task, .id = 100, .kind = BOUNDARY_CGROUP, .role = ROLE_CONTAINER_RUNTIME,
	      .opener_pid = 5, .cgroup = STR_LIT("/docker/" H));
	assert_int_equal(identity_bind(table, 100, &workload, NOW), ATTEST_OK);
	task.pid = 11;
	CROSS(table, &task, .id = 101, .kind = BOUNDARY_LOGIN, .role = ROLE_SSHD, .to_uid = 1001,
	      .session_id = 4, .cgroup = STR_LIT("/docker/" H));
	ev = act(table, EVENT_FILE_READ, &task);
	ASSERT_STR(ev.who.id.who, "human:alice");
	assert_null(ev.who.id.attested.issuer.p);
	/* and its own token is no second one */
	assert_int_equal(identity_bind(table, 101, &job, NOW), ATTEST_OK);
}

/* Two jobs of one pipeline are two. */
static void another_jobs_step_is_a_conflict(void **state)
{
	struct attestation a = job_token(1, "acme/app"), b = job_token(2, "acme/app");

	(void)state;
	session(10, 100);
	a.ci.step = STR_LIT("4711");
	b.ci.step = STR_LIT("4712");
	assert_int_equal(identity_bind(table, 100, &a, NOW), ATTEST_OK);
	assert_int_equal(identity_bind(table, 100, &b, NOW), ATTEST_BIND_CONFLICT);
}

/* The event of a refusal names a pid that may be nobody's: it makes no process, which would never end. */
static void a_senders_event_makes_no_process(void **state)
{
	struct identity_stats before, after;
	struct event ev = {.what = {.count = 1}};

	(void)state;
	session(10, 100);
	identity_get_stats(table, &before);
	assert_false(identity_sender(table, 77, 100, &ev.what));
	ev.what.type = EVENT_SESSION_ATTEST;
	identity_attach(table, &ev);
	ASSERT_STR(ev.who.id.who, "human:alice");
	identity_get_stats(table, &after);
	assert_int_equal(after.processes, before.processes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_session_is_the_jobs_with_all_in_it, new_case,
						end_case),
		cmocka_unit_test_setup_teardown(the_same_again_is_no_conflict, new_case, end_case),
		cmocka_unit_test_setup_teardown(another_identity_is_a_conflict, new_case, end_case),
		cmocka_unit_test_setup_teardown(a_token_is_for_one_place, new_case, end_case),
		cmocka_unit_test_setup_teardown(too_many_tokens_are_told, new_case, end_case),
		cmocka_unit_test_setup_teardown(cron_and_nobody_are_no_places, new_case, end_case),
		cmocka_unit_test_setup_teardown(a_unit_is_a_workloads_not_a_jobs, new_case,
						end_case),
		cmocka_unit_test_setup_teardown(a_pods_token_is_for_its_pod, new_case, end_case),
		cmocka_unit_test_setup_teardown(an_attested_engine_names_no_containers, new_case,
						end_case),
		cmocka_unit_test_setup_teardown(a_new_who_is_not_attested, new_case, end_case),
		cmocka_unit_test_setup_teardown(another_jobs_step_is_a_conflict, new_case,
						end_case),
		cmocka_unit_test_setup_teardown(a_senders_event_makes_no_process, new_case,
						end_case),
	};

	return cmocka_run_group_tests(tests, make_passwd, remove_passwd);
}
