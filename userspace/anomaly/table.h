/* SPDX-License-Identifier: Apache-2.0 */
/* table: the anomalies that are kept, in fixed memory, found by what they are grouped by. */
#ifndef WHODID_ANOMALY_TABLE_H
#define WHODID_ANOMALY_TABLE_H

#include "anomaly/anomaly.h"

#define REASONS_MAX 8
#define WHO_MAX	    256
#define SESSION_MAX 64
#define RULE_MAX    128 /* "role/rule", an object class or a flag */
#define WHAT_MAX    256
#define TITLE_MAX   512

enum anomaly_state { STATE_NEW, STATE_ACK, STATE_SUPPRESSED, STATE_RESOLVED, STATE_COUNT };
enum anomaly_kind { KIND_FORBIDDEN, KIND_UNEXPECTED, KIND_IDENTITY, KIND_TAMPER, KIND_COUNT };

const char *anomaly_state_name(enum anomaly_state state);
const char *anomaly_kind_name(enum anomaly_kind kind);
/* The number of that name, or -1. */
int anomaly_state_parse(struct str name);
int anomaly_kind_parse(struct str name);

/* Texts here are cut to their room and escaped: safe to print, not to compare with events. */
struct reason {
	enum anomaly_kind kind;
	char rule[RULE_MAX];
	char what[WHAT_MAX];
	char sentence[WHAT_MAX]; /* the rule's own reason */
	char attack[64];	 /* comma list */
	char event[EVENT_UID_MAX];
};

/* What groups: equal parts, one anomaly. */
struct group {
	enum anomaly_kind kind;
	char who[WHO_MAX];
	char session[SESSION_MAX];
	char rule[RULE_MAX];
};

struct anomaly {
	uint64_t id; /* 0 = free */
	struct group group;
	uint64_t hash;
	uint32_t next; /* in the hash chain: index + 1 */
	enum anomaly_state state;
	enum severity severity;
	char identity_kind[16];
	char person[64];
	char binding[64];
	char title[TITLE_MAX];
	struct reason reasons[REASONS_MAX]; /* the first ones, each of another act */
	uint32_t reason_count;
	char newest[WHAT_MAX];
	uint64_t events;
	int64_t first_wall_ns, last_wall_ns;
	int64_t announced_wall_ns;
	bool grown; /* since it was announced */
};

struct anomaly_table {
	struct anomaly *v;
	uint32_t *buckets; /* index + 1 */
	uint32_t mask;
	size_t max, used; /* places used so far; free ones among them have id 0 */
	size_t grown;	  /* how many wait to be announced */
	uint64_t next_id;
	uint64_t update_ns;
	uint64_t opened_total, dropped;
	anomaly_change_fn changed;
	anomaly_save_fn save;
	void *ctx;
	struct json json; /* for saving; its memory is kept */
};

static inline bool anomaly_is_open(const struct anomaly *a)
{
	return a->id && (a->state == STATE_NEW || a->state == STATE_ACK);
}

/* The one of that group that is not resolved, or NULL. */
struct anomaly *table_find(struct anomaly_table *t, const struct group *group);
/* A place for a new one of that group, its id given; the oldest resolved goes when all are taken.
 * NULL when there is none: counted as dropped. */
struct anomaly *table_add(struct anomaly_table *t, const struct group *group);
/* Puts it among those found by group; group and state must be set. */
void table_link(struct anomaly_table *t, struct anomaly *a);

/* Copies at most size - 1 bytes and ends with NUL; control characters are escaped. */
void copy_text(char *out, size_t size, struct str s);
/* "read /proc/4127/mem" */
void describe_act(char *out, size_t size, const struct event *ev);
/* "build job github/acme/app/build read /proc/4127/mem" */
void describe_title(char *out, size_t size, const struct event *ev, enum anomaly_kind kind,
		    unsigned flag);
/* The class of object that unexpected acts are grouped by: the verb. */
const char *object_class(const struct event *ev);

/* The whole state as one JSON object. */
void anomaly_write(const struct anomaly *a, struct json *w);

#endif
