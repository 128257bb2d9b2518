/* SPDX-License-Identifier: Apache-2.0 */
/*
 * book: which name gave which address to whom, until its time is over. A table of fixed size; the oldest
 * entry of the workload that has most makes room.
 *
 * An address is called by a name only for the workload that asked: the same boundary, cgroup and network
 * namespace. Whoever ran before the sensor has a boundary that says little, and shares with nobody.
 */
#ifndef WHODID_NAMES_BOOK_H
#define WHODID_NAMES_BOOK_H

#include "event.h"
#include "names/shelves.h"

#define BOOK_ENTRIES   SHELVES_ENTRIES
#define BOOK_NAME_MAX  255 /* longer names are not kept */
#define BOOK_TTL_MIN_S 10  /* an answer that may not be kept is used all the same, at once */
#define BOOK_TTL_MAX_S 86400

struct book_entry {
	uint32_t next; /* of the same bucket; 0 = none, else index + 1 */
	uint32_t pid;
	uint64_t start_ns, boundary, cgroup_id;
	uint64_t until_boot_ns;
	uint64_t order; /* the higher was learnt later */
	uint32_t net;
	uint16_t family;
	bool known_server;
	uint8_t ip[16];
	uint8_t name_len;
	char name[BOOK_NAME_MAX];
};

struct book {
	struct book_entry entries[BOOK_ENTRIES];
	uint32_t buckets[BOOK_ENTRIES];
	struct shelves shelves;
	uint64_t learnt;
	uint64_t pushed_out; /* entries that made room before their time */
};

/* what: who asked, and in which network. */
void book_learn(struct book *b, const struct event_what *what, struct str name, uint16_t family,
		const uint8_t ip[static 16], uint32_t ttl_s, bool known_server);

#define BOOK_OTHERS_MAX	  8
#define BOOK_OTHERS_BYTES (BOOK_OTHERS_MAX * (BOOK_NAME_MAX + 1))
struct book_answer {
	struct str name; /* lent by the book until it learns again */
	bool known_server;
	char others[BOOK_OTHERS_BYTES]; /* further names that gave the address, comma list */
	uint32_t others_len;
};

/*
 * The name by which who acts asked for the destination: the process's own newest one, else its
 * workload's. preferred, where it is among them, goes before. False when there is none.
 */
bool book_find(const struct book *b, const struct event_what *what, struct str preferred,
	       struct book_answer *out);

#endif
