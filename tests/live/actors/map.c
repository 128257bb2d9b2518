// SPDX-License-Identifier: Apache-2.0
/*
 * map HOW FILE [OTHER]: maps FILE as code.
 *
 * dlopen (as a library), memfd (a copy in memory, as a library), mprotect (read first, made code later),
 * deleted (after its name is gone), swap (another thread turns the descriptor between FILE and OTHER
 * while it is mapped; prints how often FILE was it), busy (while other threads change the memory map;
 * prints how often).
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE  4096
#define TURNS 5000
#define CODE  (PROT_READ | PROT_EXEC)

static atomic_bool done;

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int open_library(const char *path)
{
	if (!dlopen(path, RTLD_NOW)) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	return 0;
}

static int as_memory(const char *file)
{
	int from = open(file, O_RDONLY | O_CLOEXEC), to = memfd_create("planted", MFD_CLOEXEC);
	char path[64];
	struct stat st;

	if (from < 0 || to < 0 || fstat(from, &st) ||
	    sendfile(to, from, NULL, (size_t)st.st_size) < 0)
		return fail("copy");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", to);
	return open_library(path);
}

static int made_code_later(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	void *at = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);

	if (at == MAP_FAILED || mprotect(at, PAGE, CODE))
		return fail("mprotect");
	return 0;
}

static int without_a_name(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || unlink(file) || mmap(NULL, PAGE, CODE, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		return fail("mmap");
	return 0;
}

struct turning {
	int file, other, at;
};

static void *turn(void *arg)
{
	const struct turning *t = arg;

	while (!done) {
		dup2(t->other, t->at);
		dup2(t->file, t->at);
	}
	return NULL;
}

/* The first byte says which file was mapped. */
static int turned(const char *file, const char *other)
{
	struct turning t = {open(file, O_RDONLY), open(other, O_RDONLY), 100};
	pthread_t thread;
	int hits = 0;
	char first;

	if (t.file < 0 || t.other < 0 || dup2(t.file, t.at) < 0 || read(t.file, &first, 1) != 1)
		return fail("open");
	if (pthread_create(&thread, NULL, turn, &t))
		return fail("thread");
	for (int i = 0; i < TURNS; i++) {
		char *at = mmap(NULL, PAGE, CODE, MAP_PRIVATE, t.at, 0);

		if (at == MAP_FAILED)
			return fail("mmap");
		hits += *at == first;
		munmap(at, PAGE);
	}
	done = true;
	pthread_join(thread, NULL);
	printf("%d\n", hits);
	return 0;
}

static void *change_memory(void *arg)
{
	(void)arg;
	while (!done) {
		void *at = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		if (at != MAP_FAILED)
			munmap(at, 64 * PAGE);
	}
	return NULL;
}

static int while_busy(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, change_memory, NULL))
			return fail("thread");
	for (int i = 0; i < TURNS; i++) {
		void *at = mmap(NULL, PAGE, CODE, MAP_PRIVATE, fd, 0);

		if (at == MAP_FAILED)
			return fail("mmap");
		munmap(at, PAGE);
	}
	done = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	printf("%d\n", TURNS);
	return 0;
}

int main(int argc, char **argv)
{
	const char *how = argc > 2 ? argv[1] : "";

	if (!strcmp(how, "dlopen"))
		return open_library(argv[2]);
	if (!strcmp(how, "memfd"))
		return as_memory(argv[2]);
	if (!strcmp(how, "mprotect"))
		return made_code_later(argv[2]);
	if (!strcmp(how, "deleted"))
		return without_a_name(argv[2]);
	if (!strcmp(how, "swap") && argc > 3)
		return turned(argv[2], argv[3]);
	if (!strcmp(how, "busy"))
		return while_busy(argv[2]);
	fprintf(stderr, "usage: map HOW FILE [OTHER]\n");
	return 2;
}
