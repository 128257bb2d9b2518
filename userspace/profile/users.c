/* SPDX-License-Identifier: Apache-2.0 */
/* users: lines of passwd(5) and group(5). */
#include "profile/users.h"

#include <errno.h>

struct user {
	struct str name, uid, gid, home;
};

/* Cuts the next part up to the separator off the front. */
static struct str cut(struct str *rest, char separator)
{
	int64_t end = str_index(*rest, 0, separator);
	struct str part = str_sub(*rest, 0, end < 0 ? rest->n : (uint32_t)end);

	*rest = str_sub(*rest, end < 0 ? rest->n : (uint32_t)end + 1, rest->n);
	return part;
}

static bool parse_user(struct str line, struct user *u)
{
	u->name = cut(&line, ':');
	cut(&line, ':');
	u->uid = cut(&line, ':');
	u->gid = cut(&line, ':');
	cut(&line, ':');
	u->home = cut(&line, ':');
	return u->name.n && u->uid.n && u->home.n && u->home.p[0] == '/';
}

int users_parse(struct users *u, struct arena *arena, struct str passwd, struct str group)
{
	struct str text = arena_str(arena, passwd);
	uint32_t lines = 1;

	u->groups = arena_str(arena, group);
	if (!text.p || !u->groups.p)
		return -ENOMEM;
	for (uint32_t i = 0; i < text.n; i++)
		lines += text.p[i] == '\n';
	u->v = arena_alloc(arena, lines * sizeof(*u->v));
	if (!u->v)
		return -ENOMEM;
	while (text.n)
		u->n += parse_user(cut(&text, '\n'), &u->v[u->n]);
	return 0;
}

static const struct user *find(const struct users *u, struct str name)
{
	for (uint32_t i = 0; i < u->n; i++)
		if (str_equal(u->v[i].name, name))
			return &u->v[i];
	return NULL;
}

struct str users_home(const struct users *u, struct str name)
{
	const struct user *user = find(u, name);

	return user ? user->home : STR_NONE;
}

struct str users_name(const struct users *u, struct str uid)
{
	for (uint32_t i = 0; i < u->n; i++)
		if (str_equal(u->v[i].uid, uid))
			return u->v[i].name;
	return STR_NONE;
}

bool users_in_group(const struct users *u, struct str name, struct str group)
{
	const struct user *user = find(u, name);
	struct str text = u->groups;

	while (text.n) {
		struct str line = cut(&text, '\n'), gid;

		if (!str_equal(cut(&line, ':'), group))
			continue;
		cut(&line, ':');
		gid = cut(&line, ':');
		if (user && str_equal(gid, user->gid))
			return true;
		while (line.n)
			if (str_equal(cut(&line, ','), name))
				return true;
	}
	return false;
}
