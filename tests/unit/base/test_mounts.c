/* SPDX-License-Identifier: Apache-2.0 */
/* The host's names of files by their file system: which mount, which of several names, when, and when none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mounts.h"

#define DISK   (8ull << 20 | 1)
#define TMPFS  50ull
#define NEVER  51ull
#define SECOND 1000000000ull

static struct mounts *table;

/* Read between begin and begin + 1. */
static void read_at(const char *text, uint64_t begin)
{
	struct mounts *before = table;

	assert_int_equal(mounts_read(&table, before, str_of(text), begin, begin + 1), 0);
	mounts_free(before);
}

static int forget(void **state)
{
	(void)state;
	mounts_free(table);
	table = NULL;
	return 0;
}

#define assert_path(dev, path, when, want) check_path(dev, path, when, want, __LINE__)
static void check_path(uint64_t dev, const char *path, uint64_t when, const char *want, int line)
{
	char out[256], got[260];
	struct str s = mounts_path(table, dev, str_of(path), when, out, sizeof(out));

	snprintf(got, sizeof(got), "%.*s", s.p ? (int)s.n : 1, s.p ? s.p : "-");
	if (strcmp(got, want) != 0)
		fail_msg("line %d: %s is \"%s\", should be \"%s\"", line, path, got, want);
}

static void test_whole_file_system(void **state)
{
	(void)state;
	read_at("20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		"21 20 0:50 / /run rw shared:1 - tmpfs tmpfs rw\n",
		10);
	assert_int_equal(mounts_count(table), 2);
	assert_path(DISK, "/srv/a", 20, "/srv/a");
	assert_path(DISK, "/", 20, "/");
	assert_path(TMPFS, "/x", 20, "/run/x");
	assert_path(TMPFS, "/", 20, "/run");
	assert_path(NEVER, "/x", 20, "-");
	assert_path(DISK, "srv", 20, "-");
}

static void test_shortest_of_several(void **state)
{
	(void)state;
	/* subvolumes, their top, and a folder that is mounted once more */
	read_at("20 1 8:1 /@ / rw - btrfs /dev/sda1 rw\n"
		"21 20 8:1 /@home /home rw - btrfs /dev/sda1 rw\n"
		"22 20 8:1 / /mnt/top rw - btrfs /dev/sda1 rw\n"
		"23 20 8:1 /@home /run/build/root/home rw - btrfs /dev/sda1 rw\n",
		10);
	assert_path(DISK, "/@home/alice/x", 20, "/home/alice/x");
	assert_path(DISK, "/@/etc/passwd", 20, "/etc/passwd");
	assert_path(DISK, "/@homes/x", 20, "/mnt/top/@homes/x");
	assert_path(DISK, "/@home", 20, "/home");
}

static void test_over_mounted(void **state)
{
	(void)state;
	read_at("20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		"21 20 0:50 / /srv rw - tmpfs tmpfs rw\n" /* over a part of 20 */
		"22 21 0:52 / /srv/in rw - tmpfs tmpfs rw\n"
		"23 22 0:53 / /srv/in rw - tmpfs tmpfs rw\n" /* over 22 */
		"24 20 8:2 / /srv rw - ext4 /dev/sdb rw\n"   /* beneath 21: the same place twice */
		"25 24 0:54 / /srv/deep rw - tmpfs tmpfs rw\n",
		10);
	assert_path(DISK, "/srv/a", 20, "-");
	assert_path(DISK, "/srv", 20, "-");
	assert_path(DISK, "/srvx", 20, "/srvx");
	assert_path(52, "/a", 20, "-");
	assert_path(53, "/a", 20, "-");
	assert_path(54, "/a", 20, "-");
	assert_int_equal(mounts_at(table, STR_LIT("/etc")), 20);
}

static void test_where_paths_are(void **state)
{
	(void)state;
	read_at("20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		"21 20 0:50 / /srv rw - tmpfs tmpfs rw\n"
		"22 21 0:52 / /srv/in rw - tmpfs tmpfs rw\n"
		"23 22 0:53 / /srv/in rw - tmpfs tmpfs rw\n",
		10);
	assert_int_equal(mounts_at(table, STR_LIT("/etc")), 20);
	assert_int_equal(mounts_at(table, STR_LIT("/srv")), 21);
	assert_int_equal(mounts_at(table, STR_LIT("/srvx/in")), 20);
	assert_int_equal(mounts_at(table, STR_LIT("/srv/in/a")), 23);
	assert_path(53, "/a", 20, "/srv/in/a");
	assert_path(52, "/a", 20, "-");
}

static void test_single_file(void **state)
{
	(void)state;
	read_at("20 1 0:50 / / rw - tmpfs tmpfs rw\n"
		"21 20 8:1 /srv/hosts /etc/hosts rw - ext4 /dev/sda1 rw\n",
		10);
	assert_path(DISK, "/srv/hosts", 20, "/etc/hosts");
	assert_path(DISK, "/srv/hosts2", 20, "-");
	assert_path(DISK, "/srv", 20, "-");
	assert_path(TMPFS, "/etc/hosts", 20, "-");
}

static void test_time(void **state)
{
	static const char with[] = "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
				   "21 20 0:50 / /a rw - tmpfs tmpfs rw\n";
	static const char other[] = "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
				    "22 20 0:50 / /b rw - tmpfs tmpfs rw\n";
	(void)state;

	read_at(with, 100);
	assert_path(TMPFS, "/x", 100, "-"); /* it was not yet in the table */
	assert_path(TMPFS, "/x", 101, "/a/x");
	read_at(with, 200);
	assert_path(TMPFS, "/x", 150, "/a/x");
	/* the number is another file system's now: what was when is known, and between is not guessed */
	read_at(other, 300);
	assert_path(TMPFS, "/x", 200, "/a/x");
	assert_path(TMPFS, "/x", 250, "-");
	assert_path(TMPFS, "/x", 300, "-");
	assert_path(TMPFS, "/x", 301, "/b/x");
	assert_path(DISK, "/x", 250, "/x");
	assert_int_equal(mounts_count(table), 2);
	/* a minute later nobody asks for the old one any more */
	read_at(other, 200 + 61 * SECOND);
	assert_path(TMPFS, "/x", 200, "-");
	assert_path(TMPFS, "/x", 400, "/b/x");
}

static void test_text(void **state)
{
	(void)state;
	read_at("20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		"21 20 0:50 / /a\\040b\\011c\\012d\\134e rw - tmpfs tmpfs rw\n"
		"22 20 0:51 / /gone//deleted rw - tmpfs tmpfs rw\n"
		"23 20 0:52 net:[4026531840] /run/netns/x rw - nsfs nsfs rw\n"
		"24 20 0:x / /bad rw\n25 20\n\n26\nnonsense\n"
		"27 20 5000:1 / /big rw\n"
		"28 28 0:53 / /itself rw\n",
		10);
	assert_int_equal(mounts_count(table), 3);
	assert_path(TMPFS, "/x", 20, "/a b\tc\nd\\e/x");
	assert_path(53, "/x", 20, "/itself/x");
	read_at("", 30);
	assert_int_equal(mounts_count(table), 0);
	assert_int_equal(mounts_at(table, STR_LIT("/")), 0);
	assert_path(DISK, "/", 40, "-");
}

static void test_no_room(void **state)
{
	char out[4];
	struct str s;

	(void)state;
	read_at("20 1 8:1 / / rw\n21 20 0:50 / /mount rw\n", 10);
	s = mounts_path(table, TMPFS, STR_LIT("/x"), 20, out, sizeof(out));
	assert_null(s.p);
	s = mounts_path(table, DISK, STR_LIT("/abc"), 20, out, sizeof(out));
	assert_int_equal(s.n, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_whole_file_system, forget),
		cmocka_unit_test_teardown(test_shortest_of_several, forget),
		cmocka_unit_test_teardown(test_over_mounted, forget),
		cmocka_unit_test_teardown(test_where_paths_are, forget),
		cmocka_unit_test_teardown(test_single_file, forget),
		cmocka_unit_test_teardown(test_time, forget),
		cmocka_unit_test_teardown(test_text, forget),
		cmocka_unit_test_teardown(test_no_room, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
