/* SPDX-License-Identifier: Apache-2.0 */
/* rpm_header: see the header. Format: rpm 4.18, lib/header.c (headerImport), docs/manual/hregions.md. */
#include "program/rpm_header.h"

#include <stdio.h>

#define ENTRY_BYTES 16
#define ENTRIES_MAX 0xffff

enum { TYPE_INT32 = 4, TYPE_STRING = 6, TYPE_STRINGS = 8 };

enum tag {
	TAG_NAME = 1000,
	TAG_VERSION = 1001,
	TAG_RELEASE = 1002,
	TAG_EPOCH = 1003,
	TAG_DIGESTS = 1035,
	TAG_DIR_INDEXES = 1116,
	TAG_BASENAMES = 1117,
	TAG_DIRNAMES = 1118,
	TAG_ALGORITHM = 5011,
};

struct parts {
	struct str entries, data;
};

struct entry {
	uint32_t type, offset, count;
};

static uint32_t get_u32(struct str s, uint32_t at)
{
	const uint8_t *p = (const uint8_t *)s.p + at;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool split(struct str header, struct parts *out)
{
	uint32_t count, size;

	if (header.n < 8)
		return false;
	count = get_u32(header, 0);
	size = get_u32(header, 4);
	if (count > ENTRIES_MAX || 8 + count * ENTRY_BYTES > header.n ||
	    size != header.n - 8 - count * ENTRY_BYTES)
		return false;
	out->entries = str_sub(header, 8, count * ENTRY_BYTES);
	out->data = str_sub(header, 8 + count * ENTRY_BYTES, header.n);
	return true;
}

static bool find_entry(const struct parts *h, enum tag tag, struct entry *out)
{
	for (uint32_t at = 0; at < h->entries.n; at += ENTRY_BYTES) {
		if (get_u32(h->entries, at) != tag)
			continue;
		*out = (struct entry){get_u32(h->entries, at + 4), get_u32(h->entries, at + 8),
				      get_u32(h->entries, at + 12)};
		return out->offset < h->data.n;
	}
	return false;
}

static bool get_number(const struct parts *h, enum tag tag, uint32_t index, uint32_t *out)
{
	struct entry e;

	if (!find_entry(h, tag, &e) || e.type != TYPE_INT32 || index >= e.count ||
	    index >= (h->data.n - e.offset) / 4)
		return false;
	*out = get_u32(h->data, e.offset + 4 * index);
	return true;
}

/* Texts stand one behind the other, each with its NUL. Absent when there is no such one. */
static struct str get_text(const struct parts *h, enum tag tag, uint32_t index)
{
	struct entry e;
	uint32_t at;

	if (!find_entry(h, tag, &e) || (e.type != TYPE_STRINGS && e.type != TYPE_STRING) ||
	    index >= (e.type == TYPE_STRING ? 1 : e.count))
		return STR_NONE;
	at = e.offset;
	for (;; index--) {
		int64_t end = str_index(h->data, at, '\0');

		if (end < 0)
			return STR_NONE;
		if (!index)
			return str_sub(h->data, at, (uint32_t)end - at);
		at = (uint32_t)end + 1;
	}
}

static bool is_called(const struct parts *h, uint32_t index, struct str path)
{
	struct str dir, base = get_text(h, TAG_BASENAMES, index);
	uint32_t n;

	if (!base.n || !get_number(h, TAG_DIR_INDEXES, index, &n))
		return false;
	dir = get_text(h, TAG_DIRNAMES, n); /* ends in a slash */
	return dir.n && dir.n + base.n == path.n && str_equal(str_sub(path, 0, dir.n), dir) &&
	       str_equal(str_sub(path, dir.n, path.n), base);
}

static bool name_package(const struct parts *h, struct rpm_file *out)
{
	struct str name = get_text(h, TAG_NAME, 0), version = get_text(h, TAG_VERSION, 0),
		   release = get_text(h, TAG_RELEASE, 0);
	char epoch[16] = "";
	uint32_t n;
	int size;

	if (!name.n || !version.n || !release.n)
		return false;
	if (get_number(h, TAG_EPOCH, 0, &n) && n)
		snprintf(epoch, sizeof(epoch), "%u:", n);
	size = snprintf(out->package, sizeof(out->package), "%.*s %s%.*s-%.*s", STR_ARG(name),
			epoch, STR_ARG(version), STR_ARG(release));
	return (size_t)size < sizeof(out->package);
}

bool rpm_header_file(struct str header, uint32_t index, struct str path, struct rpm_file *out)
{
	struct parts h;
	struct rpm_file file = {.algorithm = RPM_MD5};
	struct str digest;

	if (!split(header, &h) || !is_called(&h, index, path) || !name_package(&h, &file))
		return false;
	get_number(&h, TAG_ALGORITHM, 0, &file.algorithm);
	digest = get_text(&h, TAG_DIGESTS, index);
	if (digest.n < sizeof(file.digest))
		snprintf(file.digest, sizeof(file.digest), "%.*s", STR_ARG(digest));
	*out = file;
	return true;
}
