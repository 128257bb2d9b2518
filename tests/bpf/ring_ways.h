/* SPDX-License-Identifier: Apache-2.0 */
/* ring_ways.h: the ways in which the kernel may run what a ring is asked for, each a case of a test. */
#ifndef WHODID_TESTS_BPF_RING_WAYS_H
#define WHODID_TESTS_BPF_RING_WAYS_H

#include <errno.h>

#include "harness.h"
#include "tests/lib/ring.h"

static const struct way {
	const char *name;
	unsigned setup, sqe_flags;
} ways[] = {
	{"at once", 0, 0},
	{"by a worker", 0, IOSQE_ASYNC},
	{"by the ring's thread", IORING_SETUP_SQPOLL, 0},
	{"late", IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SINGLE_ISSUER, 0},
	{"late, by a worker", IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SINGLE_ISSUER, IOSQE_ASYNC},
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

/* The ring of the test that runs. */
static struct ring ring;

/* Whether this kernel can do it that way; says so where not. */
static bool can(const struct way *way)
{
	bool ok = ring_open(&ring, way->setup) == 0;

	if (ok)
		close(ring.fd);
	else
		print_message("# not %s here: %s\n", way->name, strerror(errno));
	return ok;
}

#endif
