/* SPDX-License-Identifier: Apache-2.0 */
/* whodidd: what the files of the daemon's main program share. */
#ifndef WHODID_WHODIDD_H
#define WHODID_WHODIDD_H

#include "api/api.h"
#include "config/config.h"
#include "heart.h"
#include "pipeline.h"

enum exit_code { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NOT_PERMITTED = 4 };

#define SETS_MAX 64

struct options {
	const char *config_path; /* NULL = the usual place, which may be missing */
	const char *sets[SETS_MAX + 1];
	size_t set_count;
	const char *root; /* absolute; NULL = none */
	const char *record, *replay;
	uint64_t for_ns; /* 0 = until told to stop */
	bool check, print_config, unload, verbose;
};

struct daemon {
	const struct options *opt;
	/* As read at start: who borrowed texts of it keeps them. A reload takes over only what may change. */
	struct config config;
	struct pipeline line;
	struct api *api;
	struct heart heart;
	struct recall *recall; /* NULL = none, or done */
	uint64_t started_boot_ns;
	int64_t started_wall_ns;
	uint64_t first_seq;  /* of this run */
	uint32_t former_pid; /* the daemon that we take over from; 0 = none, or not known */
	bool unclean_start;  /* the run before was killed or crashed */
	bool resumed;	     /* the store gives the seqs behind its mark again */
	bool leave;	     /* the kernel shall record on when we end */
	int exit_code;

	double rate_per_s;
	uint64_t rate_events, rate_boot_ns;
	uint64_t skipped_calls; /* as they were when looked at last, */
	int64_t sure_wall_ns; /* and when that was; 0 = when the first were skipped is not known */
	uint64_t watchdog_ns, watchdog_boot_ns;
	uint64_t second_boot_ns;
	char *groups;	    /* control groups that it is in, as cgroup(7) has them */
	uint64_t mounts_ns; /* which table of mounts was looked at */
	uint64_t turned_ns; /* when the loop turned last, by the clock that suspends */
	uint64_t told_lost; /* losses that were logged */
	int told_store_err; /* error that was logged */
	uint32_t seconds;
};

/* whodidd.c: defaults, file, drop-ins, --set, in this order. */
int read_config(struct config *out, const struct options *opt, struct problem *err);
void config_path(char *buf, size_t size, const struct options *opt);
int load_profiles(struct profile_set **out, const struct config *c, struct problem *err);
void log_problem(const struct problem *err, int rc);

/* whodidd_stages.c: makes and frees the stages between source and sinks. */
int stages_open(struct daemon *d, const char *passwd_path, const char *host_root,
		struct problem *err);
int stages_open_store(struct daemon *d, struct problem *err);
/* What live runs have besides: the thread that reads programs, with what the store knows of them. */
int stages_open_programs(struct daemon *d, struct problem *err);
/* and the thread that reads the host's mounts. Without them it goes on. */
void stages_open_mounts(struct daemon *d);
/* 0 or the store's first -errno. */
int stages_close(struct daemon *d);

/* whodidd_places.c: refuses folders that others than root can change. */
int places_check(const struct daemon *d, struct problem *err);

/* whodidd_takeover.c: what an earlier daemon left in the kernel. Before the store is opened: */
uint64_t find_left_behind(struct daemon *d);
/* with the sensor loaded: its names, and what the kernel recorded since; then how it began, as an event. */
void take_over(struct daemon *d);
/* --unload. An exit code. */
int run_unload(const struct config *c);

/*
 * whodidd_recall.c: who wrote which file, from the store: begins to read it, once the identity stage is
 * there; takes a part of what was found; waits for all of it, but not long; gives up.
 */
void recall_start(struct daemon *d);
void recall_turn(struct daemon *d);
void recall_wait(struct daemon *d, uint64_t max_ns);
void recall_stop(struct daemon *d);

/* whodidd_start.c: all of the line, its store and its socket. */
int start_line(struct daemon *d, struct problem *err);
/* Empties ev and begins one of the daemon's own, which happens now and which nobody did. */
void begin_own_event(struct event *ev, enum event_type type);
/* Something that the daemon itself did, as an event. */
void put_agent_event(struct daemon *d, enum event_type type, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* whodidd_tamper.c: what is the daemon's own, for the stage that sees who reaches for it; */
int start_tamper(struct daemon *d, struct problem *err);
/* what the daemon noticed by itself, as an event; */
void tell_tamper(struct daemon *d, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* and each turn of the loop, to notice when there were none; */
void notice_pause(struct daemon *d);
/* and each second, to notice that it is in another control group, */
void notice_move(struct daemon *d);
/* and that its places are on other mounts. */
void notice_mounts(struct daemon *d);

/* whodidd_run.c and whodidd_replay.c: the two ways to run. Return an exit code. */
int run_live(struct daemon *d);
int run_replay(struct daemon *d);

/* whodidd_status.c: an api_answer_fn over a struct daemon. */
int answer_question(void *daemon, enum api_question what, struct str arg, struct json *w,
		    struct problem *err);
/* whodidd_attest.c: binds a token that was found true, and tells of one that was not. */
void answer_attest(struct daemon *d, struct attest_request *rq);
/* Losses of the ring and of the store. */
uint64_t count_lost(struct daemon *d);
/* Acts that were published. */
uint64_t count_seen(const struct daemon *d);

/* whodidd_heart.c: called each second; and what it knows, for status. */
void keep_heart(struct daemon *d, uint64_t now);
void put_heart(struct json *w, const struct daemon *d);

/* whodidd_notify.c: the service manager's protocol; does nothing where there is none. */
void notify_manager(const char *state);
uint64_t notify_watchdog_ns(void); /* how often WATCHDOG=1 is due; 0 = never */

#endif
