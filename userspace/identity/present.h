/* SPDX-License-Identifier: Apache-2.0 */
/* present: private to identity. Who a boundary is now: what it was named, and what has become of it since. */
#ifndef WHODID_IDENTITY_PRESENT_H
#define WHODID_IDENTITY_PRESENT_H

#include "identity/table.h"

/* Fills *out as b is at that time. Texts are the table's. */
void boundary_identity(const struct identity_table *t, const struct boundary *b, int64_t wall_ns,
		       struct identity *out);

/* Whose end is that of what b asked for: who asked may be in a container that somebody asked for before. */
uint64_t boundary_holder(const struct identity_table *t, const struct boundary *b);

#endif
