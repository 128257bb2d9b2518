/* SPDX-License-Identifier: Apache-2.0 */
/* Where a file of another mount namespace is on the host: what of a record says it, and when nothing does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cleanup.h"
#include "bpf/event.h"
#include "decode/decode.h"

#define DISK (8ull << 20 | 1)

static struct decoder decoder;
static struct event event;

static union {
	struct record_header header;
	struct record_file file;
	struct record_exec exec;
	uint64_t align;
	uint8_t bytes[16384];
} rec;

/* A host with its disk, and a container's own file system. A plain file never says that it has changed. */
static int start(void **state)
{
	static const char text[] = "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
				   "21 20 0:50 / /var/lib/c/merged rw - overlay overlay rw\n";
	char path[] = "/tmp/mounts.XXXXXX";
	_cleanup_close_ int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	assert_int_equal(mount_watch_start(&decoder.mounts, path), 0);
	return unlink(path);
}

static int stop(void **state)
{
	(void)state;
	mount_watch_stop(decoder.mounts);
	decoder.mounts = NULL;
	return 0;
}

static void begin(enum record_kind kind, size_t size, uint32_t op)
{
	memset(&rec, 0, sizeof(rec));
	rec.header.size = (uint32_t)size;
	rec.header.kind = (uint16_t)kind;
	rec.header.boot_ns = clock_boot_ns();
	rec.file.task.boundary = 77;
	if (kind != RECORD_EXEC)
		rec.file.op = op;
}

static struct record_text put(const char *z)
{
	struct record_text t = {rec.header.size, (uint32_t)strlen(z)};

	memcpy(rec.bytes + t.off, z, t.len);
	rec.header.size += t.len;
	return t;
}

/* What is below the mount is the last rest bytes of of. */
static void place(uint64_t dev, const char *mount, struct record_text of, uint32_t rest)
{
	struct record_place p = {.dev = dev, .rest = {of.off + of.len - rest, rest}};

	p.mount = put(mount);
	rec.header.size = (rec.header.size + 7) & ~7u;
	memcpy(rec.bytes + rec.header.size, &p, sizeof(p));
	rec.header.size += (uint32_t)sizeof(p);
	rec.header.flags |= RECORD_PLACED;
}

static int decode(void)
{
	static void *copy;

	free(copy);
	copy = malloc(rec.header.size);
	memcpy(copy, &rec, rec.header.size);
	return decode_record(&decoder, copy, rec.header.size, &event);
}

#define assert_path(want)                                                     \
	do {                                                                  \
		assert_int_equal(decode(), 1);                                \
		assert_true(str_equal(event.what.file.path_on_host, (want))); \
		assert_int_equal(!event.what.file.path_on_host.p, !(want).p); \
	} while (0)

static void a_file(void **state)
{
	(void)state;
	/* a volume: /srv/v of the disk is /data in there */
	begin(RECORD_FILE_READ, sizeof(rec.file), FILE_OP_OPEN);
	rec.file.path = put("/data/sub/x");
	place(DISK, "/srv/v", rec.file.path, 6);
	assert_path(STR_LIT("/srv/v/sub/x"));
	/* one of its own */
	begin(RECORD_FILE_READ, sizeof(rec.file), FILE_OP_OPEN);
	rec.file.path = put("/etc/passwd");
	place(50, "/", rec.file.path, 11);
	assert_path(STR_LIT("/var/lib/c/merged/etc/passwd"));
	/* the top of each; a file that is a mount */
	begin(RECORD_FILE_READ, sizeof(rec.file), FILE_OP_OPEN);
	rec.file.path = put("/");
	place(50, "/", rec.file.path, 0);
	assert_path(STR_LIT("/var/lib/c/merged"));
	begin(RECORD_FILE_READ, sizeof(rec.file), FILE_OP_OPEN);
	rec.file.path = put("/etc/hosts");
	place(DISK, "/srv/hosts", rec.file.path, 0);
	assert_path(STR_LIT("/srv/hosts"));
	/* nowhere on the host; before its table was read */
	begin(RECORD_FILE_READ, sizeof(rec.file), FILE_OP_OPEN);
	rec.file.path = put("/scratch/x");
	place(51, "/", rec.file.path, 2);
	assert_path(STR_NONE);
	begin(RECORD_FILE_READ, sizeof(rec.file), FILE_OP_OPEN);
	rec.header.boot_ns = 5;
	rec.file.path = put("/x");
	place(50, "/", rec.file.path, 2);
	assert_path(STR_NONE);
}

static void an_executable(void **state)
{
	(void)state;
	begin(RECORD_EXEC, sizeof(rec.exec), 0);
	rec.exec.exe = put("/bin/sh");
	rec.exec.cwd = put("/srv");
	place(50, "/", rec.exec.exe, 7);
	assert_int_equal(decode(), 1);
	assert_true(str_is(event.what.exec.path_on_host, "/var/lib/c/merged/bin/sh"));
	assert_true(str_is(event.what.exec.cwd, "/srv"));
}

static void a_name_in_a_directory(void **state)
{
	static const struct {
		const char *name;
		uint32_t op;
		int32_t result;
		bool said;
	} rows[] = {
		{"x", FILE_OP_UNLINK, 0, true},
		{"x", FILE_OP_UNLINK, -EBUSY, false}, /* a mount lies on it */
		{"a/x", FILE_OP_UNLINK, 0, false},    /* and on this may one */
		{"../x", FILE_OP_UNLINK, 0, false},
		{"..", FILE_OP_RMDIR, 0, false},
		{".", FILE_OP_RMDIR, 0, false},
		{"/x", FILE_OP_UNLINK, 0, false},
		{"x", FILE_OP_CHMOD, 0, false}, /* a link is followed */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t kind =
			rows[i].op == FILE_OP_CHMOD ? RECORD_FILE_CHMOD : RECORD_FILE_DELETE;

		begin(kind, sizeof(rec.file), rows[i].op);
		rec.header.flags = RECORD_USER_PATH;
		rec.file.result = rows[i].result;
		rec.file.new_uid = rec.file.new_gid = UINT32_MAX;
		rec.file.path = put(rows[i].name);
		rec.file.base = put("/data/sub");
		place(DISK, "/srv/v", rec.file.base, 4);
		if (rows[i].said)
			assert_path(STR_LIT("/srv/v/sub/x"));
		else
			assert_path(STR_NONE);
	}
	/* of a rename the new name's directory */
	begin(RECORD_FILE_RENAME, sizeof(rec.file), FILE_OP_RENAME);
	rec.header.flags = RECORD_USER_PATH;
	rec.file.path = put("old");
	rec.file.base = put("/data/from");
	rec.file.path2 = put("new");
	rec.file.base2 = put("/data/to");
	place(DISK, "/srv/v", rec.file.base2, 3);
	assert_path(STR_LIT("/srv/v/to/new"));
	rec.header.size -= (uint32_t)sizeof(struct record_place);
	place(DISK, "/srv/v", rec.file.base, 5); /* that is where the old one was */
	assert_path(STR_NONE);
}

static void what_contradicts_itself(void **state)
{
	struct record_place *p;

	(void)state;
	begin(RECORD_FILE_READ, sizeof(rec.file), FILE_OP_OPEN);
	rec.header.flags = RECORD_PLACED; /* and no place */
	assert_int_equal(decode(), -EBADMSG);
	begin(RECORD_FILE_READ, sizeof(rec.file), FILE_OP_OPEN);
	rec.file.path = put("/data/x");
	place(DISK, "/srv/v", rec.file.path, 2);
	p = (void *)(rec.bytes + rec.header.size - sizeof(*p));
	p->mount.len = 60000;
	assert_int_equal(decode(), -EBADMSG);
	p->mount.len = 3;
	p->mount.off = rec.file.path.off + 1; /* does not begin at a top */
	assert_int_equal(decode(), -EBADMSG);
	p->mount = (struct record_text){0};
	assert_int_equal(decode(), -EBADMSG);
	/* a rest that is another text's, or one that ends before the path does, is not that path's place */
	p->mount = (struct record_text){rec.file.path.off, 5};
	p->rest = (struct record_text){rec.file.path.off, 5};
	assert_path(STR_NONE);
	/* the place is no part of the text before it */
	begin(RECORD_FILE_READ, sizeof(rec.file), FILE_OP_OPEN);
	rec.file.path = put("/data/x");
	place(DISK, "/srv/v", rec.file.path, 2);
	rec.file.path.len = rec.header.size - rec.file.path.off;
	assert_int_equal(decode(), -EBADMSG);
}

static void without_mounts(void **state)
{
	struct mount_watch *mounts = decoder.mounts;

	(void)state;
	decoder.mounts = NULL;
	begin(RECORD_FILE_READ, sizeof(rec.file), FILE_OP_OPEN);
	rec.file.path = put("/data/x");
	place(DISK, "/srv/v", rec.file.path, 2);
	assert_path(STR_NONE);
	decoder.mounts = mounts;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file),
		cmocka_unit_test(an_executable),
		cmocka_unit_test(a_name_in_a_directory),
		cmocka_unit_test(what_contradicts_itself),
		cmocka_unit_test(without_mounts),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
