/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream: live events for many viewers, none of which can hold the line. One ring of packed events;
 * each viewer has a position in it. Who is overtaken is told how many it missed.
 *
 * stream_emit() is called by the line only; viewers read from threads of their own.
 */
#ifndef WHODID_SINK_STREAM_H
#define WHODID_SINK_STREAM_H

#include "base/str.h"

struct stream;
struct viewer;

int stream_new(struct stream **out, size_t ring_bytes);
/* All viewers must be closed before. */
void stream_free(struct stream *s);

/* Puts one packed event in; wakes viewers at most once a millisecond (stream_flush does it at once). */
void stream_emit(struct stream *s, const uint8_t *packed, size_t size);
void stream_flush(struct stream *s);
/* Wakes all viewers for good: their reads return -ESHUTDOWN. */
void stream_shutdown(struct stream *s);
unsigned stream_viewers(const struct stream *s);
uint64_t stream_lost(const struct stream *s); /* sum over all viewers */

int viewer_open(struct viewer **out, struct stream *s);
/*
 * Copies the next packed events to buf, whole ones, at most size bytes (size >= EVENT_PACKED_MAX);
 * *missed gets how many were overtaken since the last call. Waits at most timeout_ms. Returns the
 * bytes, 0 when none came in time, -ESHUTDOWN.
 */
int viewer_read(struct viewer *v, uint8_t *buf, size_t size, unsigned timeout_ms, uint64_t *missed);
void viewer_close(struct viewer *v);

#endif
