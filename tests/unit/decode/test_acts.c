/* SPDX-License-Identifier: Apache-2.0 */
/* Records of acts on processes, credentials and the kernel: read right, or refused whole. */
#include "record.h"

#include <errno.h>

#define assert_str(s, want) assert_true(str_is((s), (want)))

static void targets_are_read(void **state)
{
	(void)state;
	begin_act(RECORD_PTRACE, sizeof(rec.target));
	rec.target.op = PTRACE_OP_WRITE;
	rec.target.bytes = 4096;
	rec.target.pid = 812;
	rec.target.boundary = 99;
	rec.target.signal = 9; /* of the other kind: not ours to show */
	put(&rec.target.exe, "/usr/sbin/cron");
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.type, EVENT_PTRACE);
	assert_int_equal(event.what.outcome, OUTCOME_OK);
	assert_int_equal(event.what.target.op, PTRACE_OP_WRITE);
	assert_int_equal(event.what.target.signal, 0);
	assert_int_equal(event.what.target.bytes, 4096);
	assert_int_equal(event.what.target.pid, 812);
	assert_int_equal(event.what.target.boundary, 99);
	assert_str(event.what.target.exe, "/usr/sbin/cron");
	rec.target.op = PTRACE_OP_OPEN_WRITE + 1;
	assert_int_equal(decode(), -EBADMSG);
	rec.target.op = PTRACE_OP_NONE;
	assert_int_equal(decode(), -EBADMSG);

	rec.header.kind = RECORD_SIGNAL;
	rec.target.result = -EPERM;
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.type, EVENT_SIGNAL);
	assert_int_equal(event.what.target.signal, 9);
	assert_int_equal(event.what.outcome, OUTCOME_FAILED);
	assert_int_equal(event.what.err, EPERM);
	rec.target.signal = 65;
	assert_int_equal(decode(), -EBADMSG);
	rec.target.signal = 9;
	rec.target.exe.off = 8;
	assert_int_equal(decode(), -EBADMSG);
}

static void changes_of_credentials_are_read(void **state)
{
	(void)state;
	begin_act(RECORD_CRED_BECOME, sizeof(rec.cred));
	rec.cred.op = CRED_OP_SETUID;
	rec.cred.from_uid = 1000;
	rec.cred.caps_gained = 1; /* of another kind: not ours to show */
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.type, EVENT_CRED_BECOME);
	assert_int_equal(event.what.crossing.id, 0);
	assert_int_equal(event.what.crossing.from_uid, 1000);
	assert_int_equal(event.what.crossing.to_uid, 0);
	assert_int_equal(event.what.cred.op, CRED_OP_SETUID);
	assert_int_equal(event.what.cred.caps_gained, 0);
	rec.cred.op = CRED_OP_CLONE + 1;
	assert_int_equal(decode(), -EBADMSG);

	begin_act(RECORD_CRED_CAPABILITY, sizeof(rec.cred));
	rec.cred.op = CRED_OP_CAPSET;
	rec.cred.caps_gained = 1ull << 40 | 1;
	assert_int_equal(decode(), 1);
	assert_true(event.what.cred.caps_gained == (1ull << 40 | 1));

	begin_act(RECORD_NAMESPACE, sizeof(rec.cred));
	rec.cred.op = CRED_OP_SETNS;
	rec.cred.ns_flags = 0x10000000 | 0x80 | 0x400; /* user, time, and none */
	rec.cred.ns_inum = 4026531838;
	rec.cred.result = -EPERM;
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.cred.namespaces, 1 << 0 | 1 << 7);
	assert_true(event.what.cred.ns_inum == 4026531838);
	assert_int_equal(event.what.err, EPERM);
	rec.cred.ns_flags = 0x400;
	assert_int_equal(decode(), -EBADMSG);
}

static void mounts_are_read(void **state)
{
	(void)state;
	begin_act(RECORD_FILE_MOUNT, sizeof(rec.file));
	rec.header.flags = RECORD_USER_PATH;
	rec.file.op = FILE_OP_MOUNT;
	rec.file.open_flags = 0xc0ed0000 | 1 | 4096;
	put(&rec.file.path, "../no path");
	put(&rec.file.base, "ext4");
	put(&rec.file.path2, "mnt/./x");
	put(&rec.file.base2, "/srv");
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.type, EVENT_FILE_MOUNT);
	assert_str(event.what.file.op, "mount");
	assert_str(event.what.file.path, "/srv/mnt/x");
	assert_str(event.what.file.old_path, "../no path");
	assert_str(event.what.file.fs_type, "ext4");
	assert_str(event.what.file.flags, "ro,bind");
	assert_int_equal(event.what.outcome, OUTCOME_OK);
	rec.header.flags |= RECORD_NO_RESULT;
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.outcome, OUTCOME_NONE);
	rec.file.op = FILE_OP_UNLINK; /* of another kind */
	assert_int_equal(decode(), -EBADMSG);
	rec.file.op = FILE_OP_UMOUNT;
	rec.file.open_flags = 2 | 8;
	rec.file.base = (struct record_text){0, 0};
	assert_int_equal(decode(), 1);
	assert_str(event.what.file.flags, "detach,nofollow");
	assert_true(event.what.file.old_path.p == NULL);
	rec.file.op = FILE_OP_PIVOT_ROOT;
	assert_int_equal(decode(), 1);
	assert_str(event.what.file.path, "../no path");
	assert_str(event.what.file.old_path, "mnt/./x");
	rec.header.kind = RECORD_FILE_WRITE;
	assert_int_equal(decode(), -EBADMSG);
}

static void mappings_are_read(void **state)
{
	(void)state;
	begin_act(RECORD_FILE_MAP, sizeof(rec.file));
	rec.file.op = FILE_OP_MMAP;
	rec.file.inode = 7;
	put(&rec.file.path, "/srv/planted.so");
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.type, EVENT_FILE_MAP);
	assert_str(event.what.file.op, "mmap");
	assert_str(event.what.file.path, "/srv/planted.so");
	assert_true(event.what.file.flags.p == NULL);
	assert_int_equal(event.what.file.path_source, PATH_OF_KERNEL);
	rec.header.flags = RECORD_BY_DESCRIPTOR;
	rec.file.op = FILE_OP_MPROTECT;
	rec.file.result = -EACCES;
	assert_int_equal(decode(), 1);
	assert_str(event.what.file.op, "mprotect");
	assert_int_equal(event.what.file.path_source, PATH_OF_DESCRIPTOR);
	assert_int_equal(event.what.err, EACCES);
	rec.file.op = FILE_OP_OPEN; /* of another kind */
	assert_int_equal(decode(), -EBADMSG);
	begin_act(RECORD_FILE_READ, sizeof(rec.file));
	rec.file.op = FILE_OP_MMAP;
	assert_int_equal(decode(), -EBADMSG);
}

static void loads_are_read(void **state)
{
	(void)state;
	begin_act(RECORD_BPF_LOAD, sizeof(rec.load));
	memset(rec.load.name, 'n', sizeof(rec.load.name)); /* no NUL at all */
	rec.load.type = 29;
	rec.load.id = 7;
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.type, EVENT_BPF_LOAD);
	assert_int_equal(event.what.load.name.n, sizeof(rec.load.name));
	assert_int_equal(event.what.load.type, 29);
	assert_int_equal(event.what.load.id, 7);
	rec.load.touch = TOUCH_DETACH; /* the same record, of an object of the sensor's own */
	rec.load.type = OBJECT_LINK;
	rec.load.name[8] = '\0';
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.type, EVENT_AGENT_TAMPER);
	assert_str(event.what.tamper, "bpf");
	assert_int_equal(event.what.touched.op, TOUCH_DETACH);
	assert_int_equal(event.what.touched.object, OBJECT_LINK);
	assert_str(event.what.touched.name, "nnnnnnnn");
	assert_int_equal(event.what.touched.id, 7);
	assert_true(event.what.load.name.p == NULL);
	rec.load.type = OBJECT_LINK + 1;
	assert_int_equal(decode(), -EBADMSG);
	rec.load.type = OBJECT_NONE;
	assert_int_equal(decode(), -EBADMSG);
	rec.load.type = OBJECT_MAP;
	rec.load.touch = TOUCHES_MAX;
	assert_int_equal(decode(), -EBADMSG);
	begin_act(RECORD_MODULE_LOAD, sizeof(rec.load));
	rec.load.touch = TOUCH_OPEN;
	rec.load.type = OBJECT_MAP;
	assert_int_equal(decode(), -EBADMSG);
	begin_act(RECORD_MODULE_LOAD, sizeof(rec.load));
	rec.load.result = -ENOEXEC;
	put(&rec.load.path, "/lib/x.ko");
	assert_int_equal(decode(), 1);
	assert_true(event.what.load.name.p == NULL);
	assert_str(event.what.load.path, "/lib/x.ko");
	assert_int_equal(event.what.err, ENOEXEC);
}

static void flows_are_read(void **state)
{
	(void)state;
	begin_act(RECORD_NET_CLOSE, sizeof(rec.flow));
	rec.flow.family = 2;
	rec.flow.proto = 6;
	rec.flow.inbound = 1;
	rec.flow.bytes_in = 5;
	rec.flow.duration_ns = 9;
	memset(rec.flow.src, 0xaa, 16); /* more than the four bytes of v4 */
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.type, EVENT_NET_CLOSE);
	assert_true(event.what.net.inbound);
	assert_int_equal(event.what.net.bytes_in, 5);
	assert_int_equal(event.what.net.src[3], 0xaa);
	assert_int_equal(event.what.net.src[4], 0);
	rec.header.kind = RECORD_NET_LISTEN;
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.net.bytes_in, 0);
	rec.flow.inbound = 2;
	assert_int_equal(decode(), -EBADMSG);
	rec.flow.inbound = 0;
	rec.flow.family = 1;
	assert_int_equal(decode(), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_are_read),
		cmocka_unit_test(changes_of_credentials_are_read),
		cmocka_unit_test(mounts_are_read),
		cmocka_unit_test(mappings_are_read),
		cmocka_unit_test(loads_are_read),
		cmocka_unit_test(flows_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
