/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rpm: private to program. Which rpm package a file is from, by rpm's own database where that is SQLite
 * (rpm 4.16 and later): /usr/lib/sysimage/rpm or /var/lib/rpm. It is read only, and nothing is made beside
 * it. A name that two packages have is nobody's.
 */
#ifndef WHODID_PROGRAM_RPM_H
#define WHODID_PROGRAM_RPM_H

#include <sqlite3.h>
#include <sys/stat.h>

#include "program/rpm_header.h"

struct rpm {
	const char *root;
	char file[512]; /* "" = there is none */
	sqlite3 *db;
	sqlite3_stmt *find;
	struct stat seen;
	int64_t read_ns;
	uint32_t generation; /* counts openings */
};

/* The database of the system whose root is there: kept, not copied. Opens nothing yet. */
void rpm_init(struct rpm *r, const char *root);
void rpm_release(struct rpm *r);
/* Opens the database anew when it changed, at most every two seconds. */
void rpm_refresh(struct rpm *r);

/* The file of that absolute name. False when no package, or more than one, has it. */
bool rpm_find(struct rpm *r, struct str path, struct rpm_file *out);

#endif
