/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream: one byte ring of packed events. Positions only grow; a position's place in the ring is
 * its remainder. The lock is held for one copy of at most COPY_MAX bytes (or one event), so a viewer
 * that does not read costs the line nothing: it is overtaken.
 */
#include "sink/stream.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define COPY_MAX (32u * 1024)
#define WAKE_NS	 1000000ull

/* Where a reader or the oldest event stands: byte position and number of the event there. */
struct place {
	uint64_t pos, event;
};

struct stream {
	pthread_mutex_t lock;
	pthread_cond_t more;
	uint8_t *ring;
	size_t ring_bytes;
	struct place oldest, end;
	unsigned waiting; /* viewers in pthread_cond_timedwait() */
	bool shut;

	/* the line's own */
	uint64_t wake_ns; /* when viewers were last woken */
	bool unseen;	  /* events were put in since then */

	atomic_uint viewers;
	_Atomic uint64_t lost;
};

struct viewer {
	struct stream *stream;
	struct place at;
};

static uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

static void ring_put(struct stream *s, uint64_t pos, const void *p, size_t n)
{
	size_t at = pos % s->ring_bytes, first = n < s->ring_bytes - at ? n : s->ring_bytes - at;

	memcpy(s->ring + at, p, first);
	memcpy(s->ring, (const uint8_t *)p + first, n - first);
}

static void ring_get(const struct stream *s, uint64_t pos, void *p, size_t n)
{
	size_t at = pos % s->ring_bytes, first = n < s->ring_bytes - at ? n : s->ring_bytes - at;

	memcpy(p, s->ring + at, first);
	memcpy((uint8_t *)p + first, s->ring, n - first);
}

/* Each event lies behind its size. */
static uint32_t ring_size_at(const struct stream *s, uint64_t pos)
{
	uint32_t size;

	ring_get(s, pos, &size, sizeof(size));
	return size;
}

int stream_new(struct stream **out, size_t ring_bytes)
{
	size_t size = ring_bytes < 4096 ? 4096 : ring_bytes;
	struct stream *s = calloc(1, sizeof(*s));
	uint8_t *ring = malloc(size);
	pthread_condattr_t attr;

	if (!s || !ring) {
		free(s);
		free(ring);
		return -ENOMEM;
	}
	s->ring = ring;
	s->ring_bytes = size;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->more, &attr);
	pthread_condattr_destroy(&attr);
	*out = s;
	return 0;
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	pthread_cond_destroy(&s->more);
	pthread_mutex_destroy(&s->lock);
	free(s->ring);
	free(s);
}

static void drop_oldest_until(struct stream *s, uint64_t pos)
{
	while (s->oldest.pos < pos) {
		s->oldest.pos += sizeof(uint32_t) + ring_size_at(s, s->oldest.pos);
		s->oldest.event++;
	}
}

void stream_emit(struct stream *s, const uint8_t *packed, size_t size)
{
	uint32_t size32 = (uint32_t)size;
	size_t need = sizeof(size32) + size;

	if (!atomic_load(&s->viewers))
		return;
	pthread_mutex_lock(&s->lock);
	if (need > s->ring_bytes) {
		/* Does not fit at all: counts as overtaken for everybody. */
		drop_oldest_until(s, s->end.pos);
		s->oldest.event = ++s->end.event;
	} else {
		if (s->end.pos + need > s->ring_bytes)
			drop_oldest_until(s, s->end.pos + need - s->ring_bytes);
		ring_put(s, s->end.pos, &size32, sizeof(size32));
		ring_put(s, s->end.pos + sizeof(size32), packed, size);
		s->end.pos += need;
		s->end.event++;
	}
	pthread_mutex_unlock(&s->lock);
	s->unseen = true;
	if (monotonic_ns() - s->wake_ns >= WAKE_NS)
		stream_flush(s);
}

void stream_flush(struct stream *s)
{
	if (!s->unseen)
		return;
	s->unseen = false;
	s->wake_ns = monotonic_ns();
	pthread_mutex_lock(&s->lock);
	if (s->waiting)
		pthread_cond_broadcast(&s->more);
	pthread_mutex_unlock(&s->lock);
}

void stream_shutdown(struct stream *s)
{
	pthread_mutex_lock(&s->lock);
	s->shut = true;
	pthread_cond_broadcast(&s->more);
	pthread_mutex_unlock(&s->lock);
}

unsigned stream_viewers(const struct stream *s)
{
	return atomic_load(&s->viewers);
}

uint64_t stream_lost(const struct stream *s)
{
	return atomic_load(&s->lost);
}

int viewer_open(struct viewer **out, struct stream *s)
{
	struct viewer *v = calloc(1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	v->stream = s;
	pthread_mutex_lock(&s->lock);
	v->at = s->end;
	atomic_fetch_add(&s->viewers, 1);
	pthread_mutex_unlock(&s->lock);
	*out = v;
	return 0;
}

/* Moves an overtaken viewer to the oldest event; returns how many it missed. Under the lock. */
static uint64_t catch_up(struct viewer *v)
{
	struct stream *s = v->stream;
	uint64_t missed;

	if (v->at.event >= s->oldest.event)
		return 0;
	missed = s->oldest.event - v->at.event;
	v->at = s->oldest;
	atomic_fetch_add(&s->lost, missed);
	return missed;
}

static bool wait_for_more(struct viewer *v, unsigned timeout_ms)
{
	struct stream *s = v->stream;
	uint64_t end = monotonic_ns() + timeout_ms * 1000000ull;
	struct timespec until = {(time_t)(end / 1000000000ull), (long)(end % 1000000000ull)};
	int err = 0;

	while (v->at.event == s->end.event && !s->shut && !err) {
		s->waiting++;
		err = pthread_cond_timedwait(&s->more, &s->lock, &until);
		s->waiting--;
	}
	return v->at.event != s->end.event;
}

int viewer_read(struct viewer *v, uint8_t *buf, size_t size, unsigned timeout_ms, uint64_t *missed)
{
	struct stream *s = v->stream;
	size_t used = 0;
	bool there, shut;

	pthread_mutex_lock(&s->lock);
	there = wait_for_more(v, timeout_ms);
	shut = s->shut;
	*missed = catch_up(v);
	while (there && v->at.event != s->end.event) {
		uint32_t n = ring_size_at(s, v->at.pos);

		if (used + n > size || (used && used + n > COPY_MAX))
			break;
		ring_get(s, v->at.pos + sizeof(n), buf + used, n);
		used += n;
		v->at.pos += sizeof(n) + n;
		v->at.event++;
	}
	pthread_mutex_unlock(&s->lock);
	if (!used && !*missed && !there && shut)
		return -ESHUTDOWN;
	return (int)used;
}

void viewer_close(struct viewer *v)
{
	if (!v)
		return;
	pthread_mutex_lock(&v->stream->lock);
	catch_up(v);
	atomic_fetch_sub(&v->stream->viewers, 1);
	pthread_mutex_unlock(&v->stream->lock);
	free(v);
}
