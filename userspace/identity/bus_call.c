/* SPDX-License-Identifier: Apache-2.0 */
/* bus_call: see the header. The D-Bus specification, "Message Protocol", version 1; little-endian only. */
#include "identity/bus_call.h"

#include <string.h>

#include "base/cleanup.h"

#define FIXED_BYTES 16
#define TYPE_CALL   1

/* Codes of header fields that are looked at. */
enum field {
	FIELD_PATH = 1,
	FIELD_INTERFACE = 2,
	FIELD_MEMBER = 3,
	FIELD_DESTINATION = 6,
	FIELDS = 16
};

struct reading {
	struct str bytes;
	uint32_t at;
	bool bad;
};

static uint8_t take_byte(struct reading *r)
{
	if (r->at >= r->bytes.n) {
		r->bad = true;
		return 0;
	}
	return (uint8_t)r->bytes.p[r->at++];
}

static void align(struct reading *r, uint32_t to)
{
	r->at = (r->at + to - 1) & ~(to - 1);
}

static uint32_t take_u32(struct reading *r)
{
	uint32_t v = 0;

	align(r, 4);
	for (unsigned i = 0; i < 4; i++)
		v |= (uint32_t)take_byte(r) << (8 * i);
	return v;
}

/* n bytes; the NUL behind them, if it is there, is skipped. */
static struct str take_text(struct reading *r, uint32_t n)
{
	struct str s;

	if (r->bad || n > r->bytes.n - r->at) {
		r->bad = true;
		return STR_NONE;
	}
	s = (struct str){r->bytes.p + r->at, n};
	r->at += n;
	return s;
}

/* A variant of the types that header fields have. */
static struct str take_value(struct reading *r)
{
	struct str text;
	uint8_t type;

	if (take_byte(r) != 1)
		r->bad = true;
	type = take_byte(r);
	if (take_byte(r) != 0)
		r->bad = true;
	if (type == 'u') {
		take_u32(r);
		return STR_NONE;
	}
	if (type != 's' && type != 'o' && type != 'g') {
		r->bad = true;
		return STR_NONE;
	}
	text = take_text(r, type == 'g' ? take_byte(r) : take_u32(r));
	if (take_byte(r) != 0 || (text.n && memchr(text.p, 0, text.n)))
		r->bad = true;
	return text;
}

/* Each field once. */
static void take_fields(struct reading *r, uint32_t end, struct str fields[FIELDS])
{
	while (!r->bad && r->at < end) {
		uint8_t code;
		struct str value;

		align(r, 8);
		code = take_byte(r);
		value = take_value(r);
		if (code >= FIELDS)
			continue;
		if (fields[code].p)
			r->bad = true;
		fields[code] = value;
	}
	if (r->at != end)
		r->bad = true;
}

static enum bus_call_kind kind_of(struct str member)
{
	static const struct {
		const char *member;
		enum bus_call_kind kind;
	} rows[] = {
		{"StartTransientUnit", BUS_CALL_TRANSIENT}, {"StartUnit", BUS_CALL_START},
		{"StartUnitWithFlags", BUS_CALL_START},	    {"RestartUnit", BUS_CALL_RESTART},
		{"ReloadOrRestartUnit", BUS_CALL_RESTART},  {"TryRestartUnit", BUS_CALL_TRY},
		{"ReloadOrTryRestartUnit", BUS_CALL_TRY},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (str_is(member, rows[i].member))
			return rows[i].kind;
	return BUS_CALL_OTHER;
}

static bool is_service(struct str s)
{
	for (uint32_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (c && strchr(":-_.\\@", c))))
			return false;
	}
	return s.n > strlen(".service") && s.n <= UNIT_NAME_MAX && str_ends(s, ".service");
}

bool bus_call_read(struct bus_call *out, struct str bytes)
{
	struct reading r = {.bytes = bytes};
	struct str fields[FIELDS] = {{0}};
	uint8_t order = take_byte(&r), type = take_byte(&r), flags = take_byte(&r),
		version = take_byte(&r);
	uint32_t body = take_u32(&r), serial = take_u32(&r), length = take_u32(&r);

	(void)flags;
	(void)serial;
	*out = (struct bus_call){0};
	if (r.bad || order != 'l' || type != TYPE_CALL || version != 1 ||
	    length > bytes.n - FIXED_BYTES)
		return false;
	take_fields(&r, FIXED_BYTES + length, fields);
	align(&r, 8);
	length = take_u32(&r);
	out->unit = take_text(&r, length);
	if (r.bad || body < 4 + length || !is_service(out->unit) ||
	    !str_is(fields[FIELD_DESTINATION], "org.freedesktop.systemd1") ||
	    !str_is(fields[FIELD_PATH], "/org/freedesktop/systemd1") ||
	    (fields[FIELD_INTERFACE].p &&
	     !str_is(fields[FIELD_INTERFACE], "org.freedesktop.systemd1.Manager")))
		return false;
	out->kind = kind_of(fields[FIELD_MEMBER]);
	return out->kind != BUS_CALL_OTHER;
}
