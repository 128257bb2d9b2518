/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd: what every command of the client gets and gives back. A command is a row in commands.c and a
 * function that takes the parsed command line and returns an exit code.
 */
#ifndef WHODID_CMD_H
#define WHODID_CMD_H

#include "base/problem.h"
#include "base/version.h"
#include "cmd/terminal.h"

#define DEFAULT_SOCKET "/run/whodid/whodid.sock"

/* `whodid help exit-codes` and man whodid(1) list them. */
enum exit_code {
	CODE_DONE = 0,
	CODE_FAILED = 1,
	CODE_USAGE = 2,
	CODE_NO = 3, /* checked, and the answer is no */
	CODE_DENIED = 4,
	CODE_UNREACHABLE = 5,
	CODE_INCOMPLETE = 6,
};

enum format {
	FORMAT_TABLE,
	FORMAT_WIDE,
	FORMAT_JSON,
	FORMAT_NAME,
	FORMAT_TEXT,
	FORMAT_CSV,
	FORMAT_TSV,
};
#define FORMATS_LIST \
	(1u << FORMAT_TABLE | 1u << FORMAT_WIDE | 1u << FORMAT_JSON | 1u << FORMAT_NAME)
#define FORMATS_EVENTS (FORMATS_LIST | 1u << FORMAT_TEXT | 1u << FORMAT_CSV | 1u << FORMAT_TSV)
#define FORMATS_ONE    (1u << FORMAT_TABLE | 1u << FORMAT_JSON)

/* The command line, parsed. Texts are borrowed from argv unless they are struct text. */
struct cli {
	const struct command *command;
	struct terminal term;
	/* for every command */
	enum format format;
	const char *columns;
	bool no_headers, no_trunc, no_pager, utc, ascii, quiet, verbose, help;
	enum color_mode color;
	const char *server; /* path of the socket */
	uint64_t timeout_ns;
	const char *from; /* store or NDJSON; "-" = standard input; NULL = ask the daemon */
	/* of some commands */
	struct text filter;	    /* the filter words, joined by blanks */
	int64_t since_ns, until_ns; /* 0 = no end */
	bool has_limit;
	uint64_t limit; /* 0 = no limit */
	bool all, reverse, follow, require_complete, exit_code, files, net;
	bool blocks; /* query as "who did": an answer of some lines for each event */
	uint64_t for_ns, depth, top;
	const char *count_by, *state;
	const char *token_file, *token_command, *audience; /* of attest */
	char **args;
	int arg_count;
};

struct command {
	const char *name, *group;
	const char *synopsis; /* what stands behind the name */
	const char *help;     /* one line */
	const char *examples[3];
	uint64_t options;  /* OPTION_BIT()s beside the global ones */
	unsigned formats;  /* bits of enum format */
	bool takes_filter; /* other words are filter words */
	int args_min, args_max;
	const char *words; /* for completion: what the first word may be; NULL = anything */
	int (*run)(struct cli *c);
};

/* The table, in the order of the help text; ends with a NULL name. */
extern const struct command commands[];
const struct command *command_find(const char *name);
/* Name of the nearest command, NULL when none is near. */
const char *command_nearest(const char *name);
/* How many edits lead from a to b, two letters exchanged being one; at most 99. */
unsigned edit_distance(const char *a, const char *b);

/*
 * Says what went wrong and returns code: one line, then remedy (may be NULL, may hold two lines). Both
 * are escaped, so they may hold foreign text.
 */
int fail(enum exit_code code, const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int fail_problem(enum exit_code code, const struct problem *p);
/* Talk: to standard error, unless -q. Printable text. */
void talk(const struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

int run_overview(struct cli *c);
int run_status(struct cli *c);
int run_watch(struct cli *c);
int run_query(struct cli *c);
int run_who_did(struct cli *c);
int run_show(struct cli *c);
int run_tree(struct cli *c);
int run_id(struct cli *c);
int run_anomalies(struct cli *c);
int run_sessions(struct cli *c);
int run_loss(struct cli *c);
int run_attest(struct cli *c);
int run_doctor(struct cli *c);
int run_version(struct cli *c);
int run_help(struct cli *c);
int run_completion(struct cli *c);

/* The usage text of one command, for `help CMD` and `CMD -h`. */
void print_command_help(const struct cli *c, const struct command *command);

#endif
