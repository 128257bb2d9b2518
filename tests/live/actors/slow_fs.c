// SPDX-License-Identifier: Apache-2.0
/*
 * slow_fs DIR: mounts a file system of its own (FUSE) at DIR, for itself only, that takes its time to answer
 * and says that all it has is root's. Opens DIR/late there for reading and maps it as code. 77 = not
 * possible here.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define LATE_US 200000
#define LATE	2 /* its number */
#define PAGE	4096

static void answer(int fd, uint64_t unique, int error, const void *body, size_t size)
{
	struct fuse_out_header head = {
		.len = (uint32_t)(sizeof(head) + size), .error = error, .unique = unique};
	struct iovec parts[] = {{&head, sizeof(head)}, {(void *)(uintptr_t)body, size}};

	if (writev(fd, parts, size ? 2 : 1) < 0)
		perror("answer");
}

static struct fuse_attr attributes(uint64_t node)
{
	return (struct fuse_attr){.ino = node,
				  .size = node == LATE ? PAGE : 0,
				  .mode = node == LATE ? S_IFREG | 0644 : S_IFDIR | 0755,
				  .nlink = 1,
				  .blksize = PAGE};
}

static void serve_one(int fd, const struct fuse_in_header *in)
{
	struct fuse_init_out init = {.major = FUSE_KERNEL_VERSION,
				     .minor = FUSE_KERNEL_MINOR_VERSION,
				     .max_write = PAGE};
	struct fuse_entry_out entry = {.nodeid = LATE, .attr = attributes(LATE)};
	struct fuse_attr_out attr = {.attr = attributes(in->nodeid)};
	struct fuse_open_out opened = {.fh = LATE};

	switch (in->opcode) {
	case FUSE_INIT:
		answer(fd, in->unique, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		usleep(LATE_US);
		answer(fd, in->unique, 0, &entry, sizeof(entry));
		break;
	case FUSE_GETATTR:
		answer(fd, in->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		usleep(LATE_US);
		answer(fd, in->unique, 0, &opened, sizeof(opened));
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
		break;
	default:
		answer(fd, in->unique, -ENOSYS, NULL, 0);
	}
}

static void serve(int fd)
{
	static _Alignas(8) char room[1 << 20];

	while (read(fd, room, sizeof(room)) > 0)
		serve_one(fd, (const void *)room);
}

static int use(const char *dir)
{
	char path[4200];
	void *at;
	int fd;

	snprintf(path, sizeof(path), "%s/late", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		perror(path);
		return 1;
	}
	at = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		perror("mmap");
	return at == MAP_FAILED;
}

int main(int argc, char **argv)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC), ret;
	char options[80];
	pid_t server;

	if (argc < 2)
		return 2;
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (fd < 0 || unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("slow", argv[1], "fuse", MS_NODEV | MS_NOSUID, options)) {
		perror("fuse");
		return 77;
	}
	server = fork();
	if (server == 0) {
		serve(fd);
		_exit(0);
	}
	close(fd);
	ret = use(argv[1]);
	kill(server,
	     SIGKILL); /* its file system ends with it: nobody waits for an answer any more */
	waitpid(server, NULL, 0);
	return ret;
}
