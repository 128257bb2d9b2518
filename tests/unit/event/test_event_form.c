/* SPDX-License-Identifier: Apache-2.0 */
/* The one-line form of an identity and its keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "event_fields.h"
#include "event_filter.h"
#include "event_form.h"

static char out[FORM_MAX];

static struct event human(void)
{
	struct event ev = {.what = {.type = EVENT_EXEC, .uid = 1001, .euid = 0}};

	ev.who.id.who = STR_LIT("human:builder");
	ev.who.id.kind = STR_LIT("human");
	ev.who.id.via = STR_LIT("ssh,sudo:root");
	ev.who.id.as = STR_LIT("ctr:docker/86248a6f9803");
	ev.who.id.who_level = ASSURANCE_RECORDED;
	ev.who.id.via_level = ASSURANCE_KERNEL;
	ev.who.id.as_level = ASSURANCE_DERIVED;
	ev.who.id.session = STR_LIT("26");
	ev.who.id.login.key_fingerprint = STR_LIT("SHA256:WiIx");
	ev.who.id.login.cert_id = STR_LIT("bob; as=host (x)");
	ev.who.id.login.ip = STR_LIT("10.0.0.7");
	ev.who.id.flags = ID_USERNS | ID_SELF_MOVED;
	return ev;
}

static void a_line_has_all_of_it(void **state)
{
	struct event ev = human();

	(void)state;
	size_t n = event_form(FORM_LINE, &ev, out);

	assert_int_equal(n, strlen(out));
	assert_string_equal(
		out,
		"wid1 who=human:builder;ses=26;key=SHA256:WiIx;kid=bob%3B%20as%3Dhost%20%28x%29;"
		"src=10.0.0.7 via=ssh,sudo:root as=ctr:docker/86248a6f9803 acct=1001>0 lvl=RKD "
		"flags=self_moved,userns");
}

static void a_subject_is_the_same_in_each_run(void **state)
{
	struct event ev = human(), job = {.what = {.type = EVENT_EXEC}};

	(void)state;
	event_form(FORM_SUBJECT, &ev, out);
	assert_string_equal(
		out,
		"who=human:builder;key=SHA256:WiIx;kid=bob%3B%20as%3Dhost%20%28x%29 as=ctr:docker");
	job.who.id.who = STR_LIT("ci:github/acme/app/build");
	job.who.id.as = STR_LIT("unit:run-u77.service");
	job.who.id.ci.repository_id = STR_LIT("4711");
	job.who.id.ci.run_id = STR_LIT("1");
	event_form(FORM_SUBJECT, &job, out);
	assert_string_equal(out, "who=ci:github/acme/app/build;rid=4711 as=unit:run");
	event_form(FORM_INSTANCE, &job, out);
	assert_string_equal(
		out, "who=ci:github/acme/app/build;rid=4711;run=1 via=- as=unit:run-u77.service");
}

static void long_values_are_cut_and_say_so(void **state)
{
	static char long_id[4000];
	struct event ev = human();
	size_t n;

	(void)state;
	memset(long_id, '\n', sizeof(long_id));
	ev.who.id.login.cert_id = (struct str){long_id, sizeof(long_id)};
	ev.who.id.via = (struct str){long_id, 500};
	n = event_form(FORM_LINE, &ev, out);
	assert_true(n < FORM_MAX);
	assert_int_equal(n, strlen(out));
	assert_non_null(strstr(out, "%0A%2E%2E%2E;src=10.0.0.7 "));
	assert_non_null(strstr(out, " lvl=RKD"));
}

static void nobody_has_no_form(void **state)
{
	struct event ev = {0};

	(void)state;
	assert_int_equal(event_form(FORM_LINE, &ev, out), 0);
	assert_string_equal(out, "");
}

static bool finds(const char *text, const struct event *ev)
{
	struct filter *f = NULL;
	struct problem err = {0};
	bool found;

	assert_int_equal(filter_parse(&f, str_of(text), &err), 0);
	found = filter_match(f, ev);
	filter_free(f);
	return found;
}

static void filters_find_by_form_and_keys(void **state)
{
	struct event ev = human();

	(void)state;
	assert_true(finds("form=wid1*src=10.0.0.7*", &ev));
	assert_true(finds("subject=who=human:builder;key=SHA256:WiIx;*", &ev));
	assert_true(finds("instance=who=human:builder;ses=26;*", &ev));
	assert_false(finds("instance=who=human:builder;ses=27;*", &ev));
	assert_true(finds("level>=recorded via=sudo as=ctr:docker/*", &ev));
	assert_false(finds("level>=kernel", &ev));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_all_of_it),
		cmocka_unit_test(a_subject_is_the_same_in_each_run),
		cmocka_unit_test(long_values_are_cut_and_say_so),
		cmocka_unit_test(nobody_has_no_form),
		cmocka_unit_test(filters_find_by_form_and_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
