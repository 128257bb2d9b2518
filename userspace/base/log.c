/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/escape.h"

static _Atomic enum log_level level_now = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
	level_now = level;
}

enum log_level log_get_level(void)
{
	return level_now;
}

void log_write(enum log_level level, const char *fmt, ...)
{
	static const char *const words[] = {"error: ", "warning: ", "", "debug: "};
	int saved = errno;
	char text[1024], safe[4 * sizeof(text) + 1];
	va_list ap;

	if (level > level_now)
		return;
	errno = saved; /* for %m */
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	escape_terminal(str_of(text), false, safe, sizeof(safe));
	dprintf(STDERR_FILENO, "whodidd: %s%s\n", words[level], safe);
	errno = saved;
}
