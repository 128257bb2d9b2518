/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order: records in the order of their time. They come from the ring in the order in which they were
 * written, and each has its time from shortly before: two CPUs can do that in opposite order, by less
 * than a microsecond as a rule. So some neighbours are held back while the ring has more.
 *
 * Equal times stay as they came, and a record that was caused by another one never has an earlier
 * time: the boundary stays before its first event.
 */
#ifndef WHODID_COLLECT_ORDER_H
#define WHODID_COLLECT_ORDER_H

#include "bpf/event.h"

#define ORDER_WINDOW 32

struct order {
	const struct record_header *held[ORDER_WINDOW]; /* by time, the earliest first */
	unsigned count;
};

/* Takes a record. Gives the earliest one when there is no more room, else NULL. */
const struct record_header *order_put(struct order *o, const struct record_header *record);
/* Gives the earliest record held; NULL = none. */
const struct record_header *order_take(struct order *o);

#endif
