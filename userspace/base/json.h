/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json: writes JSON into a growing or a fixed buffer. No tree. The first error sticks and is
 * asked for once at the end. Commas are put by the writer. Output is ASCII-safe UTF-8: control
 * characters, DEL, U+2028/9 are escaped; bytes that are not UTF-8 become U+FFFD.
 */
#ifndef WHODID_BASE_JSON_H
#define WHODID_BASE_JSON_H

#include "base/str.h"

struct json {
	char *buf;
	size_t len, cap, max; /* max = ceiling in bytes */
	int err;	      /* 0, -ENOSPC, -ENOMEM */
	bool grows;
	bool comma; /* a comma is due before the next member */
};

/* A writer on caller's memory. */
void json_init_fixed(struct json *w, char *buf, size_t size);
/* A writer that grows to at most max bytes; json_release() frees. */
void json_init(struct json *w, size_t max);
void json_release(struct json *w);
void json_reset(struct json *w); /* empties, keeps the memory, clears the error */

/* name NULL = inside an array or at the top */
void json_object_begin(struct json *w, const char *name);
void json_object_end(struct json *w);
void json_array_begin(struct json *w, const char *name);
void json_array_end(struct json *w);
void json_str(struct json *w, const char *name, struct str value);
void json_cstr(struct json *w, const char *name, const char *value); /* NULL = absent */
void json_u64(struct json *w, const char *name, uint64_t value);
void json_i64(struct json *w, const char *name, int64_t value);
void json_double(struct json *w, const char *name, double value); /* not finite = absent */
void json_bool(struct json *w, const char *name, bool value);
/* RFC 3339, UTC, nine digits, Z */
void json_time(struct json *w, const char *name, int64_t wall_ns);
void json_base64(struct json *w, const char *name, struct str bytes);
/* Text that is JSON already. */
void json_raw(struct json *w, const char *name, struct str value);
/* Bytes outside of JSON: newlines between lines. */
void json_text(struct json *w, struct str value);

/* Whether all of it is UTF-8 (no surrogates, no overlong forms). */
bool utf8_valid(struct str s);

#endif
