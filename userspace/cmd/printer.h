/* SPDX-License-Identifier: Apache-2.0 */
/* printer: events in the format that was asked for: -o, --columns, --no-headers. */
#ifndef WHODID_CMD_PRINTER_H
#define WHODID_CMD_PRINTER_H

#include "cmd/cmd.h"
#include "cmd/row.h"
#include "cmd/table.h"

struct event_column;

struct printer {
	const struct cli *c;
	struct table table;
	const struct event_column *columns[TABLE_COLUMNS_MAX];
	char *fields[TABLE_COLUMNS_MAX]; /* where the column is a field by name */
	size_t column_count;
	bool live;
	bool header_done;
	uint64_t printed;
};

/* live: each line at once, times without date. Returns CODE_USAGE for a column that does not exist. */
int printer_init(struct printer *p, const struct cli *c, bool live);
/* row is line, parsed. */
void printer_event(struct printer *p, struct str line, const json_t *row);
/* A line that is no event, below the same columns: time, type, who, what. Tables only. */
void printer_note(struct printer *p, int64_t time_ns, const char *type, const char *who,
		  const char *what, enum color color);
void printer_end(struct printer *p);
void printer_release(struct printer *p);

/* One JSON line as it came; ASCII only when it goes to a terminal. */
void print_json_line(const struct cli *c, struct str line, const json_t *row);
/* One cell of CSV: quoted where needed, never a formula. raw is foreign text. */
void csv_add(struct text *out, struct str raw);
void tsv_add(struct text *out, struct str raw);

#endif
