/* SPDX-License-Identifier: Apache-2.0 */
/* event_read: whodid.event/1.0 JSON back into struct event, so that filters work on it. */
#ifndef WHODID_CMD_EVENT_READ_H
#define WHODID_CMD_EVENT_READ_H

#include "cmd/row.h"
#include "event.h"

/*
 * Fills *out from row by the field table. Texts point into row; lists and arguments are joined in
 * *memory, which is cleared before. Fields of the wrong type stay absent. What JSON does not have
 * (clocks since boot) is 0. 0, or -EINVAL when row is no event.
 */
int event_read(struct event *out, const json_t *row, struct text *memory);

#endif
