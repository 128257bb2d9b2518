/* SPDX-License-Identifier: Apache-2.0 */
/* table: private to identity. What the stage keeps. */
#ifndef WHODID_IDENTITY_TABLE_H
#define WHODID_IDENTITY_TABLE_H

#include "identity/arrivals.h"
#include "identity/bindings.h"
#include "identity/boundaries.h"
#include "identity/container/calls.h"
#include "identity/deferrals.h"
#include "identity/container/requests.h"
#include "identity/identity.h"
#include "identity/interns.h"
#include "identity/processes.h"
#include "identity/starts.h"
#include "identity/user_names.h"
#include "identity/writers.h"

#define VISITS_MAX  32
#define WRITTEN_MAX 32768 /* files of which it is known who wrote them */

/* Clients that connected to servers of multiplexers (handoffs.h). */
struct visits {
	uint64_t seen;
	struct visit {
		uint64_t boot_ns, server_start_ns, boundary;
		uint32_t server_pid, task_flags;
		bool linkable; /* of another session, the same account and program: what starts next is theirs */
	} v[VISITS_MAX];
};

#define SERVERS_MAX 64

/* Their servers that were seen from their start on: of others it is not known who has been there. */
struct servers {
	uint64_t seen;
	struct server {
		uint64_t start_ns;
		uint32_t pid;
		uint8_t shared;	   /* people of other sessions have been there, */
		uint8_t strangers; /* and among them may be another person than who started it */
		uint8_t pad[2];
	} v[SERVERS_MAX];
};

#define MARKED_MAX 64

/* Processes that others have a hand in (marks.h), for the daemon that takes over; children stand in processes. */
struct marked_list {
	uint64_t seen;
	struct marked {
		uint64_t start_ns;
		uint32_t pid, marks;
	} v[MARKED_MAX];
};

#define LISTENERS_MAX 256

/* Servers of people and jobs, over TCP. */
struct listeners {
	uint64_t seen;
	struct listener {
		uint64_t start_ns;
		uint32_t pid, port;
	} v[LISTENERS_MAX];
};

struct identity_table {
	struct boundaries boundaries;
	struct processes processes;
	struct interns exes;
	struct user_names users;
	struct arrivals *arrivals;
	struct writers writers;
	bool recalling;		  /* recall.c: more will be known of them */
	char written_by[2][1024]; /* lists of more than one, of the event being filled */
	struct deferrals *deferrals;
	struct bindings bindings;
	struct visits visits;
	struct servers servers;
	struct marked_list marked;
	uint64_t newest_start_ns;    /* of all processes */
	uint64_t marks_forgotten_ns; /* whoever started by then may have marks that found no room */
	struct listeners listeners;
	uint64_t connects_missed_ns; /* boot clock: the same of servers that had started by then */
	const char *const *ci_supervisors; /* as in identity_options */
	uint64_t tampered_rows;		   /* of these: jobs have changed their files */
	const char *host_root;
	struct calls *calls;	   /* of container runtimes */
	struct requests *requests; /* to container engines */
	struct starts *starts;	   /* calls to systemd */
	uint64_t names_boot_ns;	   /* of the event at which users was looked after last */
	uint64_t census_boot_ns;   /* when all that ran was listed; 0 = never */
	int64_t wall_ns;	   /* of the latest event */
	struct identity_stats stats;
	struct identity_keeper keeper; /* note NULL = none */
	struct restored *restored;
};

/* keep.c: notes on a boundary for the daemon that takes over; forget: a boundary_gone_fn. */
void keep_boundary(const struct identity_table *t, const struct boundary *b);
void forget_boundary(void *table, uint64_t id);
void keep_binding(const struct identity_table *t, const struct binding *b);
void forget_binding(const struct identity_table *t, const struct binding *b);
void keep_tampered(const struct identity_table *t);
void keep_servers(const struct identity_table *t);
void keep_marked(const struct identity_table *t);
/* Found running: what an earlier daemon knew of what it opened. */
void recall_opener(const struct identity_table *t, struct process *p);
void restored_release(struct identity_table *t);

#endif
