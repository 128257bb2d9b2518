/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stub_main: runs a fuzz target over files and folders, so that each corpus is a plain test too.
 *
 *     fuzz_decode [--mutate] PATH...
 *
 * --mutate also tries, for each file, every shorter length and every bit flipped (of a long file, a
 * fixed selection of both): always the same ones, so that a failure can be repeated.
 */
#include <dirent.h>
#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX  (4u << 20)
#define STEPS_MAX 4096 /* lengths, and bytes with flipped bits, tried per file */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool mutate;
static unsigned long files, runs;

/* In memory of exactly that size, so that a sanitizer sees one byte too far. */
static void run_exact(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		err(1, "memory");
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	runs++;
}

static void run_mutations(uint8_t *data, size_t size)
{
	size_t step = size / STEPS_MAX + 1;

	for (size_t n = 0; n < size; n += step)
		run_exact(data, n);
	for (size_t i = 0; i < size; i += step) {
		for (unsigned bit = 0; bit < 8; bit++) {
			data[i] ^= (uint8_t)(1u << bit);
			run_exact(data, size);
			data[i] ^= (uint8_t)(1u << bit);
		}
		data[i] ^= 0xff;
		run_exact(data, size);
		data[i] ^= 0xff;
	}
}

static void run_file(const char *path)
{
	uint8_t *data = malloc(FILE_MAX);
	FILE *f = fopen(path, "rb");
	size_t size;

	if (!data || !f)
		err(1, "%s", path);
	size = fread(data, 1, FILE_MAX, f);
	fclose(f);
	run_exact(data, size);
	if (mutate)
		run_mutations(data, size);
	free(data);
	files++;
}

static void run_path(const char *path)
{
	struct dirent **names;
	struct stat st;
	int n;

	if (stat(path, &st) != 0)
		err(1, "%s", path);
	if (!S_ISDIR(st.st_mode)) {
		run_file(path);
		return;
	}
	n = scandir(path, &names, NULL, alphasort);
	if (n < 0)
		err(1, "%s", path);
	for (int i = 0; i < n; i++) {
		char *below = NULL;

		if (names[i]->d_name[0] != '.') {
			if (asprintf(&below, "%s/%s", path, names[i]->d_name) < 0)
				err(1, "memory");
			run_path(below);
		}
		free(below);
		free(names[i]);
	}
	free(names);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--mutate") == 0)
			mutate = true;
		else
			run_path(argv[i]);
	}
	if (files == 0)
		errx(2, "usage: %s [--mutate] PATH...", argv[0]);
	printf("%lu files, %lu runs\n", files, runs);
	return 0;
}
