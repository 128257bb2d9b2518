// SPDX-License-Identifier: Apache-2.0
/*
 * threads ROUNDS THREADS PROGRAM MARK: in each round a process starts that many threads, and the last one
 * executes PROGRAM with MARK, while the others sleep. Prints the pid of each round.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char **words;

static void *sleep_on(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void *become(void *arg)
{
	execv(words[0], words);
	perror(words[0]);
	_exit(1);
	return arg;
}

static int many(int threads)
{
	pthread_attr_t small;
	pthread_t t;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	for (int i = 0; i < threads; i++)
		if (pthread_create(&t, &small, i + 1 < threads ? sleep_on : become, NULL))
			return 77;
	sleep_on(NULL);
	return 1;
}

int main(int argc, char **argv)
{
	if (argc < 5)
		return 2;
	words = argv + 3;
	for (int round = 0; round < atoi(argv[1]); round++) {
		pid_t pid = fork();
		int status;

		if (pid == 0)
			_exit(many(atoi(argv[2])));
		if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
			return 1;
		if (WEXITSTATUS(status))
			return WEXITSTATUS(status);
		printf("%d\n", pid);
	}
	return 0;
}
