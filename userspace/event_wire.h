/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_wire: the packed form's bytes, for who writes (event_pack.c) and reads them (event_unpack.c).
 * The form itself is event_pack.h's.
 */
#ifndef WHODID_EVENT_WIRE_H
#define WHODID_EVENT_WIRE_H

#include "event_fields.h"

enum wire { WIRE_VARINT = 0, WIRE_BYTES = 1 };

#define IDS	   512 /* above all packed ids */
#define VARINT_MAX 10

/* Rows (event_fields.c) that are not treated by their kind alone. */
enum {
	ID_BOOT_NS = 3,
	ID_ARGV = 11, /* written by the redactor */
	ID_BOUNDARY = 41,
	ID_TID = 49,
	ID_NS_PID = 50,
	ID_EXEC_EXE = 51,
	ID_EUID = 57,
	ID_EGID = 58,
	ID_PARENT_PID = 81,
	ID_PARENT_START = 83,
	ID_ANCESTORS = 84, /* last, and as many as there is room for */
	ID_TRUNCATED = 135,
};

/* The row of that id, NULL when there is none. Filled before main(). */
extern const struct field *event_row_by_id[IDS];

#endif
