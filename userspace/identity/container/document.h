/* SPDX-License-Identifier: Apache-2.0 */
/*
 * document: private to identity/container. Files that container engines keep, read as what they are:
 * written by somebody else, of any size and content, perhaps no file at all.
 */
#ifndef WHODID_IDENTITY_CONTAINER_DOCUMENT_H
#define WHODID_IDENTITY_CONTAINER_DOCUMENT_H

#include <jansson.h>

#include "base/str.h"

/*
 * A directory below root, as the host has it (its links lead nowhere else). *safe is set to false when
 * others than root, or who runs this, may have put files there; else it stays. A descriptor or -errno.
 */
int directory_open(const char *root, const char *path, bool *safe);

/*
 * A regular file in it, not by a link, of at most max bytes, and one JSON object or array without
 * duplicate keys. safe as above. 0 or -errno.
 */
int document_read(int dir, const char *name, size_t max, json_t **out, bool *safe);
/* The same without JSON: its bytes, NUL added, the caller's to free. */
int document_bytes(int dir, const char *name, size_t max, char **out, size_t *len, bool *safe);

/*
 * The object with "id" in a list of objects: only what mentions that id is parsed, the rest is passed
 * over, well-formed or not. NULL when there is none; else the caller's.
 */
json_t *document_find(struct str list, struct str id);

/* A text in an object, absent when there is none or it holds a NUL. It lives as long as the object. */
struct str document_text(const json_t *object, const char *key);

static inline void cleanup_json_p(json_t **j)
{
	json_decref(*j);
}
#define _cleanup_json_ __attribute__((cleanup(cleanup_json_p)))

#endif
