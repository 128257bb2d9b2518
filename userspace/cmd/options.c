/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/options.h"

#include "base/clock.h"
#include "base/number.h"

#define FORMAT_WORDS "table wide json name text csv tsv"
#define TYPE_WORDS                                                                                                    \
	"exec exit fork read write create delete rename chmod link connect listen accept close become ptrace signal " \
	"capability namespace mount module.load bpf.load session.start session.end session.attest anomaly loss profile.change agent.start agent.stop agent.tamper agent.blind"

const struct option_row option_rows[] = {
	{OPTION_OUTPUT, 'o', "output", "FORMAT",
	 "table, wide, json or name; for events also text, csv, tsv", FORMAT_WORDS},
	{OPTION_COLUMNS, 0, "columns", "A,B", "columns of a table, by title or by field name",
	 NULL},
	{OPTION_NO_HEADERS, 0, "no-headers", NULL, "no line with the titles", NULL},
	{OPTION_NO_TRUNC, 0, "no-trunc", NULL, "cut nothing", NULL},
	{OPTION_COLOR, 0, "color", "WHEN", "auto, always or never", "auto always never"},
	{OPTION_NO_PAGER, 0, "no-pager", NULL, "never start a pager", NULL},
	{OPTION_UTC, 0, "utc", NULL, "show times in UTC, not local", NULL},
	{OPTION_ASCII, 0, "ascii", NULL, "print nothing but ASCII", NULL},
	{OPTION_QUIET, 'q', "quiet", NULL, "nothing but data and errors", NULL},
	{OPTION_VERBOSE, 'v', "verbose", NULL, "say what is asked of the daemon", NULL},
	{OPTION_SERVER, 0, "server", "SOCKET", "socket of the daemon (WHODID_SERVER)", NULL},
	{OPTION_TIMEOUT, 0, "timeout", "TIME", "how long to wait for an answer (10s)", NULL},
	{OPTION_FROM, 0, "from", "PATH", "read a copied store or NDJSON, - is standard input",
	 NULL},
	{OPTION_HELP, 'h', "help", NULL, "help about the command", NULL},
	{OPTION_TYPE, 0, "type", "T,...", "kinds of events, as exec or connect", TYPE_WORDS},
	{OPTION_WHO, 0, "who", "WHO", "identities, as human:alice or unit:*", NULL},
	{OPTION_EXE, 0, "exe", "PATH", "executables", NULL},
	{OPTION_PATH, 0, "path", "PATH", "files", NULL},
	{OPTION_DST, 0, "dst", "ADDR", "destinations: address, CIDR or address:port", NULL},
	{OPTION_PID, 0, "pid", "PID", "processes", NULL},
	{OPTION_SESSION, 0, "session", "ID", "login sessions", NULL},
	{OPTION_VERDICT, 0, "verdict", "V,...", "verdicts",
	 "expected unexpected forbidden excepted unprofiled learning"},
	{OPTION_SEVERITY, 0, "severity", "S", "severities: exactly these, or \">=high\"",
	 "info low medium high critical"},
	{OPTION_SINCE, 'S', "since", "TIME", "from then on: 2h, today, 17:00, RFC 3339", NULL},
	{OPTION_UNTIL, 'U', "until", "TIME", "up to then", NULL},
	{OPTION_LIMIT, 'n', "limit", "N", "how many; all = no limit", NULL},
	{OPTION_REVERSE, 'r', "reverse", NULL, "newest first", NULL},
	{OPTION_FOLLOW, 'f', "follow", NULL, "go on with what happens from now on", NULL},
	{OPTION_ALL, 0, "all", NULL, "everything, not only what is notable", NULL},
	{OPTION_FOR, 0, "for", "TIME", "stop after that time", NULL},
	{OPTION_COUNT_BY, 0, "count-by", "K,...", "count per value of these fields", NULL},
	{OPTION_TOP, 0, "top", "N", "only the N largest groups", NULL},
	{OPTION_REQUIRE_COMPLETE, 0, "require-complete", NULL,
	 "exit code 6 when events of the period are missing", NULL},
	{OPTION_EXIT_CODE, 0, "exit-code", NULL, "exit code 3 when something is wrong", NULL},
	{OPTION_DEPTH, 0, "depth", "N", "how many generations", NULL},
	{OPTION_FILES, 0, "files", NULL, "show file accesses", NULL},
	{OPTION_NET, 0, "net", NULL, "show connections", NULL},
	{OPTION_STATE, 0, "state", "STATE", "open, all, or one state",
	 "open all new ack suppressed resolved"},
	{OPTION_TOKEN_FILE, 0, "token-file", "FILE", "the token is in there; - is standard input",
	 NULL},
	{OPTION_TOKEN_COMMAND, 0, "token-command", "COMMAND",
	 "prints the token, for the audience in $WHODID_AUDIENCE", NULL},
	{OPTION_AUDIENCE, 0, "audience", "AUDIENCE",
	 "take it only when it is meant for that audience", NULL},
	{0, 0, NULL, NULL, NULL, NULL},
};

/* A value in quotes, as event_filter.h reads them. */
static void add_quoted(struct text *t, const char *value)
{
	text_puts(t, "\"");
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			text_puts(t, "\\");
		text_add(t, value, 1);
	}
	text_puts(t, "\"");
}

/* Adds name=value; an operator at the value's start takes the place of '='. */
void options_add_word(struct cli *c, const char *name, const char *value)
{
	static const char *const ops[] = {">=", "<=", "!=", ">", "<"};
	const char *op = "=";

	for (size_t i = 0; i < ARRAY_SIZE(ops) && *op == '='; i++)
		if (strncmp(value, ops[i], strlen(ops[i])) == 0) {
			op = ops[i];
			value += strlen(op);
		}
	text_printf(&c->filter, "%s%s%s", c->filter.n ? " " : "", name, op);
	if (value[strcspn(value, " \t\r\n\"\\")])
		add_quoted(&c->filter, value);
	else
		text_puts(&c->filter, value);
}

/* A word as it stood on the command line: the shell has taken its quotes. */
void options_add_filter(struct cli *c, const char *word)
{
	size_t name = strcspn(word, "=!<>");
	size_t op = strspn(word + name, "=!<>");

	text_puts(&c->filter, c->filter.n ? " " : "");
	if (op && !strchr(word, '"') && strpbrk(word + name + op, " \t\r\n")) {
		text_add(&c->filter, word, name + op);
		add_quoted(&c->filter, word + name + op);
	} else {
		text_puts(&c->filter, word);
	}
}

static int bad_value(const struct option_row *o, const char *value, const char *expected)
{
	return fail(CODE_USAGE, NULL, "--%s: \"%s\" is not %s", o->name, value, expected);
}

static int word_index(const char *words, const char *value)
{
	size_t n = strlen(value);
	int index = 0;

	for (const char *p = words; *p; index++) {
		size_t len = strcspn(p, " ");

		if (len == n && memcmp(p, value, n) == 0)
			return index;
		p += len + (p[len] == ' ');
	}
	return -1;
}

static int set_word(const struct option_row *o, const char *value, int *out)
{
	int index = word_index(o->words, value);

	if (index < 0)
		return fail(CODE_USAGE, NULL, "--%s: \"%s\" is none of: %s", o->name, value,
			    o->words);
	*out = index;
	return CODE_DONE;
}

static int set_server(struct cli *c, const char *value)
{
	if (strncmp(value, "unix:", 5) == 0)
		value += 5;
	while (strncmp(value, "//", 2) == 0)
		value++;
	if (strstr(value, "://") || !*value)
		return fail(CODE_USAGE, "A server is the path of a socket, as " DEFAULT_SOCKET ".",
			    "cannot use \"%s\" as a server", value);
	c->server = value;
	return CODE_DONE;
}

static int set_time(const struct option_row *o, const char *value, int64_t *out)
{
	if (clock_parse(str_of(value), out))
		return fail(CODE_USAGE,
			    "Times: 2h, 7d, today, yesterday, boot, 17:00, "
			    "2026-11-23 17:00, RFC 3339, @epoch. See: whodid help time",
			    "--%s: \"%s\" is not a time", o->name, value);
	return CODE_DONE;
}

static int set_limit(struct cli *c, const struct option_row *o, const char *value)
{
	c->has_limit = true;
	c->limit = 0;
	if (strcmp(value, "all") != 0 && number_u64(str_of(value), 1, UINT32_MAX, &c->limit))
		return bad_value(o, value, "a number or \"all\"");
	return CODE_DONE;
}

static int set_number(const struct option_row *o, const char *value, uint64_t *out)
{
	return number_u64(str_of(value), 1, UINT32_MAX, out) ? bad_value(o, value, "a number")
							     : CODE_DONE;
}

static int set_duration(const struct option_row *o, const char *value, uint64_t *out)
{
	return number_duration_ns(str_of(value), out) || *out == 0
		       ? bad_value(o, value, "a duration such as 10s or 5m")
		       : CODE_DONE;
}

static bool *flag_of(struct cli *c, enum option_id id)
{
	switch (id) {
	case OPTION_NO_HEADERS:
		return &c->no_headers;
	case OPTION_NO_TRUNC:
		return &c->no_trunc;
	case OPTION_NO_PAGER:
		return &c->no_pager;
	case OPTION_UTC:
		return &c->utc;
	case OPTION_ASCII:
		return &c->ascii;
	case OPTION_QUIET:
		return &c->quiet;
	case OPTION_VERBOSE:
		return &c->verbose;
	case OPTION_HELP:
		return &c->help;
	case OPTION_REVERSE:
		return &c->reverse;
	case OPTION_FOLLOW:
		return &c->follow;
	case OPTION_ALL:
		return &c->all;
	case OPTION_REQUIRE_COMPLETE:
		return &c->require_complete;
	case OPTION_EXIT_CODE:
		return &c->exit_code;
	case OPTION_FILES:
		return &c->files;
	default:
		return &c->net;
	}
}

static int set_value(struct cli *c, const struct option_row *o, const char *value)
{
	int index = 0, code;

	switch (o->id) {
	case OPTION_OUTPUT:
		code = set_word(o, value, &index);
		c->format = (enum format)index;
		return code;
	case OPTION_COLOR:
		code = set_word(o, value, &index);
		c->color = (enum color_mode)index;
		return code;
	case OPTION_STATE:
		c->state = value;
		return set_word(o, value, &index);
	case OPTION_COLUMNS:
		c->columns = value;
		return CODE_DONE;
	case OPTION_SERVER:
		return set_server(c, value);
	case OPTION_TIMEOUT:
		return set_duration(o, value, &c->timeout_ns);
	case OPTION_FROM:
		c->from = value;
		return CODE_DONE;
	case OPTION_SINCE:
		return set_time(o, value, &c->since_ns);
	case OPTION_UNTIL:
		return set_time(o, value, &c->until_ns);
	case OPTION_LIMIT:
		return set_limit(c, o, value);
	case OPTION_FOR:
		return set_duration(o, value, &c->for_ns);
	case OPTION_COUNT_BY:
		c->count_by = value;
		return CODE_DONE;
	case OPTION_TOKEN_FILE:
		c->token_file = value;
		return CODE_DONE;
	case OPTION_TOKEN_COMMAND:
		c->token_command = value;
		return CODE_DONE;
	case OPTION_AUDIENCE:
		c->audience = value;
		return CODE_DONE;
	case OPTION_TOP:
		return set_number(o, value, &c->top);
	case OPTION_DEPTH:
		return set_number(o, value, &c->depth);
	default:
		options_add_word(c, o->name, value);
		return CODE_DONE;
	}
}

static const struct option_row *find_long(const char *name, size_t n)
{
	for (const struct option_row *o = option_rows; o->name; o++)
		if (strlen(o->name) == n && memcmp(o->name, name, n) == 0)
			return o;
	return NULL;
}

static const struct option_row *find_short(char c)
{
	for (const struct option_row *o = option_rows; o->name; o++)
		if (o->short_name == c)
			return o;
	return NULL;
}

static int unknown_option(const char *text)
{
	const char *near = NULL;
	unsigned best = 3;

	for (const struct option_row *o = option_rows; o->name && text[1] == '-'; o++) {
		unsigned d = edit_distance(text + 2, o->name);

		if (d < best) {
			best = d;
			near = o->name;
		}
	}
	if (near)
		return fail(CODE_USAGE, NULL, "there is no option %s; did you mean --%s?", text,
			    near);
	return fail(CODE_USAGE, "The options of a command: whodid help COMMAND",
		    "there is no option %s", text);
}

/* Options seen, checked against the command when that is known: it may stand behind them. */
struct parser {
	struct cli *c;
	char **argv;
	int argc, at;
	uint64_t seen;
};

static int take_option(struct parser *p, const struct option_row *o, const char *value)
{
	p->seen |= 1ull << o->id;
	if (!o->value) {
		if (value)
			return fail(CODE_USAGE, NULL, "--%s takes no value", o->name);
		*flag_of(p->c, o->id) = true;
		return CODE_DONE;
	}
	if (!value && p->at + 1 >= p->argc)
		return fail(CODE_USAGE, NULL, "--%s needs a value: %s", o->name, o->value);
	return set_value(p->c, o, value ? value : p->argv[++p->at]);
}

static int take_long(struct parser *p, const char *text)
{
	size_t n = strcspn(text + 2, "=");
	const struct option_row *o = find_long(text + 2, n);

	if (!o)
		return unknown_option(text);
	return take_option(p, o, text[2 + n] == '=' ? text + 3 + n : NULL);
}

static int take_short(struct parser *p, const char *text)
{
	for (const char *s = text + 1; *s; s++) {
		const struct option_row *o = find_short(*s);
		int code;

		if (!o)
			return unknown_option(text);
		if (o->value && s[1])
			return take_option(p, o, s + 1);
		code = take_option(p, o, NULL);
		if (code)
			return code;
	}
	return CODE_DONE;
}

static int take_word(struct parser *p, char *word)
{
	struct cli *c = p->c;

	if (!c->command) {
		const char *near;

		c->command = command_find(word);
		if (c->command)
			return CODE_DONE;
		near = command_nearest(word);
		if (near)
			return fail(CODE_USAGE, NULL,
				    "there is no command \"%s\"; did you mean %s?", word, near);
		return fail(CODE_USAGE, "All commands: whodid help", "there is no command \"%s\"",
			    word);
	}
	if (c->command->takes_filter)
		options_add_filter(c, word);
	else
		c->args[c->arg_count++] = word;
	return CODE_DONE;
}

static int check_command(const struct parser *p)
{
	const struct cli *c = p->c;
	uint64_t wrong = c->command ? p->seen & ~(OPTIONS_GLOBAL | c->command->options)
				    : p->seen & ~OPTIONS_GLOBAL;

	for (const struct option_row *o = option_rows; o->name && wrong; o++)
		if (wrong & 1ull << o->id)
			return fail(CODE_USAGE, NULL, "%s%s has no option --%s",
				    c->command ? "whodid " : "whodid without a command",
				    c->command ? c->command->name : "", o->name);
	if (!c->command || c->help)
		return CODE_DONE;
	if (!(c->command->formats & 1u << c->format) && !(p->seen & OPTION_BIT(OUTPUT)))
		p->c->format = FORMAT_TABLE; /* WHODID_OUTPUT is for the commands that have it */
	if (!(c->command->formats & 1u << c->format))
		return fail(CODE_USAGE, NULL, "whodid %s has no such output format",
			    c->command->name);
	if (c->arg_count < c->command->args_min || c->arg_count > c->command->args_max)
		return fail(CODE_USAGE, NULL, "usage: whodid %s %s", c->command->name,
			    c->command->synopsis);
	if (c->since_ns && c->until_ns && c->since_ns > c->until_ns)
		return fail(CODE_USAGE, NULL, "--since is later than --until");
	return CODE_DONE;
}

static int take_environment(struct cli *c)
{
	const char *server = getenv("WHODID_SERVER"), *output = getenv("WHODID_OUTPUT");

	c->server = DEFAULT_SOCKET;
	c->timeout_ns = 10000000000ull;
	if (server && *server && set_server(c, server))
		return CODE_USAGE;
	if (output && *output) {
		int index = word_index(FORMAT_WORDS, output);

		if (index < 0)
			return fail(CODE_USAGE, NULL, "WHODID_OUTPUT: \"%s\" is none of: %s",
				    output, FORMAT_WORDS);
		c->format = (enum format)index;
	}
	return CODE_DONE;
}

int options_parse(struct cli *c, int argc, char **argv)
{
	struct parser p = {.c = c, .argv = argv, .argc = argc};
	bool only_words = false;
	int code = take_environment(c);

	c->args = calloc((size_t)argc + 1, sizeof(*c->args));
	if (!c->args)
		return fail(CODE_FAILED, NULL, "out of memory");
	for (p.at = 1; p.at < argc && code == CODE_DONE; p.at++) {
		char *word = argv[p.at];

		if (!only_words && strcmp(word, "--") == 0)
			only_words = true;
		else if (!only_words && strncmp(word, "--", 2) == 0)
			code = take_long(&p, word);
		else if (!only_words && word[0] == '-' && word[1])
			code = take_short(&p, word);
		else
			code = take_word(&p, word);
	}
	return code ? code : check_command(&p);
}

void options_release(struct cli *c)
{
	text_release(&c->filter);
	free(c->args);
}
