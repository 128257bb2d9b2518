// SPDX-License-Identifier: Apache-2.0
/* order.c: see order.h. Nearly all records come in order, so the place is found from the end. */
#include "collect/order.h"

#include <stddef.h>
#include <string.h>

const struct record_header *order_take(struct order *o)
{
	const struct record_header *first;

	if (o->count == 0)
		return NULL;
	first = o->held[0];
	o->count--;
	memmove(o->held, o->held + 1, o->count * sizeof(o->held[0]));
	return first;
}

const struct record_header *order_put(struct order *o, const struct record_header *record)
{
	const struct record_header *out = NULL;
	unsigned at;

	if (o->count == ORDER_WINDOW) {
		if (record->boot_ns < o->held[0]->boot_ns)
			return record;
		out = order_take(o);
	}
	for (at = o->count; at > 0 && o->held[at - 1]->boot_ns > record->boot_ns; at--)
		o->held[at] = o->held[at - 1];
	o->held[at] = record;
	o->count++;
	return out;
}
