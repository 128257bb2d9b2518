// SPDX-License-Identifier: Apache-2.0
/* pins.c: see pins.h. */
#include "collect/pins.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"

#define BPFFS	      "/sys/fs/bpf"
#define BPF_FS_MAGIC  0xcafe4a11 /* linux/magic.h, since 4.4 */
#define DEFAULT_STORE "/var/lib/whodid"

static bool is_bpffs(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && (unsigned long)fs.f_type == BPF_FS_MAGIC;
}

/* FNV-1a: the same in each process, unlike base/hash. */
static uint64_t name_hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3ull;
	return h;
}

void pins_path(char out[static PATH_MAX], const char *store_dir)
{
	if (!strcmp(store_dir, DEFAULT_STORE))
		snprintf(out, PATH_MAX, BPFFS "/whodid");
	else
		snprintf(out, PATH_MAX, BPFFS "/whodid-%016llx",
			 (unsigned long long)name_hash(store_dir));
}

/* In bpffs only root can make names, but for a mount that lets others: then a folder may be a trap. */
static bool is_ours(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       !(st.st_mode & 022);
}

static int lock(int dir_fd, const char *path)
{
	struct stat here, there;

	if (!is_ours(dir_fd))
		return -EPERM;
	if (flock(dir_fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	/* removed by another daemon between opening and locking */
	if (fstat(dir_fd, &here) || stat(path, &there) || here.st_ino != there.st_ino)
		return -ENOENT;
	return 0;
}

static int open_once(struct pins *p, const char *path, bool make)
{
	_cleanup_close_ int fd = -1;
	int err;

	if (!is_bpffs(BPFFS) &&
	    (!make || mount("bpf", BPFFS, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") ||
	     !is_bpffs(BPFFS)))
		return make ? -ENODEV : -ENOENT;
	if (make && mkdir(path, 0700) && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = lock(fd, path);
	if (err)
		return err;
	snprintf(p->path, sizeof(p->path), "%s", path);
	p->dir_fd = TAKE_FD(fd);
	return 0;
}

#define TRIES	      20
#define BETWEEN_TRIES 10000 /* microseconds */

/* Who looks into the folders of others holds each for a moment, and removes it where it is empty. */
int pins_open(struct pins *p, const char *path, bool make)
{
	int err = open_once(p, path, make);

	for (int i = 1; i < TRIES && (err == -EBUSY || (make && err == -ENOENT)); i++) {
		usleep(BETWEEN_TRIES);
		err = open_once(p, path, make);
	}
	return err;
}

void pins_name(char out[static PATH_MAX], const struct pins *p, const char *kind, const char *name)
{
	int n = snprintf(out, PATH_MAX, "%s/%s_", p->path, kind);

	if (n < 0 || n + strlen(name) >= PATH_MAX) {
		out[0] = '\0';
		return;
	}
	for (size_t i = 0; i <= strlen(name); i++) /* bpffs keeps names with a dot for itself */
		out[(size_t)n + i] = name[i] == '.' ? '_' : name[i];
}

int pins_get(const struct pins *p, const char *kind, const char *name)
{
	char path[PATH_MAX];
	int fd;

	pins_name(path, p, kind, name);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

int pins_put(const struct pins *p, const char *kind, const char *name, int fd)
{
	char path[PATH_MAX];

	pins_name(path, p, kind, name);
	return bpf_obj_pin(fd, path) ? -errno : 0;
}

void pins_clear(const struct pins *p)
{
	_cleanup_closedir_ DIR *dir = opendir(p->path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlinkat(p->dir_fd, entry->d_name, 0);
}

static void unlock(struct pins *p)
{
	close(p->dir_fd);
	p->dir_fd = -1;
}

void pins_close(struct pins *p)
{
	if (p->dir_fd < 0)
		return;
	rmdir(p->path); /* refused while something is in it */
	unlock(p);
}

void pins_each_other(const struct pins *own, bool (*fn)(const struct pins *other))
{
	_cleanup_closedir_ DIR *dir = opendir(BPFFS);
	const struct dirent *entry;
	char path[PATH_MAX];

	while (dir && (entry = readdir(dir))) {
		struct pins other = {.dir_fd = -1};

		if (strcmp(entry->d_name, "whodid") != 0 &&
		    strncmp(entry->d_name, "whodid-", 7) != 0)
			continue;
		snprintf(path, sizeof(path), BPFFS "/%s", entry->d_name);
		if ((own && !strcmp(path, own->path)) || open_once(&other, path, false))
			continue;
		if (!fn(&other)) {
			unlock(&other);
			continue;
		}
		pins_clear(&other);
		pins_close(&other);
	}
}
