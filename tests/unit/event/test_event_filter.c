/* SPDX-License-Identifier: Apache-2.0 */
/* Filter words against events: what matches, what does not, and what is said of a wrong word. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "event_fields.h"
#include "event_filter.h"
#include "sample.h"

static struct filter *parse(const char *text)
{
	struct filter *f = NULL;
	struct problem err = {0};

	if (filter_parse(&f, str_of(text), &err))
		fail_msg("%s: %s", text, err.text);
	return f;
}

static bool matches(const char *text, const struct event *ev)
{
	struct filter *f = parse(text);
	bool yes = filter_match(f, ev);

	/* a reader that skips by type must not skip what matches */
	if (yes)
		assert_true(filter_types(f) >> ev->what.type & 1);
	filter_free(f);
	return yes;
}

struct row {
	const char *text;
	bool yes;
};

static void check(const struct row *rows, size_t n, const struct event *ev)
{
	for (size_t i = 0; i < n; i++)
		if (matches(rows[i].text, ev) != rows[i].yes)
			fail_msg("%s: expected %s", rows[i].text, rows[i].yes ? "a match" : "none");
}
#define CHECK(rows, ev) check(rows, sizeof(rows) / sizeof((rows)[0]), ev)

static void exec_table(void **state)
{
	static const struct row rows[] = {
		{"", true},
		{"type=exec", true},
		{"type=exit", false},
		{"type=exit,exec", true},
		{"type!=exec", false},
		{"type!=exit", true},
		{"type=e*", true},
		{"type=file", false},
		{"who=human:maya", true},
		{"who=human:*", true},
		{"who=human:may?", true},
		{"who=maya", false},
		{"who!=human:*", false},
		{"identity.who=human:maya", true},
		{"via=ssh", true},
		{"via=sudo", true},
		{"via=sudo:root", true},
		{"via=sud", false},
		{"via=ssh,cron", true},
		{"via!=cron", true},
		{"via!=ssh", false},
		{"via=\"ssh,sudo:root\"", true},
		{"as=session:*", true},
		{"level=kernel", true},
		{"level>=recorded", true},
		{"level>=attested", false},
		{"level<attested", true},
		{"level<=derived", false},
		{"exe=/usr/bin/bash", true},
		{"exe=bash", true},
		{"exe=ba*", true},
		{"exe=*/bash", true},
		{"exe=/usr/*", true},
		{"exe=bin", false},
		{"process.exe=bash", true},
		{"parent.exe=dash", true},
		{"ancestor=node", true},
		{"ancestor=/usr/bin/python", false},
		{"argv=--once", true},
		{"argv=--on*", true},
		{"argv=\"./run.sh --once\"", true},
		{"argv=\"*run.sh --*\"", true},
		{"argv=run.sh", false},
		{"filename=/tmp/.x/run.sh", true},
		{"cwd=/home/*", true},
		{"pid=4466", true},
		{"pid=1,4466", true},
		{"pid!=4466", false},
		{"pid>4465", true},
		{"pid>4466", false},
		{"pid>=4466", true},
		{"pid<4467", true},
		{"pid<=4465", false},
		{"ppid=4460", true},
		{"user=runner", true},
		{"user=998", true},
		{"user=0", false},
		{"user!=root", true},
		{"user.uid=998", true},
		{"login_uid=1000", true},
		{"session=26", true},
		{"person=maya", true},
		{"verdict=unexpected", true},
		{"verdict=unexpected,forbidden", true},
		{"verdict=expected", false},
		{"severity>=high", true},
		{"severity>high", false},
		{"severity=high,critical", true},
		{"severity<critical", true},
		{"binding=acme-*", true},
		{"anomaly=A-1042", true},
		{"anomaly=1042", true},
		{"anomaly=A-1", false},
		{"boundary=b281474976710657", true},
		{"boundary=281474976710657", true},
		{"boundary=b1", false},
		{"cap=sys_admin", true},
		{"cap=bpf", false},
		{"outcome=ok", true},
		{"seq=8190334", true},
		{"uid=01M84J9NVAP6A000000007SYBY", true},
		{"uid=01M84J9NVAP6A000000007SYBZ", false},
		{"process.uid=b1946ac9.4466.1187923243", true},
		{"process.uid=b1946ac9.4466.1", false},
		{"time>=2026-11-23T16:02:19Z", true},
		{"time>2026-11-23T16:02:20Z", false},
		{"time<=@1795449740", true},
		{"start_time<2026-11-23T16:02:19Z", false},
		{"inode=1", false},
		{"exe_inode=81432219", true},
		{"exe_dev=8:1", true},
		/* presence and absence */
		{"who", true},
		{"!who", false},
		{"rule", false},
		{"!rule", true},
		{"path", false},
		{"!path", true},
		{"argv", true},
		/* a field that is absent differs from everything, and equals nothing */
		{"dst.port!=443", true},
		{"dst.port=443", false},
		{"dst!=10.0.0.0/8", true},
		{"path!=/etc/*", true},
		{"rule=*", false},
		{"rule!=x", true},
		{"count=1", false},
		/* words are joined by "and" */
		{"type=exec who=human:maya exe=bash", true},
		{"type=exec  who=human:maya\texe=zsh", false},
		{" type=exec ", true},
	};
	struct event ev = sample_exec();

	(void)state;
	CHECK(rows, &ev);
}

static void connect_table(void **state)
{
	static const struct row rows[] = {
		{"type=connect", true},
		{"type=net.connect", true},
		{"type=net", true},
		{"type=net.*", true},
		{"dst=203.0.113.66", true},
		{"dst=203.0.113.67", false},
		{"dst=203.0.113.66:443", true},
		{"dst=203.0.113.66:80", false},
		{"dst=203.0.113.0/24", true},
		{"dst=203.0.112.0/23", true},
		{"dst=203.0.112.0/24", false},
		{"dst=0.0.0.0/0", true},
		{"dst=203.0.113.0/24:443", true},
		{"dst=203.0.113.0/24:80", false},
		{"dst=:443", true},
		{"dst=:80", false},
		{"dst=10.0.0.0/8,203.0.113.66", true},
		{"dst!=10.0.0.0/8", true},
		{"dst!=203.0.113.66", false},
		{"dst=::/0", false},
		{"dst.ip=203.0.113.66", true},
		{"dst.port=443", true},
		{"dst.port!=443", false},
		{"dst.port<1024", true},
		{"src=10.20.4.17", true},
		{"src=10.0.0.0/8", true},
		{"src=203.0.113.66", false},
		{"src.ip=10.20.4.17", true},
		{"src.port>40000", true},
		{"network.dst.port=443", true},
		{"proto=tcp", true},
		{"proto=udp", false},
		{"network.duration_ms>1", true},
		{"network.duration_ms=1.5", true},
		{"network.duration_ms>1500ms", false},
		{"network.duration_ms<2ms", true},
		{"direction=outbound", true},
		{"dst", true},
		{"!dst", false},
	};
	struct event ev = sample_net();

	(void)state;
	CHECK(rows, &ev);
}

static void connect_six(void **state)
{
	static const struct row rows[] = {
		{"dst=2001:db8::1", true},
		{"dst=2001:db8::2", false},
		{"dst=[2001:db8::1]:443", true},
		{"dst=[2001:db8::1]:80", false},
		{"dst=[2001:db8::1]", true},
		{"dst=2001:db8::/32", true},
		{"dst=[2001:db8::/32]:443", true},
		{"dst=2001:db9::/32", false},
		{"dst=::/0", true},
		{"dst=0.0.0.0/0", false},
		{"src", false},
		{"!src", true},
	};
	struct event ev = sample_net();

	(void)state;
	ev.what.net.family = 10;
	inet_pton(AF_INET6, "2001:db8::1", ev.what.net.dst);
	memset(ev.what.net.src, 0, 16);
	ev.what.net.src_port = 0;
	CHECK(rows, &ev);
}

static void file_table(void **state)
{
	static const struct row rows[] = {
		{"type=read", true},
		{"type=file", true},
		{"type=write,read", true},
		{"type!=file", false},
		{"path=/proc/*/mem", true},
		{"path=/proc/*", true},
		{"path=mem", false},
		{"path=*mem", true},
		{"op=open", true},
		{"file.flags=cloexec", true},
		{"file.flags=wronly", false},
		{"file.mode=0644", true},
		{"inode=9007199254740993", true},
		{"dev=0:22", true},
		{"errno=EACCES", true},
		{"errno=ENOENT", false},
		{"errno!=ENOENT", true},
		{"errno=E*", true},
		{"outcome=failed", true},
		{"flag=seeded", true},
		{"flag=userns", false},
		{"flag!=userns", true},
		{"flag=userns,seeded", true},
		{"flag", true},
		{"count>=3", true},
		{"count=3", true},
		{"file.deleted=yes", true},
		{"file.deleted=no", false},
		{"truncated=file.path", true},
		{"dst=10.0.0.1", false},
	};
	struct event ev = sample_file();

	(void)state;
	ev.what.outcome = OUTCOME_FAILED;
	ev.what.err = EACCES;
	ev.what.count = 3;
	ev.what.file.deleted = true;
	ev.what.truncated = CUT_PATH;
	ev.who.id.flags = ID_SEEDED;
	CHECK(rows, &ev);
}

static void values_with_blanks_and_commas(void **state)
{
	static const struct row rows[] = {
		{"path=\"/tmp/a b,c\"", true},	   {"\"path=/tmp/a b,c\"", true},
		{"path=/tmp/a\" \"b\",\"c", true}, {"path=\"/tmp/a b\",x", false},
		{"path=x,\"/tmp/a b,c\"", true},   {"path=\"/tmp/* b*\"", true},
	};
	static const struct row quotes[] = {{"path=\"/tmp/\\\"q\\\"\"", true}};
	struct event ev = sample_file();

	(void)state;
	ev.what.file.path = STR_LIT("/tmp/a b,c");
	CHECK(rows, &ev);
	ev.what.file.path = STR_LIT("/tmp/\"q\"");
	CHECK(quotes, &ev);
}

static void user_zero_without_a_name(void **state)
{
	static const struct row rows[] = {
		{"user=0", true}, {"user=root", false}, {"user!=0", false}};
	struct event ev = sample_file();

	(void)state;
	ev.what.uid = 0;
	ev.who.user_name = STR_NONE;
	CHECK(rows, &ev);
}

static void types_that_can_match(void **state)
{
	static const struct {
		const char *text;
		uint64_t types;
	} rows[] = {
		{"type=exec", 1ull << EVENT_EXEC},
		{"type=exec,connect", 1ull << EVENT_EXEC | 1ull << EVENT_NET_CONNECT},
		{"dst.port=443", /* to EVENT_NET_CLOSE, dns and tls */
		 0xfull << EVENT_NET_CONNECT | 1ull << EVENT_NET_DNS | 1ull << EVENT_NET_TLS},
		{"type=exec dst.port=443", 0},
		{"dst.port!=443", ~0ull},
		{"type!=exec", ~(1ull << EVENT_EXEC)},
		{"argv=x", 1ull << EVENT_EXEC},
		{"", ~0ull},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct filter *f = parse(rows[i].text);

		if (filter_types(f) != rows[i].types)
			fail_msg("%s: %llx", rows[i].text, (unsigned long long)filter_types(f));
		filter_free(f);
	}
	assert_true(filter_match(NULL, &(struct event){0}));
	assert_true(filter_types(NULL) == ~0ull);
}

static void wrong_words_are_named(void **state)
{
	static const struct {
		const char *text, *says, *remedy;
	} rows[] = {
		{"typ=exec", "\"typ\"", "\"type\""},
		{"type=exec whoo=x", "\"whoo=x\"", "\"who\""},
		{"procces.exe=x", "procces.exe", "process.exe"},
		{"zzzzzzzz=x", "zzzzzzzz", ""},
		{"ip=1.2.3.4", "\"ip\"", ""},
		{"type=exek", "type=exek", "exec"},
		/* what never leaves the line cannot be asked for */
		{"type=process", "type=process", "type is one of: fork, exec"},
		{"type!=boundary", "type!=boundary", "type is one of: fork, exec"},
		{"type=exec,boundary", "type=exec,boundary", "type is one of: fork, exec"},
		{"verdict=bad", "verdict=bad", "forbidden"},
		{"severity>=bad", "severity>=bad", "critical"},
		{"pid=x", "not a number", ""},
		{"pid=-1", "not a number", ""},
		{"pid=1,x", "pid=1,x", ""},
		{"pid=", "missing", ""},
		{"pid=1,,2", "missing", ""},
		{"pid>1,2", "only one", ""},
		{"exe>x", "no order", ""},
		{"verdict>expected", "no order", ""},
		{"type>exec", "no order", ""},
		{"dst=host", "not an address", "10.0.0.0/8"},
		{"dst=10.0.0.0/33", "not an address", "10.0.0.0/8"},
		{"dst=1.2.3.4:0", "not an address", "10.0.0.0/8"},
		{"dst=1.2.3.4:70000", "not an address", "10.0.0.0/8"},
		{"dst=[::1", "not an address", "10.0.0.0/8"},
		{"time>=yesterwhat", "not a time", ""},
		{"path=\"x", "quote", ""},
		{"=x", "", ""},
		{"!", "", ""},
		{"\"\"", "", ""},
		{"uid=01M84J9N", "uid=", ""},
		{"file.deleted=maybe", "yes or no", ""},
		{"redacted", "redacted", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct filter *f = NULL;
		struct problem err = {0};

		if (filter_parse(&f, str_of(rows[i].text), &err) != -EINVAL)
			fail_msg("accepted: %s", rows[i].text);
		assert_null(f);
		if (!strstr(err.text, rows[i].says) || !strstr(err.remedy, rows[i].remedy) ||
		    err.text[0] == '\0')
			fail_msg("%s: %s. %s", rows[i].text, err.text, err.remedy);
	}
}

/* Each field that JSON shows can be asked for by its full name; so can each alias. */
static void every_field_has_its_word(void **state)
{
	(void)state;
	for (const struct field *f = event_fields; f->name; f++) {
		if (f->use & FIELD_NO_JSON || strcmp(f->name, "host") == 0 ||
		    strcmp(f->name, "redacted") == 0 || strcmp(f->name, "process.parent.uid") == 0)
			continue;
		filter_free(parse(f->name));
		assert_ptr_equal(field_find(str_of(f->name)), f);
		if (f->alias) {
			filter_free(parse(f->alias));
			assert_ptr_equal(field_find(str_of(f->alias)), f);
		}
	}
}

/* A script is found by its own name and by its interpreter's; a renamed file by both of its names. */
static void either_of_two_texts(void **state)
{
	static const struct row of_exec[] = {
		{"exe|filename=*/run.sh", true},     {"filename|exe=*/run.sh", true},
		{"exe|filename=*/bash", true},	     {"exe|filename=bash", true},
		{"exe|filename=bash,other", true},   {"exe|filename=other", false},
		{"exe|filename!=*/run.sh", false},   {"exe|filename!=other", true},
		{"path|old_path=*", false},	     {"path|old_path!=*", true},
		{"type=exec path|old_path=*", false}};
	static const struct row of_rename[] = {{"path|old_path=/srv/old", true},
					       {"path|old_path=/srv/new", true},
					       {"path|old_path=/srv/o", false},
					       {"path=/srv/old", false}};
	struct event ev = sample_exec();

	(void)state;
	ev.who.exe = ev.what.exec.exe;
	CHECK(of_exec, &ev);
	ev = sample_file();
	ev.what.type = EVENT_FILE_RENAME;
	ev.what.file.path = STR_LIT("/srv/new");
	ev.what.file.old_path = STR_LIT("/srv/old");
	CHECK(of_rename, &ev);
}

/* A file in a container has two names, with a chroot in there three: each finds it as path=. */
static void any_name_of_a_file(void **state)
{
	static const struct row rows[] = {{"path=/v/x", true},
					  {"path=/x", true},
					  {"path=/srv/v/*", true},
					  {"path=/other", false},
					  {"path!=/srv/v/x", false},
					  {"path!=/other", true},
					  {"path", true},
					  {"file.path=/srv/v/x", false},
					  {"file.path=/v/x", true},
					  {"path_on_host=/srv/v/x", true},
					  {"old_path|path=/srv/v/x", true}};
	struct event ev = sample_file();

	(void)state;
	ev.what.file.path = STR_LIT("/v/x");
	ev.what.file.path_in_root = STR_LIT("/x");
	ev.what.file.path_on_host = STR_LIT("/srv/v/x");
	CHECK(rows, &ev);
}

/* What never leaves the line cannot be asked for. */
static void internal_types_are_no_words(void **state)
{
	static const char *const texts[] = {
		"type=process",	  "type=boundary", "exe|pid=1",
		"exe|=a",	  "|exe=a",	   "exe|nonsens=a",
		"exe|filename>a", "exe|filename",  "exe|exe|exe|exe|exe|exe=a"};
	struct problem err = {0};
	struct filter *f = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (filter_parse(&f, str_of(texts[i]), &err) != -EINVAL)
			fail_msg("%s is taken", texts[i]);
}

static void long_and_odd_input(void **state)
{
	static char text[20000];
	struct filter *f = NULL;
	struct problem err = {0};
	unsigned seed = 7;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	assert_int_equal(filter_parse(&f, str_of(text), &err), -EINVAL);
	assert_int_equal(filter_parse(&f, STR_LIT("who=\0"), &err), -EINVAL);
	for (unsigned round = 0; round < 100000; round++) {
		static const char alphabet[] = "type=exc!<>,|\"\\ *?dst.[]:/0123456789whopidgv";
		uint32_t n = 0;

		while ((seed = seed * 1103515245 + 12345) >> 16 & 31 && n < 60)
			text[n++] = alphabet[(seed >> 8) % (sizeof(alphabet) - 1)];
		f = NULL;
		if (filter_parse(&f, (struct str){text, n}, NULL) == 0) {
			struct event ev = sample_net();

			filter_match(f, &ev);
			filter_free(f);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exec_table),
		cmocka_unit_test(connect_table),
		cmocka_unit_test(connect_six),
		cmocka_unit_test(file_table),
		cmocka_unit_test(values_with_blanks_and_commas),
		cmocka_unit_test(user_zero_without_a_name),
		cmocka_unit_test(types_that_can_match),
		cmocka_unit_test(wrong_words_are_named),
		cmocka_unit_test(every_field_has_its_word),
		cmocka_unit_test(either_of_two_texts),
		cmocka_unit_test(any_name_of_a_file),
		cmocka_unit_test(internal_types_are_no_words),
		cmocka_unit_test(long_and_odd_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
