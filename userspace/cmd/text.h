/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text: growing text, and the only way by which foreign text becomes printable.
 *
 * What text_say() and text_say_name() added is printable and of known width; all other functions
 * here that take "printable" text rely on that. Out of memory ends the program: this is a client.
 */
#ifndef WHODID_CMD_TEXT_H
#define WHODID_CMD_TEXT_H

#include "base/cleanup.h"
#include "base/str.h"

struct text {
	char *p; /* NUL-terminated once something was added; NULL before */
	size_t n, cap;
};

void text_release(struct text *t);
#define _cleanup_text_ _cleanup_(text_release)
void text_clear(struct text *t);
/* Makes room, so that adding that many bytes does not move the text. */
void text_reserve(struct text *t, size_t more);
void text_add(struct text *t, const char *p, size_t n);
void text_puts(struct text *t, const char *z);
void text_printf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "" when nothing was added. */
const char *text_of(const struct text *t);
static inline struct str text_str(const struct text *t)
{
	return (struct str){text_of(t), (uint32_t)t->n};
}

/* With ascii everything above 0x7e is escaped, and "..." marks a cut. Default: false. */
void text_set_ascii(bool ascii);
bool text_is_ascii(void);

/* Adds foreign text, escaped (base/escape.h). */
void text_say(struct text *t, struct str raw);
/* The same for names: quoted when they are empty or have blanks or quotes. */
void text_say_name(struct text *t, struct str raw);
/* 1234567 as 1,234,567 */
void text_say_number(struct text *t, uint64_t n);
/* Bytes as "4.1 GiB". */
void text_say_bytes(struct text *t, uint64_t bytes);
/* A duration as people say it: "12 ms", "62 s", "8h 00m", "3d 4h". */
void text_say_duration(struct text *t, uint64_t ns);

/* Columns that printable text takes. */
size_t text_width(const char *printable);
/* Adds printable text cut in its middle to at most width columns; keeps the last path segment. */
void text_add_cut(struct text *t, const char *printable, size_t width);
/* Bytes of the longest start of printable text that takes at most width columns (at least one
 * character). Escapes are not split. */
size_t text_fit(const char *printable, size_t width);
/* The same, but ends behind a blank where there is one. */
size_t text_fit_words(const char *printable, size_t width);

#endif
