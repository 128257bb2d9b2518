/* SPDX-License-Identifier: Apache-2.0 */
/*
 * streams: the first bytes of TCP connections put together from segments, in order and bounded. What is
 * out of order or too long is given up and counted: a name less, never a wrong one.
 */
#ifndef WHODID_NAMES_STREAMS_H
#define WHODID_NAMES_STREAMS_H

#include "event.h"

#define STREAMS_MAX  64
#define STREAM_BYTES (4096 + 2) /* a DNS message with its length; a client hello */

struct stream {
	uint64_t socket; /* 0 = free */
	uint64_t used;	 /* the higher was used later */
	uint32_t type;	 /* enum event_type of what is in it */
	bool inbound;
	uint32_t taken; /* bytes of the stream that were consumed */
	uint32_t len;	/* bytes behind them */
	char bytes[STREAM_BYTES];
};

struct streams {
	struct stream list[STREAMS_MAX];
	uint64_t uses;
	uint64_t broken; /* given up */
};

/* Adds a segment; the stream with what there is now, or NULL when it is given up. */
struct stream *streams_add(struct streams *s, const struct event_what *what);
/* The first n bytes are done with. */
void stream_consume(struct stream *s, uint32_t n);
void stream_end(struct stream *s);

#endif
