/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stub_worker: plays a CI supervisor. What it does comes over stdin, its arguments are those of the
 * real one and mean nothing here:
 *
 *     env KEY=VALUE      in the environment of later steps, beside PATH
 *     unset              none of these any more
 *     step COMMAND       /bin/sh -c COMMAND as a direct child, waited for
 *     background COMMAND the same, not waited for until the end
 *
 * At the end of stdin it waits for those in the background that are its children still.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENV_MAX 32

static char *env[ENV_MAX + 1];
static size_t env_count;

static void add_env(const char *assignment)
{
	if (env_count == ENV_MAX)
		errx(1, "too many variables");
	env[env_count] = strdup(assignment);
	if (!env[env_count])
		err(1, "memory");
	env[++env_count] = NULL;
}

static void clear_env(void)
{
	while (env_count)
		free(env[--env_count]);
	env[0] = NULL;
	add_env("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
}

static void run(char *command, int wait_for_it)
{
	char *argv[] = {"/bin/sh", "-c", command, NULL};
	pid_t pid = fork();
	int status;

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		/* the plan is not the step's to read */
		if (!freopen("/dev/null", "r", stdin))
			_exit(126);
		execve(argv[0], argv, env);
		_exit(127);
	}
	if (wait_for_it)
		waitpid(pid, &status, 0);
}

int main(void)
{
	static char line[16384];

	clear_env();
	/* a child must not find the rest of the plan in a buffer of its own */
	setvbuf(stdin, NULL, _IONBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "env ", 4) == 0)
			add_env(line + 4);
		else if (strcmp(line, "unset") == 0)
			clear_env();
		else if (strncmp(line, "step ", 5) == 0)
			run(line + 5, 1);
		else if (strncmp(line, "background ", 11) == 0)
			run(line + 11, 0);
		else
			errx(1, "not understood: %s", line);
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
