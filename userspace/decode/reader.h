/* SPDX-License-Identifier: Apache-2.0 */
/* reader: private to decode. One record being read; the first contradiction sticks in bad. */
#ifndef WHODID_DECODE_READER_H
#define WHODID_DECODE_READER_H

#include "bpf/event.h"
#include "decode/decode.h"

struct reader {
	struct decoder *d;
	const void *record;
	uint32_t size;
	uint32_t fixed; /* size of the kind's struct: text begins behind it */
	uint32_t flags; /* RECORD_* */
	uint64_t boot_ns;
	struct str root; /* of who acts, as the paths have it; absent when that is their top */
	/* with RECORD_PLACED, else absent: see struct record_place */
	struct str place_mount, place_rest;
	uint64_t place_dev;
	bool bad;
};

/* Text of the record, absent when it has none; longer than max is a contradiction. */
struct str reader_text(struct reader *r, struct record_text text, uint32_t max);
/* A path: as reader_text(), but ends at a NUL, which *cut tells. */
struct str reader_path(struct reader *r, struct record_text text, bool *cut);
/* What is left of a path for who acts, from its own root; absent where that is the same, or outside. */
struct str reader_in_root(const struct reader *r, struct str path);
/*
 * The host's name for the object of a path of the record, in d->on_host. Absent where another path's place was
 * noted, or none, and where the host has it nowhere (mounts_path()).
 */
struct str reader_on_host(const struct reader *r, struct record_text path);
/* 0 or -errno of the kernel becomes outcome and err. */
void reader_result(struct reader *r, int32_t result, struct event_what *what);
/* Boot clock to Unix time; 0 stays 0 = not known. */
int64_t reader_wall_ns(const struct reader *r, uint64_t boot_ns);
/* Count, first and last of folded acts. */
void reader_count(const struct reader *r, uint64_t count, uint64_t first_ns, uint64_t last_ns,
		  struct event_what *what);

/* A v4 address is four bytes, wherever it stood (mapped: at the end); the rest is zeroed. */
void reader_address(uint8_t out[static 16], const uint8_t in[static 16], bool mapped, bool v4);

void decode_file(struct reader *r, struct event_what *what);
void decode_net(struct reader *r, struct event_what *what);
void decode_flow(struct reader *r, struct event_what *what);
void decode_socket(struct reader *r, struct event_what *what);
void decode_packet(struct reader *r, struct event_what *what);

/*
 * Joins path to base unless it is absolute, and tidies "//", "." and ".." by name alone, into out.
 * ".." above the root is the root: that of who acts, when the base lies below it, or "/". Returns a
 * text with p NULL when out is too small.
 */
struct str path_join(char *out, size_t size, struct str root, struct str base, struct str path);

#endif
