/* SPDX-License-Identifier: Apache-2.0 */
/*
 * open: how connections that have not ended yet were called when they began, so that their end is called
 * the same. A table of fixed size, shared as the book is; what it has no room for ends without a name.
 */
#ifndef WHODID_NAMES_OPEN_H
#define WHODID_NAMES_OPEN_H

#include "names/book.h"

/* What a close record says too: nothing about the network. */
struct open_key {
	uint64_t start_ns, boundary;
	uint32_t pid;
	uint16_t family, src_port, dst_port;
	uint8_t src[16], dst[16];
	uint8_t pad0[6]; /* 0: compared as bytes */
};

struct open_entry {
	uint32_t next; /* of the same bucket; 0 = none, else index + 1 */
	uint32_t net;
	struct open_key key;
	uint32_t name_source;
	bool is_unsure;	  /* two networks have such a connection */
	uint8_t name_len; /* 0 = it had no name */
	char name[BOOK_NAME_MAX];
};

struct open_connections {
	struct open_entry entries[SHELVES_ENTRIES];
	uint32_t buckets[SHELVES_ENTRIES];
	struct shelves shelves;
	char name[BOOK_NAME_MAX]; /* of the one that ended last */
};

/* A TCP connection that succeeded, whether it has a name or not. */
void open_add(struct open_connections *o, const struct event_what *what);
/* Its end: fills in the name, lent until the next one. */
void open_end(struct open_connections *o, struct event_what *what);

#endif
