/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service-manager: what an init system does to start a service, and no more: makes the unit's
 * cgroup, starts a child, puts it there, and lets it become the service.
 *
 *     service-manager CGROUP-DIRECTORY PROGRAM [ARG]...
 *
 * Waits for the service and ends as it did.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what)
{
	fprintf(stderr, "service-manager: %s: %s\n", what, strerror(errno));
	return 1;
}

/* Makes the directory and the one above it. */
static int make_cgroup(const char *path)
{
	char parent[4096];
	char *slash;

	snprintf(parent, sizeof(parent), "%s", path);
	slash = strrchr(parent, '/');
	if (!slash)
		return -EINVAL;
	*slash = '\0';
	if (mkdir(parent, 0755) && errno != EEXIST)
		return -errno;
	if (mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	return 0;
}

static int put_into(const char *cgroup, pid_t pid)
{
	char path[4096], text[16];
	int fd, len;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	len = snprintf(text, sizeof(text), "%d", pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, (size_t)len) != len) {
		close(fd);
		return -errno;
	}
	close(fd);
	return 0;
}

/* The child waits until it has been moved. */
static int become_service(int gate, char **argv)
{
	char byte;

	if (read(gate, &byte, 1) != 1)
		return 1;
	close(gate);
	execv(argv[0], argv);
	return fail(argv[0]);
}

int main(int argc, char **argv)
{
	int gate[2], status;
	pid_t pid;

	if (argc < 3) {
		fprintf(stderr, "usage: service-manager CGROUP-DIRECTORY PROGRAM [ARG]...\n");
		return 2;
	}
	if (make_cgroup(argv[1]) || pipe2(gate, O_CLOEXEC))
		return fail(argv[1]);
	pid = fork();
	if (pid < 0)
		return fail("fork");
	if (pid == 0)
		return become_service(gate[0], argv + 2);
	if (put_into(argv[1], pid))
		return fail("cgroup.procs");
	if (write(gate[1], "x", 1) != 1)
		return fail("pipe");
	if (waitpid(pid, &status, 0) < 0)
		return fail("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
