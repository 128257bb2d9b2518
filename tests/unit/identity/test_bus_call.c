/* SPDX-License-Identifier: Apache-2.0 */
/* Which calls have systemd start a service, and what is none: the bytes are a client's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "identity/bus_call.h"

#define BUS    "org.freedesktop.systemd1"
#define OBJECT "/org/freedesktop/systemd1"
#define FACE   "org.freedesktop.systemd1.Manager"

struct message {
	uint8_t bytes[1024];
	uint32_t n;
};

static void put(struct message *m, const void *data, uint32_t n)
{
	assert_true(m->n + n <= sizeof(m->bytes));
	memcpy(m->bytes + m->n, data, n);
	m->n += n;
}

static void put_u32(struct message *m, uint32_t v)
{
	while (m->n % 4)
		m->bytes[m->n++] = 0;
	put(m, &v, 4);
}

static void put_field(struct message *m, uint8_t code, char type, const char *value)
{
	const uint8_t head[4] = {code, 1, (uint8_t)type, 0};

	if (!value)
		return;
	while (m->n % 8)
		m->bytes[m->n++] = 0;
	put(m, head, sizeof(head));
	put_u32(m, (uint32_t)strlen(value));
	put(m, value, (uint32_t)strlen(value) + 1);
}

/* As sd-bus sends it, cut behind the first argument. */
static struct message call(const char *member, const char *unit)
{
	struct message m = {.bytes = {'l', 1, 0, 1}, .n = 4};
	uint32_t length;

	put_u32(&m, 4 + (uint32_t)strlen(unit) + 1);
	put_u32(&m, 7);
	put_u32(&m, 0);
	put_field(&m, 1, 'o', OBJECT);
	put_field(&m, 3, 's', member);
	put_field(&m, 2, 's', FACE);
	put_field(&m, 6, 's', BUS);
	length = m.n - 16;
	memcpy(m.bytes + 12, &length, 4);
	while (m.n % 8)
		m.bytes[m.n++] = 0;
	put_u32(&m, (uint32_t)strlen(unit));
	put(&m, unit, (uint32_t)strlen(unit));
	return m;
}

/* A copy of exactly that size, so that reading behind it is noticed. */
static enum bus_call_kind read_message(const struct message *m, uint32_t n)
{
	_cleanup_free_ char *copy = malloc(n ? n : 1);
	struct bus_call out;

	assert_non_null(copy);
	memcpy(copy, m->bytes, n);
	return bus_call_read(&out, (struct str){copy, n}) ? out.kind : BUS_CALL_OTHER;
}

static enum bus_call_kind kind(const char *member, const char *unit)
{
	struct message m = call(member, unit);

	return read_message(&m, m.n);
}

static void calls_that_start(void **state)
{
	struct message m = call("StartTransientUnit", "run-u12.service");
	struct bus_call out;

	(void)state;
	assert_true(bus_call_read(&out, (struct str){(char *)m.bytes, m.n}));
	assert_int_equal(out.kind, BUS_CALL_TRANSIENT);
	assert_true(str_is(out.unit, "run-u12.service"));
	assert_int_equal(kind("StartUnit", "foo@a\\x2db.service"), BUS_CALL_START);
	assert_int_equal(kind("RestartUnit", "a.service"), BUS_CALL_RESTART);
	assert_int_equal(kind("ReloadOrRestartUnit", "a.service"), BUS_CALL_RESTART);
	assert_int_equal(kind("TryRestartUnit", "a.service"), BUS_CALL_TRY);
}

static void other_calls(void **state)
{
	(void)state;
	assert_int_equal(kind("GetUnit", "a.service"), BUS_CALL_OTHER);
	assert_int_equal(kind("StopUnit", "a.service"), BUS_CALL_OTHER);
	assert_int_equal(kind("StartUnit", "a.scope"), BUS_CALL_OTHER);
	assert_int_equal(kind("StartUnit", ".service"), BUS_CALL_OTHER);
	assert_int_equal(kind("StartUnit", "../a.service"), BUS_CALL_OTHER);
	assert_int_equal(kind("StartUnit", "a b.service"), BUS_CALL_OTHER);
	assert_int_equal(kind("StartUnit", "a\xc3\xa9.service"), BUS_CALL_OTHER);
}

/* A byte of the head: order, type, version. */
static enum bus_call_kind with_byte(uint32_t at, uint8_t value)
{
	struct message m = call("StartUnit", "a.service");

	m.bytes[at] = value;
	return read_message(&m, m.n);
}

static void to_others(void **state)
{
	struct message m = call("StartUnit", "a.service");
	uint8_t *bus = memmem(m.bytes, m.n, BUS "\0", sizeof(BUS));

	(void)state;
	assert_non_null(bus);
	bus[sizeof(BUS) - 2] = '2';
	assert_int_equal(read_message(&m, m.n), BUS_CALL_OTHER);
	assert_int_equal(with_byte(0, 'l'), BUS_CALL_START);
	assert_int_equal(with_byte(0, 'B'), BUS_CALL_OTHER);
	assert_int_equal(with_byte(1, 2), BUS_CALL_OTHER); /* an answer */
	assert_int_equal(with_byte(3, 2), BUS_CALL_OTHER);
}

/* Cut anywhere, any byte another one: nothing is read behind the end (the sanitizers see that). */
static void broken_ones(void **state)
{
	struct message m = call("StartUnit", "a.service");

	(void)state;
	for (uint32_t n = 0; n < m.n; n++)
		assert_int_equal(read_message(&m, n), BUS_CALL_OTHER);
	for (uint32_t at = 0; at < m.n; at++)
		for (unsigned v = 0; v < 256; v += 15)
			with_byte(at, (uint8_t)v);
}

/* A second member would be the one that counts for somebody else. */
static void a_field_twice(void **state)
{
	struct message m = {.bytes = {'l', 1, 0, 1}, .n = 4}, one = call("GetUnit", "a.service");
	uint32_t length;

	(void)state;
	put(&m, one.bytes + 4, 12);
	put_field(&m, 1, 'o', OBJECT);
	put_field(&m, 3, 's', "GetUnit");
	put_field(&m, 3, 's', "StartUnit");
	put_field(&m, 6, 's', BUS);
	length = m.n - 16;
	memcpy(m.bytes + 12, &length, 4);
	while (m.n % 8)
		m.bytes[m.n++] = 0;
	put_u32(&m, 9);
	put(&m, "a.service", 9);
	assert_int_equal(read_message(&m, m.n), BUS_CALL_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_that_start), cmocka_unit_test(other_calls),
		cmocka_unit_test(to_others),	    cmocka_unit_test(broken_ones),
		cmocka_unit_test(a_field_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
