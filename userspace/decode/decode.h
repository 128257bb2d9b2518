/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode: the bytes of one record become event.what. Never trusts a length; but for the host's mounts, which
 * others keep, it is pure.
 */
#ifndef WHODID_DECODE_H
#define WHODID_DECODE_H

#include "base/mount_watch.h"
#include "event.h"

/* What decode needs besides the record. */
struct decoder {
	int64_t wall_offset_ns;	    /* wall = boot + this */
	uint64_t unknown_kinds;	    /* counted: records of a kind that this version does not know */
	uint64_t malformed;	    /* counted: records refused */
	struct mount_watch *mounts; /* of the host, for path_on_host; NULL = not known */
	char path[2][4096 * 3];	    /* where relative user paths are joined and tidied */
	char in_fs[4096 * 2];	    /* a path from the top of its file system, */
	char on_host[4096 * 3];	    /* and the host's name for it */
	char flags[256];	    /* words of an open's flags */
};

/*
 * Fills ev (all four parts are cleared first); its texts point into record or into d, and are valid
 * until the next call. Returns 1 when ev is an event, 0 when the record is of an unknown kind,
 * -EBADMSG when it contradicts itself (short, text out of bounds, unknown enum values). record must
 * be aligned to 8 bytes, as ring and recording records are.
 * A boundary becomes EVENT_SESSION_START (login), EVENT_CRED_BECOME (become) or EVENT_BOUNDARY.
 */
int decode_record(struct decoder *d, const void *record, size_t size, struct event *ev);

#endif
