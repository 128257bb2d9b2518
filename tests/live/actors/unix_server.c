// SPDX-License-Identifier: Apache-2.0
/* unix_server TYPE NAME: binds (and listens), says "ready", and stays. "@name" is abstract. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	union {
		struct sockaddr any;
		struct sockaddr_un un;
	} a = {.un = {.sun_family = AF_UNIX}};
	int type = argc < 3			? 0
		   : !strcmp(argv[1], "dgram")	? SOCK_DGRAM
		   : !strcmp(argv[1], "stream") ? SOCK_STREAM
						: SOCK_SEQPACKET;
	int fd = socket(AF_UNIX, type, 0);
	size_t n = argc < 3 ? 0 : strlen(argv[2]);

	if (fd < 0 || n == 0 || n >= sizeof(a.un.sun_path))
		return 1;
	memcpy(a.un.sun_path, argv[2], n);
	if (argv[2][0] == '@')
		a.un.sun_path[0] = '\0';
	else
		n++;
	if (bind(fd, &a.any, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) ||
	    (type != SOCK_DGRAM && listen(fd, 5)))
		return 1;
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
