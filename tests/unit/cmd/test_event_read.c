/* SPDX-License-Identifier: Apache-2.0 */
/* JSON read back is the event that was written: filters on it decide as on the original. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/event_read.c"
#include "cmd/row.c"
#include "cmd/text.c"
#include "event_filter.h"
#include "event_json.h"

static const char *const lines[] = {
	"{\"schema\":\"whodid.event/1.0\",\"seq\":7,\"time\":\"2026-11-23T16:02:19.114203911Z\","
	"\"type\":\"exec\",\"outcome\":\"ok\",\"identity\":{\"who\":\"ci:github/acme/app/build\","
	"\"kind\":\"ci\",\"via\":[\"ssh\",\"sudo:root\"],\"as\":\"unit:a.service\",\"assurance\":"
	"{\"who\":\"recorded\",\"via\":\"kernel\",\"as\":\"kernel\"},\"flags\":[\"seeded\"],"
	"\"boundary\":\"b281474976710657\",\"session\":\"26\"},\"process\":{\"pid\":4466,\"exe\":"
	"\"/tmp/a b\",\"argv\":[\"x\",\"--once\",\"\"],\"user\":{\"uid\":998,\"name\":\"runner\"}},"
	"\"verdict\":{\"value\":\"unexpected\",\"severity\":\"high\"},\"anomaly_id\":\"A-1042\"}",
	"{\"schema\":\"whodid.event/1.0\",\"seq\":8,\"time\":\"2026-11-23T16:02:20.000000000Z\","
	"\"type\":\"net.connect\",\"outcome\":\"failed\",\"errno\":\"ECONNREFUSED\",\"count\":12,"
	"\"process\":{\"pid\":1},\"network\":{\"proto\":\"tcp\",\"dst\":{\"ip\":\"203.0.113.66\","
	"\"port\":443}}}",
	"{\"schema\":\"whodid.event/1.0\",\"seq\":9,\"time\":\"2026-11-23T16:02:21.000000000Z\","
	"\"type\":\"file.chmod\",\"process\":{\"pid\":1},\"file\":{\"path\":\"/etc/x\",\"op\":\"chmod\","
	"\"mode\":\"0644\",\"inode\":\"9007199254740993\",\"dev\":\"8:1\"}}",
};

static const struct {
	const char *filter;
	unsigned matches; /* bit per line */
} cases[] = {
	{"type=exec", 1},
	{"type=connect,chmod", 6},
	{"who=ci:*", 1},
	{"via=sudo:root", 1},
	{"flag=seeded", 1},
	{"session=26", 1},
	{"boundary=b281474976710657", 1},
	{"exe=\"/tmp/a b\"", 1},
	{"level>=recorded", 1},
	{"level>=attested", 0},
	{"severity>=high", 1},
	{"anomaly=A-1042", 1},
	{"dst=203.0.113.0/24", 2},
	{"dst=203.0.113.66:443", 2},
	{"dst.port!=443", 5},
	{"errno=ECONNREFUSED", 2},
	{"outcome=failed", 2},
	{"count>=12", 2},
	{"inode=9007199254740993", 4},
	{"path=/etc/*", 4},
	{"mode=0644", 4},
	{"pid=4466", 1},
	{"user=runner", 1},
	{"verdict", 1},
	{"!verdict", 6},
};

static void test_filters_decide_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct problem p = {0};
		struct filter *f = NULL;

		if (filter_parse(&f, str_of(cases[i].filter), &p))
			fail_msg("%s: %s", cases[i].filter, p.text);
		for (size_t k = 0; k < ARRAY_SIZE(lines); k++) {
			_cleanup_json_ json_t *row = row_parse(str_of(lines[k]));
			_cleanup_text_ struct text memory = {0};
			struct event ev;

			assert_int_equal(event_read(&ev, row, &memory), 0);
			if (filter_match(f, &ev) != (cases[i].matches >> k & 1))
				fail_msg("%s on line %zu", cases[i].filter, k);
		}
		filter_free(f);
	}
}

/* Written again, what was read has all that the line had (uid, host and clocks aside). */
static void test_nothing_is_forgotten(void **state)
{
	static const char *const parts[] = {"identity", "verdict", "network", "file", "anomaly_id",
					    "errno",	"count",   "type",    "time"};
	static const struct host host = {.name = "h"};

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(lines); k++) {
		_cleanup_json_ json_t *row = row_parse(str_of(lines[k])), *again = NULL;
		_cleanup_text_ struct text memory = {0};
		struct event ev;
		struct json w;

		assert_int_equal(event_read(&ev, row, &memory), 0);
		json_init(&w, 1 << 20);
		event_json_write(&w, &host, &ev);
		again = row_parse((struct str){w.buf, (uint32_t)w.len});
		assert_non_null(again);
		for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
			const json_t *want = row_find(row, parts[i]), *member;
			const char *name;

			json_object_foreach ((json_t *)want, name, member) {
				if (!json_equal(member,
						json_object_get(row_find(again, parts[i]), name)))
					fail_msg("line %zu: %s.%s", k, parts[i], name);
			}
			if (!json_is_object(want) && want &&
			    !json_equal(want, row_find(again, parts[i])))
				fail_msg("line %zu: %s", k, parts[i]);
		}
		if (row_find(row, "process.argv"))
			assert_true(json_equal(row_find(row, "process.argv"),
					       row_find(again, "process.argv")));
		json_release(&w);
	}
}

static void test_wrong_types_are_absent(void **state)
{
	static const char *const bad[] = {
		"{\"schema\":\"whodid.event/1.0\",\"seq\":\"x\",\"time\":5,\"type\":[],\"count\":-1}",
		"{\"schema\":\"whodid.event/1.0\",\"process\":[1],\"identity\":\"who\",\"file\":null}",
		"{\"schema\":\"whodid.event/1.0\",\"identity\":{\"form\":12345,\"subject\":12345}}",
		"{\"schema\":\"whodid.event/1.0\",\"process\":{\"argv\":{\"a\":1},\"pid\":1.5,\"ancestors\":"
		"[1,\"x\",{}]},\"network\":{\"dst\":{\"ip\":\"nonsense\",\"port\":99999999999}}}",
		"{\"schema\":\"whodid.event/1.0\",\"process\":{\"argv\":[1,null,{}]},\"verdict\":{\"value\":"
		"\"no such\"},\"identity\":{\"flags\":[\"no such\",3],\"boundary\":\"x9\"}}",
	};
	_cleanup_text_ struct text memory = {0};
	struct event ev;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_json_ json_t *row = row_parse(str_of(bad[i]));

		assert_non_null(row);
		assert_int_equal(event_read(&ev, row, &memory), 0);
		assert_int_equal(ev.verdict.value, VERDICT_NONE);
		assert_int_equal(ev.what.type, EVENT_NONE);
		assert_int_equal(ev.who.id.flags, 0);
		assert_int_equal(ev.what.net.family, 0);
	}
	_cleanup_json_ json_t *other = row_parse(STR_LIT("{\"schema\":\"other/1\"}"));
	assert_int_equal(event_read(&ev, other, &memory), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filters_decide_the_same),
		cmocka_unit_test(test_nothing_is_forgotten),
		cmocka_unit_test(test_wrong_types_are_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
