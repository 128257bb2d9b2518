/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tamper_move: who opened which of the files that move processes to another control group. What is written there is
 * not seen; who finds itself moved asks here. Private.
 */
#ifndef WHODID_ANOMALY_TAMPER_MOVE_H
#define WHODID_ANOMALY_TAMPER_MOVE_H

#include "event.h"

#define MOVERS 32 /* files; of the one that was opened longest ago the memory is lost */

struct movers {
	bool news; /* one was opened; for whoever has looked to take back */
	struct mover {
		uint64_t boot_ns;
		uint64_t path; /* its hash */
		uint32_t pid;
		uint32_t size;	     /* 0 = not to be named: too long, or several at once */
		uint8_t event[2040]; /* packed */
	} all[MOVERS];
};

/* Nothing, unless it is such an act. Two processes within window_ns at one file are several. */
void movers_remember(struct movers *m, const struct event *ev, uint64_t window_ns);
/* The newest since then at a file in that folder; texts in *out are valid until the next movers_remember(). */
bool movers_find(const struct movers *m, const char *dir, uint64_t since_boot_ns,
		 struct event *out);

#endif
