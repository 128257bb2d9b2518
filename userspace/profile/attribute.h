/* SPDX-License-Identifier: Apache-2.0 */
/* attribute: what a condition may ask of an act, by its number in the table of attribute.c. */
#ifndef WHODID_PROFILE_ATTRIBUTE_H
#define WHODID_PROFILE_ATTRIBUTE_H

#include "profile/act.h"

#define ATTRIBUTES_MAX 64
#define VALUES_MAX     (ANCESTORS_MAX + 1)

struct values {
	struct str v[VALUES_MAX];
	uint32_t n;
	char buf[96];
};

/* "job.provider"; NULL past the last. */
const char *attribute_name(unsigned i);
/* False for what is part of the language and not known by the sensor yet. */
bool attribute_is_seen(unsigned i);
/* Its values, none where it is not known; marks the act as fleeting where it has to. */
void attribute_get(unsigned i, struct act *a, struct values *out);

#endif
