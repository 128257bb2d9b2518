/* SPDX-License-Identifier: Apache-2.0 */
/* program: content and package of executed files, on a made-up host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "executed.h"
#include "program/dpkg.h"
#include "program/program.h"

#define ABC_SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define ABC_MD5	   "900150983cd24fb0d6963f7d28e17f72"

static char root[] = "/tmp/whodid-program.XXXXXX";
static struct programs *programs;

static void make(const char *name, const char *text)
{
	char path[512], *slash;
	FILE *f;

	snprintf(path, sizeof(path), "%s%s", root, name);
	slash = strrchr(path, '/');
	*slash = '\0';
	assert_int_equal(file_mkdirs(path, 0755), 0);
	*slash = '/';
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static int begin(void **state)
{
	struct programs_options opt = {.max_bytes = 1000, .host_root = root};

	(void)state;
	if (!mkdtemp(root))
		return -1;
	make("/usr/bin/abc", "abc");
	make("/usr/bin/changed", "not what it was");
	make("/usr/bin/both", "abc");
	make("/usr/bin/unlisted", "abc");
	make("/var/lib/dpkg/info/abc:amd64.list",
	     "/.\n/bin\n/bin/abc\n/usr/bin/changed\n/usr/bin/both\n/usr/bin/nosum\n");
	make("/var/lib/dpkg/info/abc:amd64.md5sums",
	     ABC_MD5 "  bin/abc\n" ABC_MD5 "  usr/bin/changed\n" ABC_MD5 "  usr/bin/both\n");
	make("/var/lib/dpkg/info/other.list", "/usr/bin/both\n/usr/bin/gone");
	make("/var/lib/dpkg/info/removed.list", "/etc/removed.conf\n");
	make("/var/lib/dpkg/status",
	     "Package: abc\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:2.3-4\n\n"
	     "Package: other\nArchitecture: all\nVersion: 7\n");
	return programs_open(&programs, &opt);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static int end(void **state)
{
	(void)state;
	programs_close(programs);
	return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Asks, waits for the answer, and asks again. */
static struct event known(struct event ev)
{
	struct programs_stats before, now;
	struct program_facts facts;

	programs_get_stats(programs, &before);
	programs_attach(programs, &ev);
	for (unsigned i = 0; i < 5000; i++) {
		while (programs_next(programs, &facts))
			;
		programs_get_stats(programs, &now);
		if (now.read + now.too_large + now.changed + now.gone >
		    before.read + before.too_large + before.changed + before.gone)
			break;
		usleep(1000);
	}
	programs_attach(programs, &ev);
	return ev;
}

static void assert_text(struct str got, const char *want)
{
	if (!str_is(got, want))
		fail_msg("got %.*s, want %s", STR_ARG(got), want);
}

static void the_second_exec_knows(void **state)
{
	struct event ev = exec_below(root, "/usr/bin/abc");

	(void)state;
	programs_attach(programs, &ev);
	assert_null(ev.what.exec.sha256.p);
	ev = known(ev);
	assert_text(ev.what.exec.sha256, ABC_SHA256);
	assert_text(ev.what.exec.package, "abc 1:2.3-4"); /* its list says /bin/abc */
	assert_false(ev.what.exec.package_modified);
}

static void another_content_is_said(void **state)
{
	struct event ev = known(exec_below(root, "/usr/bin/changed"));

	(void)state;
	assert_text(ev.what.exec.package, "abc 1:2.3-4");
	assert_true(ev.what.exec.package_modified);
	/* nobody's, or of two packages */
	ev = known(exec_below(root, "/usr/bin/unlisted"));
	assert_text(ev.what.exec.sha256, ABC_SHA256);
	assert_null(ev.what.exec.package.p);
	ev = known(exec_below(root, "/usr/bin/both"));
	assert_null(ev.what.exec.package.p);
}

static void a_script_has_its_own(void **state)
{
	struct event ev = exec_below(root, "/usr/bin/abc"),
		     script = exec_below(root, "/usr/bin/unlisted");

	(void)state;
	ev.what.exec.script = STR_LIT("/usr/bin/unlisted");
	ev.what.exec.script_inode = script.what.exec.exe_inode;
	ev.what.exec.script_dev = script.what.exec.exe_dev;
	ev.what.exec.script_ctime_ns = script.what.exec.exe_ctime_ns;
	known(script);
	programs_attach(programs, &ev);
	assert_text(ev.what.exec.script_sha256, ABC_SHA256);
}

static void what_is_another_file_by_now_is_not_read(void **state)
{
	struct programs_stats before, now;
	struct event ev = exec_below(root, "/usr/bin/abc");

	(void)state;
	programs_get_stats(programs, &before);
	ev.what.exec.exe_ctime_ns -= 1; /* it was changed since */
	assert_null(known(ev).what.exec.sha256.p);
	ev.what.exec.exe_inode += 1000000; /* the name is another file's */
	assert_null(known(ev).what.exec.sha256.p);
	make("/usr/bin/big", "");
	{
		char path[512];

		snprintf(path, sizeof(path), "%s/usr/bin/big", root);
		assert_int_equal(truncate(path, 1001), 0);
	}
	assert_null(known(exec_below(root, "/usr/bin/big")).what.exec.sha256.p);
	programs_get_stats(programs, &now);
	assert_int_equal(now.changed - before.changed, 1);
	assert_int_equal(now.gone - before.gone, 1);
	assert_int_equal(now.too_large - before.too_large, 1);
}

static void packages_come_and_go(void **state)
{
	struct event ev = known(exec_below(root, "/usr/bin/unlisted"));
	struct dpkg d;

	(void)state;
	assert_null(ev.what.exec.package.p);
	dpkg_init(&d, root);
	dpkg_refresh(&d);
	assert_non_null(dpkg_find(&d, STR_LIT("/usr/bin/gone")));
	assert_null(dpkg_find(&d, STR_LIT("/etc/removed.conf"))); /* no version: not installed */
	assert_null(dpkg_find(&d, STR_LIT("/usr/bin/unlisted")));
	assert_null(dpkg_find(&d, STR_LIT("")));
	assert_int_equal(dpkg_check(&d, dpkg_find(&d, STR_LIT("/usr/bin/nosum")),
				    STR_LIT("/usr/bin/nosum"), ABC_MD5),
			 -1);
	make("/var/lib/dpkg/info/new.list", "/usr/bin/unlisted\n");
	make("/var/lib/dpkg/status", "Package: new\nArchitecture: all\nVersion: 1\n\n");
	d.read_ns -= 3000000000; /* as if that was some time ago */
	dpkg_refresh(&d);
	assert_int_equal(d.generation, 2);
	assert_string_equal(dpkg_find(&d, STR_LIT("/usr/bin/unlisted"))->version, "1");
	assert_null(dpkg_find(&d, STR_LIT("/usr/bin/gone")));
	dpkg_release(&d);
	dpkg_init(&d, "/nonexistent");
	dpkg_refresh(&d);
	assert_null(dpkg_find(&d, STR_LIT("/bin/sh")));
	dpkg_release(&d);
}

static void what_was_remembered_is_known_at_once(void **state)
{
	struct program_facts facts = {.dev = 5, .inode = 6, .ctime_ns = 7, .sha256 = ABC_SHA256};
	struct event ev = {.what = {.type = EVENT_EXEC,
				    .exec = {.exe_dev = 5, .exe_inode = 6, .exe_ctime_ns = 7}}};

	(void)state;
	programs_remember(programs, &facts);
	programs_attach(programs, &ev);
	assert_text(ev.what.exec.sha256, ABC_SHA256);
	assert_null(ev.what.exec.package.p);
	/* more than there is room for: the latest stay */
	for (unsigned i = 0; i < 20000; i++) {
		facts.inode = 100 + i;
		programs_remember(programs, &facts);
	}
	ev.what.exec.exe_inode = 100 + 19999;
	ev.what.exec.sha256 = STR_NONE;
	programs_attach(programs, &ev);
	assert_text(ev.what.exec.sha256, ABC_SHA256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_second_exec_knows),
		cmocka_unit_test(another_content_is_said),
		cmocka_unit_test(a_script_has_its_own),
		cmocka_unit_test(what_is_another_file_by_now_is_not_read),
		cmocka_unit_test(packages_come_and_go),
		cmocka_unit_test(what_was_remembered_is_known_at_once),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
