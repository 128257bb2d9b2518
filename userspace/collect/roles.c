// SPDX-License-Identifier: Apache-2.0
/* roles.c: see roles.h. The table is the list of trusted setters and movers. */
#include "collect/roles.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
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
	{ROLE_LOGIN, "/usr/lib/aarch64-linux-gnu/sddm/sddm-helper"},
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
	{ROLE_CONTAINER_RUNTIME, "/usr/bin/systemd-nspawn"},
	{ROLE_CONTAINER_RUNTIME, "/usr/bin/lxc-start"},
	{ROLE_CONTAINER_RUNTIME, "/usr/bin/lxc-attach"},
	{ROLE_CONTAINER_RUNTIME, "/usr/bin/lxc-execute"},
	{ROLE_SUDO, "/usr/bin/sudo"},
	{ROLE_SU, "/bin/su"},
	{ROLE_SU, "/usr/bin/su"},
	{ROLE_DOAS, "/usr/bin/doas"},
	{ROLE_PKEXEC, "/usr/bin/pkexec"},
	{ROLE_RUNUSER, "/usr/sbin/runuser"},
	{ROLE_RUNUSER, "/sbin/runuser"},
	{ROLE_MULTIPLEXER, "/usr/bin/tmux"},
	{ROLE_MULTIPLEXER, "/usr/bin/screen"},
	{ROLE_MULTIPLEXER, "/usr/bin/dtach"},
	{ROLE_MULTIPLEXER, "/usr/bin/abduco"},
};

/* A descriptor of a regular file, or -errno; *safe = only root can have made it what it is. */
static int open_exe(const char *path, bool *safe)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EPERM;
	*safe = st.st_uid == 0 && !(st.st_mode & (S_IWGRP | S_IWOTH));
	return TAKE_FD(fd);
}

static void take(struct roles *r, uint32_t role, int fd)
{
	r->exes[r->count].fd = fd;
	r->exes[r->count].role = role;
	r->count++;
}

static void add(struct roles *r, uint32_t role, const char *path)
{
	_cleanup_close_ int fd = -1;
	bool safe = false;

	if (r->count == ROLES_MAX)
		return;
	fd = open_exe(path, &safe);
	if (fd >= 0 && safe)
		take(r, role, TAKE_FD(fd));
	else if (fd >= 0 || fd == -EPERM)
		log_warn("%s decides nothing: not a file of root's that nobody else can write",
			 path);
}

/* Whether more than its owner and group can execute the file: no folder above it keeps them out either. */
static bool is_open_to_all(const char *path)
{
	char part[PATH_MAX];
	struct stat st;

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path) + 1, path);
		if (stat(part, &st) == 0 && !(st.st_mode & S_IXOTH))
			return false;
	}
	return stat(path, &st) == 0 && st.st_mode & S_IXOTH;
}

/* Runners often belong to the account that the jobs run as: they are heard, and believed less. */
static void add_supervisor(struct roles *r, const struct ci_supervisor *s)
{
	uint32_t role = ROLE_CI_SUPERVISOR | s->system << 8;
	bool safe = false;
	int fd;

	if (r->count == ROLES_MAX)
		return;
	fd = open_exe(s->path, &safe);
	if (fd < 0) {
		log_warn("%s starts no jobs: %s", s->path, strerror(-fd));
		return;
	}
	if (!safe) {
		log_warn("%s is not root's alone: its jobs are derived, not recorded. A job could "
			 "change it; make it root's: chown root and chmod go-w",
			 s->path);
		role |= CI_WEAK << 8;
	} else if (s->anywhere && is_open_to_all(s->path)) {
		log_warn("%s can be executed by everybody, in any unit: its jobs are derived, not "
			 "recorded. Name its unit in identity.ci_supervisors, or chmod o-x",
			 s->path);
		role |= CI_WEAK << 8;
	}
	take(r, role, fd);
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
	for (size_t i = 0; i < opt->ci_supervisor_count; i++)
		add_supervisor(r, &opt->ci_supervisors[i]);
}

void roles_close(struct roles *r)
{
	for (size_t i = 0; i < r->count; i++)
		close(r->exes[i].fd);
	r->count = 0;
}
