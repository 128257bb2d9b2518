/* SPDX-License-Identifier: Apache-2.0 */
/* Names of enumerations go both ways; uids can be taken apart again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "bpf/event.h"
#include "event.h"

static void types_round_trip(void **state)
{
	unsigned known = 0;

	(void)state;
	for (unsigned i = 1; i < EVENT_TYPE_MAX; i++) {
		const char *name = event_type_name(i);

		if (!name)
			continue;
		known++;
		assert_int_equal(event_type_parse(str_of(name)), i);
	}
	assert_true(known >= 30);
	assert_int_equal(event_type_parse(STR_LIT("connect")), EVENT_NET_CONNECT);
	assert_int_equal(event_type_parse(STR_LIT("read")), EVENT_FILE_READ);
	assert_int_equal(event_type_parse(STR_LIT("become")), EVENT_CRED_BECOME);
	assert_int_equal(event_type_parse(STR_LIT("start")), EVENT_NONE);
	assert_int_equal(event_type_parse(STR_LIT("")), EVENT_NONE);
}

/* The kernel's kinds and the events' types are one numbering. */
static void kinds_are_types(void **state)
{
	(void)state;
	assert_int_equal(RECORD_FORK, EVENT_FORK);
	assert_int_equal(RECORD_EXEC, EVENT_EXEC);
	assert_int_equal(RECORD_EXIT, EVENT_EXIT);
	assert_int_equal(RECORD_BOUNDARY, EVENT_BOUNDARY);
	assert_int_equal(RECORD_PROCESS, EVENT_PROCESS);
	assert_int_equal(RECORD_AUTH_LOG, EVENT_AUTH_LOG);
	assert_int_equal(RECORD_REQUEST, EVENT_REQUEST);
	assert_int_equal(RECORD_FILE_READ, EVENT_FILE_READ);
	assert_int_equal(RECORD_FILE_LINK, EVENT_FILE_LINK);
	assert_int_equal(RECORD_NET_CONNECT, EVENT_NET_CONNECT);
	assert_int_equal(RECORD_PTRACE, EVENT_PTRACE);
	assert_int_equal(RECORD_SIGNAL, EVENT_SIGNAL);
	assert_int_equal(RECORD_LOSS, EVENT_LOSS);
	assert_int_equal(RECORD_KIND_MAX, EVENT_TYPE_MAX);
}

static void uids(void **state)
{
	struct host host = {.boot_id = "b1946ac9-2d2e-4a8f-9f0c-3a1b5c7d9e11"};
	struct event ev = {.what = {.wall_ns = 1795449739114203911, .seq = 8190334}};
	char uid[EVENT_UID_MAX], process[PROCESS_UID_MAX];
	uint64_t seq = 0;

	(void)state;
	event_uid_format(uid, &host, &ev);
	assert_int_equal(strlen(uid), 26);
	assert_int_equal(event_uid_parse(str_of(uid), &seq), 0);
	assert_int_equal(seq, 8190334);
	/* later events sort later */
	ev.what.wall_ns += 1000000;
	char later[EVENT_UID_MAX];

	event_uid_format(later, &host, &ev);
	assert_true(strcmp(uid, later) < 0);
	assert_true(event_uid_parse(STR_LIT("01KAQ7V1MSE0TZ4QZ8R1H5WJ3U"), &seq) < 0);
	assert_true(event_uid_parse(STR_LIT("short"), &seq) < 0);
	process_uid_format(process, &host, 4466, 1187923000);
	assert_string_equal(process, "b1946ac9.4466.1187923");
}

static void words_round_trip(void **state)
{
	(void)state;
	assert_int_equal(severity_parse(STR_LIT("critical")), SEVERITY_CRITICAL);
	assert_int_equal(severity_parse(STR_LIT("none")), -1);
	assert_int_equal(assurance_parse(str_of(assurance_name(ASSURANCE_KERNEL))),
			 ASSURANCE_KERNEL);
	assert_int_equal(verdict_parse(STR_LIT("forbidden")), VERDICT_FORBIDDEN);
	for (unsigned bit = 0; bit < ID_FLAG_MAX; bit++)
		if (bit < 20 || bit > 21) /* some are not given yet */
			assert_non_null(identity_flag_name(bit));
	assert_null(identity_flag_name(ID_FLAG_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_round_trip),
		cmocka_unit_test(kinds_are_types),
		cmocka_unit_test(uids),
		cmocka_unit_test(words_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
