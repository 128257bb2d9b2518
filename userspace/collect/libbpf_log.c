// SPDX-License-Identifier: Apache-2.0
/* libbpf_log.c: libbpf talks through one process-wide function; what it says first explains a failure. */
#include <stdio.h>

#include "base/log.h"
#include "collect/kernel.h"

static char said[2048];

/* The first messages name the cause, the later ones only what follows from it. */
static void keep(const char *line)
{
	size_t have = strlen(said);

	snprintf(said + have, sizeof(said) - have, "%s", line);
}

static int print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	char line[1024];
	int n = vsnprintf(line, sizeof(line), fmt, args);

	if (level != LIBBPF_DEBUG) {
		keep(line);
		line[strcspn(line, "\n")] = 0;
		log_debug("%s", line);
	}
	return n;
}

void libbpf_log_begin(void)
{
	said[0] = 0;
	libbpf_set_print(print);
}

const char *libbpf_log_said(void)
{
	return said;
}
