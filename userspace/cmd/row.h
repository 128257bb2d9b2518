/* SPDX-License-Identifier: Apache-2.0 */
/* row: one parsed line of JSON, read by dotted path ("process.exe"). What is absent is absent. */
#ifndef WHODID_CMD_ROW_H
#define WHODID_CMD_ROW_H

#include <jansson.h>

#include "cmd/text.h"

static inline void cleanup_json_p(json_t **j)
{
	json_decref(*j);
}
#define _cleanup_json_ _cleanup_(cleanup_json_p)

/* NULL when the line is not one JSON object. The caller's, for json_decref(). */
json_t *row_parse(struct str line);
/* Borrowed; NULL = absent. */
const json_t *row_find(const json_t *row, const char *path);
/* Borrowed text of a string value; STR_NONE otherwise. Foreign bytes. */
struct str row_str(const json_t *row, const char *path);
bool row_is(const json_t *row, const char *path, const char *word);
uint64_t row_u64(const json_t *row, const char *path, uint64_t absent);
bool row_true(const json_t *row, const char *path);
/* RFC 3339 to Unix ns; 0 = absent. */
int64_t row_time(const json_t *row, const char *path);
/* Any value as foreign text: lists joined by ',' (argv by blanks), numbers in digits, objects as JSON. */
void row_raw(struct text *out, const json_t *row, const char *path);
void row_raw_value(struct text *out, const json_t *value, const char *separator);
/* The same, printable; nothing when absent. */
void row_say(struct text *out, const json_t *row, const char *path);

#endif
