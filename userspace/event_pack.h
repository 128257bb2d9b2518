/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_pack: the compact form in which events are kept and passed between threads.
 *
 * One event = varint length, then (varint field id, value) pairs in the order of the field table;
 * absent fields cost nothing. Numbers are varints, signed ones zigzag, texts varint length + bytes.
 * A reader skips ids that it does not know (the wire type is in the low two bits of the id varint:
 * 0 varint, 1 bytes). Secrets are redacted before packing.
 */
#ifndef WHODID_EVENT_PACK_H
#define WHODID_EVENT_PACK_H

#include "event.h"

#define EVENT_PACKED_MAX (96u * 1024)
#define EVENT_ROWS_MAX	 192 /* one more than the packed fields of any type (a test counts them) */

/* Writes ev to buf. Returns the length, or -ENOSPC. */
int event_pack(const struct event *ev, uint8_t *buf, size_t size);

/*
 * Reads one event at buf; texts in *out point into buf (loss.by_type into memory of the
 * thread, until its next call). Returns the bytes used, 0 at the end of
 * the buffer, -EBADMSG for anything malformed. Safe on hostile bytes.
 */
int event_unpack(struct event *out, const uint8_t *buf, size_t size);

/* Bytes of the event at buf, by its length alone; 0 at the end, -EBADMSG when it is not all there. */
int event_packed_size(const uint8_t *buf, size_t size);

#endif
