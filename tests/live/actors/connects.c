// SPDX-License-Identifier: Apache-2.0
/*
 * connects WHAT [ARG...]: one attempt to reach somebody over a socket, and nothing more. Prints 0, or
 * the error's number behind a minus.
 *
 *   unix TYPE NAME       connects to a unix socket, TYPE stream, dgram or seqpacket; "@name" is abstract
 *   ring NAME            connects to a unix stream socket by io_uring; 77 = there is none
 *   vsock CID PORT       connects to a vsock
 *   socket FAMILY TYPE PROTOCOL   makes a socket, all numbers
 *   passed NAME          a child connects a unix socket that it was sent over another (SCM_RIGHTS)
 *   inherited NAME       a child connects the one that it inherited
 */
#include <errno.h>
#include <linux/vm_sockets.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/ring.h"

union any {
	struct sockaddr any;
	struct sockaddr_un un;
	struct sockaddr_vm vm;
};

static int result(int ret)
{
	printf("%d\n", ret < 0 ? -errno : 0);
	fflush(stdout);
	return 0;
}

static int connect_unix(int fd, const char *name)
{
	union any a = {.un = {.sun_family = AF_UNIX}};
	size_t n = strlen(name);

	if (n >= sizeof(a.un.sun_path))
		return -1;
	memcpy(a.un.sun_path, name, n);
	if (name[0] == '@')
		a.un.sun_path[0] = '\0';
	return connect(fd, &a.any,
		       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (name[0] != '@')));
}

static int connect_by_ring(const char *name)
{
	union any a = {.un = {.sun_family = AF_UNIX}};
	struct io_uring_sqe *sqe;
	struct ring ring;
	int res;

	if (ring_open(&ring, 0))
		return 77;
	snprintf(a.un.sun_path, sizeof(a.un.sun_path), "%s", name);
	sqe = ring_request(&ring, IORING_OP_CONNECT);
	sqe->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	sqe->addr = (uintptr_t)&a;
	sqe->off = sizeof(a.un);
	res = ring_do(&ring);
	printf("%d\n", res);
	return 0;
}

static int type_of(const char *word)
{
	return strcmp(word, "dgram") == 0	? SOCK_DGRAM
	       : strcmp(word, "seqpacket") == 0 ? SOCK_SEQPACKET
						: SOCK_STREAM;
}

static int connect_vsock(const char *cid, const char *port)
{
	union any a = {.vm = {.svm_family = AF_VSOCK,
			      .svm_cid = (unsigned)strtoul(cid, NULL, 10),
			      .svm_port = (unsigned)strtoul(port, NULL, 10)}};
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	return fd < 0 ? fd : connect(fd, &a.any, sizeof(a.vm));
}

/* What carries one descriptor. */
struct parcel {
	char byte;
	struct iovec piece;
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr msg;
};

static void wrap(struct parcel *p)
{
	p->piece = (struct iovec){&p->byte, 1};
	p->msg = (struct msghdr){.msg_iov = &p->piece,
				 .msg_iovlen = 1,
				 .msg_control = &p->control,
				 .msg_controllen = sizeof(p->control)};
}

static int send_fd(int over, int fd)
{
	struct parcel p = {.byte = 'x'};

	wrap(&p);
	p.control.head = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(&p.control.head), &fd, sizeof(fd));
	return (int)sendmsg(over, &p.msg, 0);
}

static int receive_fd(int over)
{
	struct parcel p = {0};
	int fd = -1;

	wrap(&p);
	if (recvmsg(over, &p.msg, 0) != 1)
		return -1;
	memcpy(&fd, CMSG_DATA(&p.control.head), sizeof(fd));
	return fd;
}

/* The child prints its pid, and then the result. */
static int child_connects(const char *name, int passed)
{
	int fd = -1, over[2], status = 1;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, over))
		return 1;
	if (!passed)
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
	pid = fork();
	if (pid == 0) {
		printf("%d\n", (int)getpid());
		if (passed)
			fd = receive_fd(over[1]);
		_exit(result(connect_unix(fd, name)));
	}
	if (passed && send_fd(over[0], socket(AF_UNIX, SOCK_STREAM, 0)) < 0)
		return 1;
	return pid < 0 || waitpid(pid, &status, 0) != pid || status != 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "unix") == 0)
		return result(connect_unix(socket(AF_UNIX, type_of(argv[2]), 0), argv[3]));
	if (argc == 4 && strcmp(argv[1], "vsock") == 0)
		return result(connect_vsock(argv[2], argv[3]));
	if (argc == 5 && strcmp(argv[1], "socket") == 0)
		return result(socket(atoi(argv[2]), atoi(argv[3]), atoi(argv[4])));
	if (argc == 3 && strcmp(argv[1], "ring") == 0)
		return connect_by_ring(argv[2]);
	if (argc == 3 && strcmp(argv[1], "passed") == 0)
		return child_connects(argv[2], 1);
	if (argc == 3 && strcmp(argv[1], "inherited") == 0)
		return child_connects(argv[2], 0);
	return 2;
}
