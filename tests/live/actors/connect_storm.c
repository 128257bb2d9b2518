// SPDX-License-Identifier: Apache-2.0
/*
 * connect_storm tcp|udp N: connects N sockets to a port of its own on 127.0.0.1.
 * Prints the number of connections that succeeded.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int bind_loopback(int type, struct sockaddr_in *addr)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(*addr);

	*addr = (struct sockaddr_in){.sin_family = AF_INET,
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (fd < 0 || bind(fd, (struct sockaddr *)addr, len) ||
	    getsockname(fd, (struct sockaddr *)addr, &len) ||
	    (type == SOCK_STREAM && listen(fd, 128)))
		return -1;
	return fd;
}

/* RST instead of TIME_WAIT, so that ports do not run out. */
static void drop(int fd)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr;
	long n, done = 0;
	int type, server;

	if (argc < 3)
		return 2;
	type = strcmp(argv[1], "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM;
	n = strtol(argv[2], NULL, 10);
	server = bind_loopback(type, &addr);
	if (server < 0)
		return 1;
	for (long i = 0; i < n; i++) {
		int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

		if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
			done++;
		if (type == SOCK_STREAM) {
			int peer = accept4(server, NULL, NULL, SOCK_CLOEXEC);

			drop(peer);
		}
		drop(fd);
	}
	printf("%ld\n", done);
	return done == n ? 0 : 1;
}
