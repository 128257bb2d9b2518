/* SPDX-License-Identifier: Apache-2.0 */
/* user_names: see the header. */
#include "identity/user_names.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/number.h"

#define PASSWD_MAX (16u << 20)

void user_names_init(struct user_names *u, const char *path)
{
	*u = (struct user_names){.path = path};
}

void user_names_release(struct user_names *u)
{
	free(u->text);
	free(u->list);
	u->text = NULL;
	u->list = NULL;
	u->count = 0;
}

/* Field number at of a line, from 0; absent when the line has fewer. */
static struct str field(struct str line, unsigned at)
{
	uint32_t from = 0;

	for (;;) {
		int64_t colon = str_index(line, from, ':');
		uint32_t end = colon < 0 ? line.n : (uint32_t)colon;

		if (at-- == 0)
			return str_sub(line, from, end - from);
		if (colon < 0)
			return STR_NONE;
		from = end + 1;
	}
}

static int compare(const void *a, const void *b)
{
	const struct user *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static size_t parse(struct str text, struct user *list, size_t max)
{
	size_t count = 0;
	uint32_t at = 0;

	while (at < text.n && count < max) {
		int64_t newline = str_index(text, at, '\n');
		uint32_t end = newline < 0 ? text.n : (uint32_t)newline;
		struct str line = str_sub(text, at, end - at);
		struct str name = field(line, 0);
		uint64_t uid;

		at = end + 1;
		if (name.n == 0 || number_u64(field(line, 2), 0, UINT32_MAX - 1, &uid) != 0)
			continue;
		list[count] = (struct user){(uint32_t)uid, (uint32_t)count, name};
		count++;
	}
	qsort(list, count, sizeof(*list), compare);
	return count;
}

static int read_users(struct user_names *u)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ struct user *list = NULL;
	size_t len, lines = 1;
	int ret;

	ret = file_read(u->path, PASSWD_MAX, &text, &len);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	list = calloc(lines, sizeof(*list));
	if (!list)
		return -ENOMEM;
	user_names_release(u);
	u->count = parse((struct str){text, (uint32_t)len}, list, lines);
	u->text = TAKE_PTR(text);
	u->list = TAKE_PTR(list);
	return 0;
}

/* A change time is that of the last tick, up to 10 ms ago: a second change may bear the same one. */
#define CHANGE_SLACK_NS 20000000

static bool is_settled(const struct stat *st)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (now.tv_sec - st->st_ctim.tv_sec) * 1000000000ll + now.tv_nsec -
		       st->st_ctim.tv_nsec >
	       CHANGE_SLACK_NS;
}

void user_names_refresh(struct user_names *u)
{
	struct stat st;
	bool settled;

	if (stat(u->path, &st) != 0)
		return;
	if (st.st_ino == u->inode && (uint64_t)st.st_size == u->size &&
	    st.st_ctim.tv_sec == u->changed.tv_sec && st.st_ctim.tv_nsec == u->changed.tv_nsec)
		return;
	settled = is_settled(&st);
	if (read_users(u) != 0)
		return;
	u->inode = settled ? st.st_ino : 0; /* 0: read it once more next time */
	u->size = (uint64_t)st.st_size;
	u->changed = st.st_ctim;
}

struct str user_names_name(const struct user_names *u, uint32_t uid)
{
	size_t low = 0, high = u->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (u->list[middle].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < u->count && u->list[low].uid == uid ? u->list[low].name : STR_NONE;
}
