/* SPDX-License-Identifier: Apache-2.0 */
/* tamper_place: the sensor's own places in the file system, and what an act on files does to them. Private. */
#ifndef WHODID_ANOMALY_TAMPER_PLACE_H
#define WHODID_ANOMALY_TAMPER_PLACE_H

#include "anomaly/tamper.h"

struct place {
	char *path;
	uint32_t length;
	enum tamper_kind kind;
	uint64_t dev;
	uint32_t mount; /* that it is on; 0 = not looked at yet */
	bool hidden;
};

struct places {
	struct place all[TAMPER_PLACES];
	size_t count;
};

/* How an act reaches a place. */
enum reach {
	REACH_NONE,
	REACH_IT,    /* the place, or something in it */
	REACH_LIMIT, /* what its group may use of the machine */
	REACH_ABOVE, /* a mount that comes between a place and its name, or goes */
};

struct reached {
	enum reach how;
	enum tamper_kind kind;
	struct str path; /* of the act */
};

void places_add(struct places *p, enum tamper_kind kind, const char *path, uint64_t dev);
/* Those of a kind. */
void places_drop(struct places *p, enum tamper_kind kind);
bool places_has(const struct places *p, enum tamper_kind kind, struct str path);
/* The next that is on another mount than at first, and was not when last looked at; NULL = none. */
const struct place *places_hidden(struct places *p, const struct mounts *m);
/* What an act of a kind file.* reaches first. */
struct reached places_reached(const struct places *p, const struct event *ev);

#endif
