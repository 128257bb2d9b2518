/* SPDX-License-Identifier: Apache-2.0 */
/* problem: the first thing wrong in something that a person wrote: place, what, remedy. */
#ifndef WHODID_BASE_PROBLEM_H
#define WHODID_BASE_PROBLEM_H

#include <stddef.h>

struct problem {
	char file[256];
	unsigned line, column; /* from 1; 0 = no place */
	char text[512];	       /* what is wrong */
	char remedy[256];      /* what to do; "" = nothing to add */
};

/* Set once: a later call on the same problem changes nothing. p may be NULL. Returns err. */
int problem_set(struct problem *p, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int problem_at(struct problem *p, int err, const char *file, unsigned line, unsigned column,
	       const char *fmt, ...) __attribute__((format(printf, 6, 7)));
void problem_remedy(struct problem *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "file:3:12: text. remedy" into buf. */
void problem_format(const struct problem *p, char *buf, size_t size);

#endif
