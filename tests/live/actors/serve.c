// SPDX-License-Identifier: Apache-2.0
/* serve: listens on a free port of 127.0.0.1, prints it, takes one connection, answers "abc" to five bytes. */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
	} own = {.in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(own);
	int fd = socket(AF_INET, SOCK_STREAM, 0), one;
	char buf[5];

	if (bind(fd, &own.any, len) || listen(fd, 1) || getsockname(fd, &own.any, &len))
		return 1;
	printf("%d\n", ntohs(own.in.sin_port));
	fflush(stdout);
	one = accept(fd, NULL, NULL);
	if (one < 0 || recv(one, buf, sizeof(buf), MSG_WAITALL) != sizeof(buf) ||
	    write(one, "abc", 3) != 3)
		return 1;
	return close(one);
}
