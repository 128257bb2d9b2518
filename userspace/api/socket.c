/* SPDX-License-Identifier: Apache-2.0 */
/* socket: the unix socket and who may speak on it. The kernel says who the peer is, nobody else. */
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "api/parts.h"
#include "base/cleanup.h"
#include "base/file.h"

static int make_address(struct sockaddr_un *addr, const char *path)
{
	size_t n = strlen(path);

	*addr = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (n >= sizeof(addr->sun_path))
		return -ENAMETOOLONG;
	memcpy(addr->sun_path, path, n);
	return 0;
}

static bool is_answering(int type, const char *path)
{
	_cleanup_close_ int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un addr;

	if (fd < 0 || make_address(&addr, path))
		return false;
	/* EAGAIN: somebody listens, and has not accepted for long. */
	return connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 || errno == EAGAIN;
}

bool api_is_answering(const char *socket_path)
{
	return is_answering(SOCK_STREAM, socket_path);
}

static gid_t find_group(const char *name)
{
	struct group *found = name && *name ? getgrnam(name) : NULL;

	return found ? found->gr_gid : (gid_t)-1;
}

static int make_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];

	if (!slash || slash == path)
		return 0;
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	return file_mkdirs(dir, 0755);
}

/* Right from the start, so that no name is followed afterwards; nobody can connect before listen(). */
static int bind_with_mode(int fd, const struct sockaddr_un *addr, mode_t mode, gid_t group)
{
	mode_t old = umask(0777 & ~mode);
	int rc = bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 ? -errno : 0;

	umask(old);
	if (rc)
		return rc;
	if (group != (gid_t)-1 && lchown(addr->sun_path, (uid_t)-1, group) < 0)
		return -errno;
	return listen(fd, 128) < 0 ? -errno : 0;
}

int socket_make(struct listener *out, int type, const char *path, mode_t mode, gid_t group,
		struct problem *err)
{
	_cleanup_close_ int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un addr;
	struct stat st;
	int rc;

	if (fd < 0)
		return problem_set(err, -errno, "cannot make a socket: %m");
	if (make_address(&addr, path)) {
		problem_remedy(err, "Set it to a path of at most %zu bytes",
			       sizeof(addr.sun_path) - 1);
		return problem_set(err, -ENAMETOOLONG, "the socket's path is too long: %s", path);
	}
	if (is_answering(type, path))
		return problem_set(err, -EADDRINUSE, "another whodidd answers on %s", path);
	/* Only a dead socket is removed, never a file that somebody put there. */
	if (!lstat(path, &st) && S_ISSOCK(st.st_mode))
		unlink(path);
	rc = make_folder(path);
	if (!rc)
		rc = bind_with_mode(fd, &addr, mode, group);
	if (!rc && lstat(path, &st) < 0)
		rc = -errno;
	if (rc)
		return problem_set(err, rc, "cannot listen on %s: %s", path, strerror(-rc));
	*out = (struct listener){.path = path, .fd = TAKE_FD(fd), .ino = st.st_ino};
	return 0;
}

int socket_listen(struct api *a, struct problem *err)
{
	a->group = find_group(a->opt.group);
	return socket_make(&a->listener, SOCK_STREAM, a->opt.socket_path, 0660, a->group, err);
}

void socket_remove(const struct listener *l)
{
	struct stat st;

	if (l->path && !lstat(l->path, &st) && S_ISSOCK(st.st_mode) && st.st_ino == l->ino)
		unlink(l->path);
}

/* The groups that the peer had when it connected: the kernel's own answer, no directory service. */
static bool peer_has_group(int fd, gid_t group)
{
	gid_t groups[256];
	_cleanup_free_ gid_t *many = NULL;
	gid_t *list = groups;
	socklen_t size = sizeof(groups);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0) {
		if (errno != ERANGE)
			return false;
		many = malloc(size);
		if (!many || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, many, &size) < 0)
			return false;
		list = many;
	}
	for (size_t i = 0; i < size / sizeof(*list); i++)
		if (list[i] == group)
			return true;
	return false;
}

static bool get_peer(int fd, struct ucred *peer)
{
	socklen_t size = sizeof(*peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &size) == 0;
}

bool socket_peer_is_ours(int fd)
{
	struct ucred peer;

	return get_peer(fd, &peer) && (peer.uid == 0 || peer.uid == geteuid());
}

bool socket_peer_may_look(const struct api *a, int fd)
{
	struct ucred peer;

	if (!get_peer(fd, &peer))
		return false;
	if (peer.uid == 0 || peer.uid == geteuid())
		return true;
	if (a->group == (gid_t)-1)
		return false;
	return peer.gid == a->group || peer_has_group(fd, a->group);
}
