/* SPDX-License-Identifier: Apache-2.0 */
/* reader: what reader.c and cursor.c share: one row of batch, read, checked and unpacked. */
#ifndef WHODID_STORE_READER_H
#define WHODID_STORE_READER_H

#include <sqlite3.h>

#include "store/batch.h"
#include "store/store.h"

/* A batch in memory. Grows to the largest that was read. */
struct loaded {
	struct batch_facts facts;
	uint8_t prev[BATCH_HASH], hash[BATCH_HASH];
	uint8_t *raw;
	uint32_t *offset; /* of each event, and the end */
	uint32_t raw_size, offset_size;
	struct batch_unpacker unpacker;
};

struct store_reader {
	sqlite3 *db;
	struct host host;
	uint64_t host_row; /* that host holds */
	struct loaded one; /* of store_get() */
	sqlite3_stmt *find_program;
	bool no_programs;		  /* a store of before, or one that cannot say */
	struct program_facts exe, script; /* that the event given last borrows texts of */
};

#define BATCH_COLUMNS "seq0, seq1, n, ts0, ts1, raw_len, kindmask, host, prev, hash, d"

/*
 * Reads the row (BATCH_COLUMNS) that st stands on. 0; -EBADMSG for a damaged one, whose facts are
 * read all the same; -ENOMEM.
 */
int loaded_read(struct loaded *b, sqlite3_stmt *st);
void loaded_release(struct loaded *b);
/* Event number i. 0 or -EBADMSG. */
int loaded_event(const struct loaded *b, uint32_t i, struct event *ev);

/* program.c: what became known of an exec's files after it was kept. */
void reader_complete(struct store_reader *r, struct event *ev);

/* Makes host the one of that row. */
void reader_take_host(struct store_reader *r, uint64_t row);

#endif
