/* SPDX-License-Identifier: Apache-2.0 */
/* record: one record as the kernel would write it, made by hand and decoded. */
#ifndef WHODID_TESTS_DECODE_RECORD_H
#define WHODID_TESTS_DECODE_RECORD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/event.h"
#include "decode/decode.h"

#define WALL_OFFSET 1700000000000000000ll

static struct decoder decoder;
static struct event event;

/* A record being made. Decoding gets an exact copy, so that a sanitizer sees every byte too far. */
static union {
	struct record_header header;
	struct record_fork fork;
	struct record_exec exec;
	struct record_exit exit;
	struct record_file file;
	struct record_target target;
	struct record_cred cred;
	struct record_load load;
	struct record_net net;
	struct record_unix un;
	struct record_flow flow;
	struct record_flows flows;
	struct record_socket socket;
	struct record_boundary boundary;
	struct record_auth_log auth_log;
	struct record_loss loss;
	uint64_t align;
	uint8_t bytes[EVENT_RECORD_MAX];
} rec;

static inline void begin(enum record_kind kind, size_t size)
{
	memset(&rec, 0, 8192);
	rec.header = (struct record_header){
		.boot_ns = 5000000000ull, .seq = 1, .size = (uint32_t)size, .kind = (uint16_t)kind};
}

/* By some process. */
static inline void begin_act(enum record_kind kind, size_t size)
{
	begin(kind, size);
	rec.net.task.boundary = 77;
	rec.net.task.pid = 10;
}

static inline void put_bytes(struct record_text *text, const char *p, uint32_t n)
{
	text->off = rec.header.size;
	text->len = n;
	memcpy(rec.bytes + rec.header.size, p, n);
	rec.header.size = (rec.header.size + n + 7) & ~7u;
}

static inline void put(struct record_text *text, const char *z)
{
	put_bytes(text, z, (uint32_t)strlen(z));
}

static void *copy_of_record;

static inline int decode(void)
{
	free(copy_of_record);
	copy_of_record = malloc(rec.header.size);
	assert_non_null(copy_of_record);
	memcpy(copy_of_record, &rec, rec.header.size);
	decoder.wall_offset_ns = WALL_OFFSET;
	return decode_record(&decoder, copy_of_record, rec.header.size, &event);
}

#endif
