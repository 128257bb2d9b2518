/* SPDX-License-Identifier: Apache-2.0 */
/* batch: one row of the table batch: its facts, its hash, and the way in and out of zstd. */
#ifndef WHODID_STORE_BATCH_H
#define WHODID_STORE_BATCH_H

#include "store/columns.h"

#define BATCH_RAW_MAX	(512u * 1024)	   /* packed events of one batch, as written */
#define BATCH_RAW_LIMIT (4u * 1024 * 1024) /* the same, as accepted */
#define BATCH_HASH	32

/* Everything but the events. seq1 and ts1 are of the last and latest event. */
struct batch_facts {
	uint64_t seq0, seq1;
	int64_t ts0, ts1;
	uint64_t types; /* bit (1 << event type) */
	uint64_t host;	/* row of the table host */
	uint32_t count;
	uint32_t raw_len;
};

/* What events are read with: {0} at first, then for one batch after the other. */
struct batch_unpacker {
	struct columns *columns;
	uint8_t *buf;
	size_t size;
};
void batch_unpacker_release(struct batch_unpacker *u);

struct batch_packer;
/* NULL when memory is out. */
struct batch_packer *batch_packer_new(void);
void batch_packer_free(struct batch_packer *p);
/* Compresses raw, by columns where it can; *out lies in p until the next call. 0 or -ENOMEM. */
int batch_compress(struct batch_packer *p, struct str raw, struct str *out);

/* hash = SHA-256(prev, facts as little-endian numbers, data). 0 or -EIO. */
int batch_hash(uint8_t hash[static BATCH_HASH], const uint8_t prev[static BATCH_HASH],
	       const struct batch_facts *facts, struct str data);

/*
 * Decompresses to out (BATCH_ROOM(facts->raw_len) bytes at least), also what was written before there were
 * columns. 0, -ENOMEM, or -EBADMSG when it is not exactly that.
 */
#define BATCH_ROOM(raw_len) ((raw_len) + COLUMNS_SLACK)
int batch_decompress(struct batch_unpacker *u, const struct batch_facts *facts, struct str data,
		     uint8_t *out);

#endif
