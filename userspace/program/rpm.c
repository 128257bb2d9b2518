/* SPDX-License-Identifier: Apache-2.0 */
/* rpm: see the header. Tables: rpm 4.18, lib/backend/sqlite.c. */
#include "program/rpm.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define REFRESH_NS 2000000000
#define ROWS_MAX   256 /* packages with a file of that last name: README has hundreds, programs few */

static const char query[] =
	"SELECT p.blob, b.idx FROM Basenames b JOIN Packages p ON p.hnum = b.hnum"
	" WHERE b.key = ?";

void rpm_init(struct rpm *r, const char *root)
{
	*r = (struct rpm){.root = root};
}

void rpm_release(struct rpm *r)
{
	sqlite3_finalize(r->find);
	sqlite3_close_v2(r->db);
	r->find = NULL;
	r->db = NULL;
}

static bool look_for(struct rpm *r, struct stat *st)
{
	static const char *const places[] = {"/usr/lib/sysimage/rpm", "/var/lib/rpm"};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		int n = snprintf(r->file, sizeof(r->file), "%s%s/rpmdb.sqlite", r->root, places[i]);

		if ((size_t)n < sizeof(r->file) && stat(r->file, st) == 0 && S_ISREG(st->st_mode))
			return true;
	}
	r->file[0] = '\0';
	memset(st, 0, sizeof(*st));
	return false;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* What is being installed is in a file beside it: then the next look has it. */
static bool is_being_written(const struct rpm *r)
{
	char wal[600];
	struct stat st;

	snprintf(wal, sizeof(wal), "%s-wal", r->file);
	return stat(wal, &st) == 0 && st.st_size > 0;
}

/* Nobody but rpm may lock it, or make files beside it: it is taken as it lies there. */
static void open_database(struct rpm *r)
{
	char uri[600];

	if (strpbrk(r->file, "%?#") || is_being_written(r))
		return;
	snprintf(uri, sizeof(uri), "file:%s?mode=ro&immutable=1", r->file);
	if (sqlite3_open_v2(uri, &r->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) ==
	    SQLITE_OK) {
		sqlite3_db_config(r->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
		sqlite3_db_config(r->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
		sqlite3_db_config(r->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
		sqlite3_prepare_v2(r->db, query, -1, &r->find, NULL);
	}
	if (!r->find)
		rpm_release(r);
}

void rpm_refresh(struct rpm *r)
{
	int64_t now = (int64_t)clock_boot_ns();
	struct stat st;

	if (r->generation && now - r->read_ns < REFRESH_NS)
		return;
	r->read_ns = now;
	look_for(r, &st);
	if (r->generation && is_same(&st, &r->seen) && (r->db || !r->file[0]))
		return;
	r->seen = st;
	rpm_release(r);
	if (r->file[0])
		open_database(r);
	if (r->db || !r->generation) /* or whatever has no package would be read again and again */
		r->generation++;
}

/* Pages may have changed while they were read. */
static bool is_as_opened(struct rpm *r)
{
	struct stat st;

	return stat(r->file, &st) == 0 && is_same(&st, &r->seen) && !is_being_written(r);
}

bool rpm_find(struct rpm *r, struct str path, struct rpm_file *out)
{
	unsigned found = 0, rows = 0;
	uint32_t base = path.n;
	struct rpm_file file;
	int step;

	while (base && path.p[base - 1] != '/')
		base--;
	if (!r->find || !base || base == path.n)
		return false;
	sqlite3_bind_text(r->find, 1, path.p + base, (int)(path.n - base), SQLITE_STATIC);
	while ((step = sqlite3_step(r->find)) == SQLITE_ROW && rows++ < ROWS_MAX) {
		const char *blob = sqlite3_column_blob(r->find, 0);
		struct str header = {blob, (uint32_t)sqlite3_column_bytes(r->find, 0)};

		found += blob && rpm_header_file(header, (uint32_t)sqlite3_column_int64(r->find, 1),
						 path, &file);
	}
	sqlite3_reset(r->find);
	if (step != SQLITE_DONE || found != 1 || !is_as_opened(r))
		return false;
	*out = file;
	return true;
}
