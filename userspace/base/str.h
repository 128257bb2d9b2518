/* SPDX-License-Identifier: Apache-2.0 */
/*
 * str: borrowed text. Bytes with a length, not NUL-terminated, not owned, and of any content:
 * who made it says how long it stays valid.
 */
#ifndef WHODID_BASE_STR_H
#define WHODID_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p; /* NULL = absent; an empty text has a pointer and n 0 */
	uint32_t n;
};

#define STR_LIT(s) ((struct str){(s), sizeof(s) - 1})
#define STR_NONE   ((struct str){NULL, 0})
/* for printf("%.*s", STR_ARG(s)); only where the text was checked or escaped before */
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

static inline struct str str_of(const char *z)
{
	return (struct str){z, z ? (uint32_t)strlen(z) : 0};
}

static inline bool str_equal(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || (a.p && b.p && memcmp(a.p, b.p, a.n) == 0));
}

static inline bool str_is(struct str a, const char *z)
{
	return str_equal(a, str_of(z));
}

/* What is absent begins and ends with nothing, not even with nothing. */
static inline bool str_starts(struct str a, const char *z)
{
	size_t n = strlen(z);

	return a.p && a.n >= n && memcmp(a.p, z, n) == 0;
}

static inline bool str_ends(struct str a, const char *z)
{
	size_t n = strlen(z);

	return a.p && a.n >= n && memcmp(a.p + a.n - n, z, n) == 0;
}

/* The part from byte off on, at most n bytes. */
static inline struct str str_sub(struct str a, uint32_t off, uint32_t n)
{
	if (!a.p)
		return STR_NONE;
	if (off > a.n)
		off = a.n;
	if (n > a.n - off)
		n = a.n - off;
	return (struct str){a.p + off, n};
}

/* Index of byte c at or after from, or -1. */
static inline int64_t str_index(struct str a, uint32_t from, char c)
{
	const char *hit;

	if (!a.p || from >= a.n)
		return -1;
	hit = memchr(a.p + from, c, a.n - from);
	return hit ? hit - a.p : -1;
}

#endif
