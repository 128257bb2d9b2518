/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flag_facts: private to identity. What each flag of a process's or boundary's identity says in a sentence, and
 * what it does to the trust. ID_SHARED_RING is of an event alone.
 */
#ifndef WHODID_IDENTITY_FLAG_FACTS_H
#define WHODID_IDENTITY_FLAG_FACTS_H

#include <stdint.h>

struct flag_fact {
	uint32_t flag; /* ID_* */
	const char *fact, *trust;
};
extern const struct flag_fact flag_facts[]; /* ends with fact NULL */

#endif
