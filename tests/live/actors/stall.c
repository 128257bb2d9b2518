// SPDX-License-Identifier: Apache-2.0
/*
 * stall HOW FILE: a call whose name lies in memory that is not there yet (userfaultfd), so that the kernel
 * waits in the middle of it until another thread has put FILE there: open, unlink. 77 = not possible here.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE	 4096
#define STALL_US 200000

static char name[PAGE] __attribute__((aligned(PAGE)));

static void *bring(void *arg)
{
	int fd = *(int *)arg;
	struct uffd_msg m;

	if (read(fd, &m, sizeof(m)) != sizeof(m))
		return NULL;
	usleep(STALL_US);
	struct uffdio_copy copy = {.dst = m.arg.pagefault.address & ~(uint64_t)(PAGE - 1),
				   .src = (uintptr_t)name,
				   .len = PAGE};
	ioctl(fd, UFFDIO_COPY, &copy);
	return NULL;
}

int main(int argc, char **argv)
{
	struct uffdio_api api = {.api = UFFD_API};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC), ret;
	pthread_t thread;
	char *at;

	if (argc < 3 || strlen(argv[2]) >= PAGE)
		return 2;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api)) {
		perror("userfaultfd");
		return 77;
	}
	strcpy(name, argv[2]);
	at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register range = {.range = {(uintptr_t)at, PAGE},
					.mode = UFFDIO_REGISTER_MODE_MISSING};
	if (at == MAP_FAILED || ioctl(fd, UFFDIO_REGISTER, &range) ||
	    pthread_create(&thread, NULL, bring, &fd))
		return 1;
	ret = strcmp(argv[1], "unlink") ? open(at, O_RDONLY | O_CLOEXEC) : unlink(at);
	if (ret < 0)
		perror(argv[1]);
	pthread_join(thread, NULL);
	return ret < 0;
}
