// SPDX-License-Identifier: Apache-2.0
/*
 * load bpf | load module FILE: puts code into the kernel: a program that does nothing, or a file
 * that is no module and is refused.
 */
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct bpf_insn insns[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0},
	{.code = BPF_JMP | BPF_EXIT},
};

int main(int argc, char **argv)
{
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
			       .insns = (uintptr_t)insns,
			       .insn_cnt = 2,
			       .license = (uintptr_t) "GPL",
			       .prog_name = "whodid_actor"};

	if (argc > 2 && strcmp(argv[1], "module") == 0)
		return syscall(SYS_finit_module, open(argv[2], O_RDONLY), "", 0) == 0;
	return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)) < 0;
}
