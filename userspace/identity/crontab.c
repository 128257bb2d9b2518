/* SPDX-License-Identifier: Apache-2.0 */
/* crontab: see the header. As cron 3.0 and cronie read them; what they refuse matches no command either. */
#include "identity/crontab.h"

#include "base/cleanup.h"
#include "base/hash.h"

#define COMMAND_MAX 1024 /* MAX_COMMAND of both crons is 1000: they refuse longer ones */

static struct str part_behind(struct str path, const char *prefix)
{
	uint32_t n = (uint32_t)strlen(prefix);
	struct str name = str_sub(path, n, path.n);

	return str_starts(path, prefix) && name.n && str_index(name, 0, '/') < 0 ? name : STR_NONE;
}

enum spool spool_of(struct str path, struct str *user)
{
	static const struct {
		enum spool spool;
		const char *prefix;
	} places[] = {
		{SPOOL_SYSTEM, "/etc/cron.d/"},	       {SPOOL_USER, "/var/spool/cron/crontabs/"},
		{SPOOL_USER, "/var/spool/cron/tabs/"}, {SPOOL_AT, "/var/spool/cron/atjobs/"},
		{SPOOL_AT, "/var/spool/at/"},	       {SPOOL_USER, "/var/spool/cron/"},
	};

	*user = STR_NONE;
	/* nearly all paths end here */
	if (!str_starts(path, "/etc/cron") && !str_starts(path, "/var/spool/"))
		return SPOOL_NONE;
	if (str_is(path, "/etc/crontab"))
		return SPOOL_SYSTEM;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct str name = part_behind(path, places[i].prefix);

		if (!name.p)
			continue;
		if (places[i].spool == SPOOL_USER)
			*user = name;
		return places[i].spool;
	}
	return SPOOL_NONE;
}

uint64_t crontab_hash(struct str user, struct str command)
{
	uint64_t hash = hash_bytes(command.p, command.n) ^ hash_u64(hash_bytes(user.p, user.n));

	return hash ? hash : 1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct str skip_blanks(struct str s)
{
	uint32_t n = 0;

	while (n < s.n && is_blank(s.p[n]))
		n++;
	return str_sub(s, n, s.n);
}

/* Takes the next word from *rest; absent when there is none. */
static struct str take_word(struct str *rest)
{
	struct str s = skip_blanks(*rest);
	uint32_t n = 0;

	while (n < s.n && !is_blank(s.p[n]))
		n++;
	*rest = skip_blanks(str_sub(s, n, s.n));
	return n ? str_sub(s, 0, n) : STR_NONE;
}

/* Up to the first '%'; "\%" is a plain one. Absent when it is longer than any that cron runs. */
static struct str take_command(struct str s, char out[static COMMAND_MAX])
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s.n; i++) {
		if (n == COMMAND_MAX)
			return STR_NONE;
		if (s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] == '%')
			i++;
		else if (s.p[i] == '%')
			break;
		out[n++] = s.p[i];
	}
	return (struct str){out, n};
}

uint64_t crontab_line(enum spool spool, struct str user, struct str line)
{
	struct str rest = skip_blanks(line), command;
	char text[COMMAND_MAX];
	unsigned fields = 5;

	if (!rest.n || rest.p[0] == '#')
		return 0;
	if (rest.p[0] == '@')
		fields = 1;
	for (unsigned i = 0; i < fields; i++)
		if (!take_word(&rest).p)
			return 0;
	if (spool == SPOOL_SYSTEM)
		user = take_word(&rest);
	command = take_command(rest, text);
	return user.n && command.n ? crontab_hash(user, command) : 0;
}
