/* SPDX-License-Identifier: Apache-2.0 */
/* detail: single events and anomalies, for the commands that show one. */
#ifndef WHODID_CMD_DETAIL_H
#define WHODID_CMD_DETAIL_H

#include "cmd/cmd.h"
#include "cmd/row.h"

/* Prints one anomaly ("A-12") in full. */
int show_anomaly(struct cli *c, const char *id);
/* One event by uid or seq. Returns an exit code; *out is the caller's. */
int find_event(const struct cli *c, const char *id, json_t **out);

#endif
