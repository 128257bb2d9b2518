/* SPDX-License-Identifier: Apache-2.0 */
/* document: see the header. */
#include "identity/container/document.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

static int open_at(int dir, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = {.flags = flags | O_CLOEXEC,
			       .resolve = resolve | RESOLVE_NO_MAGICLINKS};
	long fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

static bool is_ours(const struct stat *st)
{
	return (st->st_uid == 0 || st->st_uid == geteuid()) && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

int directory_open(const char *root, const char *path, bool *safe)
{
	_cleanup_close_ int top = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int dir = -1;
	struct stat st;

	if (top < 0)
		return -errno;
	dir = open_at(top, path, O_PATH | O_DIRECTORY, RESOLVE_IN_ROOT);
	if (dir < 0)
		return dir;
	if (fstat(dir, &st))
		return -errno;
	*safe = *safe && is_ours(&st);
	return TAKE_FD(dir);
}

/* Up to size bytes: a file that grows meanwhile is read as it was. */
static int read_whole(int fd, char *to, size_t size, size_t *len)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = read(fd, to + used, size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	*len = used;
	return 0;
}

int document_bytes(int dir, const char *name, size_t max, char **out, size_t *len, bool *safe)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *text = NULL;
	struct stat st;
	int err;

	/* without O_NONBLOCK a pipe of that name would keep us waiting */
	fd = open_at(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY,
		     RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size < 0 || (uint64_t)st.st_size > max)
		return -EFBIG;
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return -ENOMEM;
	err = read_whole(fd, text, (size_t)st.st_size, len);
	if (err)
		return err;
	text[*len] = '\0';
	*safe = *safe && is_ours(&st);
	*out = TAKE_PTR(text);
	return 0;
}

int document_read(int dir, const char *name, size_t max, json_t **out, bool *safe)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int err = document_bytes(dir, name, max, &text, &len, safe);

	if (err)
		return err;
	*out = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	return *out ? 0 : -EBADMSG;
}

/* The end of the object that begins at from, or the end of what is there. */
static uint32_t object_end(struct str s, uint32_t from)
{
	bool text = false;
	uint32_t depth = 0;

	for (uint32_t i = from; i < s.n; i++) {
		char c = s.p[i];

		if (text && c == '\\')
			i++;
		else if (c == '"')
			text = !text;
		else if (!text && c == '{')
			depth++;
		else if (!text && c == '}' && --depth == 0)
			return i + 1;
	}
	return s.n;
}

json_t *document_find(struct str list, struct str id)
{
	int64_t from = 0;
	uint32_t end;

	if (!list.n || !memmem(list.p, list.n, id.p, id.n))
		return NULL;
	for (; (from = str_index(list, (uint32_t)from, '{')) >= 0; from = end) {
		_cleanup_json_ json_t *object = NULL;
		const char *at = list.p + from;

		end = object_end(list, (uint32_t)from);
		if (!memmem(at, end - (uint32_t)from, id.p, id.n))
			continue;
		object = json_loadb(at, end - (uint32_t)from, JSON_REJECT_DUPLICATES, NULL);
		if (str_equal(document_text(object, "id"), id))
			return json_incref(object);
	}
	return NULL;
}

struct str document_text(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	size_t n = json_string_length(value);

	if (!json_is_string(value) || n > UINT16_MAX)
		return STR_NONE;
	return (struct str){json_string_value(value), (uint32_t)n};
}
