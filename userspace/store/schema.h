/* SPDX-License-Identifier: Apache-2.0 */
/* schema: the tables of hot.db, how it is opened, and SQLite's errors as errno. */
#ifndef WHODID_STORE_SCHEMA_H
#define WHODID_STORE_SCHEMA_H

#include <sqlite3.h>

#include "base/problem.h"
#include "event.h"

#define HOT_DB "hot.db"

/* Opens PATH for writing, makes the tables where they are missing. 0 or -errno with err. */
int schema_open_writer(sqlite3 **out, const char *path, bool sync_full, struct problem *err);
/* Opens PATH for reading: beside a live writer, or as a file that lies alone. 0 or -errno with err. */
int schema_open_reader(sqlite3 **out, const char *path, struct problem *err);

/* Row number of the host and boot, made where it is missing. 0 or -errno. */
int schema_host_put(sqlite3 *db, const struct host *host, uint64_t *id);
/* The host of that row, or with id 0 the newest. 1 found, 0 not, -errno. */
int schema_host_get(sqlite3 *db, uint64_t id, struct host *host);

/* meta: 1 found, 0 not, -errno */
int schema_meta_get(sqlite3 *db, const char *key, int64_t *value);
int schema_meta_set(sqlite3 *db, const char *key, int64_t value);

int schema_exec(sqlite3 *db, const char *sql);
int schema_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out);
/* Of the last failure on db. Never 0. */
int schema_errno(sqlite3 *db);

void schema_finalize_p(sqlite3_stmt **statement);
#define _cleanup_statement_ _cleanup_(schema_finalize_p)

#endif
