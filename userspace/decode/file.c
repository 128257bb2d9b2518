/* SPDX-License-Identifier: Apache-2.0 */
/* file: struct record_file becomes event.what.file, for every file.* kind. */
#include <fcntl.h>

#include "base/cleanup.h"
#include "decode/reader.h"

#define OP(word)                       \
	{                              \
		word, sizeof(word) - 1 \
	}
static const struct str op_names[] = {
	[FILE_OP_OPEN] = OP("open"),
	[FILE_OP_UNLINK] = OP("unlink"),
	[FILE_OP_RMDIR] = OP("rmdir"),
	[FILE_OP_RENAME] = OP("rename"),
	[FILE_OP_LINK] = OP("link"),
	[FILE_OP_SYMLINK] = OP("symlink"),
	[FILE_OP_CHMOD] = OP("chmod"),
	[FILE_OP_CHOWN] = OP("chown"),
	[FILE_OP_TRUNCATE] = OP("truncate"),
	[FILE_OP_MKDIR] = OP("mkdir"),
	[FILE_OP_MKNOD] = OP("mknod"),
	[FILE_OP_MEMFD] = OP("memfd"),
	[FILE_OP_MOUNT] = OP("mount"),
	[FILE_OP_MOVE_MOUNT] = OP("move_mount"),
	[FILE_OP_UMOUNT] = OP("umount"),
	[FILE_OP_PIVOT_ROOT] = OP("pivot_root"),
	[FILE_OP_SETXATTR] = OP("setxattr"),
	[FILE_OP_REMOVEXATTR] = OP("removexattr"),
	[FILE_OP_MOUNT_SETATTR] = OP("mount_setattr"),
	[FILE_OP_MMAP] = OP("mmap"),
	[FILE_OP_MPROTECT] = OP("mprotect"),
};

/* Flags of several bits stand before those that they contain. */
static const struct {
	uint32_t bits;
	const char *word;
} flag_words[] = {
	{O_CREAT, "creat"},	  {O_EXCL, "excl"},	  {O_TRUNC, "trunc"},
	{O_APPEND, "append"},	  {O_TMPFILE, "tmpfile"}, {O_DIRECTORY, "directory"},
	{O_NOFOLLOW, "nofollow"}, {O_CLOEXEC, "cloexec"}, {O_PATH, "path"},
	{O_SYNC, "sync"},	  {O_DSYNC, "dsync"},	  {O_DIRECT, "direct"},
	{O_NONBLOCK, "nonblock"}, {O_NOATIME, "noatime"}, {O_NOCTTY, "noctty"},
};

/* Behind n bytes of words, with a comma between; all words of one table fit. Each open has some. */
static size_t add_word(struct decoder *d, size_t n, const char *word)
{
	size_t len = strlen(word);

	if (n + 1 + len > sizeof(d->flags))
		return n;
	if (n)
		d->flags[n++] = ',';
	memcpy(d->flags + n, word, len);
	return n + len;
}

static struct str open_flags(struct decoder *d, uint32_t flags)
{
	static const char *const access[] = {"rdonly", "wronly", "rdwr", "noaccess"};
	size_t n = add_word(d, 0, access[flags & O_ACCMODE]);

	for (size_t i = 0; i < ARRAY_SIZE(flag_words); i++) {
		if ((flags & flag_words[i].bits) != flag_words[i].bits)
			continue;
		flags &= ~flag_words[i].bits;
		n = add_word(d, n, flag_words[i].word);
	}
	return (struct str){d->flags, (uint32_t)n};
}

/* Flags of mount(2); and of umount2(2), which has others by the same numbers. */
static const struct {
	uint32_t bit;
	const char *mount, *umount;
} mount_words[] = {
	{1, "ro", "force"},
	{2, "nosuid", "detach"},
	{4, "nodev", "expire"},
	{8, "noexec", "nofollow"},
	{16, "sync", NULL},
	{32, "remount", NULL},
	{1024, "noatime", NULL},
	{4096, "bind", NULL},
	{8192, "move", NULL},
	{16384, "rec", NULL},
	{1u << 17, "unbindable", NULL},
	{1u << 18, "private", NULL},
	{1u << 19, "slave", NULL},
	{1u << 20, "shared", NULL},
};

static struct str mount_flags(struct decoder *d, uint32_t flags, bool umount)
{
	size_t n = 0;

	if ((flags & 0xffff0000) == 0xc0ed0000) /* a mark that old programs put there */
		flags &= 0xffff;
	for (size_t i = 0; i < ARRAY_SIZE(mount_words); i++) {
		const char *word = umount ? mount_words[i].umount : mount_words[i].mount;

		if (word && flags & mount_words[i].bit)
			n = add_word(d, n, word);
	}
	return n ? (struct str){d->flags, (uint32_t)n} : STR_NONE;
}

static struct str tidy(struct reader *r, unsigned slot, struct str dir, struct str path)
{
	struct str joined =
		path_join(r->d->path[slot], sizeof(r->d->path[slot]), r->root, dir, path);

	if (!joined.p)
		r->bad = true;
	return joined;
}

/*
 * The path at text; one from the caller's memory is joined to its directory and tidied. A link's
 * target is text of its own: relative to where the link will lie, so it is left as it is.
 */
static struct str read_path(struct reader *r, unsigned slot, struct record_text text,
			    struct record_text base, struct event_what *what)
{
	bool cut = false;
	struct str path = reader_path(r, text, &cut);
	struct str dir = reader_path(r, base, &cut);

	if (cut)
		what->truncated |= CUT_PATH;
	if (r->bad || !path.p || !(r->flags & (RECORD_USER_PATH | RECORD_REQUEST_PATH)))
		return path;
	return tidy(r, slot, dir, path);
}

/* Text that is no path, or one that starts at a place which is not known. */
static struct str read_raw(struct reader *r, struct record_text text, struct event_what *what)
{
	bool cut = false;
	struct str s = reader_path(r, text, &cut);

	if (cut)
		what->truncated |= CUT_PATH;
	return s;
}

/* What a ring was asked for, beside the object that came of it. */
static struct str read_requested(struct reader *r, const struct record_file *f,
				 struct event_what *what)
{
	struct str path = read_raw(r, f->path2, what), dir = read_raw(r, f->base2, what);

	return r->bad || !path.p ? path : tidy(r, 1, dir, path);
}

/* path2 is the name, and path what it is made of. */
static bool names_second(uint32_t op)
{
	return op == FILE_OP_RENAME || op == FILE_OP_LINK || op == FILE_OP_SYMLINK ||
	       op == FILE_OP_MOUNT || op == FILE_OP_MOVE_MOUNT;
}

static bool is_xattr(uint32_t op)
{
	return op == FILE_OP_SETXATTR || op == FILE_OP_REMOVEXATTR;
}

static bool is_mount(uint32_t op)
{
	return (op >= FILE_OP_MOUNT && op <= FILE_OP_PIVOT_ROOT) || op == FILE_OP_MOUNT_SETATTR;
}

static bool is_mapping(uint32_t op)
{
	return op == FILE_OP_MMAP || op == FILE_OP_MPROTECT;
}

static void read_names(struct reader *r, const struct record_file *f, struct event_what *what)
{
	bool raw =
		f->op == FILE_OP_SYMLINK || f->op == FILE_OP_MOUNT || f->op == FILE_OP_PIVOT_ROOT;
	struct str first, second;

	first = raw ? read_raw(r, f->path, what) : read_path(r, 0, f->path, f->base, what);
	if (f->op == FILE_OP_PIVOT_ROOT || is_xattr(f->op))
		second = read_raw(r, f->path2, what);
	else if (f->op == FILE_OP_OPEN)
		second = read_requested(r, f, what);
	else
		second = read_path(r, 1, f->path2, f->base2, what);
	if (f->op == FILE_OP_MOUNT)
		what->file.fs_type = read_raw(r, f->base, what);
	if (is_xattr(f->op))
		what->file.xattr = second;
	if (f->op == FILE_OP_OPEN && second.p && !str_equal(second, first))
		what->file.requested = second;
	what->file.path = names_second(f->op) ? second : first;
	if (names_second(f->op))
		what->file.old_path = first;
	else if (f->op == FILE_OP_PIVOT_ROOT)
		what->file.old_path = second;
}

/* A call of this kind acts on the last name itself: no link is followed there, and no mount lies on it. */
static bool acts_on_name(uint32_t op)
{
	return op == FILE_OP_UNLINK || op == FILE_OP_RMDIR || op == FILE_OP_RENAME ||
	       op == FILE_OP_LINK || op == FILE_OP_SYMLINK || op == FILE_OP_MKDIR ||
	       op == FILE_OP_MKNOD;
}

/* A single name in a directory whose place is known. */
static struct str entry_on_host(struct reader *r, struct str name, struct record_text base)
{
	struct str dir = reader_on_host(r, base), path;

	if (!dir.p || !name.n || str_index(name, 0, '/') >= 0 || str_is(name, ".") ||
	    str_is(name, "..") || dir.n + 1 + name.n > sizeof(r->d->on_host))
		return STR_NONE;
	if (dir.n == 1)
		dir.n = 0;
	path = (struct str){r->d->on_host, dir.n + 1 + name.n};
	r->d->on_host[dir.n] = '/';
	memcpy(r->d->on_host + dir.n + 1, name.p, name.n);
	return path;
}

static struct str read_on_host(struct reader *r, const struct record_file *f)
{
	struct record_text text = names_second(f->op) ? f->path2 : f->path;
	struct record_text base = names_second(f->op) ? f->base2 : f->base;
	struct str found = reader_on_host(r, text);

	if (found.p || f->result || !acts_on_name(f->op))
		return found;
	return entry_on_host(r, reader_text(r, text, EVENT_PATH_MAX), base);
}

static uint32_t path_source(const struct reader *r)
{
	if (r->flags & RECORD_USER_PATH)
		return PATH_OF_PROCESS;
	if (r->flags & RECORD_BY_DESCRIPTOR)
		return PATH_OF_DESCRIPTOR;
	return r->flags & RECORD_REQUEST_PATH ? PATH_OF_REQUEST : PATH_OF_KERNEL;
}

void decode_file(struct reader *r, struct event_what *what)
{
	const struct record_file *f = r->record;

	if (f->op == FILE_OP_NONE || f->op >= ARRAY_SIZE(op_names) ||
	    is_mount(f->op) != (what->type == EVENT_FILE_MOUNT) ||
	    is_mapping(f->op) != (what->type == EVENT_FILE_MAP)) {
		r->bad = true;
		return;
	}
	reader_result(r, f->result, what);
	if (r->flags & RECORD_NO_RESULT)
		what->outcome = OUTCOME_NONE;
	reader_count(r, f->count, f->first_ns, f->last_ns, what);
	if (r->flags & RECORD_PATH_CUT)
		what->truncated |= CUT_PATH;
	read_names(r, f, what);
	what->file.path_in_root = reader_in_root(r, what->file.path);
	what->file.path_on_host = read_on_host(r, f);
	what->file.mnt_ns = f->mnt_inum;
	what->file.op = op_names[f->op];
	if (f->op == FILE_OP_OPEN)
		what->file.flags = open_flags(r->d, f->open_flags);
	if (f->op == FILE_OP_MOUNT || f->op == FILE_OP_UMOUNT)
		what->file.flags = mount_flags(r->d, f->open_flags, f->op == FILE_OP_UMOUNT);
	what->file.mode = f->mode;
	what->file.inode = f->inode;
	what->file.dev = f->dev;
	what->file.has_size = f->op == FILE_OP_TRUNCATE;
	what->file.size_bytes = what->file.has_size ? f->size : 0;
	what->file.new_uid = f->op == FILE_OP_CHOWN ? f->new_uid : UINT32_MAX;
	what->file.new_gid = f->op == FILE_OP_CHOWN ? f->new_gid : UINT32_MAX;
	what->file.generation = f->generation;
	what->file.ctime_ns = f->ctime_ns;
	what->file.other_writers = r->flags & RECORD_CO_WRITERS;
	what->file.path_source = path_source(r);
	what->file.deleted = r->flags & RECORD_PATH_DELETED;
}
