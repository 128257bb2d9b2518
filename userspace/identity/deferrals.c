/* SPDX-License-Identifier: Apache-2.0 */
/* deferrals: see the header. */
#include "identity/deferrals.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "bpf/event.h"
#include "identity/crontab.h"

#define WRITERS_MAX 128
#define LINES_MAX   8192
#define QUOTA	    256 /* lines of one crontab: nobody's own takes the room of others' */
#define CUTS_MAX    256
#define RUNS_MAX    32
#define FILE_MAX    65536
#define PATH_ROOM   320
#define WHO_ROOM    640

/* Who wrote a file last. by_name: it was renamed to that name, and its inode is not known. */
struct writer {
	uint64_t id; /* counts up; 0 = nobody */
	uint64_t dev, inode;
	int64_t wall_ns;
	bool by_name, by_job;
	uint16_t path_len, who_len;
	char path[PATH_ROOM], who[WHO_ROOM];
};

/* A command in a crontab; writer 0 = it was there before, or was not seen to be written. */
struct crontab_entry {
	uint64_t path, command, writer;
};

/* A crontab of which not all lines are known: any command of its user may stand in it as well. */
struct cut {
	uint64_t path, user; /* user 0 = its lines name them */
};

/* A process of at's that has opened a job. */
struct run {
	uint64_t start_ns, writer;
	uint32_t pid;
};

struct deferrals {
	const char *root; /* without a slash at its end */
	uint64_t writers_seen, runs_seen;
	uint64_t missed_after; /* others may have written since these: they say nothing any more */
	size_t line_count, cut_count;
	bool cuts_full; /* nobody knows any more which crontabs are known whole */
	struct writer writers[WRITERS_MAX];
	struct crontab_entry lines[LINES_MAX], before[QUOTA];
	struct cut cuts[CUTS_MAX];
	struct run runs[RUNS_MAX];
	char text[FILE_MAX];
};

static const struct writer *writer_of(const struct deferrals *d, uint64_t id)
{
	const struct writer *w = id ? &d->writers[id % WRITERS_MAX] : NULL;

	return w && w->id == id ? w : NULL;
}

static const struct writer *find_writer(const struct deferrals *d, const struct event_what *what)
{
	const struct writer *newest = NULL;

	for (size_t i = 0; i < WRITERS_MAX; i++) {
		const struct writer *w = &d->writers[i];
		bool same = w->by_name
				    ? str_equal((struct str){w->path, w->path_len}, what->file.path)
				    : w->inode == what->file.inode && w->dev == what->file.dev;

		if (w->id > d->missed_after && same && (!newest || w->id > newest->id))
			newest = w;
	}
	return newest;
}

static void add_writer(struct deferrals *d, const struct event_what *what,
		       const struct identity *who)
{
	bool deferred = who->flags & ID_DEFERRED_BY_JOB && who->by.n;
	struct str name = deferred ? who->by : who->who, path = what->file.path;
	struct writer *w;

	if (path.n > PATH_ROOM || name.n > WHO_ROOM) {
		d->missed_after =
			d->writers_seen; /* or what they write would be the one's before */
		return;
	}
	d->writers_seen++;
	w = &d->writers[d->writers_seen % WRITERS_MAX];
	w->id = d->writers_seen;
	w->dev = what->file.dev;
	w->inode = what->file.inode;
	w->by_name = !what->file.inode;
	w->by_job = deferred || str_is(who->kind, "ci");
	w->wall_ns = what->wall_ns;
	w->path_len = (uint16_t)path.n;
	w->who_len = (uint16_t)name.n;
	memcpy(w->path, path.p, path.n);
	memcpy(w->who, name.p, name.n);
}

/* --- the lines of crontabs */

/* Where stat(2) says what the kernel says; overlayfs and btrfs have numbers of their own. */
static bool is_inode(int fd, const struct stat *st, uint64_t inode)
{
	struct statfs fs;

	if (!inode || st->st_ino == inode)
		return true;
	return fstatfs(fd, &fs) == 0 &&
	       (fs.f_type == OVERLAYFS_SUPER_MAGIC || fs.f_type == BTRFS_SUPER_MAGIC);
}

/* A change time is that of the last tick, up to 10 ms ago, and our own wall clock is a reading. */
#define CHANGE_SLACK_NS 20000000

/* Whether the file may have changed since somebody read it: then its lines are not what they read. */
static bool is_changed_since(const struct stat *st, int64_t read_wall_ns)
{
	int64_t changed = st->st_ctim.tv_sec * 1000000000ll + st->st_ctim.tv_nsec;

	return read_wall_ns && changed + CHANGE_SLACK_NS >= read_wall_ns;
}

/*
 * The file's text, or absent: it is another file by now, has changed since it was read at that time (0 =
 * now), is too large, which is told, or none that cron would read.
 */
static struct str read_crontab(struct deferrals *d, const char *path, uint64_t inode,
			       int64_t read_wall_ns, bool *too_large)
{
	_cleanup_close_ int fd = -1;
	char full[2 * PATH_ROOM];
	struct stat st;
	ssize_t n;

	if ((size_t)snprintf(full, sizeof(full), "%s%s", d->root, path) >= sizeof(full))
		return STR_NONE;
	fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || !is_inode(fd, &st, inode) ||
	    is_changed_since(&st, read_wall_ns))
		return STR_NONE;
	n = read(fd, d->text, sizeof(d->text));
	*too_large = (size_t)n == sizeof(d->text);
	return n < 0 || *too_large ? STR_NONE : (struct str){d->text, (uint32_t)n};
}

/* Takes the lines of that file out, into before; their number. */
static size_t take_out(struct deferrals *d, uint64_t path)
{
	size_t kept = 0, out = 0;

	for (size_t i = 0; i < d->line_count; i++) {
		if (d->lines[i].path == path)
			d->before[out++] = d->lines[i];
		else
			d->lines[kept++] = d->lines[i];
	}
	d->line_count = kept;
	return out;
}

/* A line that the file had before stays its writer's. */
static void put_line(struct deferrals *d, struct crontab_entry line, size_t before)
{
	for (size_t i = 0; i < before; i++)
		if (d->before[i].command == line.command)
			line.writer = d->before[i].writer;
	d->lines[d->line_count++] = line;
}

static void mark_cut(struct deferrals *d, uint64_t path, struct str user)
{
	for (size_t i = 0; i < d->cut_count; i++)
		if (d->cuts[i].path == path)
			return;
	if (d->cut_count == CUTS_MAX)
		d->cuts_full = true;
	else
		d->cuts[d->cut_count++] = (struct cut){path, user.p ? hash_str(user) : 0};
}

/* Whether it was marked. */
static bool unmark_cut(struct deferrals *d, uint64_t path)
{
	for (size_t i = 0; i < d->cut_count; i++)
		if (d->cuts[i].path == path) {
			d->cuts[i] = d->cuts[--d->cut_count];
			return true;
		}
	return d->cuts_full;
}

static bool may_have_more(const struct deferrals *d, struct str user)
{
	uint64_t hash = hash_str(user);

	for (size_t i = 0; i < d->cut_count; i++)
		if (!d->cuts[i].user || d->cuts[i].user == hash)
			return true;
	return d->cuts_full;
}

static void learn_lines(struct deferrals *d, const char *path, uint64_t inode, uint64_t writer,
			int64_t read_wall_ns)
{
	struct str user, text, name = str_of(path);
	enum spool spool = spool_of(name, &user);
	uint64_t hash = hash_str(name);
	uint32_t at = 0, kept = 0;
	bool too_large = false;
	size_t before;

	text = read_crontab(d, path, inode, read_wall_ns, &too_large);
	if (too_large)
		mark_cut(d, hash, user);
	if (!text.p)
		return;
	if (unmark_cut(d, hash))
		writer = 0; /* a line that is not known may have stood there before */
	before = take_out(d, hash);
	while (at < text.n) {
		int64_t newline = str_index(text, at, '\n');
		uint32_t end = newline < 0 ? text.n : (uint32_t)newline;
		uint64_t command = crontab_line(spool, user, str_sub(text, at, end - at));

		if (command && (kept++ == QUOTA || d->line_count == LINES_MAX)) {
			mark_cut(d, hash, user);
			return;
		}
		if (command)
			put_line(d, (struct crontab_entry){hash, command, writer}, before);
		at = end + 1;
	}
}

static void learn_directory(struct deferrals *d, const char *directory)
{
	struct dirent *e;
	char path[2 * PATH_ROOM];
	DIR *dir;

	snprintf(path, sizeof(path), "%s%s", d->root, directory);
	dir = opendir(path);

	while (dir && (e = readdir(dir)) != NULL) {
		int n = snprintf(path, sizeof(path), "%s/%s", directory, e->d_name);

		if (e->d_name[0] != '.' && n > 0 && n < PATH_ROOM)
			learn_lines(d, path, 0, 0, 0);
	}
	if (dir)
		closedir(dir);
}

struct deferrals *deferrals_new(const char *root)
{
	struct deferrals *d = calloc(1, sizeof(*d)); /* pages come as they are used */

	if (!d)
		return NULL;
	d->root = root && strcmp(root, "/") == 0 ? "" : root;
	if (!root)
		return d;
	learn_lines(d, "/etc/crontab", 0, 0, 0);
	learn_directory(d, "/etc/cron.d");
	learn_directory(d, "/var/spool/cron");
	learn_directory(d, "/var/spool/cron/crontabs");
	learn_directory(d, "/var/spool/cron/tabs");
	return d;
}

void deferrals_free(struct deferrals *d)
{
	free(d);
}

/* --- events */

static bool is_cron(struct str exe)
{
	return str_is(exe, "/usr/sbin/cron") || str_is(exe, "/usr/sbin/crond");
}

static void learn_read(struct deferrals *d, const struct event_what *what, enum spool spool,
		       struct str exe)
{
	const struct writer *w = find_writer(d, what);
	char path[PATH_ROOM];

	if (spool == SPOOL_AT && w) {
		d->runs[d->runs_seen++ % RUNS_MAX] = (struct run){what->start_ns, w->id, what->pid};
		return;
	}
	if (!d->root || !is_cron(exe) || what->file.path.n >= sizeof(path))
		return;
	snprintf(path, sizeof(path), "%.*s", STR_ARG(what->file.path));
	learn_lines(d, path, what->file.inode, w ? w->id : 0, what->wall_ns);
}

/* at's daemon links a job to another name before it runs it: that says nothing of who wrote it. */
static bool is_start_of_job(const struct event_what *what, struct str exe)
{
	return what->type == EVENT_FILE_LINK && str_is(exe, "/usr/sbin/atd");
}

/* In a container these are other files, whatever they are called. */
#define ELSEWHERE (TASK_IN_CONTAINER | TASK_USERNS)

void deferrals_learn(struct deferrals *d, const struct event_what *what, const struct identity *who,
		     struct str exe)
{
	struct str user;
	enum spool spool;

	if (what->type < EVENT_FILE_READ || what->type > EVENT_FILE_LINK ||
	    what->outcome != OUTCOME_OK || what->task_flags & ELSEWHERE)
		return;
	spool = spool_of(what->file.path, &user);
	if (spool == SPOOL_NONE)
		return;
	switch (what->type) {
	case EVENT_FILE_READ:
		learn_read(d, what, spool, exe);
		break;
	case EVENT_FILE_WRITE:
	case EVENT_FILE_CREATE:
	case EVENT_FILE_RENAME:
	case EVENT_FILE_LINK:
		/* folded: these come late, and only of who was the last then */
		if (!what->folded && !is_start_of_job(what, exe))
			add_writer(d, what, who);
		break;
	default:
		break;
	}
}

void deferrals_missed(struct deferrals *d, const struct event_what *loss)
{
	const uint64_t *lost = loss->loss.by_type;

	if (!lost)
		return;
	if (lost[EVENT_FILE_WRITE] || lost[EVENT_FILE_CREATE] || lost[EVENT_FILE_RENAME] ||
	    lost[EVENT_FILE_LINK])
		d->missed_after = d->writers_seen;
	for (size_t i = 0; lost[EVENT_FILE_READ] && i < d->line_count; i++)
		d->lines[i].writer = 0;
}

static bool tell(const struct deferrals *d, uint64_t id, struct deferral *out)
{
	const struct writer *w = writer_of(d, id);

	if (!w)
		return false;
	*out = (struct deferral){.who = {w->who, w->who_len},
				 .path = {w->path, w->path_len},
				 .wall_ns = w->wall_ns,
				 .by_job = w->by_job};
	return true;
}

/* The same line may stand in two files; which one ran is then not known, unless both are of one writer. */
bool deferrals_of_cron(const struct deferrals *d, struct str user, struct str command,
		       struct deferral *out)
{
	uint64_t hash = crontab_hash(user, command);
	const struct crontab_entry *found = NULL;

	if (may_have_more(d, user))
		return false;
	for (size_t i = 0; i < d->line_count; i++) {
		if (d->lines[i].command != hash)
			continue;
		if (found && found->writer != d->lines[i].writer)
			return false;
		found = &d->lines[i];
	}
	return found && tell(d, found->writer, out);
}

bool deferrals_of_at(const struct deferrals *d, uint32_t pid, uint64_t start_ns,
		     struct deferral *out)
{
	for (unsigned back = 1; back <= RUNS_MAX && back <= d->runs_seen; back++) {
		const struct run *r = &d->runs[(d->runs_seen - back) % RUNS_MAX];

		if (r->pid == pid && r->start_ns == start_ns)
			return tell(d, r->writer, out);
	}
	return false;
}
