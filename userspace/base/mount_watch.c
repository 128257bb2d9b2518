/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mount_watch: see the header. Two threads hand readings to each other: the watcher makes them and puts the
 * newest into fresh; the reader takes it from there and puts the one that it had into retired, for the
 * watcher to free. What the watcher read last is either of those that nobody frees: in fresh, or the
 * reader's own.
 */
#include "base/mount_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"

#define MOUNTINFO_MAX (64u << 20)
/* Of the watcher's time what reading may take at most: one part in so many. */
#define REST	      10

struct reading {
	struct mounts *table;
	int fd; /* the file that it was read from: tells once when there has been a change since */
	bool stale;
};

struct mount_watch {
	char *path;
	int watch_fd, stop_fd;
	pthread_t thread;
	bool started;

	const struct reading *last; /* the watcher's */
	struct reading *fresh, *retired;
	struct reading *now; /* the reader's */
};

static struct reading *exchange(struct reading **place, struct reading *r)
{
	return __atomic_exchange_n(place, r, __ATOMIC_ACQ_REL);
}

static void free_reading(struct reading *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	mounts_free(r->table);
	free(r);
}

/* --- the watcher */

/* All of it, to be freed. */
static int read_text(int fd, char **out, size_t *len)
{
	size_t room = 65536, n = 0;
	char *text = malloc(room), *more;
	ssize_t got;

	while (text && (got = read(fd, text + n, room - n)) != 0) {
		if (got < 0 && errno != EINTR) {
			int rc = -errno;

			free(text);
			return rc;
		}
		n += got < 0 ? 0 : (size_t)got;
		if (n < room)
			continue;
		more = room < MOUNTINFO_MAX ? realloc(text, room *= 2) : NULL;
		if (!more)
			free(text);
		text = more;
	}
	*out = text;
	*len = n;
	return text ? 0 : -ENOMEM;
}

static int fill_reading(struct mount_watch *w, struct reading *r)
{
	uint64_t begin = clock_boot_ns();
	_cleanup_free_ char *text = NULL;
	size_t n = 0;
	int rc;

	r->fd = open(w->path, O_RDONLY | O_CLOEXEC);
	rc = r->fd < 0 ? -errno : read_text(r->fd, &text, &n);
	if (rc)
		return rc;
	return mounts_read(&r->table, w->last ? w->last->table : NULL,
			   (struct str){text, (uint32_t)n}, begin, clock_boot_ns());
}

static int read_table(struct mount_watch *w)
{
	struct reading *r = calloc(1, sizeof(*r));
	int rc = r ? fill_reading(w, r) : -ENOMEM;

	if (rc) {
		free_reading(r);
		return rc;
	}
	w->last = r;
	free_reading(exchange(&w->fresh, r)); /* one that nobody has taken */
	return 0;
}

/* Whether the kernel tells of a change; waits for one, or for the end. */
static bool wait_for_change(struct mount_watch *w)
{
	struct pollfd fds[] = {{.fd = w->watch_fd, .events = POLLPRI},
			       {.fd = w->stop_fd, .events = POLLIN}};

	while (poll(fds, ARRAY_SIZE(fds), -1) < 0)
		if (errno != EINTR)
			return false;
	return !fds[1].revents;
}

/* Whether it may go on after so long. */
static bool rest(struct mount_watch *w, uint64_t ns)
{
	struct pollfd stop = {.fd = w->stop_fd, .events = POLLIN};

	return poll(&stop, 1, (int)(ns / 1000000)) == 0;
}

static void *run_watch(void *arg)
{
	struct mount_watch *w = arg;

	while (wait_for_change(w)) {
		uint64_t begin = clock_boot_ns();

		free_reading(exchange(&w->retired, NULL));
		read_table(w); /* out of memory: what is known grows old, and is not told for new */
		if (!rest(w, (clock_boot_ns() - begin) * REST))
			return NULL;
	}
	return NULL;
}

/* Signals are the main thread's. */
static int start_thread(struct mount_watch *w)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = -pthread_create(&w->thread, NULL, run_watch, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	w->started = rc == 0;
	if (w->started)
		pthread_setname_np(w->thread, "mounts");
	return rc;
}

int mount_watch_start(struct mount_watch **out, const char *path)
{
	struct mount_watch *w = calloc(1, sizeof(*w));
	int rc = 0;

	if (!w)
		return -ENOMEM;
	w->path = strdup(path);
	w->watch_fd = open(path, O_RDONLY | O_CLOEXEC);
	w->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (!w->path || w->watch_fd < 0 || w->stop_fd < 0)
		rc = errno ? -errno : -ENOMEM;
	if (!rc)
		rc = read_table(w);
	if (!rc)
		rc = start_thread(w);
	if (rc)
		mount_watch_stop(w);
	else
		*out = w;
	return rc;
}

void mount_watch_stop(struct mount_watch *w)
{
	if (!w)
		return;
	if (w->started) {
		eventfd_write(w->stop_fd, 1);
		pthread_join(w->thread, NULL);
	}
	if (w->watch_fd >= 0)
		close(w->watch_fd);
	if (w->stop_fd >= 0)
		close(w->stop_fd);
	free_reading(w->fresh);
	free_reading(w->retired);
	free_reading(w->now);
	free(w->path);
	free(w);
}

/* --- the reader */

const struct mounts *mount_watch_table(struct mount_watch *w)
{
	struct reading *fresh = exchange(&w->fresh, NULL);

	if (fresh) {
		/* nearly always the watcher was here before */
		free_reading(exchange(&w->retired, w->now));
		w->now = fresh;
	}
	return w->now->table;
}

static bool is_out_of_date(struct reading *r)
{
	struct pollfd changed = {.fd = r->fd, .events = POLLPRI};

	r->stale = r->stale || poll(&changed, 1, 0) != 0;
	return r->stale;
}

struct str mount_watch_path(struct mount_watch *w, uint64_t dev, struct str path,
			    uint64_t when_boot_ns, char *out, size_t size)
{
	const struct mounts *m = w ? mount_watch_table(w) : NULL;

	if (!m || (when_boot_ns > mounts_begin_ns(m) && is_out_of_date(w->now)))
		return STR_NONE;
	return mounts_path(m, dev, path, when_boot_ns, out, size);
}
