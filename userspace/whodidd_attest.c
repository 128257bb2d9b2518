/* SPDX-License-Identifier: Apache-2.0 */
/* attest: a token that was shown becomes an identity, or not, and an event either way; on the line's thread. */
#include <stdio.h>

#include "base/clock.h"
#include "whodidd.h"

#define DRAIN_MAX 4096
#define PATIENCE_NS \
	1000000000ull /* who fills the ring as fast as it is read keeps nobody waiting */

/* The records of the crossings that the sender made are in the ring before it could speak to us. */
static void catch_up(struct daemon *d)
{
	uint64_t end_ns = clock_boot_ns() + PATIENCE_NS;

	while (collect_drain(d->line.source, DRAIN_MAX, pipeline_push, &d->line) >= DRAIN_MAX)
		if (clock_boot_ns() >= end_ns)
			return;
}

static void publish(struct daemon *d, struct attest_request *rq, uint64_t boundary)
{
	struct event ev = {0};
	char message[320];

	identity_sender(d->line.identity, rq->pid, boundary, &ev.what);
	ev.what.type = EVENT_SESSION_ATTEST;
	ev.what.outcome = rq->result == ATTEST_OK ? OUTCOME_OK : OUTCOME_FAILED;
	ev.what.count = 1;
	ev.what.boot_ns = clock_boot_ns();
	ev.what.wall_ns = clock_wall_ns();
	if (rq->result != ATTEST_OK) {
		ev.what.attest_error = str_of(attest_result_name(rq->result));
		snprintf(message, sizeof(message), "a token was refused: %s",
			 attest_result_text(rq->result));
	} else {
		snprintf(message, sizeof(message), "a token was taken");
	}
	ev.what.message = str_of(message);
	pipeline_act(&d->line, &ev);
	snprintf(rq->who, sizeof(rq->who), "%.*s", STR_ARG(ev.who.id.who));
}

void answer_attest(struct daemon *d, struct attest_request *rq)
{
	uint64_t boundary = 0;

	catch_up(d);
	if (collect_boundary_of(d->line.source, rq->pidfd, &boundary))
		rq->result = ATTEST_SENDER_GONE;
	else if (rq->result == ATTEST_OK)
		rq->result =
			identity_bind(d->line.identity, boundary, rq->attestation, clock_wall_ns());
	publish(d, rq, boundary);
}
