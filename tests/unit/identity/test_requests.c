/* SPDX-License-Identifier: Apache-2.0 */
/* What runtimes are started for, and what engines are asked for: by arguments and lines that others write. */
#include "history.h"

#include "identity/container/calls.h"
#include "identity/container/container.h"
#include "identity/container/requests.h"

#define OTHER "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

/* --- what runtimes are started for */

#define ARGV(s) ((struct str){s, sizeof(s) - 1})

static void arguments_of_runtimes(void **state)
{
	static const struct {
		struct str argv;
		enum call_kind kind;
		const char *bundle, *exec_id;
	} rows[] = {
		{ARGV("runc\0--root\0/run/x\0--log\0/b/log.json\0--log-format\0json\0create\0--bundle\0"
		      "/b\0--pid-file\0/b/init.pid\0" H),
		 CALL_START, "/b", NULL},
		{ARGV("runc\0--root=/run/x\0exec\0--process\0/tmp/p\0--detach\0--pid-file\0/b/" H
		      ".pid\0" H),
		 CALL_EXEC, "/b", H},
		{ARGV("/usr/bin/runc\0exec\0--pid-file\0/s/userdata/" H
		      "/exec_pid\0--process\0/p\0-d\0" H),
		 CALL_EXEC, "/s/userdata", H},
		{ARGV("crun\0--systemd-cgroup\0create\0--bundle=/b\0" H), CALL_START, "/b", NULL},
		{ARGV("runc\0run\0-d\0-b\0/b\0" H), CALL_START, "/b", NULL},
		{ARGV("runc\0exec\0" H "\0create\0--bundle\0/evil\0" H), CALL_EXEC, NULL, NULL},
		{ARGV("runc\0start\0" H), CALL_NONE, NULL, NULL},
		{ARGV("runc\0create\0web"), CALL_NONE, NULL, NULL},
		{ARGV("runc\0create"), CALL_NONE, NULL, NULL},
		{ARGV("runc\0--root"), CALL_NONE, NULL, NULL},
		{ARGV("runc"), CALL_NONE, NULL, NULL},
		{ARGV(""), CALL_NONE, NULL, NULL},
		{ARGV("sh\0-c\0runc create --bundle /b " H), CALL_NONE, NULL, NULL},
		{ARGV("runc\0exec\0--pid-file\0.pid\0" H), CALL_EXEC, NULL, NULL},
		{ARGV("runc\0exec\0--pid-file\0exec_pid\0" H), CALL_EXEC, NULL, NULL},
	};
	struct runtime_call call;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(runtime_call_read(&call, rows[i].argv), rows[i].kind != CALL_NONE);
		if (rows[i].kind == CALL_NONE)
			continue;
		assert_int_equal(call.kind, rows[i].kind);
		ASSERT_STR(call.bundle, rows[i].bundle);
		ASSERT_STR(call.exec_id, rows[i].exec_id);
	}
}

static void only_roots_calls_outside_are_kept(void **state)
{
	struct calls *t = calls_new();
	struct event_what what = {
		.pid = 7, .start_ns = 70, .exec.argv = ARGV("runc\0create\0--bundle\0/b\0" H)};
	struct runtime_call call;

	(void)state;
	assert_non_null(t);
	what.uid = 1001;
	calls_learn(t, &what);
	what.uid = 0;
	what.task_flags = TASK_IN_JOB;
	calls_learn(t, &what);
	assert_false(calls_find(t, 7, 70, &call));
	assert_null(calls_bundle(t, str_of(H)).p);
	what.task_flags = 0;
	calls_learn(t, &what);
	assert_true(calls_find(t, 7, 70, &call));
	assert_false(calls_find(t, 7, 71, &call));
	ASSERT_STR(calls_bundle(t, str_of(H)), "/b");
	for (what.pid = 8; what.pid < 8 + 256; what.pid++)
		calls_learn(t, &what);
	assert_false(calls_find(t, 7, 70, &call));
	calls_free(t);
}

static void requests_that_start_something(void **state)
{
	static const struct {
		const char *line;
		bool exec;
		const char *target;
	} rows[] = {
		{"POST /v1.41/containers/web/start", false, "web"},
		{"POST /containers/web/start", false, "web"},
		{"POST /v4.3.1/libpod/containers/" H "/start", false, H},
		{"POST /v1.41/containers/web/restart", false, "web"},
		{"POST /v1.41/exec/" H "/start", true, H},
		{"POST /v1.41/exec/" H "/restart", false, NULL},
		{"POST /v1.41/exec/" H "/resize", false, NULL},
		{"POST /v1.41/containers/web/stop", false, NULL},
		{"POST /v1.41/containers/web/start/x", false, NULL},
		{"POST /v1.41/containers/create", false, NULL},
		{"POST /v1.41/containers//start", false, NULL},
		{"POST /v1.41/containers/a%20b/start", false, NULL},
		{"POST /v1.41/images/web/start", false, NULL},
		{"GET /v1.41/containers/web/start", false, NULL},
		{"POST ", false, NULL},
		{"", false, NULL},
	};
	struct str target;
	bool exec;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(request_read(str_of(rows[i].line), &exec, &target),
				 rows[i].target != NULL);
		if (!rows[i].target)
			continue;
		assert_int_equal(exec, rows[i].exec);
		ASSERT_STR(target, rows[i].target);
	}
}

/* Whether one request fits a container of id H and that name, so long afterwards. */
static bool asked(const char *line, uint32_t engine, const char *name, uint64_t after_ns)
{
	struct requests *t = requests_new();
	struct event_what what = {.boot_ns = 1000,
				  .request = {.line = str_of(line), .engine = engine}};
	const struct request_key key = {.engine = REQUEST_ENGINE_DOCKER,
					.id = str_of(H),
					.name = str_of(name),
					.boot_ns = 1000 + after_ns};
	const struct request *fit;
	size_t n;

	assert_non_null(t);
	requests_learn(t, &what);
	n = requests_take(t, &key, &fit, 1);
	if (n)
		assert_int_equal(requests_take(t, &key, &fit, 1),
				 0); /* a second start is another's */
	requests_free(t);
	return n == 1;
}

static void requests_fit_a_container_for_a_while(void **state)
{
	const uint32_t docker = REQUEST_ENGINE_DOCKER;

	(void)state;
	assert_true(asked("POST /containers/" H "/start", docker, NULL, 0));
	assert_true(asked("POST /containers/web/start", docker, "web", REQUEST_WINDOW_NS - 1));
	assert_true(asked("POST /containers/0123456789ab/start", docker, NULL, 0));
	assert_false(asked("POST /containers/0123456789a/start", docker, NULL, 0));
	assert_false(asked("POST /containers/1123456789ab/start", docker, NULL, 0));
	assert_false(asked("POST /containers/web/start", docker, "db", 0));
	/* what is called as another container's number was not asked for by that number */
	assert_false(asked("POST /containers/" OTHER "/start", docker, OTHER, 0));
	assert_false(asked("POST /containers/web/start", docker, NULL, 0));
	assert_false(asked("POST /containers/web/start", REQUEST_ENGINE_PODMAN, "web", 0));
	assert_false(asked("POST /containers/" H "/start", docker, NULL, REQUEST_WINDOW_NS));
	assert_false(asked("POST /exec/" H "/start", docker, NULL, 0));
	assert_false(asked("POST /containers/" H "/start", docker, NULL, (uint64_t)-1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_of_runtimes),
		cmocka_unit_test(only_roots_calls_outside_are_kept),
		cmocka_unit_test(requests_that_start_something),
		cmocka_unit_test(requests_fit_a_container_for_a_while),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
