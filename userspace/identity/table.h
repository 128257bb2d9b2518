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
#include "identity/user_names.h"
#include "identity/writers.h"

#define VISITS_MAX 32

/* Clients that connected to servers of multiplexers (handoffs.h). */
struct visits {
	uint64_t seen;
	struct visit {
		uint64_t boot_ns, server_start_ns, boundary;
		uint32_t server_pid, task_flags;
		bool linkable; /* of another session, the same account and program: what starts next is theirs */
	} v[VISITS_MAX];
};

struct identity_table {
	struct boundaries boundaries;
	struct processes processes;
	struct interns exes;
	struct user_names users;
	struct arrivals *arrivals;
	struct writers writers;
	char written_by[2][1024]; /* lists of more than one, of the event being filled */
	struct deferrals *deferrals;
	struct bindings bindings;
	struct visits visits;
	const char *const *ci_supervisors; /* as in identity_options */
	uint64_t tampered_rows;		   /* of these: jobs have changed their files */
	const char *host_root;
	struct calls *calls;	   /* of container runtimes */
	struct requests *requests; /* to container engines */
	uint64_t names_boot_ns;	   /* of the event at which users was looked after last */
	struct identity_stats stats;
};

#endif
