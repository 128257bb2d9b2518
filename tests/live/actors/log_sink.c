/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_sink: a log daemon that keeps nothing, for hosts that have none: without somebody at /dev/log,
 * syslog(3) sends nothing.
 *
 *     log_sink SOCKET
 *
 * Prints "ready", reads datagrams until it is ended, and takes its socket away.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static volatile sig_atomic_t ended;

static void on_end(int signal)
{
	(void)signal;
	ended = 1;
}

int main(int argc, char **argv)
{
	struct sigaction end = {.sa_handler = on_end};
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char line[4096];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (argc != 2 || fd < 0 || strlen(argv[1]) >= sizeof(at.sun_path))
		return 2;
	strcpy(at.sun_path, argv[1]);
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || chmod(argv[1], 0666)) {
		fprintf(stderr, "log_sink: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (!ended)
		if (recv(fd, line, sizeof(line), 0) < 0 && errno != EINTR)
			break;
	unlink(argv[1]);
	return 0;
}
