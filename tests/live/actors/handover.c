// SPDX-License-Identifier: Apache-2.0
/*
 * handover HOW FILE USER: opens FILE for reading and writing, and another program reads through the
 * descriptor: pass (over a unix socket to one that was started before), inherit (by one that it becomes).
 * USER is this program again, which says what it read: "handover use FD" reads from the descriptor,
 * "handover take FD" takes one from the socket, reads, and opens it once more by /proc.
 * Prints the pid of who opened and of who read.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what)
{
	perror(what);
	return 1;
}

union room {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static int send_descriptor(int socket, int fd)
{
	union room room = {0};
	char byte = 'x';
	struct iovec part = {&byte, 1};
	struct msghdr m = {.msg_iov = &part,
			   .msg_iovlen = 1,
			   .msg_control = room.bytes,
			   .msg_controllen = sizeof(room.bytes)};

	room.head = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
				     .cmsg_type = SCM_RIGHTS,
				     .cmsg_len = CMSG_LEN(sizeof(int))};
	memcpy(CMSG_DATA(&room.head), &fd, sizeof(fd));
	return sendmsg(socket, &m, 0) == 1 ? 0 : -1;
}

static int take_descriptor(int socket)
{
	union room room;
	char byte;
	struct iovec part = {&byte, 1};
	struct msghdr m = {.msg_iov = &part,
			   .msg_iovlen = 1,
			   .msg_control = room.bytes,
			   .msg_controllen = sizeof(room.bytes)};
	int fd;

	if (recvmsg(socket, &m, 0) != 1 || !CMSG_FIRSTHDR(&m))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	return fd;
}

static int use(int fd)
{
	char text[64];

	if (pread(fd, text, sizeof(text), 0) <= 0)
		return fail("read");
	printf("%d\n", getpid());
	return 0;
}

static int take(int socket)
{
	int fd = take_descriptor(socket);
	char path[64];

	if (fd < 0 || use(fd))
		return fail("take");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC) < 0 ? fail(path) : 0;
}

static int become(const char *user, const char *how, int fd)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", fd);
	execl(user, user, how, number, NULL);
	return fail(user);
}

static int pass(const char *file, const char *user)
{
	int ends[2], fd, status = 0;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		return fail("socketpair");
	pid = fork();
	if (pid == 0)
		_exit(become(user, "take", ends[1]));
	fd = open(file, O_RDWR | O_CLOEXEC);
	if (fd < 0 || send_descriptor(ends[0], fd))
		return fail("send");
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int inherit(const char *file, const char *user)
{
	pid_t pid;
	int fd = open(file, O_RDWR), status = 0; // NOLINT(android-cloexec-open): handed on

	pid = fork();
	if (pid == 0)
		_exit(become(user, "use", fd));
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
	const char *how = argc > 2 ? argv[1] : "";

	if (!strcmp(how, "use"))
		return use(atoi(argv[2]));
	if (!strcmp(how, "take"))
		return take(atoi(argv[2]));
	if (argc < 4)
		return 2;
	printf("%d\n", getpid());
	fflush(stdout);
	if (!strcmp(how, "pass"))
		return pass(argv[2], argv[3]);
	return strcmp(how, "inherit") ? 2 : inherit(argv[2], argv[3]);
}
