/* SPDX-License-Identifier: Apache-2.0 */
/* nearest: the known word that was probably meant. */
#ifndef WHODID_PROFILE_NEAREST_H
#define WHODID_PROFILE_NEAREST_H

#include "base/str.h"

struct nearest {
	struct str word;
	struct str best; /* p NULL = nothing is near */
	unsigned distance;
};

static inline struct nearest nearest_to(struct str word)
{
	return (struct nearest){.word = word, .distance = word.n / 3 + 1};
}
/* Keeps candidate when it is nearer than what was seen before. */
void nearest_consider(struct nearest *n, struct str candidate);

#endif
