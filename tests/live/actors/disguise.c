// SPDX-License-Identifier: Apache-2.0
/*
 * disguise FILE: makes itself look like another program in all ways that are its own: rewrites its
 * environment and arguments in place, moves their place (PR_SET_MM_MAP), changes its name, tries to
 * exchange its executable in a user namespace; then creates FILE. Prints what was possible.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

extern char **environ;

static char lies[] = "GITHUB_REPOSITORY=victim/app\0GITHUB_JOB=deploy\0GITHUB_ACTOR=root";

static unsigned long field(int n)
{
	static char line[4096];
	FILE *f = fopen("/proc/self/stat", "r");
	char *at;

	if (!f || !fgets(line, sizeof(line), f))
		err(1, "stat");
	fclose(f);
	at = strrchr(line, ')') + 1;
	for (int i = 3; i < n; i++)
		at = strchr(at + 1, ' ');
	return strtoul(at, NULL, 10);
}

/* Where arguments and environment are said to be, and which executable this is; fd -1 leaves that. */
static int move_map(int exe_fd)
{
	struct prctl_mm_map map = {
		.start_code = field(26),
		.end_code = field(27),
		.start_data = field(45),
		.end_data = field(46),
		.start_brk = field(47),
		.brk = (unsigned long)sbrk(0),
		.start_stack = field(28),
		.arg_start = (unsigned long)lies,
		.arg_end = (unsigned long)lies + sizeof(lies),
		.env_start = (unsigned long)lies,
		.env_end = (unsigned long)lies + sizeof(lies),
		.exe_fd = (unsigned int)exe_fd,
	};

	return prctl(PR_SET_MM, PR_SET_MM_MAP, (unsigned long)&map, sizeof(map), 0);
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? strdup(argv[1]) : NULL;
	int fd;

	if (!path)
		return 2;
	for (char **e = environ; *e; e++)
		if (strncmp(*e, "GITHUB_REPOSITORY=", 18) == 0)
			memcpy(*e + 18, "victim", 6);
	memset(argv[0], 'x', strlen(argv[0]));
	prctl(PR_SET_NAME, "Runner.Worker");
	printf("map: %s\n", move_map(-1) ? strerror(errno) : "moved");
	fd = open("/bin/true", O_RDONLY | O_CLOEXEC);
	if (unshare(CLONE_NEWUSER) == 0)
		printf("exe: %s\n", move_map(fd) ? strerror(errno) : "exchanged");
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	if (fd < 0)
		err(1, "%s", path);
	return 0;
}
