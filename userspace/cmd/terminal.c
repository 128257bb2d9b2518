/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "base/number.h"

static pid_t pager;
static volatile sig_atomic_t interrupted;

bool terminal_wants_color(enum color_mode mode, bool is_tty, const char *no_color, const char *term,
			  const char *clicolor_force)
{
	if (mode != COLOR_AUTO)
		return mode == COLOR_ALWAYS;
	if (no_color && *no_color)
		return false;
	if (term && strcmp(term, "dumb") == 0)
		return false;
	if (clicolor_force && *clicolor_force && strcmp(clicolor_force, "0") != 0)
		return true;
	return is_tty;
}

static unsigned columns_variable(void)
{
	const char *z = getenv("COLUMNS");
	uint64_t n;

	return z && number_u64(str_of(z), 20, 10000, &n) == 0 ? (unsigned)n : 0;
}

void terminal_init(struct terminal *t, enum color_mode mode, bool ascii, bool no_trunc)
{
	struct winsize size = {0};

	setlocale(LC_CTYPE, "");
	text_set_ascii(ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0);
	*t = (struct terminal){.is_tty = isatty(STDOUT_FILENO)};
	t->color = terminal_wants_color(mode, t->is_tty, getenv("NO_COLOR"), getenv("TERM"),
					getenv("CLICOLOR_FORCE"));
	if (t->is_tty) {
		ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
		t->width = columns_variable();
		if (t->width == 0)
			t->width = size.ws_col >= 20 ? size.ws_col : 80;
		t->height = size.ws_row ? size.ws_row : 24;
	}
	if (no_trunc)
		t->width = 0;
}

void terminal_paint(const struct terminal *t, struct text *out, enum color c, const char *printable)
{
	static const char *const codes[] = {"", "1", "2", "1;31", "33", "32", "34"};

	if (!t->color || c == COLOR_NONE || !*printable) {
		text_puts(out, printable);
		return;
	}
	text_printf(out, "\033[%sm%s\033[0m", codes[c], printable);
}

static void check_output(bool failed)
{
	if (!failed)
		return;
	if (errno == EPIPE) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	fprintf(stderr, "whodid: cannot write: %s\n", strerror(errno));
	_exit(1);
}

void terminal_write(const char *p, size_t n)
{
	check_output(n && fwrite(p, 1, n, stdout) != n);
}

void terminal_line(const struct text *line)
{
	terminal_write(text_of(line), line->n);
	terminal_write("\n", 1);
}

void terminal_flush(void)
{
	check_output(fflush(stdout) != 0);
}

static const char *pager_command(void)
{
	const char *z = getenv("WHODID_PAGER");

	if (!z)
		z = getenv("PAGER");
	return z ? z : "less";
}

static void run_pager(const char *command, int in, bool color)
{
	dup2(in, STDIN_FILENO);
	setenv("LESS", color ? "FRSX" : "FSX", 0);
	setenv("LESSCHARSET", text_is_ascii() ? "ascii" : "utf-8", 0);
	/* under sudo the pager must not become a shell for whoever may only look */
	if (geteuid() == 0 && getenv("SUDO_UID"))
		setenv("LESSSECURE", "1", 1);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

void terminal_pager_start(const struct terminal *t)
{
	const char *command = pager_command();
	int ends[2];

	if (!t->is_tty || !*command || strcmp(command, "cat") == 0)
		return;
	if (strcmp(command, "less") == 0 && access("/usr/bin/less", X_OK) != 0 &&
	    access("/bin/less", X_OK) != 0)
		return;
	terminal_flush();
	if (pipe2(ends, O_CLOEXEC))
		return;
	pager = fork();
	if (pager == 0)
		run_pager(command, ends[0], t->color);
	if (pager > 0)
		dup2(ends[1], STDOUT_FILENO);
	close(ends[0]);
	close(ends[1]);
}

void terminal_pager_end(void)
{
	if (pager <= 0)
		return;
	fflush(stdout);
	close(STDOUT_FILENO);
	while (waitpid(pager, NULL, 0) < 0 && errno == EINTR)
		;
	pager = 0;
}

static void on_interrupt(int sig)
{
	interrupted = sig;
}

void terminal_catch_interrupt(void)
{
	struct sigaction sa = {.sa_handler = on_interrupt, .sa_flags = SA_RESETHAND};

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

bool terminal_interrupted(void)
{
	return interrupted != 0;
}

int terminal_interrupt_code(void)
{
	return 128 + interrupted;
}
