/* SPDX-License-Identifier: Apache-2.0 */
/* One writer, several viewers: nothing twice, nothing out of order, and every missed event counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "event_pack.h"
#include "sink/stream.h"

#define VIEWERS 4
#define EVENTS	200000ull

/* What is put in: one byte of length, the number, a filling that depends on it. */
static size_t make(uint8_t *buf, uint64_t number)
{
	size_t size = 9 + number % 60;

	buf[0] = (uint8_t)size;
	memcpy(buf + 1, &number, 8);
	memset(buf + 9, (int)(number & 0xff), size - 9);
	return size;
}

struct view {
	struct stream *stream;
	struct viewer *viewer;
	unsigned slow; /* naps after each read: so slow that it is overtaken */
	uint64_t received, missed, next;
	uint64_t wrong;
	int end;
};

/* Checks the events of one read; they must follow on what was received and missed before. */
static void check(struct view *v, const uint8_t *buf, size_t n)
{
	for (size_t at = 0; at < n;) {
		uint8_t want[128];
		size_t size = make(want, v->next);

		if (at + size > n || memcmp(buf + at, want, size)) {
			v->wrong++;
			return;
		}
		at += size;
		v->next++;
		v->received++;
	}
}

static void *view_all(void *arg)
{
	struct view *v = arg;
	uint8_t *buf = malloc(EVENT_PACKED_MAX);
	uint64_t missed;
	int n;

	while ((n = viewer_read(v->viewer, buf, EVENT_PACKED_MAX, 100, &missed)) >= 0) {
		v->missed += missed;
		v->next += missed;
		check(v, buf, (size_t)n);
		if (v->slow)
			nanosleep(&(struct timespec){0, v->slow * 1000000l}, NULL);
	}
	v->end = n;
	free(buf);
	return NULL;
}

static void test_received_and_missed_make_all(void **state)
{
	struct view views[VIEWERS] = {{0}};
	pthread_t threads[VIEWERS];
	struct stream *s;
	uint8_t buf[128];
	uint64_t lost = 0;

	(void)state;
	assert_int_equal(stream_new(&s, 64 * 1024), 0);
	for (int i = 0; i < VIEWERS; i++) {
		views[i].slow = i < 2 ? 0 : 3;
		assert_int_equal(viewer_open(&views[i].viewer, s), 0);
		assert_int_equal(pthread_create(&threads[i], NULL, view_all, &views[i]), 0);
	}
	assert_int_equal(stream_viewers(s), VIEWERS);
	for (uint64_t i = 0; i < EVENTS; i++)
		stream_emit(s, buf, make(buf, i));
	stream_flush(s);
	stream_shutdown(s);
	for (int i = 0; i < VIEWERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(views[i].wrong, 0);
		assert_int_equal(views[i].received + views[i].missed, EVENTS);
		assert_int_equal(views[i].end, -ESHUTDOWN);
		lost += views[i].missed;
		viewer_close(views[i].viewer);
	}
	assert_true(views[2].missed > 0 && views[3].missed > 0);
	assert_int_equal(stream_lost(s), lost);
	assert_int_equal(stream_viewers(s), 0);
	stream_free(s);
}

static void test_a_viewer_sees_only_what_comes_after_it(void **state)
{
	struct stream *s;
	struct viewer *v;
	uint8_t buf[EVENT_PACKED_MAX], one[128];
	uint64_t missed = 7, number;

	(void)state;
	assert_int_equal(stream_new(&s, 8192), 0);
	stream_emit(s, one, make(one, 1));
	assert_int_equal(viewer_open(&v, s), 0);
	assert_int_equal(viewer_read(v, buf, sizeof(buf), 1, &missed), 0);
	assert_int_equal(missed, 0);
	stream_emit(s, one, make(one, 2));
	assert_int_equal(viewer_read(v, buf, sizeof(buf), 0, &missed), make(one, 2));
	memcpy(&number, buf + 1, 8);
	assert_int_equal(number, 2);
	viewer_close(v);
	stream_free(s);
}

static void test_large_events_and_a_ring_that_is_too_small(void **state)
{
	struct stream *s;
	struct viewer *v;
	uint8_t *big = malloc(EVENT_PACKED_MAX), *buf = malloc(EVENT_PACKED_MAX);
	uint64_t missed;

	(void)state;
	memset(big, 0xa5, EVENT_PACKED_MAX);
	assert_int_equal(stream_new(&s, 100000), 0);
	assert_int_equal(viewer_open(&v, s), 0);
	stream_emit(s, big, EVENT_PACKED_MAX);
	assert_int_equal(viewer_read(v, buf, EVENT_PACKED_MAX, 0, &missed), EVENT_PACKED_MAX);
	assert_memory_equal(big, buf, EVENT_PACKED_MAX);
	/* Each big one pushes out the one before. */
	stream_emit(s, big, EVENT_PACKED_MAX);
	stream_emit(s, big, EVENT_PACKED_MAX);
	assert_int_equal(viewer_read(v, buf, EVENT_PACKED_MAX, 0, &missed), EVENT_PACKED_MAX);
	assert_int_equal(missed, 1);
	viewer_close(v);
	stream_free(s);

	assert_int_equal(stream_new(&s, 4096), 0);
	assert_int_equal(viewer_open(&v, s), 0);
	stream_emit(s, big, 50);
	stream_emit(s, big, EVENT_PACKED_MAX);
	stream_emit(s, big, 60);
	assert_int_equal(viewer_read(v, buf, EVENT_PACKED_MAX, 0, &missed), 60);
	assert_int_equal(missed, 2);
	/* What a viewer never came to read counts as lost when it goes. */
	stream_emit(s, big, EVENT_PACKED_MAX);
	viewer_close(v);
	assert_int_equal(stream_lost(s), 3);
	stream_free(s);
	free(big);
	free(buf);
}

static void *emit_one_later(void *arg)
{
	uint8_t one[128];

	nanosleep(&(struct timespec){0, 20000000}, NULL);
	stream_emit(arg, one, make(one, 1));
	stream_flush(arg);
	return NULL;
}

static void test_a_waiting_viewer_is_woken(void **state)
{
	struct stream *s;
	struct viewer *v;
	struct timespec a, b;
	pthread_t t;
	uint8_t buf[EVENT_PACKED_MAX];
	uint64_t missed;

	(void)state;
	assert_int_equal(stream_new(&s, 8192), 0);
	assert_int_equal(viewer_open(&v, s), 0);
	pthread_create(&t, NULL, emit_one_later, s);
	clock_gettime(CLOCK_MONOTONIC, &a);
	assert_true(viewer_read(v, buf, sizeof(buf), 20000, &missed) > 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_true(b.tv_sec - a.tv_sec < 10);
	pthread_join(t, NULL);
	/* What is there is still read after the end, then the end is told. */
	stream_emit(s, buf, make(buf, 2));
	stream_shutdown(s);
	assert_true(viewer_read(v, buf, sizeof(buf), 1000, &missed) > 0);
	assert_int_equal(viewer_read(v, buf, sizeof(buf), 1000, &missed), -ESHUTDOWN);
	viewer_close(v);
	stream_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_received_and_missed_make_all),
		cmocka_unit_test(test_a_viewer_sees_only_what_comes_after_it),
		cmocka_unit_test(test_large_events_and_a_ring_that_is_too_small),
		cmocka_unit_test(test_a_waiting_viewer_is_woken),
	};

	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
