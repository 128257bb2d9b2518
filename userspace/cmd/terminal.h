/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal: what stands at the other end of standard output, and how it is written to: width, colour,
 * pager, signals. A closed pipe ends the program quietly, as SIGPIPE would.
 */
#ifndef WHODID_CMD_TERMINAL_H
#define WHODID_CMD_TERMINAL_H

#include "cmd/text.h"

enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum color { COLOR_NONE, COLOR_BOLD, COLOR_DIM, COLOR_RED, COLOR_YELLOW, COLOR_GREEN, COLOR_BLUE };

struct terminal {
	bool is_tty; /* standard output */
	bool color;
	unsigned width; /* 0 = no limit: not a terminal, or --no-trunc */
	unsigned height;
};

/* The decision alone, for tests: ux.md's order, --color before all. */
bool terminal_wants_color(enum color_mode mode, bool is_tty, const char *no_color, const char *term,
			  const char *clicolor_force);
/* Looks at standard output, COLUMNS, NO_COLOR, TERM, CLICOLOR_FORCE and the locale. */
void terminal_init(struct terminal *t, enum color_mode mode, bool ascii, bool no_trunc);

/* Adds printable text in a colour; plain when the terminal has none. */
void terminal_paint(const struct terminal *t, struct text *out, enum color c,
		    const char *printable);

/* Writes one line to standard output. */
void terminal_line(const struct text *line);
void terminal_write(const char *p, size_t n);
void terminal_flush(void);

/* Sends what follows through a pager (terminal only). terminal_pager_end() waits for it. */
void terminal_pager_start(const struct terminal *t);
void terminal_pager_end(void);

/* Ctrl-C and SIGTERM set a flag, once; the second ends the program. */
void terminal_catch_interrupt(void);
bool terminal_interrupted(void);
/* 130 after Ctrl-C, 143 after SIGTERM. */
int terminal_interrupt_code(void);

#endif
