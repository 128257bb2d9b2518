/* SPDX-License-Identifier: Apache-2.0 */
/*
 * path: relative user paths joined to their directory and tidied by name alone. Symbolic links are
 * not followed: these paths are what the caller asked for, and the event says so (path_source).
 */
#include "decode/reader.h"

struct joined {
	char *out;
	size_t size, len;
	size_t floor; /* what ".." may not remove: the root, or leading ".." of a relative path */
	bool full;
};

static void push(struct joined *j, struct str part)
{
	bool slash = j->len > 0 && j->out[j->len - 1] != '/';

	if (j->size - j->len < (size_t)part.n + slash) {
		j->full = true;
		return;
	}
	if (slash)
		j->out[j->len++] = '/';
	memcpy(j->out + j->len, part.p, part.n);
	j->len += part.n;
}

static void pop(struct joined *j, bool absolute)
{
	if (j->len > j->floor) {
		while (j->len > j->floor && j->out[j->len - 1] != '/')
			j->len--;
		if (j->len > j->floor)
			j->len--;
	} else if (!absolute) {
		push(j, STR_LIT(".."));
		j->floor = j->len;
	}
}

static void add_parts(struct joined *j, struct str path, bool absolute)
{
	uint32_t at = 0;

	while (at < path.n && !j->full) {
		int64_t slash = str_index(path, at, '/');
		uint32_t end = slash < 0 ? path.n : (uint32_t)slash;
		struct str part = str_sub(path, at, end - at);

		at = end + 1;
		if (part.n == 0 || str_is(part, "."))
			continue;
		if (str_is(part, ".."))
			pop(j, absolute);
		else
			push(j, part);
	}
}

static bool is_below(struct str root, struct str path)
{
	return root.n > 1 && path.n >= root.n && str_equal(str_sub(path, 0, root.n), root) &&
	       (path.n == root.n || path.p[root.n] == '/');
}

struct str path_join(char *out, size_t size, struct str root, struct str base, struct str path)
{
	struct joined j = {.out = out, .size = size};
	bool whole = str_starts(path, "/");
	bool absolute = whole || str_starts(base, "/");

	if (size == 0)
		return STR_NONE;
	if (absolute) {
		out[0] = '/';
		j.len = j.floor = 1;
	}
	add_parts(&j, base, absolute);
	if (whole) /* with a base this is a changed root, which ".." does not leave */
		j.floor = j.len;
	else if (is_below(root, base))
		j.floor = root.n;
	add_parts(&j, path, absolute);
	return j.full ? STR_NONE : (struct str){out, (uint32_t)j.len};
}
