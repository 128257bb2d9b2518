/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repeats: an exchange that equals one of a moment ago is counted, and told once with its number when
 * the window is over. Sums stay exact: what finds no place here is told by itself.
 */
#ifndef WHODID_NAMES_REPEATS_H
#define WHODID_NAMES_REPEATS_H

#include "event.h"
#include "names/message.h"

#define REPEATS_MAX 128

struct repeat {
	uint64_t key; /* 0 = free */
	uint64_t begun_boot_ns;
	uint64_t count;		/* after the first, which was told by itself */
	struct event_what what; /* of the last one, texts in text */
	char text[4096];
};

struct repeats {
	struct repeat list[REPEATS_MAX];
	unsigned front;	    /* all in use are before this */
	uint64_t window_ns; /* 0 = nothing is counted */
};

/* Whether the exchange was counted and is not to be told now. */
bool repeats_count(struct repeats *r, const struct event_what *what);
/* The counts of a window that is over, if there are some; out's texts are valid until the next call. */
bool repeats_take(struct repeats *r, uint64_t boot_ns, struct event_what *out);

#endif
