// SPDX-License-Identifier: Apache-2.0
/* test_load: BPF programs and modules that are put into the kernel, or should have been. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"

static int load_program(uint32_t type)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr = {.prog_type = type,
			       .insns = (uintptr_t)insns,
			       .insn_cnt = 2,
			       .license = (uintptr_t) "GPL",
			       .prog_name = "whodid_probe"};

	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static void load(void *arg)
{
	(void)arg;
	need(load_program(BPF_PROG_TYPE_SOCKET_FILTER) >= 0);
	need(load_program(0xffff) < 0 && errno != EPERM); /* only trying: not told */
}

static void load_without_right(void *arg)
{
	(void)arg;
	need(setresuid(65534, 65534, 65534) == 0);
	need(load_program(BPF_PROG_TYPE_KPROBE) < 0 && errno == EPERM);
}

static const struct record_load *only_one(uint32_t kind, uint32_t pid)
{
	assert_int_equal(count_records(kind, pid), 1);
	return find_record(kind, pid, 0);
}

static void test_programs(void **state)
{
	const struct record_load *r = only_one(RECORD_BPF_LOAD, act(load, NULL));

	(void)state;
	assert_int_equal(r->result, 0);
	assert_int_equal(r->type, BPF_PROG_TYPE_SOCKET_FILTER);
	assert_string_equal(r->name, "whodid_probe");
	assert_int_not_equal(r->id, 0);
	assert_int_equal(r->path.len, 0);
	r = only_one(RECORD_BPF_LOAD, act(load_without_right, NULL));
	assert_int_equal(r->result, -EPERM);
	assert_int_equal(r->type, BPF_PROG_TYPE_KPROBE);
	assert_string_equal(r->name, "whodid_probe");
	assert_int_equal(r->id, 0);
	assert_int_equal(r->task.euid, 65534);
}

/* No module, whatever the kernel: the file is empty. */
static void load_module(void *arg)
{
	int fd = open("module.ko", O_RDWR | O_CREAT, 0600);

	(void)arg;
	need(fd >= 0 && syscall(SYS_finit_module, fd, "", 0) < 0);
	need(syscall(SYS_init_module, "no module", 9, "") < 0);
}

static void test_modules(void **state)
{
	uint32_t pid = act(load_module, NULL);
	const struct record_load *r = find_record(RECORD_MODULE_LOAD, pid, 0);
	char path[256];

	(void)state;
	assert_int_equal(count_records(RECORD_MODULE_LOAD, pid), 2);
	snprintf(path, sizeof(path), "%s/module.ko", scratch());
	assert_text(r, r->path, path);
	assert_true(r->result < 0);
	assert_string_equal(r->name, "");
	r = find_record(RECORD_MODULE_LOAD, pid, 1);
	assert_int_equal(r->path.len, 0);
	assert_true(r->result < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_modules),
	};

	return cmocka_run_group_tests(tests, begin_in_scratch, end_sensor);
}
