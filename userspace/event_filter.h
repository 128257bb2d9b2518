/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_filter: the filter words of the command line, the API and the page (ux.md 1.2, 6).
 *
 *     type=connect who=ci:acme/<any> dst.port!=443
 *
 * Words are ANDed; a comma in the value is OR; != negates; * and ? are globs in values (they cross
 * '/'); < > <= >= compare numbers, times and levels. A value with blanks is put in double quotes.
 * "exe|filename=*.sh" asks whether either of two texts matches, and path= is any of a file's names (path_in_root,
 * path_on_host), file.path= that one; "!field" and "field" alone ask for absence and presence. dst takes an address, CIDR, name, or
 * address:port. Field names are those of event_fields.h.
 */
#ifndef WHODID_EVENT_FILTER_H
#define WHODID_EVENT_FILTER_H

#include "base/problem.h"
#include "event.h"

struct filter;

/*
 * Parses words separated by blanks. On success *out is the caller's, for filter_free(). On failure
 * returns -EINVAL, leaves *out alone, and says in err which word and what would be right.
 */
int filter_parse(struct filter **out, struct str text, struct problem *err);
void filter_free(struct filter *f);
/* NULL matches everything. Allocates nothing. */
bool filter_match(const struct filter *f, const struct event *ev);
/* Bits (1 << type) of the types that can match at all: lets a reader skip. */
uint64_t filter_types(const struct filter *f);

#endif
