/* SPDX-License-Identifier: Apache-2.0 */
/* The published form, to the byte, and against its own schema. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "event_fields.h"
#include "event_json.h"
#include "sample.h"

static void assert_has(const struct event *ev, const char *part)
{
	char *text = sample_json(ev);

	if (!strstr(text, part))
		fail_msg("no %s in %s", part, text);
	free(text);
}

static void assert_has_not(const struct event *ev, const char *part)
{
	char *text = sample_json(ev);

	if (strstr(text, part))
		fail_msg("%s in %s", part, text);
	free(text);
}

#define HEAD(type)                                                                                 \
	"{\"schema\":\"whodid.event/1.0\",\"uid\":\"01M84J9NVAP6A000000007SYBY\",\"seq\":8190334," \
	"\"time\":\"2026-11-23T16:02:19.114203911Z\",\"type\":\"" type                             \
	"\",\"outcome\":\"ok\"," HOST ","
#define HOST                                                                            \
	"\"host\":{\"name\":\"runner-07\",\"id\":\"5f0e7c1a9b0d4c5e8a3b2c1d0e9f8a7b\"," \
	"\"boot_id\":\"b1946ac9-2d2e-4a8f-9f0c-3a1b5c7d9e11\"}"
#define WHO                                                                                         \
	"\"identity\":{\"who\":\"human:maya\",\"kind\":\"human\",\"via\":[\"ssh\",\"sudo:root\"],"  \
	"\"as\":\"session:26\",\"assurance\":{\"who\":\"kernel\",\"via\":\"derived\","              \
	"\"as\":\"kernel\"},\"boundary\":\"b281474976710657\",\"session\":\"26\","                  \
	"\"person\":\"maya\",\"cgroup\":\"/user.slice/user-1000.slice/session-26.scope\","          \
	"\"form\":\"wid1 who=human:maya;ses=26 via=ssh,sudo:root as=session:26 acct=998 lvl=KDK\"," \
	"\"subject\":\"who=human:maya as=session\","                                                \
	"\"instance\":\"who=human:maya;ses=26 via=ssh,sudo:root as=session:26\"},"
#define PROCESS_START \
	"\"process\":{\"uid\":\"b1946ac9.4466.1187923243\",\"pid\":4466,\"exe\":\"/usr/bin/bash\","
#define TASK                                                                         \
	"\"start_time\":\"2026-11-23T16:02:19.113990204Z\",\"comm\":\"run.sh\","     \
	"\"user\":{\"uid\":998,\"name\":\"runner\"},\"gid\":998,\"login_uid\":1000," \
	"\"session_id\":26,"
#define PARENT \
	"\"parent\":{\"uid\":\"b1946ac9.4460.1187809000\",\"pid\":4460,\"exe\":\"/usr/bin/dash\"}"
#define TAIL                                                        \
	"\"verdict\":{\"value\":\"unexpected\",\"mode\":\"audit\"," \
	"\"binding\":\"acme-app-build\",\"severity\":\"high\"},\"anomaly_id\":\"A-1042\"}"

static void check(struct event ev, const char *expected)
{
	char *text = sample_json(&ev);

	assert_string_equal(text, expected);
	free(text);
}

static void golden_exec(void **state)
{
	(void)state;
	check(sample_exec(), HEAD("exec") WHO PROCESS_START
	      "\"argv\":[\"./run.sh\",\"--once\"],\"filename\":\"/tmp/.x/run.sh\","
	      "\"cwd\":\"/home/runner/work\"," TASK
	      "\"caps\":[\"net_admin\",\"sys_admin\"],\"exe_inode\":\"81432219\","
	      "\"exe_dev\":\"8:1\",\"exe_mode\":\"0755\",\"exe_owner\":0," PARENT
	      ",\"ancestors\":[{\"pid\":4455,\"exe\":\"/usr/bin/node\"},{\"pid\":4402}]}," TAIL);
}

static void golden_exit(void **state)
{
	(void)state;
	check(sample_exit(), HEAD("exit") WHO PROCESS_START TASK
	      "\"exit_signal\":\"SIGKILL\",\"duration_ms\":0.412,\"user_ms\":1.000,"
	      "\"system_ms\":0.000,\"max_rss_bytes\":4096000," PARENT "}," TAIL);
}

static void golden_file(void **state)
{
	(void)state;
	check(sample_file(), HEAD("file.read") WHO PROCESS_START TASK PARENT
	      "},\"file\":{\"path\":\"/proc/4127/mem\",\"op\":\"open\","
	      "\"flags\":[\"rdonly\",\"cloexec\"],\"mode\":\"0644\","
	      "\"inode\":\"9007199254740993\",\"dev\":\"0:22\"}," TAIL);
}

static void golden_connect(void **state)
{
	(void)state;
	check(sample_net(), HEAD("net.connect") WHO PROCESS_START TASK PARENT
	      "},\"network\":{\"family\":\"inet\",\"direction\":\"outbound\",\"op\":\"connect\",\"proto\":\"tcp\","
	      "\"src\":{\"ip\":\"10.20.4.17\",\"port\":48812},"
	      "\"dst\":{\"ip\":\"203.0.113.66\",\"port\":443},\"duration_ms\":1.500}," TAIL);
}

static struct event sample_loss(void)
{
	static const uint64_t by_type[EVENT_TYPE_MAX] = {
		[EVENT_EXEC] = 32, [EVENT_FILE_READ] = 180};
	struct event ev = {0};

	ev.what.type = EVENT_LOSS;
	ev.what.count = 1;
	ev.what.seq = 9;
	ev.what.wall_ns = SAMPLE_WALL_NS;
	ev.what.loss.events = 212;
	ev.what.loss.total = 300;
	ev.what.loss.stage = STR_LIT("ring_buffer");
	ev.what.loss.from_wall_ns = SAMPLE_WALL_NS - 1000000000;
	ev.what.loss.to_wall_ns = SAMPLE_WALL_NS;
	ev.what.loss.by_type = by_type;
	return ev;
}

static void golden_loss(void **state)
{
	(void)state;
	check(sample_loss(),
	      "{\"schema\":\"whodid.event/1.0\",\"uid\":\"01M84J9NVAP6A0000000000009\",\"seq\":9,"
	      "\"time\":\"2026-11-23T16:02:19.114203911Z\",\"type\":\"loss\"," HOST
	      ",\"loss\":{\"stage\":\"ring_buffer\",\"cause\":\"full\",\"events\":212,"
	      "\"by_type\":{\"exec\":32,\"file.read\":180},"
	      "\"from_time\":\"2026-11-23T16:02:18.114203911Z\","
	      "\"to_time\":\"2026-11-23T16:02:19.114203911Z\",\"total_since_start\":300}}");
}

static struct event sample_anomaly(void)
{
	struct event ev = sample_act(EVENT_ANOMALY);

	ev.score.change = STR_LIT("opened");
	ev.score.state = STR_LIT("new");
	ev.score.kind = STR_LIT("forbidden");
	ev.score.title = STR_LIT("Build job read the runner's memory");
	ev.score.what = STR_LIT("read /proc/4127/mem");
	ev.score.events = 37;
	ev.score.first_wall_ns = ev.score.last_wall_ns = SAMPLE_WALL_NS;
	return ev;
}

static void anomaly_stands_alone(void **state)
{
	struct event ev = sample_anomaly();

	(void)state;
	assert_has(&ev, "\"anomaly\":{\"id\":\"A-1042\",\"change\":\"opened\",\"state\":\"new\","
			"\"kind\":\"forbidden\",\"severity\":\"high\",");
	assert_has(&ev, "\"events\":37,\"first_time\":\"2026-11-23T16:02:19.114203911Z\"");
	assert_has_not(&ev, "\"process\"");
}

static struct event sample_become(void)
{
	struct event ev = sample_act(EVENT_CRED_BECOME);

	ev.what.crossing.from_uid = 1000;
	ev.what.crossing.role = ROLE_SUDO;
	ev.what.crossing.kind = BOUNDARY_BECOME;
	ev.what.crossing.id = 281474976710658ull;
	return ev;
}

static void become_says_from_to_and_by_what(void **state)
{
	struct event ev = sample_become();

	(void)state;
	assert_has(&ev, "\"cred\":{\"from_uid\":1000,\"to_uid\":0,\"via\":\"sudo\"}");
	ev.what.type = EVENT_SESSION_START;
	assert_has_not(&ev, "\"cred\"");
	assert_has(&ev, "\"role\":\"sudo\"");
}

/* Unknown is absent; what equals something else is not said twice. */
static void absent_is_absent(void **state)
{
	static const char *const never[] = {"null",	 "4294967295", ":-1",	"\"\"",
					    "tid",	 "ns_pid",     "euid",	"\"count\"",
					    "truncated", "errno",      "reason"};
	struct event ev = sample_exec();

	(void)state;
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		assert_has_not(&ev, never[i]);
	ev.what.login_uid = ev.what.session_id = UINT32_MAX;
	assert_has_not(&ev, "login_uid");
	assert_has_not(&ev, "session_id");
	ev.who.id = (struct identity){.boundary = 5};
	assert_has(&ev, "\"identity\":{\"boundary\":\"b5\"}");
}

static void differences_are_said(void **state)
{
	struct event ev = sample_file();

	(void)state;
	ev.what.tid = 4467;
	ev.what.ns_pid = 12;
	ev.what.euid = 0;
	ev.what.outcome = OUTCOME_FAILED;
	ev.what.err = EACCES;
	ev.what.file.path_source = PATH_OF_PROCESS;
	ev.what.file.deleted = true;
	ev.what.truncated = CUT_PATH;
	ev.who.id.flags = ID_SEEDED | ID_USERNS;
	assert_has(&ev, "\"pid\":4466,\"tid\":4467,\"ns_pid\":12,");
	assert_has(&ev, "\"euid\":0");
	assert_has(&ev, "\"outcome\":\"failed\",\"errno\":\"EACCES\"");
	assert_has(&ev, "\"path_source\":\"process\",\"deleted\":true");
	assert_has(&ev, "\"truncated\":[\"file.path\"]");
	assert_has(&ev, "\"flags\":[\"seeded\",\"userns\"]");
}

static void folded_events_count(void **state)
{
	struct event ev = sample_file();

	(void)state;
	ev.what.count = 3;
	ev.what.first_wall_ns = SAMPLE_WALL_NS - 5000000000;
	ev.what.last_wall_ns = SAMPLE_WALL_NS;
	assert_has(&ev, "\"count\":3,\"first_time\":\"2026-11-23T16:02:14.114203911Z\","
			"\"last_time\":\"2026-11-23T16:02:19.114203911Z\"");
}

static void chmod_to_nothing_and_chown(void **state)
{
	struct event ev = sample_act(EVENT_FILE_CHMOD);

	(void)state;
	ev.what.file.op = STR_LIT("chmod");
	ev.what.file.mode = 0100000;
	assert_has(&ev, "\"mode\":\"0000\"");
	assert_has_not(&ev, "new_uid");
	ev.what.file.op = STR_LIT("chown");
	ev.what.file.new_uid = 0;
	assert_has(&ev, "\"new_uid\":0");
	assert_has_not(&ev, "new_gid");
}

static void ipv6_and_no_source(void **state)
{
	struct event ev = sample_net();

	(void)state;
	ev.what.net.family = 10;
	memset(ev.what.net.src, 0, 16);
	ev.what.net.src_port = 0;
	inet_pton(AF_INET6, "2001:db8::1", ev.what.net.dst);
	assert_has(&ev, "\"dst\":{\"ip\":\"2001:db8::1\",\"port\":443}");
	assert_has_not(&ev, "\"src\"");
}

static void bytes_that_are_no_text(void **state)
{
	struct event ev = sample_exec();

	(void)state;
	ev.what.exec.argv = STR_LIT("a\xff\0\x1b[31m\nb");
	ev.what.exec.cwd = STR_LIT("/tmp/\xc3\x28");
	assert_has(
		&ev,
		"\"argv\":[\"a\xef\xbf\xbd\",\"\\u001b[31m\\nb\"],\"argv_b64\":\"Yf8AG1szMW0KYg==\"");
	assert_has(&ev, "\"cwd\":\"/tmp/\xef\xbf\xbd(\",\"cwd_b64\":\"L3RtcC/DKA==\"");
	ev.what.exec.argv = STR_LIT("caf\xc3\xa9");
	assert_has(&ev, "\"argv\":[\"caf\xc3\xa9\"]");
	assert_has_not(&ev, "argv_b64");
	ev.who.ancestors[1].exe = STR_LIT("/x\xfe");
	assert_has(&ev, "{\"pid\":4455,\"exe\":\"/x\xef\xbf\xbd\",\"exe_b64\":\"L3j+\"}");
}

static void argv_keeps_empty_arguments(void **state)
{
	struct event ev = sample_exec();

	(void)state;
	ev.what.exec.argv = STR_LIT("a\0\0b\0");
	assert_has(&ev, "\"argv\":[\"a\",\"\",\"b\",\"\"]");
}

/* Not in the text, and not in its base64 either. */
static void secrets_are_redacted_everywhere(void **state)
{
	struct event ev = sample_exec();

	(void)state;
	ev.what.exec.argv = STR_LIT("curl\0--token\0hunter2hunter2\0\xff");
	assert_has(&ev, "\"argv\":[\"curl\",\"--token\",\"[redacted]\",\"\xef\xbf\xbd\"]");
	assert_has(&ev, "\"argv_b64\":\"Y3VybAAtLXRva2VuAFtyZWRhY3RlZF0A/w==\"");
	assert_has(&ev, "\"redacted\":[\"process.argv.2\"]");
	assert_has_not(&ev, "hunter2");
}

static void no_event_makes_it_fail(void **state)
{
	(void)state;
	for (unsigned type = 0; type < EVENT_TYPE_MAX; type++) {
		struct event ev = {0};

		ev.what.type = (enum event_type)type;
		free(sample_json(&ev));
	}
}

/* --- against the schema */

static void write_events(FILE *f)
{
	struct event ev[] = {sample_exec(), sample_exit(),    sample_file(),   sample_net(),
			     sample_loss(), sample_anomaly(), sample_become(), sample_exec()};

	ev[7].what.exec.argv = STR_LIT("x\xff");
	ev[7].what.exec.caps_effective = CAPABILITIES_ALL;
	ev[7].what.err = EACCES;
	ev[7].what.outcome = OUTCOME_FAILED;
	ev[7].who.id.flags = (1u << ID_FLAG_MAX) - 1;
	ev[7].what.truncated = CUT_ARGV | CUT_EXE | CUT_CWD;
	for (size_t i = 0; i < sizeof(ev) / sizeof(ev[0]); i++) {
		char *text = sample_json(&ev[i]);

		fprintf(f, "%s\n", text);
		free(text);
	}
	for (unsigned type = 1; type < EVENT_TYPE_MAX; type++) {
		struct event act = sample_act((enum event_type)type);
		char *text;

		if (!event_type_name((enum event_type)type) || type == EVENT_BOUNDARY ||
		    type == EVENT_PROCESS || type == EVENT_REQUEST) /* these never leave the line */
			continue;
		act.what.loss.stage = STR_LIT("store");
		act.what.message = STR_LIT("text");
		text = sample_json(&act);
		fprintf(f, "%s\n", text);
		free(text);
	}
}

/* Events pass; and so that a schema that lets all pass is noticed, broken ones do not. */
static const char validator[] = "import json, sys\n"
				"try:\n"
				"  import jsonschema\n"
				"except ImportError:\n"
				"  sys.exit(77)\n"
				"def once(pairs):\n"
				"  d = dict(pairs)\n"
				"  assert len(d) == len(pairs), 'a name twice'\n"
				"  return d\n"
				"load = lambda s: json.loads(s, object_pairs_hook=once)\n"
				"schema = load(open(sys.argv[1]).read())\n"
				"jsonschema.Draft7Validator.check_schema(schema)\n"
				"v = jsonschema.Draft7Validator(schema)\n"
				"events = [load(line) for line in open(sys.argv[2])]\n"
				"for e in events:\n"
				"  for x in v.iter_errors(e):\n"
				"    print(e['type'], list(x.path), x.message)\n"
				"    sys.exit(1)\n"
				"def broken(change):\n"
				"  e = json.loads(json.dumps(events[0]))\n"
				"  change(e)\n"
				"  assert not v.is_valid(e), e\n"
				"broken(lambda e: e.pop('uid'))\n"
				"broken(lambda e: e.update(type='exek'))\n"
				"broken(lambda e: e.update(more=1))\n"
				"broken(lambda e: e['process'].update(pid='4466'))\n"
				"broken(lambda e: e['process'].update(more=1))\n"
				"broken(lambda e: e['process'].update(argv='x'))\n"
				"broken(lambda e: e['identity']['assurance'].update(who='sure'))\n"
				"broken(lambda e: e.update(time='2026-11-23T16:02:19Z'))\n"
				"broken(lambda e: e['process']['ancestors'].append({'exe': 'x'}))\n"
				"assert len(events) > 20\n";

static FILE *make_file(char *path)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	return fdopen(fd, "w");
}

static void events_fit_their_schema(void **state)
{
	char schema[] = "/tmp/test-schema.XXXXXX", events[] = "/tmp/test-events.XXXXXX";
	FILE *f = make_file(schema);
	struct json w;
	int status;
	pid_t child;

	(void)state;
	json_init(&w, 1u << 20);
	event_json_schema(&w);
	assert_int_equal(w.err, 0);
	fwrite(w.buf, 1, w.len, f);
	json_release(&w);
	fclose(f);
	f = make_file(events);
	write_events(f);
	fclose(f);
	child = fork();
	if (child == 0) {
		execl("/usr/bin/python3", "python3", "-c", validator, schema, events, NULL);
		_exit(77);
	}
	waitpid(child, &status, 0);
	unlink(schema);
	unlink(events);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* How many bytes of the name are the object that a row stands in, up to and with that dot; 0 = no more. */
static size_t object_in(const char *name, size_t from)
{
	const char *dot = strchr(name + from, '.');

	return dot ? (size_t)(dot - name) + 1 : 0;
}

static bool is_in(const struct field *f, const char *name, size_t n)
{
	return strncmp(f->name, name, n) == 0;
}

/* JSON is written row by row: rows apart would open the same object twice, and readers take one of them. */
static void rows_of_an_object_stand_together(void **state)
{
	const struct field *rows[512];
	size_t n = 0;

	(void)state;
	for (const struct field *f = event_fields; f->name; f++) {
		if (f->use & FIELD_NO_JSON)
			continue;
		assert_true(n < sizeof(rows) / sizeof(rows[0]));
		rows[n++] = f;
	}
	for (size_t i = 1; i < n; i++) {
		const char *name = rows[i]->name;

		for (size_t end = object_in(name, 0); end; end = object_in(name, end)) {
			if (is_in(rows[i - 1], name, end))
				continue;
			for (size_t k = 0; k + 1 < i; k++)
				if (is_in(rows[k], name, end))
					fail_msg("%s stands apart from %s", name, rows[k]->name);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_exec),
		cmocka_unit_test(golden_exit),
		cmocka_unit_test(golden_file),
		cmocka_unit_test(golden_connect),
		cmocka_unit_test(golden_loss),
		cmocka_unit_test(anomaly_stands_alone),
		cmocka_unit_test(become_says_from_to_and_by_what),
		cmocka_unit_test(absent_is_absent),
		cmocka_unit_test(differences_are_said),
		cmocka_unit_test(folded_events_count),
		cmocka_unit_test(chmod_to_nothing_and_chown),
		cmocka_unit_test(ipv6_and_no_source),
		cmocka_unit_test(bytes_that_are_no_text),
		cmocka_unit_test(argv_keeps_empty_arguments),
		cmocka_unit_test(secrets_are_redacted_everywhere),
		cmocka_unit_test(no_event_makes_it_fail),
		cmocka_unit_test(events_fit_their_schema),
		cmocka_unit_test(rows_of_an_object_stand_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
