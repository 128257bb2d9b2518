/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ladder.h: which rung of hooks each class of events gets, found out by trying; private to this folder.
 *
 * The tracepoints see everything by themselves and are always attached. Above them are hooks inside
 * calls (bpf/lsm.bpf.c), on two rungs: programs of the BPF security module, which load and attach
 * without an error where the boot's list of modules lacks bpf and are then never called; and fentry on
 * the functions that ask the modules, which some hosts refuse. So nothing is believed but a run: an
 * act is done and the program's counter looked at, for each rung first and then for each class.
 */
#ifndef WHODID_COLLECT_LADDER_H
#define WHODID_COLLECT_LADDER_H

#include "collect/collect.h"

#define LADDER_HOOKS   14
#define LADDER_CLASSES 7

struct bpf_link;
struct kernel;

struct ladder {
	enum hook_rung
		rung;  /* of the hooks inside calls: lsm, fentry, or tracepoint = none are loaded */
	char why[256]; /* why no better one, "" where there is none */
	struct bpf_link *links[LADDER_HOOKS];
	int errors[LADDER_HOOKS];    /* why one is missing, positive */
	bool proven[LADDER_CLASSES]; /* the class's act was seen by its programs */
};

/* Tries the rungs from the best one that was asked for. -EOPNOTSUPP: it was forced, and does not work. */
int ladder_choose(struct ladder *l, enum hook_rung asked, struct problem *err);
/* The chosen rung's programs cannot be loaded: none is used. */
void ladder_give_up(struct ladder *l);
/* Between open and load of the programs: marks those that are to be loaded. */
void ladder_prepare(struct kernel *k);
/* After everything else is attached. What is not called when its act is done is taken away again. */
void ladder_climb(struct kernel *k);
void ladder_detach(struct kernel *k);

/* The programs inside calls. Returns how many were written (at most max). */
size_t ladder_hooks(const struct kernel *k, struct hook_status *out, size_t max);
uint64_t ladder_recursion_misses(const struct kernel *k);
size_t ladder_classes(const struct kernel *k, struct class_status *out, size_t max);

const char *ladder_rung_word(enum hook_rung rung);

#endif
