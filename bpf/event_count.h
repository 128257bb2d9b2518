/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* event_count.h: what is counted, and what was lost; a part of event.h, whose rules hold. */
#ifndef WHODID_BPF_EVENT_COUNT_H
#define WHODID_BPF_EVENT_COUNT_H

/* Records that were made and did not fit, since the last such record. */
struct record_loss {
	struct record_header header;
	__u64 from_ns;
	__u64 to_ns;
	__u64 total; /* since the sensor started */
	__u64 lost[RECORD_KIND_MAX];
};

/* Per-CPU counters, map "counters" (one PERCPU_ARRAY element). received + lost = generated, per kind. */
struct counters {
	__u64 generated[RECORD_KIND_MAX]; /* records that were to be written */
	__u64 lost[RECORD_KIND_MAX];	  /* of these, not written: ring full or no scratch */
	__u64 folded[RECORD_KIND_MAX];	  /* acts counted in the fold map in place of a record */
	__u64 filtered_missing; /* acts on files that failed with ENOENT or ENOTDIR: counted only */
	__u64 filtered_self;	/* acts of the daemon itself */
	__u64 path_faults;	/* paths that could not be read */
	__u64 state_faults;	/* task storage that could not be made */
	__u64 fold_full;	/* fold map full: the record was written instead */
	__u64 unowned_packets;	/* questions of which the sender's descriptor was not found */
	__u64 unasked_packets;	/* answers to sockets that asked nothing */
};

/* What the daemon did itself is counted by what saw it, and not recorded. */
enum own_act {
	OWN_OTHER = 0,
	OWN_FORK = 1,
	OWN_EXIT = 2,
	OWN_OPEN = 3,
	OWN_PATH = 4,	/* calls that change names and attributes */
	OWN_SOCKET = 5, /* calls about sockets */
	OWN_CALL = 6,	/* other calls: ptrace, kill, setuid, ... */
	OWN_TCP = 7,
	OWN_SIGNAL = 8,
	OWN_SEND4 = 9,
	OWN_SEND6 = 10,
	OWN_ACTS_MAX = 16, /* a power of two */
};

_Static_assert(sizeof(struct record_loss) == 568, "ABI");

#endif
