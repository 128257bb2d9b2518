/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collect: bytes from a source, the kernel or a recording. Only this folder knows libbpf.
 *
 * A source is made by collect_open_kernel() or collect_open_recording(), asked for its descriptor,
 * drained when that is readable or a timer says so, and closed. Records given to the callback are
 * valid during the call only. One thread.
 */
#ifndef WHODID_COLLECT_H
#define WHODID_COLLECT_H

#include <limits.h>

#include "base/problem.h"
#include "base/str.h"
#include "bpf/event.h"

struct source;

/* One record, header.size bytes, checked to be at least a header. */
typedef void (*source_record_fn)(void *ctx, const void *record, size_t size);

struct source_stats {
	struct counters counters; /* summed over CPUs; a recording has generated only */
	uint64_t
		received; /* records of the source handed to the callback; made here (fold counts, loss): not counted */
	uint64_t ring_bytes, ring_used_bytes, ring_used_max_bytes;
	uint64_t recursion_misses; /* runs that the kernel skipped (bpf_prog_info, since 5.12) */
	uint64_t skipped_calls;	   /* of these, such as may have been about an open */
};

enum { FOLD_FILES, FOLD_FLOWS, FOLDS }; /* what is folded, each in windows of its own */
struct fold_mark {
	uint64_t window; /* number of the one that is out last, */
	uint64_t counts; /* and how much of it */
};

/* How far a source has been read: to be kept together with what was made of it. */
struct source_mark {
	uint64_t instance; /* of which kernel side: see collect_left_behind() */
	uint64_t position; /* in its ring */
	uint64_t received; /* records until there */
	struct fold_mark folds[FOLDS];
	uint64_t loss_from_ns;		/* losses are told until then, */
	uint64_t lost[RECORD_KIND_MAX]; /* so many of each kind */
};

/* How the kernel side came to be. */
struct source_start {
	enum { SOURCE_FRESH, SOURCE_TAKEN_OVER, SOURCE_REPLACED } how;
	const char *why;	/* replaced: because of what; static text */
	unsigned hooks_missing; /* taken over: of these nobody recorded meanwhile */
	uint64_t
		lost; /* taken over: records that were read, and not kept when the daemon was killed */
	bool pinned;	     /* it outlives this daemon */
	const char *why_not; /* static text; NULL when it was not asked for */
};

enum hook_rung { HOOKS_AUTO, HOOKS_LSM, HOOKS_FENTRY, HOOKS_TRACEPOINT };

/* An executable that starts the steps of CI jobs. */
struct ci_supervisor {
	uint32_t system; /* enum ci_system */
	const char *path;
	bool anywhere; /* no unit is named for that system */
};

struct kernel_options {
	uint32_t ring_kib; /* a power of two pages is made of it */
	uint32_t tasks;	   /* unused where task storage is dynamic; size of hashes elsewhere */
	/* the best rung to use; lsm and fentry fail where that one does not work */
	enum hook_rung hooks;
	bool fold;
	uint32_t fold_ms;
	bool names;			     /* packets of DNS and the first bytes of TLS */
	const char *const *service_managers; /* NULL-terminated extra executables, or NULL */
	const char *const *container_runtimes;
	const struct ci_supervisor *ci_supervisors;
	size_t ci_supervisor_count;
	/*
	 * The kernel side shall outlive this daemon for the next one with that store; NULL = no. What an
	 * earlier one left is gone on with when it is of the same make and mark is about it.
	 */
	const char *store_dir;
	const struct source_mark *mark; /* NULL = none */
};

/* One hook, for doctor and status. */
struct hook_status {
	const char *name; /* BPF program's name */
	const char *what; /* what is seen by it: "exec", "file", ... */
	const char *rung;
	bool attached;
	int err; /* why not, positive errno */
	uint32_t verified_insns;
	uint64_t run_count, run_ns; /* 0 unless kernel.bpf_stats_enabled */
};

/*
 * A hook as it is now. seen counts the daemon's own acts that it saw: when collect_act() was called and
 * it has not grown, the hook is blind.
 */
struct pulse {
	const char *name; /* BPF program's name */
	const char *what; /* what it tells of */
	bool attached;	  /* the kernel says so */
	bool acts;	  /* collect_act() does something for it; else only attached is known */
	int refused;	  /* why it could not be done, positive errno: then seen says nothing */
	uint64_t seen;
};

/* A class of events and the hooks that tell it, for doctor and status. */
struct class_status {
	const char *what; /* "delete", ... */
	const char *rung; /* what its paths and objects come from */
	const char *why;  /* why no better rung, or "" on the best one */
};

/*
 * Loads, attaches, seeds what already runs. On failure returns -errno, leaves *out alone and says
 * in err what is missing and what to do. After success the ring already holds the boundary records
 * and nothing has been lost.
 */
int collect_open_kernel(struct source **out, const struct kernel_options *opt, struct problem *err);

/* Opens a recording; refuses other ABIs, a bad header. */
int collect_open_recording(struct source **out, const char *path, struct problem *err);

/* The recording's header, or NULL for the kernel. */
const struct recording_header *collect_recording_header(const struct source *src);

/* To poll for reading; -1 for a recording (always ready). */
int collect_fd(const struct source *src);

/*
 * Hands over what is there, at most about max records. Returns how many, -ENODATA at the end of a
 * recording, -EBADMSG at the first malformed record of one.
 */
int collect_drain(struct source *src, size_t max, source_record_fn fn, void *ctx);

/*
 * Once a fold window or second: ends the window, and gives a record_loss through fn when something
 * was lost since the last call. Does not wait: the window's counts come as records with this or a
 * later tick or drain, some milliseconds after its end.
 */
int collect_tick(struct source *src, source_record_fn fn, void *ctx);
/* The same to the very end: waits for the counts of the window and gives them. Before closing. */
int collect_finish(struct source *src, source_record_fn fn, void *ctx);

/*
 * The boundary that the process behind a pidfd is in now, by the kernel's own table: no number that
 * may be used again. -ESRCH when it has ended, or is not known.
 */
int collect_boundary_of(struct source *src, int pidfd, uint64_t *boundary);

/* What was read until now; all that was handed over is in it, also during a record_fn. */
void collect_mark(const struct source *src, struct source_mark *out);
/*
 * What is read stays in the ring until it is settled, for the daemon that takes over from us. Off at
 * first: then each record is done with when it is handed over.
 */
void collect_hold(struct source *src, bool hold);
void collect_settled(struct source *src, const struct source_mark *mark);
void collect_get_start(const struct source *src, struct source_start *out);
/* The kernel goes on recording when the source is closed. False: nothing here outlives us. */
bool collect_leave(struct source *src);

/*
 * Short notes for who takes over, which live as long as the boundaries that the kernel keeps. A later
 * note of that id replaces the first; size 0 takes it away. Does nothing where nothing outlives us.
 */
#define NOTE_MAX 8192
void collect_note(struct source *src, uint64_t id, const void *note, size_t size);
void collect_each_note(struct source *src,
		       void (*fn)(void *ctx, uint64_t id, const void *note, size_t size),
		       void *ctx);

/*
 * Number of the kernel side that an earlier daemon with that store left, 0 = none. From then on its
 * programs take this process for the daemon. *former is the process that was it before, 0 = not known.
 */
uint64_t collect_left_behind(const char *store_dir, uint32_t *former);
/* Where the names are by which it is found again. */
void collect_kept_path(char out[static PATH_MAX], const char *store_dir);
/* Takes out of the kernel what is left of that store's daemon. 0, -ENOENT, -EBUSY (it runs), -errno. */
int collect_unload(const char *store_dir);

void collect_stats(struct source *src, struct source_stats *out);
/* The hooks, in a stable order. Returns how many were written (at most max). */
size_t collect_hooks(struct source *src, struct hook_status *out, size_t max);
/* The same for classes of events. */
size_t collect_classes(struct source *src, struct class_status *out, size_t max);
/*
 * The sensor looks at itself: acts that leave nothing, of which no record is made; what was seen of
 * them, complete some milliseconds later; and an attempt to attach what has been detached, and to be
 * known as the daemon again, which logs what fails. 0 or -errno.
 */
void collect_act(struct source *src);
#define PULSES_MAX 32
size_t collect_pulses(struct source *src, struct pulse *out, size_t max);
int collect_mend(struct source *src);
const char *collect_rung_name(const struct source *src); /* "tracepoint", "recording", ... */
void collect_close(struct source *src);

/* Writes records to a file as a recording. */
struct recorder;
int recorder_open(struct recorder **out, const char *path, const uint8_t boot_id[16],
		  const char *host, uint64_t wall_offset_ns, struct problem *err);
int recorder_write(struct recorder *rec, const void *record, size_t size); /* 0 or -errno, sticks */
int recorder_close(struct recorder *rec); /* flushes; 0 or the first -errno */

/* What doctor asks before anything is loaded. Writes up to max findings. */
struct host_finding {
	enum { FINDING_OK, FINDING_WARN, FINDING_FAIL } level;
	char text[256];
	char remedy[256];
};
size_t collect_check_host(struct host_finding *out, size_t max);

#endif
