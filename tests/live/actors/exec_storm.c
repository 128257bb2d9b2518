// SPDX-License-Identifier: Apache-2.0
/*
 * exec_storm N [PARALLEL]: executes itself with "-", which leaves at once, N times.
 * Prints the number of processes that were executed and left with 0.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int reap(long *done)
{
	int status;

	if (wait(&status) < 0)
		return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		(*done)++;
	return 0;
}

int main(int argc, char **argv)
{
	char *child[] = {"exec_storm", "-", NULL};
	long n, parallel, running = 0, done = 0;

	if (argc < 2)
		return 2;
	if (strcmp(argv[1], "-") == 0)
		_exit(0);
	n = strtol(argv[1], NULL, 10);
	parallel = argc > 2 ? strtol(argv[2], NULL, 10) : 1;
	for (long i = 0; i < n; i++) {
		pid_t pid;

		if (running == parallel && reap(&done) == 0)
			running--;
		if (posix_spawn(&pid, "/proc/self/exe", NULL, NULL, child, environ) == 0)
			running++;
	}
	while (running > 0 && reap(&done) == 0)
		running--;
	printf("%ld\n", done);
	return done == n ? 0 : 1;
}
