// SPDX-License-Identifier: Apache-2.0
/*
 * open_storm FILES ROUNDS [DIR]: makes FILES files, then opens and closes each for reading ROUNDS
 * times, then removes them. Prints the number of reading opens that succeeded.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void name_of(char *buf, size_t size, long i)
{
	snprintf(buf, size, "f%ld", i);
}

static long make_files(long files)
{
	char name[32];

	for (long i = 0; i < files; i++) {
		int fd;

		name_of(name, sizeof(name), i);
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			return i;
		close(fd);
	}
	return files;
}

static long open_all(long files)
{
	char name[32];
	long done = 0;

	for (long i = 0; i < files; i++) {
		int fd;

		name_of(name, sizeof(name), i);
		fd = open(name, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		close(fd);
		done++;
	}
	return done;
}

int main(int argc, char **argv)
{
	char dir[4096], name[32];
	long files, rounds, made, done = 0;

	if (argc < 3)
		return 2;
	files = strtol(argv[1], NULL, 10);
	rounds = strtol(argv[2], NULL, 10);
	snprintf(dir, sizeof(dir), "%s/open_storm.XXXXXX", argc > 3 ? argv[3] : "/tmp");
	if (!mkdtemp(dir) || chdir(dir))
		return 1;
	made = make_files(files);
	for (long r = 0; r < rounds; r++)
		done += open_all(made);
	for (long i = 0; i < made; i++) {
		name_of(name, sizeof(name), i);
		unlink(name);
	}
	rmdir(dir);
	printf("%ld\n", done);
	return done == files * rounds ? 0 : 1;
}
