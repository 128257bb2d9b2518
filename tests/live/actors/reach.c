// SPDX-License-Identifier: Apache-2.0
/*
 * reach WHAT PID [ADDRESS]: one access to another process, its effect and nothing more.
 * WHAT: attach, seize, read, write (8 bytes at ADDRESS), getfd (its descriptor 0), open_read, open_write
 * (/proc/PID/mem), or a signal's number.
 * Prints the result: 0, bytes, or the error's number behind a minus.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char bytes[8];

static long open_memory(pid_t pid, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	return open(path, flags) < 0 ? -1 : 0;
}

static long reach(const char *what, pid_t pid, void *address)
{
	struct iovec own = {bytes, sizeof(bytes)}, other = {address, sizeof(bytes)};

	if (strcmp(what, "attach") == 0)
		return ptrace(PTRACE_ATTACH, pid, NULL, NULL);
	if (strcmp(what, "seize") == 0)
		return ptrace(PTRACE_SEIZE, pid, NULL, NULL);
	if (strcmp(what, "read") == 0)
		return process_vm_readv(pid, &own, 1, &other, 1, 0);
	if (strcmp(what, "write") == 0)
		return process_vm_writev(pid, &own, 1, &other, 1, 0);
	if (strcmp(what, "getfd") == 0)
		return syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, pid, 0), 0, 0) < 0 ? -1 : 0;
	if (strcmp(what, "open_read") == 0)
		return open_memory(pid, O_RDONLY);
	if (strcmp(what, "open_write") == 0)
		return open_memory(pid, O_RDWR);
	return kill(pid, atoi(what));
}

int main(int argc, char **argv)
{
	void *address = bytes;
	long ret;

	if (argc < 3)
		return 2;
	if (argc > 3)
		address = (void *)(uintptr_t)strtoull(argv[3], NULL, 16);
	ret = reach(argv[1], atoi(argv[2]), address);
	printf("%ld\n", ret < 0 ? -(long)errno : ret);
	return 0;
}
