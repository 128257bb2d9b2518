/* SPDX-License-Identifier: Apache-2.0 */
#include "store/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"

#define FORMAT	   2 /* 1: no batch in columns */
#define PATH_BYTES 4200

/* d is last, so that a scan by time and type reads no more than the first page of a row. */
static const char tables[] =
	"CREATE TABLE IF NOT EXISTS batch(seq0 INTEGER PRIMARY KEY, seq1, n, ts0, ts1, raw_len,"
	" kindmask, host, prev BLOB, hash BLOB, d BLOB);"
	"CREATE TABLE IF NOT EXISTS gap(id INTEGER PRIMARY KEY, ts0, ts1, n, why TEXT);"
	"CREATE TABLE IF NOT EXISTS anomaly(id INTEGER PRIMARY KEY, json TEXT);"
	"CREATE TABLE IF NOT EXISTS program(dev, inode, ctime, sha256 TEXT, package TEXT, modified,"
	" PRIMARY KEY(dev, inode, ctime));"
	"CREATE TABLE IF NOT EXISTS host(id INTEGER PRIMARY KEY, name TEXT, boot_id TEXT,"
	" machine_id TEXT, UNIQUE(name, boot_id, machine_id));"
	"CREATE TABLE IF NOT EXISTS meta(k TEXT PRIMARY KEY, v);";

void schema_finalize_p(sqlite3_stmt **statement)
{
	sqlite3_finalize(*statement);
}

static void close_p(sqlite3 **db)
{
	sqlite3_close_v2(*db);
}

int schema_errno(sqlite3 *db)
{
	int system = sqlite3_system_errno(db);

	switch (sqlite3_errcode(db) & 0xff) {
	case SQLITE_FULL:
		return ENOSPC;
	case SQLITE_READONLY:
		return EROFS;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return EBUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR: /* a table that is not there */
		return EBADMSG;
	case SQLITE_NOMEM:
		return ENOMEM;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return EACCES;
	case SQLITE_CANTOPEN:
		return system ? system : ENOENT;
	default:
		return system ? system : EIO;
	}
}

int schema_exec(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : -schema_errno(db);
}

int schema_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out)
{
	return sqlite3_prepare_v2(db, sql, -1, out, NULL) == SQLITE_OK ? 0 : -schema_errno(db);
}

int schema_meta_get(sqlite3 *db, const char *key, int64_t *value)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	int r = schema_prepare(db, "SELECT v FROM meta WHERE k=?", &st);

	if (r)
		return r;
	sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
	switch (sqlite3_step(st)) {
	case SQLITE_ROW:
		*value = sqlite3_column_int64(st, 0);
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return -schema_errno(db);
	}
}

int schema_meta_set(sqlite3 *db, const char *key, int64_t value)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	int r = schema_prepare(db, "INSERT OR REPLACE INTO meta VALUES(?,?)", &st);

	if (r)
		return r;
	sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, value);
	return sqlite3_step(st) == SQLITE_DONE ? 0 : -schema_errno(db);
}

int schema_host_put(sqlite3 *db, const struct host *host, uint64_t *id)
{
	_cleanup_statement_ sqlite3_stmt *put = NULL, *get = NULL;
	int r = schema_prepare(
		db, "INSERT OR IGNORE INTO host(name, boot_id, machine_id) VALUES(?1,?2,?3)", &put);

	if (r == 0)
		r = schema_prepare(db,
				   "SELECT id FROM host WHERE name=?1 AND boot_id=?2 AND "
				   "machine_id=?3",
				   &get);
	if (r)
		return r;
	for (int i = 0; i < 2; i++) {
		sqlite3_stmt *st = i ? get : put;

		sqlite3_bind_text(st, 1, host->name, -1, SQLITE_STATIC);
		sqlite3_bind_text(st, 2, host->boot_id, -1, SQLITE_STATIC);
		sqlite3_bind_text(st, 3, host->machine_id, -1, SQLITE_STATIC);
	}
	if (sqlite3_step(put) != SQLITE_DONE || sqlite3_step(get) != SQLITE_ROW)
		return -schema_errno(db);
	*id = (uint64_t)sqlite3_column_int64(get, 0);
	return 0;
}

static void copy_column(sqlite3_stmt *st, int column, char *out, size_t size)
{
	const unsigned char *text = sqlite3_column_text(st, column);

	snprintf(out, size, "%s", text ? (const char *)text : "");
}

int schema_host_get(sqlite3 *db, uint64_t id, struct host *host)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	int r = schema_prepare(db,
			       "SELECT name, boot_id, machine_id FROM host WHERE id=?1 OR ?1=0"
			       " ORDER BY id DESC LIMIT 1",
			       &st);

	if (r)
		return r;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)id);
	if (sqlite3_step(st) != SQLITE_ROW)
		return 0;
	copy_column(st, 0, host->name, sizeof(host->name));
	copy_column(st, 1, host->boot_id, sizeof(host->boot_id));
	copy_column(st, 2, host->machine_id, sizeof(host->machine_id));
	return 1;
}

/* Nothing in the file may call functions or write through a trigger: it may come from elsewhere. */
static void distrust_schema(sqlite3 *db)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
}

static int check_format(sqlite3 *db, const char *path, struct problem *err)
{
	int64_t format = 0;
	int r = schema_meta_get(db, "format", &format);

	if (r == -EBADMSG || r == 0)
		return problem_set(err, -EBADMSG, "%s is not a whodid store", path);
	if (r < 0)
		return problem_set(err, r, "cannot read %s: %s", path, sqlite3_errmsg(db));
	if (format > FORMAT) {
		problem_set(err, -EPROTONOSUPPORT, "%s was written by a newer whodid (format %lld)",
			    path, (long long)format);
		problem_remedy(err, "read it with that version");
		return -EPROTONOSUPPORT;
	}
	return 0;
}

/*
 * Page 8 KiB suits rows of 10 to 30 KiB; Debian's build sets secure_delete, which would rewrite what
 * retention deletes. The WAL is kept at 8 MiB.
 */
static int set_up(sqlite3 *db, bool sync_full)
{
	int r = schema_exec(db, "PRAGMA page_size=8192; PRAGMA auto_vacuum=0;"
				"PRAGMA journal_mode=WAL; PRAGMA secure_delete=OFF;"
				"PRAGMA wal_autocheckpoint=1000; PRAGMA journal_size_limit=8388608;"
				"PRAGMA busy_timeout=2000;");

	if (r == 0)
		r = schema_exec(db, sync_full ? "PRAGMA synchronous=FULL"
					      : "PRAGMA synchronous=NORMAL");
	return r;
}

static int make_tables(sqlite3 *db, const char *path, struct problem *err)
{
	int64_t any = 0;
	int r = schema_meta_get(db, "format", &any);

	if (r == 1) {
		r = check_format(db, path, err);
		if (r == 0 && any < FORMAT && (r = schema_meta_set(db, "format", FORMAT)))
			problem_set(err, r, "cannot write %s: %s", path, sqlite3_errmsg(db));
		return r;
	}
	r = schema_exec(db, "BEGIN IMMEDIATE");
	if (r == 0)
		r = schema_exec(db, tables);
	if (r == 0)
		r = schema_meta_set(db, "format", FORMAT);
	if (r == 0)
		r = schema_exec(db, "COMMIT");
	if (r)
		return problem_set(err, r, "cannot write %s: %s", path, sqlite3_errmsg(db));
	return 0;
}

/*
 * Made here for its mode, which the -wal and -shm files take over, as they do its owner: a file that
 * somebody else put there would show him everything.
 */
static int make_file(const char *path, struct problem *err)
{
	_cleanup_close_ int fd =
		open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0) {
		r = -errno;
		return problem_set(err, r, "cannot open %s: %s", path, strerror(-r));
	}
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1) {
		problem_remedy(err, "move it away; the next start makes a new one");
		return problem_set(err, -EACCES, "%s is not a file of ours alone", path);
	}
	if ((st.st_mode & 07) && fchmod(fd, st.st_mode & 0770) < 0) {
		r = -errno;
		return problem_set(err, r, "cannot close %s to others: %s", path, strerror(-r));
	}
	return 0;
}

int schema_open_writer(sqlite3 **out, const char *path, bool sync_full, struct problem *err)
{
	_cleanup_(close_p) sqlite3 *db = NULL;
	int r = make_file(path, err);

	if (r)
		return r;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL))
		return problem_set(err, db ? -schema_errno(db) : -ENOMEM, "cannot open %s: %s",
				   path, sqlite3_errmsg(db));
	distrust_schema(db);
	r = set_up(db, sync_full);
	if (r) {
		problem_set(err, r, "cannot use %s: %s", path, sqlite3_errmsg(db));
		if (r == -EBADMSG)
			problem_remedy(err, "move it away; the next start makes a new one");
		return r;
	}
	r = make_tables(db, path, err);
	if (r)
		return r;
	*out = TAKE_PTR(db);
	return 0;
}

/* "file:" URI of the path, with what a URI would read as its own escaped. */
static int make_uri(char *out, size_t size, const char *path, const char *options)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = (size_t)snprintf(out, size, "file:");

	for (; *path; path++) {
		if (n + 4 >= size)
			return -ENAMETOOLONG;
		if (strchr("%?#", *path)) {
			out[n++] = '%';
			out[n++] = hex[(unsigned char)*path >> 4];
			out[n++] = hex[*path & 15];
		} else {
			out[n++] = *path;
		}
	}
	n += (size_t)snprintf(out + n, size - n, "?%s", options);
	return n < size ? 0 : -ENAMETOOLONG;
}

static int try_reader(sqlite3 **out, const char *path, const char *options, const char *pragma)
{
	_cleanup_(close_p) sqlite3 *db = NULL;
	char uri[PATH_BYTES + 64];
	int r = make_uri(uri, sizeof(uri), path, options);

	if (r)
		return r;
	if (sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL))
		return db ? -schema_errno(db) : -ENOMEM;
	sqlite3_busy_timeout(db, 2000);
	r = schema_exec(db, pragma);
	if (r == 0)
		r = schema_exec(db, "SELECT count(*) FROM sqlite_master");
	if (r)
		return r;
	distrust_schema(db);
	*out = TAKE_PTR(db);
	return 0;
}

static bool has_content(const char *path, const char *suffix)
{
	char name[PATH_BYTES + 8];
	struct stat st;

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return stat(name, &st) == 0 && st.st_size > 0;
}

/*
 * A writer that runs has a -wal file: join in. Without one the file lies alone, and is read as it is,
 * with nothing made beside it. With a -wal but in a directory that we may not write to, the index of
 * the -wal is built in memory: nobody can be writing then, as a writer keeps a -shm file.
 */
int schema_open_reader(sqlite3 **out, const char *path, struct problem *err)
{
	sqlite3 *db = NULL;
	int r;

	if (access(path, R_OK)) {
		r = -errno;
		problem_set(err, r, "cannot read %s: %s", path, strerror(-r));
		if (r == -ENOENT)
			problem_remedy(err, "name the store's directory or its hot.db");
		return r;
	}
	if (!has_content(path, "-wal")) {
		r = try_reader(&db, path, "mode=ro&immutable=1", "");
	} else {
		r = try_reader(&db, path, "mode=ro", "");
		if (r && r != -EBADMSG && !has_content(path, "-shm"))
			r = try_reader(&db, path, "mode=ro&vfs=unix-none",
				       "PRAGMA locking_mode=EXCLUSIVE");
	}
	if (r == -EBADMSG)
		return problem_set(err, r, "%s is not a whodid store", path);
	if (r)
		return problem_set(err, r, "cannot open %s: %s", path, strerror(-r));
	r = check_format(db, path, err);
	if (r) {
		sqlite3_close_v2(db);
		return r;
	}
	*out = db;
	return 0;
}
