/* SPDX-License-Identifier: Apache-2.0 */
#include "base/problem.h"

#include <stdarg.h>
#include <stdio.h>

static int set(struct problem *p, int err, const char *file, unsigned line, unsigned column,
	       const char *fmt, va_list ap)
{
	if (!p || p->text[0])
		return err;
	vsnprintf(p->text, sizeof(p->text), fmt, ap);
	snprintf(p->file, sizeof(p->file), "%s", file ? file : "");
	p->line = line;
	p->column = column;
	return err;
}

int problem_set(struct problem *p, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(p, err, NULL, 0, 0, fmt, ap);
	va_end(ap);
	return err;
}

int problem_at(struct problem *p, int err, const char *file, unsigned line, unsigned column,
	       const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(p, err, file, line, column, fmt, ap);
	va_end(ap);
	return err;
}

void problem_remedy(struct problem *p, const char *fmt, ...)
{
	va_list ap;

	if (!p || p->remedy[0])
		return;
	va_start(ap, fmt);
	vsnprintf(p->remedy, sizeof(p->remedy), fmt, ap);
	va_end(ap);
}

void problem_format(const struct problem *p, char *buf, size_t size)
{
	char place[300] = "";

	if (p->file[0] && p->line)
		snprintf(place, sizeof(place), "%s:%u:%u: ", p->file, p->line, p->column);
	else if (p->file[0])
		snprintf(place, sizeof(place), "%s: ", p->file);
	snprintf(buf, size, "%s%s%s%s", place, p->text, p->remedy[0] ? ". " : "", p->remedy);
}
