/* SPDX-License-Identifier: Apache-2.0 */
/* runners: the CI agents of this host, for doctor. */
#ifndef WHODID_CMD_RUNNERS_H
#define WHODID_CMD_RUNNERS_H

#include "cmd/row.h"

/* known = nothing has to be done; else remedy says what. printable is for a terminal. */
typedef void (*runner_fn)(void *ctx, bool known, const char *remedy, const char *printable);

/*
 * Each agent that a unit would start or that runs, once; status is the daemon's, or NULL. Nothing is
 * guessed into the settings: the line to add is said, and somebody adds it.
 */
void doctor_runners(const json_t *status, runner_fn fn, void *ctx);

#endif
