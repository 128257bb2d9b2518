/* SPDX-License-Identifier: Apache-2.0 */
/* programs: content of files that became known after their execs were kept. */
#include <stdio.h>

#include "base/cleanup.h"
#include "store/reader.h"
#include "store/schema.h"

#define COLUMNS "dev, inode, ctime, sha256, package, modified"

static void copy_text(char *out, size_t size, sqlite3_stmt *st, int column)
{
	const unsigned char *text = sqlite3_column_text(st, column);

	snprintf(out, size, "%s", text ? (const char *)text : "");
}

static void read_facts(sqlite3_stmt *st, struct program_facts *out)
{
	*out = (struct program_facts){.dev = (uint64_t)sqlite3_column_int64(st, 0),
				      .inode = (uint64_t)sqlite3_column_int64(st, 1),
				      .ctime_ns = (uint64_t)sqlite3_column_int64(st, 2),
				      .modified = sqlite3_column_int(st, 5) != 0};
	copy_text(out->sha256, sizeof(out->sha256), st, 3);
	copy_text(out->package, sizeof(out->package), st, 4);
}

static bool find(struct store_reader *r, uint64_t dev, uint64_t inode, uint64_t ctime_ns,
		 struct program_facts *out)
{
	bool found;

	if (out->inode == inode && out->dev == dev && out->ctime_ns == ctime_ns)
		return out->sha256[0] != '\0'; /* the same as the last time */
	if (!r->find_program &&
	    schema_prepare(r->db,
			   "SELECT " COLUMNS " FROM program WHERE dev=? AND inode=? AND ctime=?",
			   &r->find_program)) {
		r->no_programs = true;
		return false;
	}
	sqlite3_bind_int64(r->find_program, 1, (sqlite3_int64)dev);
	sqlite3_bind_int64(r->find_program, 2, (sqlite3_int64)inode);
	sqlite3_bind_int64(r->find_program, 3, (sqlite3_int64)ctime_ns);
	found = sqlite3_step(r->find_program) == SQLITE_ROW;
	if (found)
		read_facts(r->find_program, out);
	else
		*out = (struct program_facts){.dev = 0};
	sqlite3_reset(r->find_program);
	return found;
}

void reader_complete(struct store_reader *r, struct event *ev)
{
	struct event_what *what = &ev->what;

	if (what->type != EVENT_EXEC || r->no_programs)
		return;
	if (!what->exec.sha256.p && what->exec.exe_inode &&
	    find(r, what->exec.exe_dev, what->exec.exe_inode, what->exec.exe_ctime_ns, &r->exe)) {
		what->exec.sha256 = str_of(r->exe.sha256);
		if (r->exe.package[0])
			what->exec.package = str_of(r->exe.package);
		what->exec.package_modified = r->exe.modified;
	}
	if (!what->exec.script_sha256.p && what->exec.script_inode &&
	    find(r, what->exec.script_dev, what->exec.script_inode, what->exec.script_ctime_ns,
		 &r->script))
		what->exec.script_sha256 = str_of(r->script.sha256);
}

int store_each_program(struct store_reader *r,
		       void (*fn)(void *ctx, const struct program_facts *facts), void *ctx)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	struct program_facts facts;
	int result = schema_prepare(r->db, "SELECT " COLUMNS " FROM program ORDER BY rowid", &st);
	int step;

	if (result)
		return result;
	while ((step = sqlite3_step(st)) == SQLITE_ROW) {
		read_facts(st, &facts);
		fn(ctx, &facts);
	}
	return step == SQLITE_DONE ? 0 : -schema_errno(r->db);
}
