/* SPDX-License-Identifier: Apache-2.0 */
/* rpm: whose a file is by rpm's database; made up here, and by rpm itself where it is installed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "executed.h"
#include "program/program.h"
#include "program/rpm.h"

#define SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static char root[64];

static void run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void run(const char *fmt, ...)
{
	char command[2048];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	assert_int_equal(system(command), 0);
}

static int begin(void **state)
{
	(void)state;
	strcpy(root, "/tmp/whodid-rpm.XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	run("rm -rf %s", root);
	return 0;
}

/* --- made up */

struct blob {
	uint8_t bytes[2048];
	uint32_t count, size; /* entries come first, then the data */
	uint8_t data[1024];
};

static void put_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void put(struct blob *b, uint32_t tag, uint32_t type, uint32_t n, const void *p, size_t size)
{
	uint8_t *e = b->bytes + 8 + 16 * b->count++;

	put_u32(e, tag);
	put_u32(e + 4, type);
	put_u32(e + 8, b->size);
	put_u32(e + 12, n);
	memcpy(b->data + b->size, p, size);
	b->size += (uint32_t)size;
}

static void put_text(struct blob *b, uint32_t tag, const char *text)
{
	put(b, tag, 6, 1, text, strlen(text) + 1);
}

static struct str finish(struct blob *b)
{
	put_u32(b->bytes, b->count);
	put_u32(b->bytes + 4, b->size);
	memcpy(b->bytes + 8 + 16 * b->count, b->data, b->size);
	return (struct str){(char *)b->bytes, 8 + 16 * b->count + b->size};
}

/* Of files /usr/bin/one, /usr/bin/two and /opt/one. */
static struct str package(struct blob *b, const char *name, uint32_t algorithm, const char *digest)
{
	static const uint8_t dirs[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
	char digests[512];
	uint8_t number[4];
	size_t n = strlen(digest) + 1;

	memset(b, 0, sizeof(*b));
	for (int i = 0; i < 3; i++)
		memcpy(digests + (size_t)i * n, digest, n);
	put(b, 1116, 4, 3, dirs, sizeof(dirs));
	put_u32(number, algorithm);
	put(b, 5011, 4, 1, number, 4);
	put_text(b, 1000, name);
	put_text(b, 1001, "1.2");
	put_text(b, 1002, "3");
	put(b, 1117, 8, 3, "one\0two\0one", 12);
	put(b, 1118, 8, 2, "/usr/bin/\0/opt/", 16);
	put(b, 1035, 8, 3, digests, 3 * n);
	return finish(b);
}

static void a_file_is_told_by_folder_and_name(void **state)
{
	struct blob b;
	struct str h = package(&b, "abc", RPM_SHA256, SHA256);
	struct rpm_file f;

	(void)state;
	assert_true(rpm_header_file(h, 0, STR_LIT("/usr/bin/one"), &f));
	assert_string_equal(f.package, "abc 1.2-3");
	assert_string_equal(f.digest, SHA256);
	assert_int_equal(f.algorithm, RPM_SHA256);
	assert_true(rpm_header_file(h, 2, STR_LIT("/opt/one"), &f));
	assert_false(rpm_header_file(h, 0, STR_LIT("/opt/one"), &f));
	assert_false(rpm_header_file(h, 1, STR_LIT("/usr/bin/one"), &f));
	assert_false(rpm_header_file(h, 3, STR_LIT("/usr/bin/one"), &f));
	assert_false(rpm_header_file(h, UINT32_MAX, STR_LIT("/usr/bin/one"), &f));
	for (uint32_t n = 0; n < h.n; n++) /* cut anywhere, it is none */
		assert_false(rpm_header_file(str_sub(h, 0, n), 0, STR_LIT("/usr/bin/one"), &f));
}

static void add_package(sqlite3 *db, int number, struct str header)
{
	sqlite3_stmt *st;

	assert_int_equal(sqlite3_prepare_v2(db, "INSERT INTO Packages VALUES(?,?)", -1, &st, NULL),
			 SQLITE_OK);
	sqlite3_bind_int(st, 1, number);
	sqlite3_bind_blob(st, 2, header.p, (int)header.n, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(st), SQLITE_DONE);
	sqlite3_finalize(st);
}

/* Package 1 has all three files, package 2 says it has /usr/bin/two as well. */
static void make_database(void)
{
	struct blob b;
	char path[128];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/var/lib/rpm", root);
	assert_int_equal(file_mkdirs(path, 0755), 0);
	strcat(path, "/rpmdb.sqlite");
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				      "CREATE TABLE Packages(hnum INTEGER PRIMARY KEY, blob BLOB);"
				      "CREATE TABLE Basenames(key, hnum, idx);"
				      "INSERT INTO Basenames VALUES('one',1,0),('two',1,1),"
				      "('one',1,2),('two',2,1),('bad',3,0),('gone',9,0)",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	add_package(db, 1, package(&b, "abc", RPM_SHA256, SHA256));
	add_package(db, 2, package(&b, "xyz", RPM_SHA256, SHA256));
	add_package(db, 3, STR_LIT("no header at all"));
	sqlite3_close(db);
}

static void a_file_of_two_packages_is_nobodys(void **state)
{
	struct rpm_file f;
	struct rpm r;

	(void)state;
	make_database();
	rpm_init(&r, root);
	assert_false(rpm_find(&r, STR_LIT("/usr/bin/one"), &f)); /* not opened yet */
	rpm_refresh(&r);
	assert_int_equal(r.generation, 1);
	assert_true(rpm_find(&r, STR_LIT("/usr/bin/one"), &f));
	assert_string_equal(f.package, "abc 1.2-3");
	assert_true(rpm_find(&r, STR_LIT("/opt/one"), &f));
	assert_false(rpm_find(&r, STR_LIT("/usr/bin/two"), &f));
	assert_false(rpm_find(&r, STR_LIT("/srv/one"), &f));
	assert_false(rpm_find(&r, STR_LIT("/usr/bin/bad"), &f));
	assert_false(rpm_find(&r, STR_LIT("/usr/bin/gone"), &f));
	assert_false(rpm_find(&r, STR_LIT("/"), &f));
	assert_false(rpm_find(&r, STR_LIT(""), &f));
	run("echo x >%s/var/lib/rpm/rpmdb.sqlite-wal", root); /* rpm is at work */
	assert_false(rpm_find(&r, STR_LIT("/usr/bin/one"), &f));
	run("rm %s/var/lib/rpm/rpmdb.sqlite-wal; touch -d @1 %s/var/lib/rpm/rpmdb.sqlite", root,
	    root);
	assert_false(rpm_find(&r, STR_LIT("/usr/bin/one"), &f)); /* not what was opened */
	r.read_ns = 0;
	rpm_refresh(&r);
	assert_int_equal(r.generation, 2);
	assert_true(rpm_find(&r, STR_LIT("/usr/bin/one"), &f));
	rpm_release(&r);
	run("echo nothing >%s/var/lib/rpm/rpmdb.sqlite", root); /* no database at all */
	rpm_init(&r, root);
	rpm_refresh(&r);
	assert_false(rpm_find(&r, STR_LIT("/usr/bin/one"), &f));
	rpm_release(&r);
}

/* --- by rpm itself */

/* Asked once, answered at the next exec. */
static struct event known(struct programs *p, const char *name)
{
	struct event ev = exec_below(root, name);
	struct program_facts facts;

	programs_attach(p, &ev);
	for (unsigned i = 0; i < 5000 && !programs_next(p, &facts); i++)
		usleep(1000);
	programs_attach(p, &ev);
	return ev;
}

static void what_rpm_installs_is_found(void **state)
{
	static const char spec[] =
		"Name: whodid-test\\nVersion: 1.2\\nRelease: 3\\nEpoch: 4\\nSummary: t\\nLicense: t\\n"
		"BuildArch: noarch\\n%%description\\nt\\n%%install\\n"
		"mkdir -p %%{buildroot}/usr/bin %%{buildroot}/opt/t\\n"
		"echo one >%%{buildroot}/usr/bin/whodid-test\\n"
		"echo two >%%{buildroot}/opt/t/whodid-test\\n"
		"%%files\\n%%attr(755,root,root) /usr/bin/whodid-test\\n/opt/t/whodid-test\\n";
	struct programs_options opt = {.max_bytes = 1000, .host_root = root};
	struct programs *p;
	struct event ev;

	(void)state;
	if (system("command -v rpmbuild rpm >/dev/null") != 0) {
		print_message("# SKIP rpm is not installed\n");
		skip();
	}
	run("printf '%s' >%s/t.spec", spec, root);
	run("cd %s && rpmbuild --quiet --define \"_topdir $PWD/top\" -bb t.spec >log 2>&1", root);
	run("rpm --root %s --dbpath /var/lib/rpm --initdb", root);
	run("rpm --root %s --dbpath /var/lib/rpm -i --nodeps --nosignature %s/top/RPMS/*/*.rpm "
	    "2>>%s/log",
	    root, root, root);
	assert_int_equal(programs_open(&p, &opt), 0);
	ev = known(p, "/usr/bin/whodid-test");
	assert_true(str_is(ev.what.exec.package, "whodid-test 4:1.2-3"));
	assert_false(ev.what.exec.package_modified);
	run("echo more >>%s/opt/t/whodid-test", root);
	ev = known(p, "/opt/t/whodid-test");
	assert_true(str_is(ev.what.exec.package, "whodid-test 4:1.2-3"));
	assert_true(ev.what.exec.package_modified);
	run("echo mine >%s/usr/bin/own", root);
	ev = known(p, "/usr/bin/own");
	assert_true(ev.what.exec.sha256.n);
	assert_null(ev.what.exec.package.p);
	programs_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_told_by_folder_and_name),
		cmocka_unit_test_setup_teardown(a_file_of_two_packages_is_nobodys, begin, end),
		cmocka_unit_test_setup_teardown(what_rpm_installs_is_found, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
