/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/utf8.h"

void json_init_fixed(struct json *w, char *buf, size_t size)
{
	*w = (struct json){.buf = buf, .cap = size, .max = size};
}

void json_init(struct json *w, size_t max)
{
	*w = (struct json){.max = max, .grows = true};
}

void json_release(struct json *w)
{
	if (w->grows)
		free(w->buf);
	*w = (struct json){0};
}

void json_reset(struct json *w)
{
	w->len = 0;
	w->err = 0;
	w->comma = false;
}

static bool make_room(struct json *w, size_t n)
{
	size_t cap = w->cap ? w->cap : 1024;
	char *bigger;

	if (w->err)
		return false;
	if (n <= w->cap - w->len)
		return true;
	if (!w->grows || n > w->max - w->len) {
		w->err = -ENOSPC;
		return false;
	}
	while (cap - w->len < n)
		cap *= 2;
	if (cap > w->max)
		cap = w->max;
	bigger = realloc(w->buf, cap);
	if (!bigger) {
		w->err = -ENOMEM;
		return false;
	}
	w->buf = bigger;
	w->cap = cap;
	return true;
}

static void put(struct json *w, const char *p, size_t n)
{
	if (!make_room(w, n))
		return;
	memcpy(w->buf + w->len, p, n);
	w->len += n;
}

static void put_escaped(struct json *w, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

	switch (c) {
	case '"':
	case '\\':
		text[1] = (char)c;
		put(w, text, 2);
		return;
	case '\n':
		put(w, "\\n", 2);
		return;
	case '\t':
		put(w, "\\t", 2);
		return;
	default:
		put(w, text, 6);
	}
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* U+2028 and U+2029 end a line in JavaScript before 2019. */
static void put_wide(struct json *w, const char *p, unsigned n)
{
	if (n == 3 && (unsigned char)p[0] == 0xe2 && (unsigned char)p[1] == 0x80 &&
	    ((unsigned char)p[2] & 0xfe) == 0xa8)
		put(w, p[2] & 1 ? "\\u2029" : "\\u2028", 6);
	else
		put(w, p, n);
}

static void put_quoted(struct json *w, struct str s)
{
	uint32_t i = 0;

	put(w, "\"", 1);
	while (i < s.n && !w->err) {
		uint32_t run = i, code;
		unsigned n;

		while (run < s.n && is_plain((unsigned char)s.p[run]))
			run++;
		put(w, s.p + i, run - i);
		i = run;
		if (i == s.n)
			break;
		if ((unsigned char)s.p[i] < 0x80) {
			put_escaped(w, (unsigned char)s.p[i++]);
			continue;
		}
		n = utf8_decode(s.p + i, s.n - i, &code);
		if (n == 0)
			put(w, "\xef\xbf\xbd", 3);
		else
			put_wide(w, s.p + i, n);
		i += n ? n : 1;
	}
	put(w, "\"", 1);
}

static void begin_member(struct json *w, const char *name)
{
	if (w->comma)
		put(w, ",", 1);
	w->comma = true;
	if (name) {
		put_quoted(w, str_of(name));
		put(w, ":", 1);
	}
}

static void open_nest(struct json *w, const char *name, const char *bracket)
{
	begin_member(w, name);
	put(w, bracket, 1);
	w->comma = false;
}

static void close_nest(struct json *w, const char *bracket)
{
	put(w, bracket, 1);
	w->comma = true;
}

void json_object_begin(struct json *w, const char *name)
{
	open_nest(w, name, "{");
}

void json_object_end(struct json *w)
{
	close_nest(w, "}");
}

void json_array_begin(struct json *w, const char *name)
{
	open_nest(w, name, "[");
}

void json_array_end(struct json *w)
{
	close_nest(w, "]");
}

void json_str(struct json *w, const char *name, struct str value)
{
	begin_member(w, name);
	put_quoted(w, value);
}

void json_cstr(struct json *w, const char *name, const char *value)
{
	if (value)
		json_str(w, name, str_of(value));
}

void json_u64(struct json *w, const char *name, uint64_t value)
{
	char text[24];
	size_t at = sizeof(text);

	do {
		text[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	begin_member(w, name);
	put(w, text + at, sizeof(text) - at);
}

void json_i64(struct json *w, const char *name, int64_t value)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%" PRId64, value);

	begin_member(w, name);
	put(w, text, (size_t)n);
}

void json_double(struct json *w, const char *name, double value)
{
	char text[32];
	int n;

	if (!isfinite(value))
		return;
	n = snprintf(text, sizeof(text), "%.6g", value);
	begin_member(w, name);
	put(w, text, (size_t)n);
}

void json_bool(struct json *w, const char *name, bool value)
{
	begin_member(w, name);
	put(w, value ? "true" : "false", value ? 4 : 5);
}

void json_time(struct json *w, const char *name, int64_t wall_ns)
{
	char text[31];

	clock_rfc3339(text, wall_ns);
	begin_member(w, name);
	put(w, "\"", 1);
	put(w, text, 30);
	put(w, "\"", 1);
}

void json_base64(struct json *w, const char *name, struct str bytes)
{
	static const char abc[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *b = (const unsigned char *)bytes.p;

	begin_member(w, name);
	put(w, "\"", 1);
	for (uint32_t i = 0; i < bytes.n; i += 3) {
		uint32_t left = bytes.n - i;
		uint32_t v = (uint32_t)b[i] << 16 | (left > 1 ? (uint32_t)b[i + 1] << 8 : 0) |
			     (left > 2 ? b[i + 2] : 0u);
		char four[4] = {abc[v >> 18], abc[v >> 12 & 63], left > 1 ? abc[v >> 6 & 63] : '=',
				left > 2 ? abc[v & 63] : '='};

		put(w, four, 4);
	}
	put(w, "\"", 1);
}

void json_raw(struct json *w, const char *name, struct str value)
{
	begin_member(w, name);
	put(w, value.p, value.n);
}

void json_text(struct json *w, struct str value)
{
	put(w, value.p, value.n);
	w->comma = false;
}

bool utf8_valid(struct str s)
{
	uint32_t i = 0, code;

	while (i < s.n) {
		unsigned n =
			(unsigned char)s.p[i] < 0x80 ? 1 : utf8_decode(s.p + i, s.n - i, &code);

		if (n == 0)
			return false;
		i += n;
	}
	return true;
}
