/* SPDX-License-Identifier: Apache-2.0 */
/* kernel.h: the loaded programs as a source; private to this folder. */
#ifndef WHODID_COLLECT_KERNEL_H
#define WHODID_COLLECT_KERNEL_H

#include <bpf/libbpf.h>

#include "bpf/whodid.skel.h"
#include "collect/fold.h"
#include "collect/kept.h"
#include "collect/ladder.h"
#include "collect/pins.h"
#include "collect/ring.h"
#include "collect/source.h"

#define HOOKS_MAX 24

/* Records of an iterator, one behind the other. */
struct seeded {
	char *data;
	size_t len;
};

/* A link, and the program that it calls: both are numbers of the kernel. */
struct link_id {
	uint32_t link, program;
};

struct kernel {
	struct source source; /* first: struct source * is cast back */
	struct whodid_bpf *skel;
	struct bpf_link *links[HOOKS_MAX]; /* by row of the table in hooks.c */
	int errors[HOOKS_MAX];		   /* why a link is missing, positive */
	struct ladder ladder;
	struct link_id
		link_ids[HOOKS_MAX]; /* of the links, once looked at; all 0 = never attached */
	int refused[PULSES_MAX];     /* why the daemon's own acts failed: pulse.c */
	int programs[HOOKS_MAX];     /* of an earlier daemon, which run on; 0 = our own */
	struct pins pins;	     /* dir_fd -1 = nothing outlives us */
	struct kept *kept;
	int kept_fd, notes_fd;
	struct source_start start;
	struct source_mark settled; /* as far as others have kept what was read */
	bool hold, leave;
	unsigned waited[FOLDS]; /* ticks that a fold window has waited for that */
	struct ring ring;
	struct fold *folds[FOLDS]; /* NULL = no folding */
	int cpus;
	uint64_t received, ring_used_max;
	uint64_t fold_seen[FOLDS]; /* records and folded acts at the last end of a window */
	uint64_t lost_seen[RECORD_KIND_MAX], loss_from_ns;
	struct seeded processes; /* until the first drain has handed them over */
};

/* load.c: maps and programs into the kernel, fitted to it. 0, or -errno with err in words that lead on. */
int kernel_load(struct kernel *k, const struct kernel_options *opt, struct problem *err);
/* Executables by the inodes that the kernel sees, not those of stat(2): see on_role_file. 0 or -errno. */
int kernel_give_roles(struct kernel *k, const struct kernel_options *opt);

/* keep.c: what outlives us. Decides whether to go on with what is there (before loading), */
int kernel_find_kept(struct kernel *k, const struct kernel_options *opt);
/* gives it names (once all runs), and takes them away, unless it shall stay. */
void kernel_pin(struct kernel *k);
void kernel_unpin(struct kernel *k);

/* notes.c: see collect_note(). The map, or -errno. */
int notes_make(void);
void kernel_note(struct source *src, uint64_t id, const void *note, size_t size);
void kernel_each_note(struct source *src,
		      void (*fn)(void *ctx, uint64_t id, const void *note, size_t size), void *ctx);

/*
 * hooks.c: programs and links of an earlier daemon in place of ours. How many of them are not there.
 */
unsigned kernel_take_over(struct kernel *k);
int kernel_pin_hooks(const struct kernel *k); /* 0 or -errno */
/* attaches all that is not yet. 0, or the first -errno of a hook without which nothing makes sense. */
int kernel_attach(struct kernel *k, struct problem *err);
void kernel_detach(struct kernel *k);
size_t kernel_hooks(struct source *src, struct hook_status *out, size_t max);
/* Adds what was lost because the kernel skipped programs. */
void kernel_count_skipped(const struct kernel *k, struct counters *c);
uint64_t kernel_recursion_misses(const struct kernel *k);
/* Of the programs that tell opens. */
uint64_t kernel_skipped_calls(const struct kernel *k);
/* What there is to say about an attached program; and how often the kernel skipped it. */
struct hook_status kernel_hook_status(const char *name, int fd, const char *what, const char *rung);
uint64_t kernel_program_skips(int fd);

/* Row of that program, if it was attached once; else -1. */
int kernel_find_hook(const struct kernel *k, const char *program);
/* Makes a new link of a hook whose link is gone. 0 or -errno. */
int kernel_attach_anew(struct kernel *k, int row);

/* own.c: once all is there, and when links were made anew. */
void kernel_tell_own(const struct kernel *k);

/* pulse.c: see collect_act(). */
void kernel_act(struct source *src);
size_t kernel_pulses(struct source *src, struct pulse *out, size_t max);
int kernel_mend(struct source *src);
/* What is behind a link's descriptor; all 0 = no link. */
struct link_id link_identify(const struct bpf_link *link);
/* Whether that link is still there, attached, and calls the same program. */
bool link_lives(const struct bpf_link *link, struct link_id id);

/* seed.c: runs an iterator program over everything it iterates; out NULL = it writes nothing. 0 or -errno. */
int seed_run(struct bpf_program *prog, struct seeded *out);
/* Every task without state gets one. 0 or -errno. */
int seed_tasks(struct kernel *k);

/*
 * requests.c: tells the requests to rings whose result was not seen for some seconds, without it, and
 * forgets them. 0 or -errno.
 */
int requests_tell(int map_fd, source_record_fn fn, void *ctx);

/* libbpf_log.c: libbpf's own messages: to the debug log, and the first ones kept for an error. */
void libbpf_log_begin(void);
const char *libbpf_log_said(void);

#endif
