/* SPDX-License-Identifier: Apache-2.0 */
/* fail: what the client says on standard error. */
#include <stdarg.h>

#include "cmd/cmd.h"

#define MESSAGE_MAX 4096

/* Each line of help stands on its own; everything else in the text is foreign. */
static void print_lines(const char *z)
{
	while (*z) {
		_cleanup_text_ struct text line = {0};
		size_t n = strcspn(z, "\n");

		text_say(&line, (struct str){z, (uint32_t)n});
		fprintf(stderr, "  %s\n", text_of(&line));
		z += n + (z[n] == '\n');
	}
}

int fail(enum exit_code code, const char *remedy, const char *fmt, ...)
{
	_cleanup_text_ struct text line = {0};
	char raw[MESSAGE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	text_say(&line, str_of(raw));
	fflush(stdout);
	fprintf(stderr, "whodid: %s\n", text_of(&line));
	if (remedy && *remedy)
		print_lines(remedy);
	return code;
}

int fail_problem(enum exit_code code, const struct problem *p)
{
	if (p->file[0] && p->line)
		return fail(code, p->remedy, "%s:%u:%u: %s", p->file, p->line, p->column, p->text);
	if (p->file[0])
		return fail(code, p->remedy, "%s: %s", p->file, p->text);
	return fail(code, p->remedy, "%s", p->text);
}

void talk(const struct cli *c, const char *fmt, ...)
{
	va_list ap;

	if (c->quiet)
		return;
	fflush(stdout);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}
