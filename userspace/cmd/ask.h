/* SPDX-License-Identifier: Apache-2.0 */
/* ask: questions that have one object or a list as their answer. */
#ifndef WHODID_CMD_ASK_H
#define WHODID_CMD_ASK_H

#include "cmd/cmd.h"
#include "cmd/row.h"

/* One object into *out, the caller's. Returns an exit code; quiet says nothing when it fails. */
int ask_object(const struct cli *c, const char *path, bool quiet, json_t **out);
/* All lines of an answer as an array. */
int ask_list(const struct cli *c, const char *path, bool quiet, json_t **out);
/* Prints row as one line of JSON. */
void print_json_row(const struct cli *c, const json_t *row);

#endif
