/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attest_odd SOCKET CASE: shows a token (from standard input) as an attacker would, and prints the answer.
 *
 *   passed     says HELLO, hands the connection to a child by fork; the child binds
 *   gone       the child connects and says HELLO, dies, and its parent, who holds the connection, binds
 *   unasked    binds without having been challenged
 *   other      binds with another challenge than its own
 *   forged     names another process (its parent) as the sender of HELLO, as only root may
 *   large      sends more than a token may have
 *   rights     lets a descriptor travel with HELLO, then binds as it should
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char token[65536], challenge[256];
static int fd;

static void dial(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		perror(path);
		exit(1);
	}
}

static void say(const char *text, size_t n)
{
	if (send(fd, text, n, MSG_NOSIGNAL) < 0)
		printf("send: %s\n", strerror(errno));
}

static void hear(char *out, size_t size)
{
	ssize_t n = recv(fd, out, size - 1, 0);

	out[n > 0 ? n : 0] = '\0';
}

static void take_challenge(void)
{
	char answer[256];

	hear(answer, sizeof(answer));
	if (strncmp(answer, "CHALLENGE ", 10) == 0)
		memcpy(challenge, answer + 10, strlen(answer + 10) + 1);
	else
		printf("%s\n", answer);
}

static void hello(void)
{
	say("HELLO", 5);
	take_challenge();
}

static void bind_token(const char *to)
{
	static char message[sizeof(token) + 512];
	char answer[512];
	int n = snprintf(message, sizeof(message), "BIND %s - %s", to, token);

	say(message, (size_t)n);
	hear(answer, sizeof(answer));
	printf("%s\n", answer);
}

/* HELLO with a control message. */
static void hello_with(int type, const void *data, size_t size)
{
	_Alignas(struct cmsghdr) char control[64] = {0};
	struct iovec iov = {(char[]){"HELLO"}, 5};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = CMSG_SPACE(size)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(c), data, size);
	if (sendmsg(fd, &m, 0) < 0)
		printf("sendmsg: %s\n", strerror(errno));
	take_challenge();
}

static void in_child(void (*act)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		act();
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void bind_own(void)
{
	bind_token(challenge);
}

/* The parent hears the challenge over the shared connection. */
static void only_hello(void)
{
	say("HELLO", 5);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : "";
	size_t n = fread(token, 1, sizeof(token) - 1, stdin);

	while (n && token[n - 1] == '\n')
		token[--n] = '\0';
	dial(argv[1]);
	if (strcmp(what, "passed") == 0) {
		hello();
		in_child(bind_own);
	} else if (strcmp(what, "gone") == 0) {
		in_child(only_hello);
		take_challenge();
		bind_own();
	} else if (strcmp(what, "unasked") == 0) {
		bind_token("whodid::0");
	} else if (strcmp(what, "other") == 0) {
		hello();
		challenge[strlen(challenge) - 1] ^= 1;
		bind_own();
	} else if (strcmp(what, "forged") == 0) {
		struct ucred parent = {getppid(), getuid(), getgid()};

		hello_with(SCM_CREDENTIALS, &parent, sizeof(parent));
		bind_own();
	} else if (strcmp(what, "large") == 0) {
		hello();
		memset(token, 'a', sizeof(token) - 1);
		bind_own();
	} else if (strcmp(what, "rights") == 0) {
		int passed = STDERR_FILENO;

		hello_with(SCM_RIGHTS, &passed, sizeof(passed));
		bind_own();
	}
	return 0;
}
