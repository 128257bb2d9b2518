/* SPDX-License-Identifier: Apache-2.0 */
/* What is packed comes back, field by field of the table; hostile bytes are refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/json.h"
#include "event_fields.h"
#include "event_json.h"
#include "event_pack.h"
#include "sample.h"

static uint8_t packed[EVENT_PACKED_MAX];

/* Gives the row a value that no default has. */
static void set_value(struct event *ev, const struct field *f, unsigned salt)
{
	static const uint64_t by_type[EVENT_TYPE_MAX] = {
		[EVENT_EXEC] = 3, [EVENT_FILE_READ] = 1ull << 40};
	char *p = (char *)ev + f->offset;
	uint64_t number = 0x0102030405060708ull + salt;
	struct str text = STR_LIT("text,with \xff bytes\n");

	switch ((enum field_kind)f->kind) {
	case FIELD_TEXT:
	case FIELD_LIST:
		memcpy(p, &text, sizeof(text));
		break;
	case FIELD_ARGV:
		text = STR_LIT("a\0\0b");
		memcpy(p, &text, sizeof(text));
		break;
	case FIELD_BOOL:
		*p = 1;
		break;
	case FIELD_IP:
		ev->what.net.family = AF_INET6;
		memcpy(p, "0123456789abcdef", 16);
		break;
	default:
		if (f->offset == offsetof(struct event, what.loss.by_type)) {
			ev->what.loss.by_type = by_type;
		} else if (f->offset == offsetof(struct event, who.ancestors)) {
			ev->who.ancestor_count = 1;
			ev->who.ancestors[0] = (struct process_ref){7, 8, text};
		} else if (f->offset == offsetof(struct event, what.type)) {
			break;
		} else {
			if (f->offset == offsetof(struct event, what.file.size_bytes))
				ev->what.file.has_size = true;
			assert_true(f->width <= 8);
			memcpy(p, &number, f->width);
		}
	}
}

static void assert_same(const struct event *a, const struct event *b, const struct field *f)
{
	const char *pa = (const char *)a + f->offset, *pb = (const char *)b + f->offset;
	struct str sa, sb;

	switch ((enum field_kind)f->kind) {
	case FIELD_TEXT:
	case FIELD_LIST:
	case FIELD_ARGV:
		memcpy(&sa, pa, sizeof(sa));
		memcpy(&sb, pb, sizeof(sb));
		if (!str_equal(sa, sb) || !sa.p != !sb.p)
			fail_msg("%s differs", f->name);
		break;
	default:
		if (f->offset == offsetof(struct event, what.loss.by_type)) {
			assert_memory_equal(a->what.loss.by_type, b->what.loss.by_type,
					    sizeof(uint64_t) * EVENT_TYPE_MAX);
		} else if (f->offset == offsetof(struct event, who.ancestors)) {
			assert_int_equal(b->who.ancestor_count, a->who.ancestor_count);
			assert_true(str_equal(a->who.ancestors[0].exe, b->who.ancestors[0].exe));
		} else if (memcmp(pa, pb, f->width) != 0) {
			fail_msg("%s differs", f->name);
		}
	}
}

static bool in_packed_form(const struct field *f, enum event_type type)
{
	return !(f->use & FIELD_NO_PACK) && f->types >> type & 1;
}

static void each_field_alone(void **state)
{
	unsigned done = 0;

	(void)state;
	for (unsigned type = 1; type < EVENT_TYPE_MAX; type++) {
		if (!event_type_name((enum event_type)type))
			continue;
		for (const struct field *f = event_fields; f->name; f++) {
			struct event in = {0}, out;

			if (!in_packed_form(f, (enum event_type)type))
				continue;
			in.what.type = (enum event_type)type;
			in.what.count = 1;
			set_value(&in, f, 0);
			assert_true(event_pack(&in, packed, sizeof(packed)) > 0);
			assert_true(event_unpack(&out, packed, sizeof(packed)) > 0);
			assert_same(&in, &out, f);
			done++;
		}
	}
	assert_true(done > 500);
}

static void all_fields_together(void **state)
{
	(void)state;
	for (unsigned type = 1; type < EVENT_TYPE_MAX; type++) {
		struct event in = {0}, out;
		unsigned salt = 0;
		int n;

		if (!event_type_name((enum event_type)type))
			continue;
		in.what.type = (enum event_type)type;
		for (const struct field *f = event_fields; f->name; f++)
			if (in_packed_form(f, (enum event_type)type))
				set_value(&in, f, salt++);
		n = event_pack(&in, packed, sizeof(packed));
		assert_true(n > 0);
		assert_int_equal(event_unpack(&out, packed, (size_t)n), n);
		for (const struct field *f = event_fields; f->name; f++)
			if (in_packed_form(f, (enum event_type)type))
				assert_same(&in, &out, f);
	}
}

static void same_json_before_and_after(void **state)
{
	struct event in[] = {sample_exec(), sample_file(), sample_net(), sample_exit()};

	(void)state;
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		struct event out;
		char *before, *after;

		assert_true(event_pack(&in[i], packed, sizeof(packed)) > 0);
		assert_true(event_unpack(&out, packed, sizeof(packed)) > 0);
		before = sample_json(&in[i]);
		after = sample_json(&out);
		assert_string_equal(before, after);
		free(before);
		free(after);
	}
}

/* What does not fit into the index by type would be left out of every event without a word. */
static void no_type_has_more_fields_than_the_index(void **state)
{
	(void)state;
	for (unsigned type = 0; type < EVENT_TYPE_MAX; type++) {
		unsigned n = 0;

		for (const struct field *f = event_fields; f->name; f++)
			n += f->types >> type & 1 && !(f->use & FIELD_NO_PACK);
		assert_true(n < EVENT_ROWS_MAX);
	}
}

static void ids_are_unique(void **state)
{
	bool seen[512] = {false};

	(void)state;
	for (const struct field *f = event_fields; f->name; f++) {
		if (f->use & FIELD_NO_PACK)
			continue;
		assert_in_range(f->id, 1, 511);
		assert_false(seen[f->id]);
		seen[f->id] = true;
	}
}

static void secrets_do_not_get_in(void **state)
{
	struct event ev = sample_exec();
	int n;

	(void)state;
	ev.what.exec.argv = STR_LIT("mysql\0--password=hunter2hunter2\0-e\0select 1");
	n = event_pack(&ev, packed, sizeof(packed));
	assert_true(n > 0);
	assert_null(memmem(packed, (size_t)n, "hunter2", 7));
	assert_non_null(memmem(packed, (size_t)n, "select 1", 8));
}

/* The largest that the sensor can report must fit, ancestors being what gives way. */
static void largest_exec_fits(void **state)
{
	static char path[EVENT_PATH_MAX], argv[EVENT_ARGV_MAX];
	struct event ev = sample_exec(), out;
	struct str longest = {path, sizeof(path)};
	int n;

	(void)state;
	memset(path, 'p', sizeof(path));
	memset(argv, 'a', sizeof(argv));
	ev.who.exe = ev.what.exec.filename = ev.what.exec.cwd = ev.who.parent.exe = longest;
	ev.what.exec.exe = (struct str){path, sizeof(path) - 1};
	ev.what.exec.argv = (struct str){argv, sizeof(argv)};
	ev.who.ancestor_count = ANCESTORS_MAX;
	for (unsigned i = 0; i < ANCESTORS_MAX; i++)
		ev.who.ancestors[i] = (struct process_ref){i + 1, i, longest};
	n = event_pack(&ev, packed, sizeof(packed));
	assert_true(n > 0);
	assert_int_equal(event_unpack(&out, packed, (size_t)n), n);
	assert_int_equal(out.what.exec.argv.n, EVENT_ARGV_MAX);
	assert_in_range(out.who.ancestor_count, 4, ANCESTORS_MAX - 1);
	assert_true(str_equal(out.who.ancestors[3].exe, longest));
}

/* Redaction may make an argument vector longer than it may be. */
static void argv_that_grows_is_cut_and_says_so(void **state)
{
	static char argv[EVENT_ARGV_MAX];
	struct event ev = sample_exec(), out;
	uint32_t n = 0;

	(void)state;
	memcpy(argv, "mysql", 6);
	for (n = 6; n + 4 <= sizeof(argv); n += 4)
		memcpy(argv + n, "-px", 4);
	ev.what.exec.argv = (struct str){argv, n - 1};
	assert_true(event_pack(&ev, packed, sizeof(packed)) > 0);
	assert_true(event_unpack(&out, packed, sizeof(packed)) > 0);
	assert_true(out.what.truncated & CUT_ARGV);
	assert_true(out.what.exec.argv.n <= EVENT_ARGV_MAX);
	assert_null(memmem(out.what.exec.argv.p, out.what.exec.argv.n, "-px", 3));
}

static void no_room_is_said(void **state)
{
	struct event ev = sample_file();
	int n = event_pack(&ev, packed, sizeof(packed));

	(void)state;
	for (int size = 0; size < n; size++)
		assert_int_equal(event_pack(&ev, packed, (size_t)size), -ENOSPC);
}

/* Each length, on memory of just that length, so that a sanitizer sees one byte too far. */
static void cut_events_are_refused(void **state)
{
	struct event ev = sample_exec(), out;
	int n = event_pack(&ev, packed, sizeof(packed));

	(void)state;
	assert_int_equal(event_unpack(&out, packed, 0), 0);
	for (int size = 1; size < n; size++) {
		uint8_t *copy = malloc((size_t)size);

		memcpy(copy, packed, (size_t)size);
		assert_int_equal(event_unpack(&out, copy, (size_t)size), -EBADMSG);
		free(copy);
	}
}

static void flipped_bits_do_no_harm(void **state)
{
	struct event ev = sample_exec();
	int n = event_pack(&ev, packed, sizeof(packed));
	uint8_t *copy = malloc((size_t)n);

	(void)state;
	for (int bit = 0; bit < n * 8; bit++) {
		struct event out;

		memcpy(copy, packed, (size_t)n);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (event_unpack(&out, copy, (size_t)n) > 0)
			free(sample_json(&out));
	}
	free(copy);
}

static void unknown_fields_are_skipped(void **state)
{
	/* length 12: id 4 (type) = 2; id 510 varint; id 511 three bytes; id 9 (pid) = 5 */
	static const uint8_t bytes[] = {13,   4 << 2, 2,   0xf8, 0x0f, 99,     0xfd,
					0x0f, 3,      'x', 'y',	 'z',  9 << 2, 5};
	struct event out;

	(void)state;
	assert_int_equal(event_unpack(&out, bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(out.what.type, EVENT_EXEC);
	assert_int_equal(out.what.pid, 5);
	assert_int_equal(out.what.count, 1);
}

static void bad_values_are_refused(void **state)
{
	static const struct {
		uint8_t bytes[8];
		const char *why;
	} bad[] = {
		{{2, 4 << 2, 64}, "type out of range"},
		{{3, 4 << 2 | 1, 1, 2}, "number as bytes"},
		{{3, 10 << 2, 1, 0}, "text as a number"},
		{{2, 4 << 2 | 2, 1}, "unknown wire type"},
		{{7, 9 << 2, 0xff, 0xff, 0xff, 0xff, 0x7f}, "pid of 35 bits"},
		{{3, 10 << 2 | 1, 2, 'x'}, "text longer than the event"},
	};
	struct event out;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (event_unpack(&out, bad[i].bytes, 1u + bad[i].bytes[0]) != -EBADMSG)
			fail_msg("accepted: %s", bad[i].why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_unique),
		cmocka_unit_test(no_type_has_more_fields_than_the_index),
		cmocka_unit_test(each_field_alone),
		cmocka_unit_test(all_fields_together),
		cmocka_unit_test(same_json_before_and_after),
		cmocka_unit_test(secrets_do_not_get_in),
		cmocka_unit_test(largest_exec_fits),
		cmocka_unit_test(argv_that_grows_is_cut_and_says_so),
		cmocka_unit_test(no_room_is_said),
		cmocka_unit_test(cut_events_are_refused),
		cmocka_unit_test(flipped_bits_do_no_harm),
		cmocka_unit_test(unknown_fields_are_skipped),
		cmocka_unit_test(bad_values_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
