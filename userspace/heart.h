/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heart: whether silence is idleness. The daemon acts, hook by hook, and looks a second later which of
 * them have seen it (collect_act(), collect_pulses()); here it is decided what that means. No I/O.
 */
#ifndef WHODID_HEART_H
#define WHODID_HEART_H

#include "collect/collect.h"

/* In a row. A kernel may skip a program that it interrupts (7.0 and later): one miss says nothing. */
#define HEART_MISSES 2

struct heart_class {
	struct pulse before; /* as it was when the daemon acted last, */
	struct pulse now;    /* and when it looked */
	unsigned missed;     /* in a row, while attached */
	uint64_t blind_ns;   /* since when nothing is seen; 0 = it sees */
};

struct heart {
	struct heart_class classes[PULSES_MAX];
	size_t count;
	bool waiting;	     /* acted, not yet looked */
	uint64_t acted_ns;   /* when; 0 = never */
	uint64_t checked_ns; /* acted at, of the last look; 0 = none yet */
};

/* The daemon is about to act. */
void heart_act(struct heart *h, const struct pulse *before, size_t count, uint64_t now_ns);
/*
 * What was seen of it, of the same hooks in the same order. Writes which classes went blind or see
 * again by this (at most PULSES_MAX); returns how many.
 */
size_t heart_look(struct heart *h, const struct pulse *after, size_t count,
		  const struct heart_class *changed[static PULSES_MAX]);
/* How many are blind now. */
size_t heart_blind(const struct heart *h);
/* Something was missed: the next act is due at once, to know. */
bool heart_doubts(const struct heart *h);

#endif
