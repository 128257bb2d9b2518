/* SPDX-License-Identifier: Apache-2.0 */
/* answer: how complete an answer is (whodid.answer/1.0), and the sentence that says so. */
#ifndef WHODID_CMD_ANSWER_H
#define WHODID_CMD_ANSWER_H

#include "cmd/cmd.h"
#include "cmd/row.h"

struct answer {
	json_t *row;	       /* the answer object; NULL = completeness is not known */
	uint64_t events, acts; /* counted here */
	uint64_t last_seq;
	bool cut;	/* a limit left some out */
	bool any_start; /* nobody named a beginning: all that is kept was asked for */
};

void answer_release(struct answer *a);
#define _cleanup_answer_ _cleanup_(answer_release)
/* Whether row is the answer object; then it is kept. Else it is counted as an event. */
bool answer_take(struct answer *a, json_t *row);
/* The same for a line that is plainly an event, without parsing it: passing on JSON must be fast. */
bool answer_skim(struct answer *a, struct str line);
/* Known, and no event of the period is missing. */
bool answer_is_complete(const struct answer *a);
/* "No loss in this period." or "INCOMPLETE: ..." */
void answer_say_loss(struct text *out, const struct cli *c, const struct answer *a);
/* "2026-11-16 17:10 to now" */
void answer_say_period(struct text *out, const struct cli *c, const struct answer *a);
/* Prints a foot that begins with head: below a table, to standard error with other formats. */
void answer_print(const struct cli *c, const struct answer *a, const char *head);
/* CODE_DONE, or CODE_INCOMPLETE when --require-complete asks. */
int answer_code(const struct cli *c, const struct answer *a);

#endif
