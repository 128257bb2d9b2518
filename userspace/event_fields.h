/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_fields: the one table of an event's fields. JSON, filters, table columns, the packed
 * form, CSV and the published schema are all made from it, so that they cannot differ.
 */
#ifndef WHODID_EVENT_FIELDS_H
#define WHODID_EVENT_FIELDS_H

#include "event.h"

enum field_kind {
	FIELD_TEXT,  /* struct str, absent when p is NULL */
	FIELD_LIST,  /* struct str holding a comma list, absent when empty; JSON array of strings */
	FIELD_ARGV,  /* struct str, NUL-separated; JSON array of strings */
	FIELD_U32,   /* 0 is a value */
	FIELD_U64,   /* 0 is a value */
	FIELD_COUNT, /* a number, absent when 0 */
	FIELD_BIG,   /* uint64_t that may pass 2^53: JSON string; absent when 0 */
	FIELD_ID32,  /* uint32_t, absent when 0xffffffff */
	FIELD_BOOL,  /* present only when true; with a name_of it reads as that word */
	FIELD_TIME,  /* int64_t Unix ns; absent when 0 */
	FIELD_BOOT,  /* uint64_t boot clock ns, shown as the time of day; absent when 0 */
	FIELD_MS,    /* uint64_t ns, shown as milliseconds with three decimals */
	FIELD_ENUM,  /* by a name function; absent when it has no name */
	FIELD_PORT,  /* uint16_t, absent when 0 */
	FIELD_IP,    /* 16 bytes beside net.family */
	FIELD_MODE,  /* permission bits as "0644"; absent when 0 */
	FIELD_DEV,   /* device number as "8:1"; absent when 0 */
	FIELD_BOUNDARY, /* boundary id as "b42"; absent when 0 */
	FIELD_ANOMALY,	/* anomaly number as "A-7"; absent when 0 */
	FIELD_FLAGS,	/* uint32_t bits by a name function; JSON array */
	FIELD_FORM, /* made of the whole identity by event_form() when it is printed: not stored */
	FIELD_SPECIAL, /* printed and packed by a function of its own */
};

/* field.use: where the field does not appear. */
#define FIELD_NO_JSON (1u << 0)
#define FIELD_NO_PACK (1u << 1)

struct field {
	const char *name;  /* dotted: "process.exe" */
	const char *alias; /* word for filters beside the last part: "exe", "dst"; NULL = none */
	const char *help;  /* one sentence, for man and schema */
	const char *(*name_of)(unsigned value); /* FIELD_ENUM, FIELD_FLAGS (by bit), FIELD_BOOL */
	bool (*shown)(
		const struct event *ev); /* a further condition for being shown; NULL = none */
	bool (*packed)(
		const struct event *ev); /* the same for being packed; NULL = its kind decides */
	uint64_t types;	 /* bit (1 << event type) for each type that has it; ~0 = all */
	uint16_t id;	 /* number in the packed form: never reused, 1 to 511 */
	uint16_t offset; /* in struct event */
	uint16_t width;	 /* bytes of the member there */
	uint8_t kind;	 /* enum field_kind */
	uint8_t use;	 /* FIELD_NO_* */
};

/* The table, in the order in which JSON prints it; ends with a NULL name. */
extern const struct field event_fields[];

/* By full name, alias, or unambiguous last part ("exe", "path"); NULL = none. */
const struct field *field_find(struct str name);
/* The known name or alias nearest to name, for "did you mean"; NULL = none is near. */
const char *field_nearest(struct str name);
/* Whether the event has the field. */
bool field_present(const struct field *field, const struct event *ev);
/* Writes the field as text for people and CSV (not escaped for terminals) to buf; length, or 0 when
 * absent. A result >= size was cut. Lists are joined by ',', argv by ' '. uid, process.uid and
 * process.parent.uid need the host and give 0: see event_uid_format() and process_uid_format(). */
size_t field_text(const struct field *field, const struct event *ev, char *buf, size_t size);

/* Typed access for the users of the table. Texts: TEXT, LIST, ARGV. */
struct str field_str(const struct field *field, const struct event *ev);
/* The number at the field's place, or what stands in for it (the parent known to the kernel). */
uint64_t field_number(const struct field *field, const struct event *ev);

/* Names of errors and signals: "EACCES", "SIGKILL"; NULL for a number that has none. */
const char *errno_name(unsigned err);
const char *signal_name(unsigned signal);
/* Capabilities by bit: "net_admin"; NULL past the last. */
const char *capability_name(unsigned bit);
#define CAPABILITIES_ALL ((1ull << 41) - 1)

/* Kinds of namespaces by bit: "user", "mnt", ...; NULL past the last. */
const char *namespace_name(unsigned bit);

/* Types of BPF programs: "kprobe", "lsm", ...; NULL for a number without a word. */
const char *program_type_name(unsigned type);
const char *touch_name(unsigned op);
const char *touch_object_name(unsigned object);

/* Kinds of crossings (enum boundary_kind), and who makes them (enum exe_role); else NULL. */
const char *crossing_kind_name(unsigned kind);
const char *crossing_role_name(unsigned role);

/* Word on why events of that loss stage are missing: "full", "slow_reader", "not_running". */
const char *loss_cause(struct str stage);
/* "tcp", "udp", ...; NULL for a number without a word. */
const char *protocol_name(unsigned protocol);
/* Address families, "inet", "unix", ..., and types of sockets, "stream", "raw", ...; else NULL. */
const char *family_name(unsigned family);
const char *socket_type_name(unsigned type);
const char *net_op_name(unsigned sent); /* "connect", "send" */

/* Calls that reach into a process (enum ptrace_op), that change rights (enum cred_op); else NULL. */
const char *ptrace_op_name(unsigned op);
const char *cred_op_name(unsigned op);

/* Where a path, an address, a name comes from, why no writer is said; NULL where that is as usual. */
const char *path_source_name(unsigned source);
const char *address_source_name(unsigned source);
const char *name_source_name(unsigned source);
const char *writer_unknown_name(unsigned reason);
/* The JSON field that a bit of CUT_* speaks of; NULL past the last. */
const char *cut_name(unsigned bit);

#endif
