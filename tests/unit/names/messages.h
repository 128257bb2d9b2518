/* SPDX-License-Identifier: Apache-2.0 */
/* messages: DNS messages and TLS client hellos put together by hand, for tests of the names stage. */
#ifndef WHODID_TESTS_NAMES_MESSAGES_H
#define WHODID_TESTS_NAMES_MESSAGES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/str.h"

struct message {
	uint8_t b[8192];
	uint32_t n;
};

static inline void put(struct message *m, const void *p, size_t n)
{
	assert_true(m->n + n <= sizeof(m->b));
	if (n)
		memcpy(m->b + m->n, p, n);
	m->n += (uint32_t)n;
}

static inline void put_u(struct message *m, uint32_t v, unsigned bytes)
{
	while (bytes--) {
		uint8_t b = (uint8_t)(v >> 8 * bytes);

		put(m, &b, 1);
	}
}

static inline struct str bytes_of(const struct message *m)
{
	return (struct str){(const char *)m->b, m->n};
}

/* "a.b" as labels. */
static inline void put_name(struct message *m, const char *name)
{
	while (*name) {
		size_t n = strcspn(name, ".");

		put_u(m, (uint32_t)n, 1);
		put(m, name, n);
		name += n + (name[n] == '.');
	}
	put_u(m, 0, 1);
}

#define QR 0x8000u
#define TC 0x0200u

static inline void put_header(struct message *m, uint16_t id, uint16_t flags, unsigned questions,
			      unsigned answers, unsigned additional)
{
	m->n = 0;
	put_u(m, id, 2);
	put_u(m, flags, 2);
	put_u(m, questions, 2);
	put_u(m, answers, 2);
	put_u(m, 0, 2);
	put_u(m, additional, 2);
}

static inline void put_question(struct message *m, const char *name, uint16_t type)
{
	put_name(m, name);
	put_u(m, type, 2);
	put_u(m, 1, 2);
}

static inline void put_record(struct message *m, const char *name, uint16_t type, uint32_t ttl,
			      const void *data, uint16_t len)
{
	put_name(m, name);
	put_u(m, type, 2);
	put_u(m, 1, 2);
	put_u(m, ttl, 4);
	put_u(m, len, 2);
	put(m, data, len);
}

static inline void put_a(struct message *m, const char *name, uint32_t ttl, uint32_t ip)
{
	uint8_t b[4] = {(uint8_t)(ip >> 24), (uint8_t)(ip >> 16), (uint8_t)(ip >> 8), (uint8_t)ip};

	put_record(m, name, 1, ttl, b, 4);
}

static inline void put_cname(struct message *m, const char *name, uint32_t ttl, const char *target)
{
	struct message t = {.n = 0};

	put_name(&t, target);
	put_record(m, name, 5, ttl, t.b, (uint16_t)t.n);
}

static inline void make_question(struct message *m, uint16_t id, const char *name)
{
	put_header(m, id, 0x0100, 1, 0, 0);
	put_question(m, name, 1);
}

static inline void make_answer(struct message *m, uint16_t id, const char *name, uint32_t ttl,
			       uint32_t ip)
{
	put_header(m, id, QR, 1, 1, 0);
	put_question(m, name, 1);
	put_a(m, name, ttl, ip);
}

/* A client hello in records of at most record bytes; name NULL = without extension. */
static inline void make_hello(struct message *m, const char *name, uint32_t padding,
			      uint32_t record)
{
	struct message body = {.n = 0}, extensions = {.n = 0};
	size_t n = name ? strlen(name) : 0;

	put_u(&extensions, 21, 2); /* padding, before the name */
	put_u(&extensions, padding, 2);
	for (uint32_t i = 0; i < padding; i++)
		put_u(&extensions, 0, 1);
	if (name) {
		put_u(&extensions, 0, 2);
		put_u(&extensions, (uint32_t)n + 5, 2);
		put_u(&extensions, (uint32_t)n + 3, 2);
		put_u(&extensions, 0, 1);
		put_u(&extensions, (uint32_t)n, 2);
		put(&extensions, name, n);
	}
	put_u(&body, 1, 1);
	put_u(&body, 2 + 32 + 1 + 4 + 2 + 2 + extensions.n, 3);
	put_u(&body, 0x0303, 2);
	for (unsigned i = 0; i < 8; i++)
		put_u(&body, i, 4);
	put_u(&body, 0, 1);
	put_u(&body, 2, 2);
	put_u(&body, 0x1301, 2);
	put_u(&body, 0x0100, 2);
	put_u(&body, extensions.n, 2);
	put(&body, extensions.b, extensions.n);
	m->n = 0;
	for (uint32_t at = 0; at < body.n; at += record) {
		uint32_t len = body.n - at < record ? body.n - at : record;

		put_u(m, 22, 1);
		put_u(m, 0x0301, 2);
		put_u(m, len, 2);
		put(m, body.b + at, len);
	}
}

#endif
