/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words: private to identity. Identity strings put together on a fixed piece of memory. In a value every
 * byte outside of A-Z a-z 0-9 . _ ~ @ : / + - is percent-encoded, so that no name of a user, unit or
 * cgroup can look like another one, break a list or carry a control character.
 */
#ifndef WHODID_IDENTITY_WORDS_H
#define WHODID_IDENTITY_WORDS_H

#include "base/str.h"

/* A value longer than this, encoded, is cut and ends in %2E%2E%2E and 32 digits of its SHA-256. */
#define WORD_VALUE_MAX 400

struct words {
	size_t len;
	char text[4096];
};

/* prefix (as it is), then value (encoded). Absent when the memory is used up. */
struct str words_join(struct words *w, const char *prefix, struct str value);
/* The same with a second pair behind it. */
struct str words_join2(struct words *w, const char *prefix, struct str value, const char *prefix2,
		       struct str value2);
/* text, prefix and value; text comes from here. */
struct str words_extend(struct words *w, struct str text, const char *prefix, struct str value);
struct str words_number(struct words *w, const char *prefix, uint64_t value);
/* list, a comma, item; a list that is too long says so once, by "...". */
struct str words_append(struct words *w, struct str list, struct str item);

#endif
