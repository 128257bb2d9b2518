/* SPDX-License-Identifier: Apache-2.0 */
/* kernel.h: the loaded programs as a source; private to this folder. */
#ifndef WHODID_COLLECT_KERNEL_H
#define WHODID_COLLECT_KERNEL_H

#include <bpf/libbpf.h>

#include "bpf/whodid.skel.h"
#include "collect/fold.h"
#include "collect/ladder.h"
#include "collect/ring.h"
#include "collect/source.h"

#define HOOKS_MAX 16

enum { FOLD_FILES, FOLD_FLOWS, FOLDS };

/* Records of an iterator, one behind the other. */
struct seeded {
	char *data;
	size_t len;
};

struct kernel {
	struct source source; /* first: struct source * is cast back */
	struct whodid_bpf *skel;
	struct bpf_link *links[HOOKS_MAX]; /* by row of the table in hooks.c */
	int errors[HOOKS_MAX];		   /* why a link is missing, positive */
	struct ladder ladder;
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

/* hooks.c: attaches all. 0, or the first -errno of a hook without which nothing makes sense. */
int kernel_attach(struct kernel *k, struct problem *err);
void kernel_detach(struct kernel *k);
size_t kernel_hooks(struct source *src, struct hook_status *out, size_t max);
/* Adds what was lost because the kernel skipped programs. */
void kernel_count_skipped(const struct kernel *k, struct counters *c);
uint64_t kernel_recursion_misses(const struct kernel *k);
/* What there is to say about an attached program; and how often the kernel skipped it. */
struct hook_status kernel_hook_status(const struct bpf_program *p, const char *what,
				      const char *rung);
uint64_t kernel_program_skips(const struct bpf_program *p);

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
