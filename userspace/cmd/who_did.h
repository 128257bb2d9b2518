/* SPDX-License-Identifier: Apache-2.0 */
/* who_did: one event as an answer to "who did that?": some lines of words. */
#ifndef WHODID_CMD_WHO_DID_H
#define WHODID_CMD_WHO_DID_H

#include "cmd/cmd.h"
#include "cmd/row.h"

void print_who_did(const struct cli *c, const json_t *row);
/* "sshd 771 > bash 8041 > sudo 8120 > vim 8123", as far as the event tells. */
void view_chain(struct text *out, const json_t *row);

#endif
