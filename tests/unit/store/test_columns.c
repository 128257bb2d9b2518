/* SPDX-License-Identifier: Apache-2.0 */
/* columns: what was split is joined to the same bytes, and what is damaged is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "event_pack.h"
#include "store/columns.h"

#define RAW_MAX 65536

static uint8_t raw[RAW_MAX], joined[RAW_MAX + COLUMNS_SLACK];
static uint32_t raw_len;
static struct columns *c;

static int begin(void **state)
{
	(void)state;
	raw_len = 0;
	c = columns_new(RAW_MAX);
	return c ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	columns_free(c);
	return 0;
}

static void add(const struct event *ev)
{
	int n = event_pack(ev, raw + raw_len, RAW_MAX - raw_len);

	assert_true(n > 0);
	raw_len += (uint32_t)n;
}

/* Of three processes in turn: execs, opens of files near each other, exits. */
static void add_act(uint64_t i)
{
	char path[96], argv[64];
	struct event ev = {0};
	int n;

	ev.what.seq = 1000 + i;
	ev.what.count = 1;
	ev.what.wall_ns = 1795449739000000000ll + (int64_t)i * 1234567;
	ev.what.boot_ns = i * 1234567;
	ev.what.type = i % 7 == 0 ? EVENT_EXEC : i % 7 == 6 ? EVENT_EXIT : EVENT_FILE_READ;
	ev.what.pid = ev.what.tid = ev.what.ns_pid = (uint32_t)(400 + i % 3 * 64);
	ev.what.start_ns = 77 * (i % 3) + 1;
	ev.who.id.who = i % 3 ? STR_LIT("human:maya") : STR_LIT("cron:backup");
	n = snprintf(path, sizeof(path), "/usr/include/x86_64-linux-gnu/file-%llu.h",
		     (unsigned long long)(i / 2));
	ev.who.exe = i % 3 ? STR_LIT("/usr/bin/cc") : STR_LIT("/usr/bin/tar");
	if (ev.what.type == EVENT_FILE_READ)
		ev.what.file.path = (struct str){path, (uint32_t)n};
	n = snprintf(argv, sizeof(argv), "cc%c-o%cx%llu", 0, 0, (unsigned long long)i);
	if (ev.what.type == EVENT_EXEC)
		ev.what.exec.argv = (struct str){argv, (uint32_t)n};
	add(&ev);
}

/* Shorter than 128 bytes, so that its length is one byte. */
static void add_short(void)
{
	struct event ev = {0};

	ev.what.seq = 1;
	ev.what.count = 1;
	ev.what.type = EVENT_AGENT_START;
	ev.what.message = STR_LIT("started");
	add(&ev);
}

/* Longer than 16383, so that it is three. */
static void add_long(char filling)
{
	static char argv[20000];
	struct event ev = {0};

	memset(argv, filling, sizeof(argv) - 1);
	ev.what.seq = 2;
	ev.what.count = 1;
	ev.what.type = EVENT_EXEC;
	ev.what.pid = 400;
	ev.what.exec.argv = (struct str){argv, sizeof(argv)};
	add(&ev);
}

static struct str split(void)
{
	struct str out;

	assert_int_equal(columns_split(c, (struct str){(const char *)raw, raw_len}, &out), 0);
	return out;
}

/* Joined elsewhere, as a reader does. */
static int join(struct str in, uint32_t len)
{
	struct columns *other = columns_new(0);
	int r;

	assert_non_null(other);
	r = columns_join(other, in, joined, len);
	columns_free(other);
	return r;
}

static void round_trip(void)
{
	struct str in = split();

	memset(joined, 0x5a, sizeof(joined));
	assert_int_equal(join(in, raw_len), 0);
	assert_memory_equal(joined, raw, raw_len);
}

static void the_same_bytes_come_back(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 200; i++)
		add_act(i);
	round_trip();
	raw_len = 0;
	for (uint64_t i = 500; i < 520; i++) /* nothing of the batch before is known any more */
		add_act(i);
	round_trip();
}

static void events_of_any_length_come_back(void **state)
{
	(void)state;
	add_short();
	round_trip();
	add_long('x');
	add_act(1);
	add_short();
	add_long('x');
	add_short();
	add_act(2);
	add_short();
	round_trip();
}

static void it_is_smaller(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 200; i++)
		add_act(i);
	assert_true(split().n < raw_len / 3);
}

static void what_no_writer_makes_is_not_split(void **state)
{
	static const char *const odd[] = {
		"\x02\x04",		/* ends within a field */
		"\x05\x04\x01",		/* ends within an event */
		"\x04\x04\x80\x00\x04", /* a number that could be shorter */
		"\x04\x04\x01\x04\x02", /* a field twice */
		"\x03\x06\x01\x04",	/* a wire type that is none */
		"\x03\x05\x09x",	/* a text that goes on behind its event */
	};
	static const uint8_t lengths[] = {2, 3, 5, 5, 4, 4};
	struct str out;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths); i++)
		assert_int_equal(columns_split(c, (struct str){odd[i], lengths[i]}, &out), -EINVAL);
	for (unsigned i = 0; i < RAW_MAX / 2; i++)
		memcpy(raw + 2 * (size_t)i, "\x01\x00", 2);
	assert_int_equal(columns_split(c, (struct str){(const char *)raw, RAW_MAX + 1}, &out),
			 -EINVAL);
}

static void what_is_damaged_is_refused_or_harmless(void **state)
{
	struct str in;
	char *copy;

	(void)state;
	for (uint64_t i = 0; i < 20; i++)
		add_act(i);
	add_short();
	in = split();
	copy = malloc(in.n);
	assert_non_null(copy);
	for (uint32_t n = 0; n < in.n; n++) {
		memcpy(copy, in.p, n);
		assert_int_equal(join((struct str){copy, n}, raw_len), -EBADMSG);
	}
	for (uint32_t bit = 0; bit < in.n * 8; bit++) {
		int r;

		memcpy(copy, in.p, in.n);
		copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
		r = join((struct str){copy, in.n}, raw_len);
		assert_true(r == 0 || r == -EBADMSG);
	}
	assert_int_equal(join(in, raw_len - 1), -EBADMSG);
	assert_int_equal(join(in, raw_len + 1), -EBADMSG);
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_same_bytes_come_back, begin, end),
		cmocka_unit_test_setup_teardown(events_of_any_length_come_back, begin, end),
		cmocka_unit_test_setup_teardown(it_is_smaller, begin, end),
		cmocka_unit_test_setup_teardown(what_no_writer_makes_is_not_split, begin, end),
		cmocka_unit_test_setup_teardown(what_is_damaged_is_refused_or_harmless, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
