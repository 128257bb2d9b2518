/* SPDX-License-Identifier: Apache-2.0 */
/* worker: private to program. The thread that reads files, and the two queues to and from it. */
#ifndef WHODID_PROGRAM_WORKER_H
#define WHODID_PROGRAM_WORKER_H

#include "program/program.h"

#define WORKER_PATH_MAX 4096

/* A file that somebody executed. */
struct request {
	uint64_t dev, inode, ctime_ns;
	uint32_t pid; /* who did; its /proc/PID/exe is the file unless script */
	bool script;
	char path[WORKER_PATH_MAX];
};

enum finding { FOUND, TOO_LARGE, CHANGED, GONE };

struct answer {
	struct program_facts facts;
	enum finding finding;
	uint32_t packages; /* generation of the package database that was asked */
};

struct worker;

int worker_start(struct worker **out, const struct programs_options *opt);
void worker_stop(struct worker *w);
/* For one asking thread. False = the queue is full. */
bool worker_ask(struct worker *w, const struct request *r);
bool worker_answer(struct worker *w, struct answer *out);
/* Changes when the package database did: an answer without a package may be another one now. */
uint32_t worker_packages(const struct worker *w);

#endif
