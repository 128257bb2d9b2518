/* SPDX-License-Identifier: Apache-2.0 */
/* whodid: the client. Reads the command line, runs the command from the table, gives its exit code. */
#include <fcntl.h>

#include "cmd/options.h"

/* Descriptors 0 to 2 must exist: a socket in their place would get what is printed. */
static void open_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
}

static int run(struct cli *c)
{
	if (c->help && c->command) {
		print_command_help(c, c->command);
		return CODE_DONE;
	}
	if (c->help)
		return run_help(c);
	return c->command ? c->command->run(c) : run_overview(c);
}

int main(int argc, char **argv)
{
	struct cli c = {0};
	int code;

	open_standard_files();
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		argv[1] += 2;
	code = options_parse(&c, argc, argv);
	if (code == CODE_DONE) {
		terminal_init(&c.term, c.color, c.ascii, c.no_trunc);
		code = run(&c);
		terminal_flush();
	}
	options_release(&c);
	return code;
}
