/* SPDX-License-Identifier: Apache-2.0 */
/* options: the table of the client's options, and the command line parser that walks it. */
#ifndef WHODID_CMD_OPTIONS_H
#define WHODID_CMD_OPTIONS_H

#include "cmd/cmd.h"

enum option_id {
	OPTION_OUTPUT,
	OPTION_COLUMNS,
	OPTION_NO_HEADERS,
	OPTION_NO_TRUNC,
	OPTION_COLOR,
	OPTION_NO_PAGER,
	OPTION_UTC,
	OPTION_ASCII,
	OPTION_QUIET,
	OPTION_VERBOSE,
	OPTION_SERVER,
	OPTION_TIMEOUT,
	OPTION_FROM,
	OPTION_HELP,
	OPTION_TYPE,
	OPTION_WHO,
	OPTION_EXE,
	OPTION_PATH,
	OPTION_DST,
	OPTION_PID,
	OPTION_SESSION,
	OPTION_VERDICT,
	OPTION_SEVERITY,
	OPTION_SINCE,
	OPTION_UNTIL,
	OPTION_LIMIT,
	OPTION_REVERSE,
	OPTION_FOLLOW,
	OPTION_ALL,
	OPTION_FOR,
	OPTION_COUNT_BY,
	OPTION_TOP,
	OPTION_REQUIRE_COMPLETE,
	OPTION_EXIT_CODE,
	OPTION_DEPTH,
	OPTION_FILES,
	OPTION_NET,
	OPTION_STATE,
	OPTION_TOKEN_FILE,
	OPTION_TOKEN_COMMAND,
	OPTION_AUDIENCE,
};
#define OPTION_BIT(name) (1ull << OPTION_##name)
#define OPTIONS_FILTER                                                                   \
	(OPTION_BIT(TYPE) | OPTION_BIT(WHO) | OPTION_BIT(EXE) | OPTION_BIT(PATH) |       \
	 OPTION_BIT(DST) | OPTION_BIT(PID) | OPTION_BIT(SESSION) | OPTION_BIT(VERDICT) | \
	 OPTION_BIT(SEVERITY))
#define OPTIONS_TIME   (OPTION_BIT(SINCE) | OPTION_BIT(UNTIL))
#define OPTIONS_GLOBAL ((OPTION_BIT(HELP) << 1) - 1)

struct option_row {
	enum option_id id;
	char short_name; /* 0 = none */
	const char *name;
	const char *value; /* what stands for the value in help; NULL = takes none */
	const char *help;
	const char *words; /* for completion: values, blank-separated; NULL = free */
};
/* In the order of the help text; ends with a NULL name. */
extern const struct option_row option_rows[];

/*
 * Parses argv[1...] into *c, environment included (flag over environment over default). Returns
 * CODE_DONE or, after saying what is wrong, CODE_USAGE. c->command stays NULL without a command.
 */
int options_parse(struct cli *c, int argc, char **argv);
/* Adds a filter word; value may begin with another operator than "=". */
void options_add_word(struct cli *c, const char *name, const char *value);
/* Adds a filter word as somebody wrote it. */
void options_add_filter(struct cli *c, const char *word);
void options_release(struct cli *c);

#endif
