/* SPDX-License-Identifier: Apache-2.0 */
/* completion: a bash function, made from the tables of commands and options. */
#include "cmd/options.h"

static void put(const char *z)
{
	terminal_write(z, strlen(z));
}

static void put_options(uint64_t set)
{
	for (const struct option_row *o = option_rows; o->name; o++) {
		char short_form[8] = "";

		if (!(set & 1ull << o->id))
			continue;
		if (o->short_name)
			snprintf(short_form, sizeof(short_form), "-%c ", o->short_name);
		put(short_form);
		put("--");
		put(o->name);
		put(" ");
	}
}

static void put_values(void)
{
	put("\tcase $prev in\n");
	for (const struct option_row *o = option_rows; o->name; o++) {
		_cleanup_text_ struct text line = {0};

		if (!o->value)
			continue;
		text_puts(&line, "\t");
		if (o->short_name)
			text_printf(&line, "-%c|", o->short_name);
		if (o->words)
			text_printf(&line,
				    "--%s) COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n",
				    o->name, o->words);
		else if (o->id == OPTION_SERVER || o->id == OPTION_FROM || o->id == OPTION_PATH ||
			 o->id == OPTION_EXE)
			text_printf(&line,
				    "--%s) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n",
				    o->name);
		else
			text_printf(&line, "--%s) return ;;\n", o->name);
		put(line.p);
	}
	put("\tesac\n");
}

static void put_commands(void)
{
	put("\tcase $command in\n\t\"\") words='");
	for (const struct command *k = commands; k->name; k++) {
		put(k->name);
		put(" ");
	}
	put("' ;;\n");
	for (const struct command *k = commands; k->name; k++) {
		put("\t");
		put(k->name);
		put(") options+=' ");
		put_options(k->options);
		put("' words='");
		put(k->words ? k->words : "");
		if (k->run == run_help)
			for (const struct command *other = commands; other->name; other++) {
				put(" ");
				put(other->name);
			}
		put(k->takes_filter ? "type= who= exe= path= dst= pid= session= verdict= severity="
				    : "");
		put("' ;;\n");
	}
	put("\tesac\n");
}

int run_completion(struct cli *c)
{
	if (strcmp(c->args[0], "bash") != 0)
		return fail(CODE_USAGE, NULL, "there is no completion for \"%s\", only for bash",
			    c->args[0]);
	put("# SPDX-License-Identifier: Apache-2.0\n"
	    "# bash completion for whodid, made by: whodid completion bash\n"
	    "_whodid()\n"
	    "{\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	    "\tlocal command='' words='' options i\n"
	    "\tCOMPREPLY=()\n"
	    "\toptions='");
	put_options(OPTIONS_GLOBAL);
	put("'\n");
	put_values();
	put("\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	    "\t\tif [[ ${COMP_WORDS[i]} != -* ]]; then command=${COMP_WORDS[i]}; break; fi\n"
	    "\t\tcase ${COMP_WORDS[i]} in\n\t\t");
	for (const struct option_row *o = option_rows; o->name; o++) {
		_cleanup_text_ struct text line = {0};

		if (!o->value || !(OPTIONS_GLOBAL & 1ull << o->id))
			continue;
		if (o->short_name)
			text_printf(&line, "-%c|", o->short_name);
		text_printf(&line, "--%s|", o->name);
		put(line.p);
	}
	put("'') ((i++)) ;;\n\t\tesac\n\tdone\n");
	put_commands();
	put("\tif [[ $cur == -* ]]; then words=$options; fi\n"
	    "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	    "\tif [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi\n"
	    "}\n"
	    "complete -F _whodid whodid\n");
	return CODE_DONE;
}
