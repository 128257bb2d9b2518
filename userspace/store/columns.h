/* SPDX-License-Identifier: Apache-2.0 */
/*
 * columns: the events of a batch, put down field by field for the compressor.
 *
 * A field is written as what it differs by from the same field of the last event of that process (by
 * its pid; of the last event at all where there is none): numbers as a difference, texts as "the same" or
 * as what follows a common beginning. Nothing is left out: joining gives the same bytes again.
 *
 *     varint number of shapes; for each: varint number of tags, varint tags (event_pack.h)
 *     varint number of events; for each: varint shape
 *     for each column, a tag, in the order in which the shapes name them: varint bytes of its numbers,
 *     varint bytes of its texts; then all numbers, then all texts
 */
#ifndef WHODID_STORE_COLUMNS_H
#define WHODID_STORE_COLUMNS_H

#include "base/str.h"

/* What columns of raw events can come to. */
#define COLUMNS_LIMIT(raw) (8ull * (raw) + 131072)
#define COLUMNS_SLACK	   1

struct columns;
/* Memory for one direction at a time, for batches of at most raw_max bytes to split. NULL when there is none. */
struct columns *columns_new(uint32_t raw_max);
void columns_free(struct columns *c);

/*
 * raw: packed events, at most raw_max bytes. *out lies in c until the next call. 0, or -EINVAL for what is
 * not as event_pack() writes it or of too many shapes: to be kept as it is.
 */
int columns_split(struct columns *c, struct str raw, struct str *out);
/*
 * Gives raw_len bytes of events to raw, which has room for COLUMNS_SLACK more. 0, or -EBADMSG when it is not
 * exactly that. Safe on hostile bytes.
 */
int columns_join(struct columns *c, struct str in, uint8_t *raw, uint32_t raw_len);

#endif
