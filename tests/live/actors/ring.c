// SPDX-License-Identifier: Apache-2.0
/*
 * ring WAY OP PATH [PATH2]: one request to io_uring, its effect and nothing more. Prints its result.
 * WAY: plain, async (a worker runs it), sqpoll (the ring's thread takes it), defer, silent (tells no result).
 * OP: open, write, unlink, mkdir, rename, link, symlink; fill opens PATH into the ring's own table and writes the
 * text PATH2 there; swap opens PATH, closes it and opens PATH2
 * in its place before any result is told.
 * ring hold PATH PATH2: unlinks PATH by a ring of which the kernel takes requests, prints its pid and the
 * ring's descriptor, and unlinks PATH2 in the same way at the end of its input.
 * ring rob PID FD: takes that ring, and asks it for a raw socket: what is asked for names no memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "tests/lib/ring.h"

static struct ring ring;
static unsigned sqe_flags;

static int open_way(const char *way)
{
	unsigned setup = 0;

	if (strcmp(way, "async") == 0)
		sqe_flags = IOSQE_ASYNC;
	if (strcmp(way, "silent") == 0)
		sqe_flags = IOSQE_CQE_SKIP_SUCCESS;
	if (strcmp(way, "sqpoll") == 0)
		setup = IORING_SETUP_SQPOLL;
	if (strcmp(way, "defer") == 0)
		setup = IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SINGLE_ISSUER;
	return ring_open(&ring, setup);
}

static void request(const char *op, const char *path, const char *path2)
{
	struct io_uring_sqe *sqe = ring_request(&ring, IORING_OP_UNLINKAT);

	sqe->flags = (uint8_t)sqe_flags;
	ring_path(sqe, AT_FDCWD, path);
	if (strcmp(op, "open") == 0)
		ring_open_file(sqe, AT_FDCWD, path, O_RDONLY, 0);
	if (strcmp(op, "write") == 0)
		ring_open_file(sqe, AT_FDCWD, path, O_WRONLY | O_CREAT, 0600);
	if (strcmp(op, "mkdir") == 0) {
		sqe->opcode = IORING_OP_MKDIRAT;
		sqe->len = 0700;
	}
	if (!path2)
		return;
	sqe->opcode = strcmp(op, "rename") == 0 ? IORING_OP_RENAMEAT : IORING_OP_LINKAT;
	ring_paths(sqe, AT_FDCWD, path, AT_FDCWD, path2);
	if (strcmp(op, "symlink") == 0) {
		sqe->opcode = IORING_OP_SYMLINKAT;
		ring_paths(sqe, AT_FDCWD, path, 0, path2);
	}
}

/* Three requests that are done one after the other while results wait for the last. */
static void request_swap(const char *path, const char *path2)
{
	int next = dup(0);

	close(next); /* the number that the open will get */
	ring_open_file(ring_request(&ring, 0), AT_FDCWD, path, O_RDONLY, 0);
	ring_request(&ring, IORING_OP_CLOSE)->fd = next;
	ring_open_file(ring_request(&ring, 0), AT_FDCWD, path2, O_RDONLY, 0);
}

static int hold(const char *path, const char *path2)
{
	int res;

	if (ring_open(&ring, IORING_SETUP_SQPOLL))
		return 77;
	request("unlink", path, NULL);
	res = ring_do(&ring);
	printf("%d %d\n", getpid(), ring.fd);
	fflush(stdout);
	while (getchar() != EOF)
		;
	request("unlink", path2, NULL);
	return res || ring_do(&ring);
}

static int rob(int pid, int number)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int fd = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	struct io_uring_sqe *sqe;

	if (fd < 0 || ring_map(&ring, fd, IORING_SETUP_SQPOLL))
		return 1;
	sqe = ring_request(&ring, IORING_OP_SOCKET);
	sqe->fd = AF_INET;
	sqe->off = SOCK_RAW;
	sqe->len = IPPROTO_ICMP;
	return ring_do(&ring) < 0;
}

/* One behind the other, by way of the ring's own table of files. */
static int request_fill(const char *path, const char *text)
{
	struct io_uring_sqe *sqe = ring_request(&ring, 0);
	int none = -1;

	if (syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES, &none, 1))
		return -1;
	ring_open_file(sqe, AT_FDCWD, path, O_WRONLY | O_TRUNC, 0);
	sqe->file_index = 1;
	sqe->flags = (uint8_t)(sqe_flags | IOSQE_IO_LINK);
	sqe = ring_request(&ring, IORING_OP_WRITE);
	sqe->flags = (uint8_t)(sqe_flags | IOSQE_FIXED_FILE);
	sqe->addr = (uintptr_t)text;
	sqe->len = (uint32_t)strlen(text);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned results;
	bool swap, fill;
	int res = 0;

	if (argc < 4)
		return 2;
	if (strcmp(argv[1], "hold") == 0)
		return hold(argv[2], argv[3]);
	if (strcmp(argv[1], "rob") == 0)
		return rob(atoi(argv[2]), atoi(argv[3]));
	if (open_way(argv[1])) {
		perror("ring");
		return 77;
	}
	swap = strcmp(argv[2], "swap") == 0 && argc > 4;
	fill = strcmp(argv[2], "fill") == 0 && argc > 4;
	results = swap ? 3 : fill ? 2 : 1;
	if (swap)
		request_swap(argv[3], argv[4]);
	else if (!fill)
		request(argv[2], argv[3], argv[4]);
	else if (request_fill(argv[3], argv[4]))
		return 1;
	if (ring_submit(&ring, strcmp(argv[1], "silent") ? results : 0)) {
		perror("ring");
		return 1;
	}
	while (ring_result(&ring, &res))
		printf("%d\n", res);
	return 0;
}
