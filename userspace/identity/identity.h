/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity: event.what becomes event.who.
 *
 * Two bounded tables: boundaries (by the kernel's boundary id; the record of a boundary precedes
 * its first event) and processes (by pid and start time, from fork and exec). An event's identity
 * is its boundary's, decided once when the boundary's record came and cached; task flags are added
 * per event. Nothing that the watched process can write decides a name.
 */
#ifndef WHODID_IDENTITY_H
#define WHODID_IDENTITY_H

#include "base/json.h"
#include "base/problem.h"
#include "event.h"
#include "identity/attestation.h"

struct identity_table;

struct identity_options {
	size_t boundaries_max; /* default 16384; oldest without live processes goes first */
	size_t processes_max;  /* default 65536; exited ones go first */
	const char *
		passwd_path; /* default /etc/passwd; names of users are read here, never over NSS */
	/*
	 * "github=/path" or "github@unit=/path", NULL-terminated, or NULL: where all rows of a system
	 * name units, what that system's supervisor starts elsewhere is no job. Kept, not copied.
	 */
	const char *const *ci_supervisors;
	/*
	 * Where the host's files are, "/" but in a container: bundles of containers, volumes of pods
	 * and crontabs are read below it. NULL = nowhere. Kept, not copied.
	 */
	const char *host_root;
};

struct identity_stats {
	uint64_t events, attributed; /* attributed = who is not anon:* */
	uint64_t boundaries, processes, evicted_boundaries, evicted_processes;
	uint64_t evicted_written; /* files whose writers were forgotten to make room */
	uint64_t boundary_lost;	  /* events whose boundary was not known */
};

int identity_new(struct identity_table **out, const struct identity_options *opt);
void identity_free(struct identity_table *t);

/*
 * What outlives the daemon: a note on each boundary, to be kept as long as the kernel's numbers of them
 * are. note with size 0 takes it away.
 */
struct identity_keeper {
	void (*note)(void *ctx, uint64_t boundary, const void *note, size_t size);
	void *ctx;
};
/* From now on. The boundaries known already are noted at once. */
void identity_keep(struct identity_table *t, const struct identity_keeper *keeper);
/*
 * Takes a note of an earlier daemon on the same kernel side, before any event: names are not decided
 * anew. 0, -EBADMSG, -ENOMEM.
 */
int identity_restore(struct identity_table *t, const void *note, size_t size);

/* Learns from ev (fork, exec, exit, boundary) and fills ev->who. Never fails. */
void identity_attach(struct identity_table *t, struct event *ev);
/* Events were lost (EVENT_LOSS): who wrote what meanwhile is not known. */
void identity_missed(struct identity_table *t, const struct event_what *loss);

/* Nothing was seen in that time: neither daemon nor kernel side was there. */
void identity_absent(struct identity_table *t, int64_t from_wall_ns, int64_t to_wall_ns);

/*
 * What the store knows from before the start. Put together by any one thread: all events of files that
 * were kept in this boot, oldest first, and the times in which some are missing; then handed over to the
 * line's thread, which takes it bit by bit.
 */
struct recalled;
int recalled_new(struct recalled **out); /* 0 or -ENOMEM */
void recalled_free(struct recalled *r);
void recalled_freep(struct recalled **r);
void recalled_add(struct recalled *r, const struct event *ev);
void recalled_missed(struct recalled *r, int64_t from_wall_ns, int64_t to_wall_ns);
/* Until then, writers that are not known are said to be sought (WRITER_RECALL). */
void identity_await_recall(struct identity_table *t);
/*
 * It cannot be read: who wrote what is executed is not known of all that changed in that time, and said so
 * (WRITER_MISSED).
 */
void identity_recall_failed(struct identity_table *t, int64_t from_wall_ns, int64_t to_wall_ns);
/* Takes at most max files over. True = call again. */
bool identity_recall(struct identity_table *t, struct recalled *r, uint32_t max);

/*
 * A login whose last process went with what was attached last (cause), as an EVENT_SESSION_END; false when
 * there is no more. Of sessions that began before the sensor nobody knows the end.
 */
bool identity_take_ended(struct identity_table *t, const struct event *cause, struct event *out);

/*
 * The same of logins of an earlier daemon whose last process went while there was none, when everything
 * that was recorded meanwhile has been attached. now: when that is.
 */
bool identity_take_emptied(struct identity_table *t, const struct event *now, struct event *out);

void identity_get_stats(const struct identity_table *t, struct identity_stats *out);

/*
 * A verified token was shown by a process in that boundary: names the nearest job, ssh session,
 * container or unit around it, from now on. ATTEST_OK (also for one that is bound there already), or
 * ATTEST_NO_BOUNDARY, _CLAIMS_MISMATCH, _BIND_CONFLICT, _TOKEN_REPLAY, _BUSY, which bind nothing; the
 * middle three leave a flag that lowers who is there to derived.
 */
enum attest_result identity_bind(struct identity_table *t, uint64_t boundary,
				 const struct attestation *a, int64_t now_wall_ns);
/*
 * Fills *what with the acting process of an event that the daemon itself makes. False when the pid is
 * not that of a live process known to be in the boundary: then *what has only these two.
 */
bool identity_sender(const struct identity_table *t, uint32_t pid, uint64_t boundary,
		     struct event_what *what);

/* "acme/app/.github/workflows/build.yml@refs/heads/main" is build.yml; absent of an empty text. */
struct str identity_ci_workflow(struct str ref);
/* Number of a CI system (enum ci_system) by its name: "github"; 0 = none of that name. */
uint32_t identity_ci_system(struct str name);
/*
 * Overwrites in a record what its handover (boundary of kind ci) has beside the keys that a job is
 * named by: the rest of an environment is full of secrets. Anything else stays as it is.
 */
void identity_ci_scrub(void *record, size_t size);
/* The system whose supervisor a process looks like; NULL = none. For advice: it proves nothing. */
const char *identity_ci_runner(struct str exe, struct str argv);

/*
 * Explains a process ("4466"), a boundary ("b281474976710657") as one JSON object: identity.*,
 * process, facts[] of {source, fact, trust}, boundaries[] from outside in. -ESRCH with err when
 * nothing of that name is known.
 */
int identity_explain(const struct identity_table *t, const struct host *host, struct str key,
		     struct json *w, struct problem *err);

/* All known processes, live ones first found, one JSON object per line (for tree). */
void identity_list_processes(const struct identity_table *t, const struct host *host,
			     struct json *w);

/*
 * Parsing of cgroup paths by the grammar of systemd and the container runtimes, anchored at the
 * root. Texts are parts of the path.
 * Names of units stay as systemd shows them (\x2d is part of a name; only the leading "_" that cgroupfs
 * needs is taken off): two units never get one name.
 */
struct cgroup_name {
	struct str unit; /* system unit; absent when none */
	struct str user_unit;
	struct str session; /* "26" of session-26.scope */
	uint32_t owner_uid; /* of user-UID.slice, else 0xffffffff */
	struct str runtime; /* "docker", "podman", "cri-containerd", "crio", ...: static text */
	struct str container_id; /* all 64 digits; LXC: its name */
	struct str pod_uid;
	bool delegated; /* user unit and container are names below a delegation point: its owner chose them */
};
/* Always fills *out; what is not recognised is absent. */
void cgroup_name_parse(struct cgroup_name *out, struct str path);

#endif
