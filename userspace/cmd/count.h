/* SPDX-License-Identifier: Apache-2.0 */
/* count: events grouped by the values of some fields (query --count-by). */
#ifndef WHODID_CMD_COUNT_H
#define WHODID_CMD_COUNT_H

#include "cmd/cmd.h"
#include "cmd/row.h"

struct counting;

/* fields: "who,dst". 0, or CODE_USAGE after saying what is wrong. */
int count_new(struct counting **out, const char *fields);
void count_free(struct counting *k);
void count_event(struct counting *k, const json_t *row);
/* Prints the groups, largest first, at most c->top; returns how many there are in all. */
size_t count_print(struct counting *k, const struct cli *c);

#endif
