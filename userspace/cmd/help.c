/* SPDX-License-Identifier: Apache-2.0 */
/* help and version. Everything about commands and options is printed from their tables. */
#include "cmd/ask.h"
#include "cmd/block.h"
#include "cmd/options.h"

static const struct {
	const char *name, *text;
} topics[] = {
	{"filters", "Filters are words, all of which must match:\n"
		    "\n"
		    "  type=connect who=ci:* dst.port!=443\n"
		    "\n"
		    "  key=a,b      a or b                  key!=value   anything else\n"
		    "  key>=value   numbers, times, levels  key, !key    present, absent\n"
		    "  * and ?      stand for any text, any character\n"
		    "  a|b=value    either of two texts: exe|filename=*.sh (programs, scripts)\n"
		    "\n"
		    "Put a value with blanks in double quotes (and these in the shell's own).\n"
		    "Keys are the fields of whodid-events(7) or their last part. The usual ones:\n"
		    "\n"
		    "  type  who  via  as  person  session  unit  exe  argv  pid  ppid  user\n"
		    "  path  op  dst  dst.port  verdict  severity  rule  anomaly  outcome  errno\n"
		    "\n"
		    "  severity>=high   level>=recorded   dst=10.0.0.0/8   dst=192.0.2.7:443\n"},
	{"time", "--since and --until take\n"
		 "\n"
		 "  2h, 30m, 7d             that long ago\n"
		 "  today, yesterday        midnight\n"
		 "  boot                    when the host started\n"
		 "  17:00, 17:00:05         today\n"
		 "  2026-11-23 17:00        local time\n"
		 "  2026-11-23T16:00:00Z    RFC 3339\n"
		 "  @1763913600             seconds since 1970\n"
		 "\n"
		 "Times are shown in local time, with --utc in UTC; JSON always has UTC.\n"},
	{"exit-codes",
	 "  0    done; an empty answer is success\n"
	 "  1    failed\n"
	 "  2    wrong usage\n"
	 "  3    checked, and the answer is no: doctor found a failure, --exit-code found\n"
	 "       something\n"
	 "  4    not permitted\n"
	 "  5    daemon not reachable\n"
	 "  6    answer incomplete: events of the period are missing (--require-complete)\n"
	 "  130  Ctrl-C\n"
	 "  141  the reader of the output went away\n"},
	{"environment",
	 "  WHODID_SERVER    socket of the daemon (" DEFAULT_SOCKET ")\n"
	 "  WHODID_ATTEST    socket that takes tokens (attest.sock beside the other)\n"
	 "  WHODID_OUTPUT    default of --output\n"
	 "  WHODID_PAGER     pager; else PAGER, else less; empty for none\n"
	 "  NO_COLOR         not empty: no colour\n"
	 "  CLICOLOR_FORCE   colour also where output is no terminal\n"
	 "  TERM=dumb        no colour\n"
	 "  COLUMNS          width of the terminal\n"
	 "  TZ, LC_CTYPE     time zone; other than UTF-8 means ASCII only\n"
	 "\n"
	 "An option wins over the environment.\n"},
	{"formats", "  table   what fits the terminal (default)\n"
		    "  wide    all columns\n"
		    "  json    one object per line; events as whodid-events(7) has them\n"
		    "  name    ids only\n"
		    "  text    one sentence for each event\n"
		    "  csv, tsv\n"
		    "\n"
		    "--columns picks columns by title or field: --columns time,who,file.path\n"
		    "Tables may change from version to version; JSON does not. Where output is no\n"
		    "terminal nothing is cut or coloured. Text from watched programs is escaped\n"
		    "(\\x1b, \\u{202e}) in every format but JSON, which escapes by itself.\n"},
};

static void print_text(const char *z)
{
	terminal_write(z, strlen(z));
}

static void print_options(const struct cli *c, uint64_t set)
{
	for (const struct option_row *o = option_rows; o->name; o++) {
		_cleanup_text_ struct text label = {0};

		if (!(set & 1ull << o->id))
			continue;
		if (o->short_name)
			text_printf(&label, "-%c, ", o->short_name);
		text_printf(&label, "--%s%s%s", o->name, o->value ? " " : "",
			    o->value ? o->value : "");
		block_line(&c->term, 2, 26, label.p, o->help);
	}
}

void print_command_help(const struct cli *c, const struct command *command)
{
	_cleanup_text_ struct text usage = {0};

	text_printf(&usage, "usage: whodid %s%s%s [OPTION...]", command->name,
		    *command->synopsis ? " " : "", command->synopsis);
	block_text(&c->term, usage.p);
	block_text(&c->term, command->help);
	print_text("\n");
	for (size_t i = 0; i < ARRAY_SIZE(command->examples) && command->examples[i]; i++)
		block_line(&c->term, 2, 0, "", command->examples[i]);
	if (command->options) {
		print_text("\n");
		print_options(c, command->options);
	}
	print_text("\nFor every command:\n");
	print_options(c, OPTIONS_GLOBAL);
	if (command->takes_filter)
		print_text("\nFilters: whodid help filters\n");
}

static void print_commands(const struct cli *c)
{
	const char *group = "";

	print_text("usage: whodid [COMMAND] [WORD...] [OPTION...]\n\n");
	print_text(
		"Who did what on this host, through what, was it expected, and how do we know.\n");
	print_text("Without a command: status, and what to try next.\n");
	for (const struct command *k = commands; k->name; k++) {
		_cleanup_text_ struct text label = {0};

		if (strcmp(group, k->group) != 0) {
			print_text("\n");
			block_text(&c->term, k->group);
			group = k->group;
		}
		text_printf(&label, "%s%s%s", k->name, *k->synopsis ? " " : "", k->synopsis);
		block_line(&c->term, 2, 38, label.p, k->help);
	}
	print_text("\nOptions for every command:\n");
	print_options(c, OPTIONS_GLOBAL);
	print_text("\nMore: whodid help COMMAND, and whodid help ");
	for (size_t i = 0; i < ARRAY_SIZE(topics); i++) {
		print_text(i ? "|" : "");
		print_text(topics[i].name);
	}
	print_text("\n");
}

int run_help(struct cli *c)
{
	const char *what = c->arg_count ? c->args[0] : NULL;
	const struct command *command = what ? command_find(what) : NULL;

	if (!what) {
		print_commands(c);
		return CODE_DONE;
	}
	if (command) {
		print_command_help(c, command);
		return CODE_DONE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(topics); i++)
		if (strcmp(what, topics[i].name) == 0) {
			print_text(topics[i].text);
			return CODE_DONE;
		}
	if (command_nearest(what))
		return fail(CODE_USAGE, NULL, "there is no help on \"%s\"; did you mean %s?", what,
			    command_nearest(what));
	return fail(CODE_USAGE, "All commands and topics: whodid help",
		    "there is no help on \"%s\"", what);
}

int run_version(struct cli *c)
{
	_cleanup_json_ json_t *status = NULL, *row = NULL;
	_cleanup_text_ struct text line = {0}, daemon = {0};

	if (!c->from)
		ask_object(c, "/api/v1/status", true, &status);
	row_say(&daemon, status, "version");
	if (c->format == FORMAT_JSON) {
		row = json_pack("{s:s, s:s, s:s}", "version", WHODID_VERSION, "api", "v1", "schema",
				"1.0");
		if (daemon.n)
			json_object_set_new(row, "daemon", json_string(daemon.p));
		print_json_row(c, row);
		return CODE_DONE;
	}
	text_puts(&line, "whodid " WHODID_VERSION);
	if (daemon.n)
		text_printf(&line, ", daemon %s", daemon.p);
	terminal_line(&line);
	return CODE_DONE;
}
