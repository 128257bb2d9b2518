/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bus_call: private to identity. A call that a client sent to systemd over D-Bus: which one, and the unit
 * that is its first argument. The bytes are the client's: the head of the message, and that argument.
 */
#ifndef WHODID_IDENTITY_BUS_CALL_H
#define WHODID_IDENTITY_BUS_CALL_H

#include "event.h"

#define UNIT_NAME_MAX 255

enum bus_call_kind {
	BUS_CALL_OTHER = 0,
	BUS_CALL_TRANSIENT, /* makes a unit that is not there, and starts it */
	BUS_CALL_START,	    /* nothing where it runs */
	BUS_CALL_RESTART,   /* also where it does not run */
	BUS_CALL_TRY,	    /* only where it runs */
};

struct bus_call {
	enum bus_call_kind kind;
	struct str
		unit; /* part of the bytes; a service's name, of the characters that units have */
};

/* False when it is no call that has systemd start a service, or not whole. */
bool bus_call_read(struct bus_call *out, struct str bytes);

#endif
