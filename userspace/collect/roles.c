// SPDX-License-Identifier: Apache-2.0
/* roles.c: see roles.h. The table is the list of trusted setters and movers. */
#include "collect/roles.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"

/* Paths of Debian, Fedora and their kin; the same file under two names is no harm. */
static const struct {
	uint32_t role;
	const char *path;
} known[] = {
	{ROLE_SSHD, "/usr/sbin/sshd"},
	{ROLE_SSHD, "/usr/lib/openssh/sshd-session"},
	{ROLE_SSHD, "/usr/lib/openssh/sshd-auth"},
	{ROLE_SSHD, "/usr/libexec/openssh/sshd-session"},
	{ROLE_SSHD, "/usr/libexec/openssh/sshd-auth"},
	{ROLE_LOGIN, "/bin/login"},
	{ROLE_LOGIN, "/usr/bin/login"},
	{ROLE_LOGIN, "/usr/libexec/gdm-session-worker"},
	{ROLE_LOGIN, "/usr/lib/gdm3/gdm-session-worker"},
	{ROLE_LOGIN, "/usr/sbin/lightdm"},
	{ROLE_LOGIN, "/usr/lib/x86_64-linux-gnu/sddm/sddm-helper"},
	{ROLE_LOGIN, "/usr/libexec/sddm-helper"},
	{ROLE_LOGIN, "/usr/sbin/xrdp-sesman"},
	{ROLE_LOGIN, "/usr/lib/cockpit/cockpit-session"},
	{ROLE_LOGIN, "/usr/libexec/cockpit-session"},
	{ROLE_CRON, "/usr/sbin/cron"},
	{ROLE_CRON, "/usr/sbin/crond"},
	{ROLE_AT, "/usr/sbin/atd"},
	{ROLE_SERVICE_MANAGER, "/usr/lib/systemd/systemd"},
	{ROLE_SERVICE_MANAGER, "/lib/systemd/systemd"},
	{ROLE_SERVICE_MANAGER, "/usr/lib/systemd/systemd-executor"},
	{ROLE_CONTAINER_RUNTIME, "/usr/bin/runc"},
	{ROLE_CONTAINER_RUNTIME, "/usr/sbin/runc"},
	{ROLE_CONTAINER_RUNTIME, "/usr/bin/crun"},
	{ROLE_CONTAINER_RUNTIME, "/usr/bin/youki"},
	{ROLE_CONTAINER_RUNTIME, "/usr/bin/conmon"},
	{ROLE_CONTAINER_RUNTIME, "/usr/libexec/podman/conmon"},
	{ROLE_CONTAINER_RUNTIME, "/usr/bin/podman"},
	{ROLE_CONTAINER_RUNTIME, "/usr/bin/containerd-shim"},
	{ROLE_CONTAINER_RUNTIME, "/usr/bin/containerd-shim-runc-v1"},
	{ROLE_CONTAINER_RUNTIME, "/usr/bin/containerd-shim-runc-v2"},
	{ROLE_SUDO, "/usr/bin/sudo"},
	{ROLE_SU, "/bin/su"},
	{ROLE_SU, "/usr/bin/su"},
	{ROLE_DOAS, "/usr/bin/doas"},
	{ROLE_PKEXEC, "/usr/bin/pkexec"},
	{ROLE_RUNUSER, "/usr/sbin/runuser"},
	{ROLE_RUNUSER, "/sbin/runuser"},
};

/* A descriptor of a file that only root can have made what it is, or -errno. */
static int open_trusted(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH))) {
		log_warn("%s decides nothing: not a file of root's that nobody else can write",
			 path);
		return -EPERM;
	}
	return TAKE_FD(fd);
}

static void add(struct roles *r, uint32_t role, const char *path)
{
	int fd;

	if (r->count == ROLES_MAX)
		return;
	fd = open_trusted(path);
	if (fd < 0)
		return;
	r->exes[r->count].fd = fd;
	r->exes[r->count].role = role;
	r->count++;
}

void roles_find(struct roles *r, const struct kernel_options *opt)
{
	r->count = 0;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		add(r, known[i].role, known[i].path);
	for (const char *const *p = opt->service_managers; p && *p; p++)
		add(r, ROLE_SERVICE_MANAGER, *p);
	for (const char *const *p = opt->container_runtimes; p && *p; p++)
		add(r, ROLE_CONTAINER_RUNTIME, *p);
}

void roles_close(struct roles *r)
{
	for (size_t i = 0; i < r->count; i++)
		close(r->exes[i].fd);
	r->count = 0;
}
