// SPDX-License-Identifier: Apache-2.0
/* test_recording: what was recorded comes back byte by byte; what is damaged is refused. No root. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "collect/collect.h"

static char path[] = "/tmp/whodid-recording.XXXXXX";
static uint8_t got[4096];
static size_t got_bytes, got_records;

static void take(void *ctx, const void *record, size_t size)
{
	(void)ctx;
	assert_true(got_bytes + size <= sizeof(got));
	memcpy(got + got_bytes, record, size);
	got_bytes += size;
	got_records++;
}

static void write_recording(unsigned records)
{
	static const uint8_t boot_id[16] = {1, 2, 3};
	struct recorder *rec;

	assert_int_equal(recorder_open(&rec, path, boot_id, "host.example", 4711, NULL), 0);
	for (unsigned i = 0; i < records; i++) {
		struct record_exit r = {
			.header = {.size = sizeof(r), .kind = RECORD_EXIT, .seq = i}};

		assert_int_equal(recorder_write(rec, &r, sizeof(r)), 0);
	}
	assert_int_equal(recorder_close(rec), 0);
	got_bytes = got_records = 0;
}

static void patch(long at, uint32_t value)
{
	FILE *f = fopen(path, "r+");

	assert_non_null(f);
	assert_int_equal(fseek(f, at, SEEK_SET), 0);
	assert_int_equal(fwrite(&value, sizeof(value), 1, f), 1);
	fclose(f);
}

static int read_all(void)
{
	struct source *src;
	int n = collect_open_recording(&src, path, NULL);

	if (n)
		return n;
	do
		n = collect_drain(src, 2, take, NULL);
	while (n > 0);
	collect_close(src);
	return n;
}

static void test_round_trip(void **state)
{
	struct source_stats st;
	struct source *src;

	(void)state;
	write_recording(5);
	assert_int_equal(collect_open_recording(&src, path, NULL), 0);
	assert_int_equal(collect_recording_header(src)->wall_offset_ns, 4711);
	assert_string_equal((const char *)collect_recording_header(src)->host, "host.example");
	assert_int_equal(collect_recording_header(src)->boot_id[2], 3);
	assert_int_equal(collect_fd(src), -1);
	assert_int_equal(collect_drain(src, 3, take, NULL), 3);
	assert_int_equal(collect_drain(src, 3, take, NULL), 2);
	assert_int_equal(collect_drain(src, 3, take, NULL), -ENODATA);
	collect_stats(src, &st);
	assert_int_equal(st.received, 5);
	assert_int_equal(st.counters.generated[RECORD_EXIT], 5);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(((struct record_exit *)(void *)got)[i].header.seq, i);
	collect_close(src);
}

static void test_damage_is_refused(void **state)
{
	long second = sizeof(struct recording_header) + sizeof(struct record_exit) +
		      offsetof(struct record_header, size);
	static const uint32_t sizes[] = {0, 8, 31, 161, 65544, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		write_recording(3);
		patch(second, sizes[i]);
		assert_int_equal(read_all(), -EBADMSG);
		assert_int_equal(got_records, 1);
	}
	write_recording(3);
	assert_int_equal(truncate(path, second + 60), 0);
	assert_int_equal(read_all(), -EBADMSG);
	assert_int_equal(got_records, 1);
	write_recording(1);
	patch(offsetof(struct recording_header, abi), EVENT_ABI + 1);
	assert_int_equal(read_all(), -EPROTO);
	write_recording(1);
	patch(0, 0);
	assert_int_equal(read_all(), -EINVAL);
	assert_int_equal(truncate(path, 50), 0);
	assert_int_equal(read_all(), -EINVAL);
}

/* What a later version adds to the header is skipped. */
static void test_longer_header(void **state)
{
	struct recording_header h = {
		.magic = RECORDING_MAGIC, .abi = EVENT_ABI, .header_size = 120};
	struct record_exit r = {.header = {.size = sizeof(r), .kind = RECORD_EXIT, .seq = 9}};
	FILE *f = fopen(path, "w");

	(void)state;
	got_bytes = got_records = 0;
	assert_non_null(f);
	fwrite(&h, sizeof(h), 1, f);
	fwrite("0123456789abcdef", 16, 1, f);
	fwrite(&r, sizeof(r), 1, f);
	fclose(f);
	assert_int_equal(read_all(), -ENODATA);
	assert_int_equal(got_records, 1);
	assert_memory_equal(got, &r, sizeof(r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_damage_is_refused),
		cmocka_unit_test(test_longer_header),
	};
	int fd = mkstemp(path), failed;

	if (fd < 0)
		return 1;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
