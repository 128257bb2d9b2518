/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table: rows that fit a terminal (ux.md 1.2, 2). Where there is too little room, optional columns go
 * first, then paths are cut in the middle; what may not be cut (numbers, times, identities) goes on in
 * the next line of its cell.
 *
 * A table either collects its rows and fits them at the end, or streams: each row is printed at once
 * and columns only grow.
 */
#ifndef WHODID_CMD_TABLE_H
#define WHODID_CMD_TABLE_H

#include "cmd/terminal.h"

enum column_kind {
	COLUMN_TEXT,   /* never cut */
	COLUMN_PATH,   /* cut in the middle */
	COLUMN_NUMBER, /* right-aligned, never cut */
};

struct column {
	const char *title; /* printable */
	enum column_kind kind;
	unsigned start; /* width that a streaming table starts with */
	unsigned drop;	/* 0 = stays; else the highest goes first */
};

#define TABLE_COLUMNS_MAX 24

struct table_cell {
	char *printable;
	enum color color;
};

struct table {
	const struct terminal *term;
	struct column columns[TABLE_COLUMNS_MAX];
	unsigned widths[TABLE_COLUMNS_MAX];
	size_t column_count;
	bool stream, headers, header_done;
	size_t note_column;	  /* notes stand under this one */
	struct table_cell *cells; /* rows * column_count */
	char **notes;		  /* below row i, or NULL */
	size_t rows, room, filled;
};

void table_init(struct table *t, const struct terminal *term, const struct column *columns,
		size_t n, bool headers, bool stream);
void table_release(struct table *t);
/* The next cell of the row; text_say() made it. */
void table_cell(struct table *t, enum color color, const struct text *printable);
void table_cell_z(struct table *t, enum color color, const char *printable);
/* Ends the row. note (printable, may be NULL) stands below it. */
void table_row(struct table *t, const char *note);
/* Fits and prints what was collected. */
void table_end(struct table *t);

#endif
