/* SPDX-License-Identifier: Apache-2.0 */
/* rings: see the header. */
#include "collect/rings.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

/* 0 or -errno. */
static int send_descriptor(int socket, int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	char byte = 0;
	struct iovec data = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

bool rings_travel(void)
{
	struct io_uring_params setup = {0};
	_cleanup_close_ int ring = (int)syscall(SYS_io_uring_setup, 1, &setup);
	_cleanup_close_ int near = -1, far = -1;
	int pair[2];

	if (ring < 0)
		return errno != ENOSYS; /* a kernel without rings */
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair))
		return true;
	near = pair[0];
	far = pair[1];
	return send_descriptor(near, ring) != -EINVAL;
}
