/* SPDX-License-Identifier: Apache-2.0 */
#include "base/escape.h"

#include <stdio.h>
#include <wchar.h>

#include "base/cleanup.h"
#include "base/utf8.h"

/* Characters that are not seen, or that move what is seen (Unicode 15: Cf, Zl, Zp, variation selectors,
 * Hangul fillers, tags, Braille blank). */
static const struct {
	uint32_t from, to;
} invisible[] = {
	{0x0080, 0x009f},   {0x00ad, 0x00ad},	{0x034f, 0x034f},   {0x0600, 0x0605},
	{0x061c, 0x061c},   {0x06dd, 0x06dd},	{0x070f, 0x070f},   {0x0890, 0x0891},
	{0x08e2, 0x08e2},   {0x115f, 0x1160},	{0x17b4, 0x17b5},   {0x180b, 0x180f},
	{0x200b, 0x200f},   {0x2028, 0x202e},	{0x2060, 0x206f},   {0x2800, 0x2800},
	{0x3164, 0x3164},   {0xfe00, 0xfe0f},	{0xfeff, 0xfeff},   {0xffa0, 0xffa0},
	{0xfff0, 0xfffb},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1345f},
	{0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}, {0xfffe, 0xffff},
};

static bool is_invisible(uint32_t code)
{
	for (size_t i = 0; i < ARRAY_SIZE(invisible); i++)
		if (code >= invisible[i].from && code <= invisible[i].to)
			return true;
	return false;
}

struct out {
	char *p;
	size_t len, size;
};

static void add(struct out *o, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++, o->len++)
		if (o->len + 1 < o->size)
			o->p[o->len] = p[i];
}

static void add_byte(struct out *o, unsigned char c)
{
	char text[8];
	int n = snprintf(text, sizeof(text), "\\x%02x", c);

	add(o, text, (size_t)n);
}

static void add_code(struct out *o, uint32_t code)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "\\u{%x}", code);

	add(o, text, (size_t)n);
}

/* Writes the character at s.p[i]; returns the bytes it took. */
static uint32_t add_one(struct out *o, struct str s, uint32_t i, bool ascii)
{
	unsigned char c = (unsigned char)s.p[i];
	uint32_t code;
	unsigned n;

	if (c == '\\') {
		add(o, "\\\\", 2);
		return 1;
	}
	if (c >= 0x20 && c < 0x7f) {
		add(o, s.p + i, 1);
		return 1;
	}
	n = c < 0x80 ? 0 : utf8_decode(s.p + i, s.n - i, &code);
	if (n == 0) {
		add_byte(o, c);
		return 1;
	}
	if (ascii || is_invisible(code))
		add_code(o, code);
	else
		add(o, s.p + i, n);
	return n;
}

size_t escape_terminal(struct str s, bool ascii, char *out, size_t size)
{
	struct out o = {out, 0, size};

	for (uint32_t i = 0; i < s.n;)
		i += add_one(&o, s, i, ascii);
	if (size > 0)
		out[o.len < size ? o.len : size - 1] = '\0';
	return o.len;
}

size_t escape_width(const char *escaped)
{
	size_t width = 0, left = strlen(escaped);

	while (left > 0) {
		uint32_t code;
		unsigned n = utf8_decode(escaped, left, &code);
		int w = n ? wcwidth((wchar_t)code) : 1;

		width += w > 0 ? (size_t)w : w == 0 ? 0 : 1;
		escaped += n ? n : 1;
		left -= n ? n : 1;
	}
	return width;
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("._~@:/+-", c));
}

static size_t put_bytes(char *out, size_t size, size_t at, const char *p, size_t n)
{
	for (size_t i = 0; i < n && at + i < size; i++)
		out[at + i] = p[i];
	return at + n;
}

size_t escape_value(struct str s, size_t max, char *out, size_t size)
{
	static const char hex[] = "0123456789ABCDEF", dots[] = "%2E%2E%2E";
	size_t at = 0;

	for (uint32_t i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];

		if (at + 3 + strlen(dots) > max)
			return put_bytes(out, size, at, dots, strlen(dots));
		if (is_plain((char)c))
			at = put_bytes(out, size, at, &s.p[i], 1);
		else
			at = put_bytes(out, size, at, (char[]){'%', hex[c >> 4], hex[c & 15]}, 3);
	}
	return at;
}
