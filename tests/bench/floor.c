/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor: an empty program at the end of every system call, until standard input is closed.
 *
 * What a call costs beneath it is the price of the tracepoint, which whoever looks at calls by one pays
 * before looking at anything; bench tells it from the sensor's own part. Says "ready" once it is attached.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static long call_bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* return 0; */
static long load(void)
{
	struct bpf_insn insns[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K},
				   {.code = BPF_JMP | BPF_EXIT}};
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT};

	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = sizeof(insns) / sizeof(insns[0]);
	attr.license = (uintptr_t) "GPL";
	strcpy(attr.prog_name, "floor");
	return call_bpf(BPF_PROG_LOAD, &attr);
}

int main(void)
{
	long program = load(), link = -1;
	union bpf_attr attr = {0};
	char c;

	if (program >= 0) {
		attr.raw_tracepoint.name = (uintptr_t) "sys_exit";
		attr.raw_tracepoint.prog_fd = (uint32_t)program;
		link = call_bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
	}
	if (link < 0) {
		fprintf(stderr, "floor: %s\n", strerror(errno));
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return 0;
}
