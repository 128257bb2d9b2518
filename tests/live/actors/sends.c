// SPDX-License-Identifier: Apache-2.0
/*
 * sends HOW ADDRESS PORT COUNT: COUNT datagrams from one socket that is not connected, HOW sendto, sendmsg
 * or sendmmsg (in one call, by turns to PORT and PORT + 1). ADDRESS with a ':' is sent to over IPv6.
 * ring: by io_uring, at once in the call that hands it over; worker: by a thread of the ring's.
 * sends fastopen ADDRESS PORT 1: a TCP connection that begins with data.
 * sends swap 127.0.0.1 PORT COUNT: by sendto, while a second thread rewrites the port in the caller's
 * memory between PORT and PORT + 1; prints how many arrived at each.
 * sends reconnect 127.0.0.1 PORT COUNT: the same with connect(2); prints how often each was the peer.
 *
 * Prints 0, or the error's number behind a minus, in front.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/ring.h"

union any {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static union any to;
static socklen_t to_len;
static struct iovec piece = {"x", 1};

static bool read_target(const char *ip, int port)
{
	if (strchr(ip, ':')) {
		to.in6.sin6_family = AF_INET6;
		to.in6.sin6_port = htons((uint16_t)port);
		to_len = sizeof(to.in6);
		return inet_pton(AF_INET6, ip, &to.in6.sin6_addr) == 1;
	}
	to.in.sin_family = AF_INET;
	to.in.sin_port = htons((uint16_t)port);
	to_len = sizeof(to.in);
	return inet_pton(AF_INET, ip, &to.in.sin_addr) == 1;
}

static int send_by_msg(int fd)
{
	struct msghdr msg = {
		.msg_name = &to, .msg_namelen = to_len, .msg_iov = &piece, .msg_iovlen = 1};

	return (int)sendmsg(fd, &msg, 0);
}

static int send_by_ring(int fd, unsigned flags)
{
	struct msghdr msg = {
		.msg_name = &to, .msg_namelen = to_len, .msg_iov = &piece, .msg_iovlen = 1};
	struct io_uring_sqe *sqe;
	static struct ring ring;

	if (!ring.sqes && ring_open(&ring, 0))
		return -1;
	sqe = ring_request(&ring, IORING_OP_SENDMSG);
	sqe->flags = (uint8_t)flags;
	sqe->fd = fd;
	sqe->addr = (uintptr_t)&msg;
	sqe->len = 1;
	return ring_do(&ring);
}

/* sin_port and sin6_port lie at the same place. */
static int send_many(int fd, int count, int port)
{
	struct mmsghdr *all = calloc((size_t)count, sizeof(*all));
	union any other = to;

	if (!all)
		return -1;
	other.in.sin_port = htons((uint16_t)(port + 1));
	for (int i = 0; i < count; i++)
		all[i].msg_hdr = (struct msghdr){.msg_name = i % 2 ? &other : &to,
						 .msg_namelen = to_len,
						 .msg_iov = &piece,
						 .msg_iovlen = 1};
	return sendmmsg(fd, all, (unsigned)count, 0) == count ? 1 : -1;
}

static uint16_t ports[2];
static bool done;

static void *rewrite(void *arg)
{
	volatile uint16_t *port = &to.in.sin_port;

	(void)arg;
	for (unsigned i = 0; !__atomic_load_n(&done, __ATOMIC_RELAXED); i++)
		*port = ports[i % 2];
	return NULL;
}

static int listen_at(uint16_t port)
{
	union any own = to;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	own.in.sin_port = port;
	return bind(fd, &own.any, sizeof(own.in)) ? -1 : fd;
}

static int run_race(bool reconnect, int port, int count)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), sinks[2], hits[2] = {0, 0};
	pthread_t t;
	char byte;

	for (int i = 0; i < 2; i++) {
		ports[i] = htons((uint16_t)(port + i));
		sinks[i] = listen_at(ports[i]);
	}
	if (sinks[0] < 0 || sinks[1] < 0 || pthread_create(&t, NULL, rewrite, NULL))
		return 1;
	for (int i = 0; i < count; i++) {
		union any peer = {.in = {0}};
		socklen_t len = sizeof(peer);

		if (reconnect) {
			if (connect(fd, &to.any, sizeof(to.in)) || getpeername(fd, &peer.any, &len))
				return 1;
			hits[peer.in.sin_port == ports[1]]++;
			continue;
		}
		if (sendto(fd, "x", 1, 0, &to.any, sizeof(to.in)) != 1)
			return 1;
		for (int k = 0; k < 2; k++)
			hits[k] += recv(sinks[k], &byte, 1, MSG_DONTWAIT) == 1;
	}
	__atomic_store_n(&done, true, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
	printf("0 %d %d\n", hits[0], hits[1]);
	return 0;
}

int main(int argc, char **argv)
{
	int port = argc == 5 ? atoi(argv[3]) : 0, count = argc == 5 ? atoi(argv[4]) : 0, fd,
	    ret = 1;
	const char *how = argc == 5 ? argv[1] : "";

	if (argc != 5 || !read_target(argv[2], port) || count < 1)
		return 2;
	if (strcmp(how, "swap") == 0 || strcmp(how, "reconnect") == 0)
		return run_race(strcmp(how, "reconnect") == 0, port, count);
	fd = socket(to.any.sa_family, strcmp(how, "fastopen") == 0 ? SOCK_STREAM : SOCK_DGRAM, 0);
	if (strcmp(how, "sendmmsg") == 0)
		ret = send_many(fd, count, port);
	for (int i = 0; i < count && ret > 0; i++) {
		if (strcmp(how, "sendto") == 0)
			ret = (int)sendto(fd, "x", 1, 0, &to.any, to_len);
		else if (strcmp(how, "sendmsg") == 0)
			ret = send_by_msg(fd);
		else if (strcmp(how, "ring") == 0)
			ret = send_by_ring(fd, 0);
		else if (strcmp(how, "worker") == 0)
			ret = send_by_ring(fd, IOSQE_ASYNC);
		else if (strcmp(how, "fastopen") == 0)
			ret = (int)sendto(fd, "x", 1, MSG_FASTOPEN, &to.any, to_len);
	}
	printf("%d\n", ret < 0 ? -errno : 0);
	return 0;
}
