/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event: one thing that happened. Each stage fills its own part and only reads those before it.
 *
 * An event is flat and holds no memory of its own: every struct str in it is borrowed. On the
 * line the texts live in the record, in the identity stage's tables or in the profile set, and
 * stay valid until pipeline_push() returns; from a store or a stream they live in the batch
 * that was unpacked. Who wants to keep an event packs it (event_pack.h).
 *
 * Its parts: event_what.h, event_who.h, and below them what is made of both, verdict and score.
 *
 * Names are the same here, in the JSON (event_fields.h has the table), in filters, metrics and
 * dashboards.
 */
#ifndef WHODID_EVENT_H
#define WHODID_EVENT_H

#include "base/str.h"
#include "event_what.h"
#include "event_who.h"

enum verdict {
	VERDICT_NONE = 0, /* not an act that profiles judge */
	VERDICT_EXPECTED = 1,
	VERDICT_UNEXPECTED = 2,
	VERDICT_FORBIDDEN = 3,
	VERDICT_EXCEPTED = 4,
	VERDICT_UNPROFILED = 5,
	VERDICT_LEARNING = 6,
};
const char *verdict_name(enum verdict verdict);
int verdict_parse(struct str name); /* -1 = none of that name */

enum severity {
	SEVERITY_NONE = 0,
	SEVERITY_INFO = 1,
	SEVERITY_LOW = 2,
	SEVERITY_MEDIUM = 3,
	SEVERITY_HIGH = 4,
	SEVERITY_CRITICAL = 5,
};
const char *severity_name(enum severity severity);
int severity_parse(struct str name);

/* Whether that was expected: written by profile. */
struct event_verdict {
	enum verdict value;
	enum severity severity; /* of forbidden and unexpected */
	struct str mode;	/* learn, audit, enforce: static text; absent when unprofiled */
	struct str binding;	/* name of the deciding binding */
	struct str rule;	/* "role/rule-id" that decided; absent for unexpected */
	struct str reason;	/* the rule's own sentence */
	struct str attack;	/* comma list of ATT&CK ids of the rule */
};

/* How unusual: written by anomaly. */
struct event_score {
	uint64_t anomaly; /* number n of "A-n"; 0 = none */

	/* only on EVENT_ANOMALY: the anomaly's whole present state */
	struct str change; /* opened, updated, state: static text */
	struct str state;  /* new, ack, suppressed, resolved */
	struct str kind;   /* forbidden, unexpected, identity, ... */
	struct str title;
	struct str what; /* "read /proc/4127/mem": verb and object of the newest reason */
	uint64_t events;
	int64_t first_wall_ns, last_wall_ns;
};

struct event {
	struct event_what what;
	struct event_who who;
	struct event_verdict verdict;
	struct event_score score;
};

/* Facts of the host that every JSON event repeats. */
struct host {
	char name[65];
	char boot_id[37];    /* 8-4-4-4-12 */
	char machine_id[33]; /* "" = none */
};

/* Fills *out from this machine. Never fails: what cannot be read is "". */
void host_read(struct host *out);

/* Writes "b1946ac9.4466.1187923" (boot id's first part, pid, start in microseconds) to out. */
#define PROCESS_UID_MAX 64
void process_uid_format(char out[static PROCESS_UID_MAX], const struct host *host, uint32_t pid,
			uint64_t start_ns);

/* The event's ULID: its wall time in ms, 16 bits of the boot id, its seq. 26 characters and NUL. */
#define EVENT_UID_MAX 27
void event_uid_format(char out[static EVENT_UID_MAX], const struct host *host,
		      const struct event *ev);
/* Gives back the seq in a ULID. 0, or -EINVAL when it is none. */
int event_uid_parse(struct str uid, uint64_t *seq);

/* Notable: what `watch` shows by default (ux.md 1.4). */
bool event_is_notable(const struct event *ev);

#endif
