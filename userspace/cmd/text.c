/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/text.h"

#include <stdarg.h>

#include "base/escape.h"
#include "base/utf8.h"

static bool ascii_only;

void text_set_ascii(bool ascii)
{
	ascii_only = ascii;
}

bool text_is_ascii(void)
{
	return ascii_only;
}

void text_release(struct text *t)
{
	free(t->p);
	*t = (struct text){0};
}

void text_clear(struct text *t)
{
	t->n = 0;
	if (t->p)
		t->p[0] = '\0';
}

void text_reserve(struct text *t, size_t more)
{
	size_t cap = t->cap ? t->cap : 64;
	char *p;

	if (t->p && t->n + more + 1 <= t->cap)
		return;
	while (cap < t->n + more + 1)
		cap *= 2;
	p = realloc(t->p, cap);
	if (!p) {
		fputs("whodid: out of memory\n", stderr);
		exit(1);
	}
	t->p = p;
	t->cap = cap;
}

void text_add(struct text *t, const char *p, size_t n)
{
	text_reserve(t, n);
	if (n)
		memcpy(t->p + t->n, p, n);
	t->n += n;
	t->p[t->n] = '\0';
}

void text_puts(struct text *t, const char *z)
{
	text_add(t, z, strlen(z));
}

void text_printf(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n <= 0)
		return;
	text_reserve(t, (size_t)n);
	va_start(ap, fmt);
	vsnprintf(t->p + t->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	t->n += (size_t)n;
}

const char *text_of(const struct text *t)
{
	return t->p ? t->p : "";
}

void text_say(struct text *t, struct str raw)
{
	size_t room = (size_t)raw.n * (ascii_only ? 8 : 4) + 1;

	text_reserve(t, room);
	t->n += escape_terminal(raw, ascii_only, t->p + t->n, room);
}

void text_say_name(struct text *t, struct str raw)
{
	bool quote = raw.n == 0;

	for (uint32_t i = 0; i < raw.n && !quote; i++)
		quote = raw.p[i] == ' ' || raw.p[i] == '"';
	if (quote)
		text_puts(t, "\"");
	text_say(t, raw);
	if (quote)
		text_puts(t, "\"");
}

void text_say_number(struct text *t, uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);

	for (int i = 0; i < len; i++) {
		text_add(t, digits + i, 1);
		if (i < len - 1 && (len - 1 - i) % 3 == 0)
			text_puts(t, ",");
	}
}

void text_say_bytes(struct text *t, uint64_t bytes)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
	double value = (double)bytes;
	size_t i = 0;

	while (value >= 1024 && i + 1 < ARRAY_SIZE(units)) {
		value /= 1024;
		i++;
	}
	text_printf(t, i == 0 || value >= 100 ? "%.0f %s" : "%.1f %s", value, units[i]);
}

void text_say_duration(struct text *t, uint64_t ns)
{
	uint64_t s = ns / 1000000000u;

	if (ns < 1000000u)
		text_printf(t, "%.1f us", (double)ns / 1e3);
	else if (s < 1)
		text_printf(t, "%.1f ms", (double)ns / 1e6);
	else if (s < 600)
		text_printf(t, "%llu s", (unsigned long long)s);
	else if (s < 3600)
		text_printf(t, "%llum", (unsigned long long)(s / 60));
	else if (s < 86400)
		text_printf(t, "%lluh %02llum", (unsigned long long)(s / 3600),
			    (unsigned long long)(s / 60 % 60));
	else
		text_printf(t, "%llud %lluh", (unsigned long long)(s / 86400),
			    (unsigned long long)(s / 3600 % 24));
}

/* Length in bytes of the character or escape at p. */
static size_t unit(const char *p)
{
	uint32_t code;
	unsigned n;

	if (p[0] == '\\' && p[1] == '\\')
		return 2;
	if (p[0] == '\\' && p[1] == 'x' && p[2] && p[3])
		return 4;
	if (p[0] == '\\' && p[1] == 'u' && p[2] == '{') {
		const char *end = strchr(p, '}');

		return end ? (size_t)(end - p) + 1 : 1;
	}
	n = utf8_decode(p, strnlen(p, 4), &code);
	return n ? n : 1;
}

static size_t unit_width(const char *p, size_t n)
{
	char one[16];

	if (n >= sizeof(one))
		return n;
	memcpy(one, p, n);
	one[n] = '\0';
	return escape_width(one);
}

size_t text_width(const char *printable)
{
	return escape_width(printable);
}

/* Where the start of printable that takes at most width columns ends. */
static size_t fit_start(const char *printable, size_t width)
{
	size_t used = 0, i = 0;

	while (printable[i]) {
		size_t n = unit(printable + i);

		used += unit_width(printable + i, n);
		if (used > width)
			break;
		i += n;
	}
	return i;
}

size_t text_fit(const char *printable, size_t width)
{
	size_t n = fit_start(printable, width);

	return n || !printable[0] ? n : unit(printable);
}

size_t text_fit_words(const char *printable, size_t width)
{
	size_t fit = text_fit(printable, width);

	if (printable[fit] == '\0' || printable[fit] == ' ')
		return fit;
	for (size_t i = fit; i > 0; i--)
		if (printable[i - 1] == ' ')
			return i;
	return fit;
}

/* Where the end of printable that takes at most width columns starts. */
static size_t fit_end(const char *printable, size_t width)
{
	size_t skip = text_width(printable), i = 0;

	skip = skip > width ? skip - width : 0;
	for (size_t gone = 0; printable[i] && gone < skip;) {
		size_t n = unit(printable + i);

		gone += unit_width(printable + i, n);
		i += n;
	}
	return i;
}

/* The part of the first n bytes that ends behind a slash, when that leaves out little. */
static size_t whole_segments(const char *printable, size_t n)
{
	for (size_t i = n; i > 1 && n - i < 10; i--)
		if (printable[i - 1] == '/')
			return i;
	return n;
}

/* Of a command line the program is what matters: its arguments are cut at their end. */
static bool add_cut_command(struct text *t, const char *printable, size_t width, const char *mark,
			    size_t mark_width)
{
	const char *blank = strchr(printable, ' ');
	_cleanup_text_ struct text program = {0};

	if (printable[0] != '/' || !blank || strstr(printable, " -> "))
		return false;
	text_add(&program, printable, (size_t)(blank - printable));
	if (text_width(program.p) + 4 + mark_width > width)
		return false;
	text_add(t, printable, fit_start(printable, width - mark_width));
	text_puts(t, mark);
	return true;
}

void text_add_cut(struct text *t, const char *printable, size_t width)
{
	const char *mark = ascii_only ? "..." : "\xe2\x80\xa6", *slash = strrchr(printable, '/');
	size_t mark_width = ascii_only ? 3 : 1, room, tail, head, tail_width, last;

	if (text_width(printable) <= width) {
		text_puts(t, printable);
		return;
	}
	if (width <= mark_width) {
		text_add(t, mark, ascii_only ? width : strlen(mark));
		return;
	}
	if (add_cut_command(t, printable, width, mark, mark_width))
		return;
	room = width - mark_width;
	tail_width = room * 3 / 5;
	last = slash ? text_width(slash) : 0;
	if (last > tail_width)
		tail_width = last < room ? last : room;
	tail = fit_end(printable, tail_width);
	/* start the end at a slash, when that costs little */
	if (slash && strchr(printable + tail, '/') && printable[tail] != '/') {
		size_t at = (size_t)(strchr(printable + tail, '/') - printable);

		if (at <= (size_t)(slash - printable) && at - tail < 12)
			tail = at;
	}
	head = room > text_width(printable + tail) ? room - text_width(printable + tail) : 0;
	text_add(t, printable, whole_segments(printable, fit_start(printable, head)));
	text_puts(t, mark);
	text_puts(t, printable + tail);
}
