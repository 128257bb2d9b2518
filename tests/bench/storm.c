/* SPDX-License-Identifier: Apache-2.0 */
/*
 * storm: does one kind of act many times from two workers and says how long that took.
 *
 *     storm exec COUNT PROGRAM [ARG]     starts PROGRAM and waits for it
 *     storm fork COUNT                   forks and waits for the child, which leaves at once
 *     storm open COUNT FILES DIR         opens and closes, going round FILES files made in DIR
 *     storm tcp|udp COUNT                connects to a listener on loopback
 *     storm call COUNT                   getppid(), a call that no sensor looks at
 *
 * Prints {"op":...,"done":...,"failed":...,"seconds":...}: the independent count that tests and
 * bench compare with.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS 2

extern char **environ;

/* Shared by the workers: each writes only its own slot. */
struct tally {
	uint64_t done, failed;
};

struct work {
	const char *op;
	char **args; /* behind COUNT */
	uint64_t count;
	uint64_t files;
	struct sockaddr_in address;
	int listener;
	bool (*act)(const struct work *w, uint64_t i);
};

static bool act_exec(const struct work *w, uint64_t i)
{
	char *argv[] = {w->args[0], w->args[1], NULL};
	pid_t pid;
	int status;

	(void)i;
	if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ))
		return false;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool act_fork(const struct work *w, uint64_t i)
{
	pid_t pid = fork();
	int status;

	(void)w;
	(void)i;
	if (pid < 0)
		return false;
	if (pid == 0)
		_exit(0);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool act_open(const struct work *w, uint64_t i)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/f%llu", w->args[1], (unsigned long long)(i % w->files));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static bool act_tcp(const struct work *w, uint64_t i)
{
	/* Reset instead of TIME_WAIT, or the ports run out. */
	struct linger reset = {.l_onoff = 1, .l_linger = 0};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok;

	(void)i;
	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	ok = connect(fd, (const struct sockaddr *)&w->address, sizeof(w->address)) == 0;
	close(fd);
	return ok;
}

static bool act_udp(const struct work *w, uint64_t i)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok;

	(void)i;
	if (fd < 0)
		return false;
	ok = connect(fd, (const struct sockaddr *)&w->address, sizeof(w->address)) == 0;
	close(fd);
	return ok;
}

static bool act_call(const struct work *w, uint64_t i)
{
	(void)w;
	(void)i;
	return syscall(SYS_getppid) > 0;
}

static void die(const char *what)
{
	fprintf(stderr, "storm: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* Makes the files of an open storm that are not there yet, before the clock starts. */
static void make_files(struct work *w)
{
	char path[4096];

	w->files = strtoull(w->args[0], NULL, 10);
	if (!w->files)
		die("FILES");
	for (uint64_t i = 0; i < w->files; i++) {
		snprintf(path, sizeof(path), "%s/f%llu", w->args[1], (unsigned long long)i);
		if (access(path, F_OK) == 0)
			continue;
		int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

		if (fd < 0)
			die(path);
		close(fd);
	}
}

static void make_listener(struct work *w, int type)
{
	socklen_t size = sizeof(w->address);

	w->listener = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	w->address.sin_family = AF_INET;
	w->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (w->listener < 0 || bind(w->listener, (struct sockaddr *)&w->address, size) ||
	    getsockname(w->listener, (struct sockaddr *)&w->address, &size))
		die("listener");
	if (type == SOCK_STREAM && listen(w->listener, 1024))
		die("listen");
}

/* A child that takes connections from the queue until it is killed. */
static pid_t start_acceptor(const struct work *w)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (;;) {
		int fd = accept(w->listener, NULL, NULL);

		if (fd >= 0)
			close(fd);
	}
}

static void run_worker(const struct work *w, unsigned index, struct tally *tally)
{
	for (uint64_t i = index; i < w->count; i += WORKERS) {
		if (w->act(w, i))
			tally->done++;
		else
			tally->failed++;
	}
}

/* Runs the workers; returns seconds. */
static double run(const struct work *w, struct tally *tallies)
{
	struct timespec from, to;
	pid_t workers[WORKERS];

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i] = fork();
		if (workers[i] < 0)
			die("fork");
		if (workers[i] == 0) {
			run_worker(w, i, &tallies[i]);
			_exit(0);
		}
	}
	for (unsigned i = 0; i < WORKERS; i++)
		waitpid(workers[i], NULL, 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

static const struct {
	const char *name;
	bool (*act)(const struct work *w, uint64_t i);
	int args;
} ops[] = {
	{"exec", act_exec, 1}, {"open", act_open, 2}, {"tcp", act_tcp, 0},
	{"udp", act_udp, 0},   {"call", act_call, 0}, {"fork", act_fork, 0},
};

static void prepare(struct work *w, int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (argc >= 3 + ops[i].args && !strcmp(argv[1], ops[i].name))
			w->act = ops[i].act;
	}
	if (!w->act) {
		fprintf(stderr, "usage: storm exec|fork|open|tcp|udp|call COUNT [ARG]...\n");
		exit(2);
	}
	w->op = argv[1];
	w->count = strtoull(argv[2], NULL, 10);
	w->args = argv + 3;
}

int main(int argc, char **argv)
{
	struct work w = {.listener = -1};
	struct tally *tallies;
	pid_t acceptor = 0;
	double seconds;

	prepare(&w, argc, argv);
	tallies = mmap(NULL, WORKERS * sizeof(*tallies), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tallies == MAP_FAILED)
		die("mmap");
	if (w.act == act_open)
		make_files(&w);
	if (w.act == act_tcp || w.act == act_udp)
		make_listener(&w, w.act == act_tcp ? SOCK_STREAM : SOCK_DGRAM);
	if (w.act == act_tcp)
		acceptor = start_acceptor(&w);
	seconds = run(&w, tallies);
	if (acceptor > 0)
		kill(acceptor, SIGKILL);
	printf("{\"op\":\"%s\",\"done\":%llu,\"failed\":%llu,\"seconds\":%.6f,\"port\":%u}\n", w.op,
	       (unsigned long long)(tallies[0].done + tallies[1].done),
	       (unsigned long long)(tallies[0].failed + tallies[1].failed), seconds,
	       ntohs(w.address.sin_port));
	return 0;
}
