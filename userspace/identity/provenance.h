/* SPDX-License-Identifier: Apache-2.0 */
/* provenance: private to identity. Who wrote what is executed. */
#ifndef WHODID_IDENTITY_PROVENANCE_H
#define WHODID_IDENTITY_PROVENANCE_H

#include "identity/table.h"

/* Learns from opens for writing; says of an exec who wrote its file. who.id is known. */
void provenance_attach(struct identity_table *t, struct event *ev);

#endif
