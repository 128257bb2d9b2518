/* SPDX-License-Identifier: Apache-2.0 */
/*
 * processes: private to identity. What is known of each process, by pid and start time, in a table of
 * fixed size. When it is full, the one that exited first makes room, else the one not heard of longest.
 */
#ifndef WHODID_IDENTITY_PROCESSES_H
#define WHODID_IDENTITY_PROCESSES_H

#include "event.h"
#include "identity/interns.h"

enum { MARK_REACHED = 1, MARK_ASKED = 2 };

struct process {
	struct link order; /* in processes.live, .exited or .unused */
	struct process *hash_next;
	uint64_t start_ns;
	uint64_t parent_start_ns;
	uint64_t boundary;	     /* last one seen */
	struct interned *exe;	     /* NULL = not known */
	struct interned *written_by; /* as event_who has it; NULL = not known */
	struct interned *marked_by;  /* marks: the last one to do so; NULL = nobody, or not known */
	/* found running then: what it did before may have been another program's; its exec_count then */
	uint64_t exe_boot_ns;
	uint32_t exe_execs;
	uint32_t pid;
	uint32_t parent_pid; /* who forked it: reparenting changes nothing; 0 = not known */
	uint32_t uid;
	uint32_t task_flags;
	uint32_t supervises; /* 1 << enum ci_system, by the look of its last exec */
	uint64_t job;	     /* the first job that it opened; 0 = none */
	uint64_t login;	     /* the login that it opened; 0 = none */
	uint8_t marks;	     /* MARK_*: see marks.h */
	bool exec_seen;
	bool served;   /* a multiplexer's server that was among the known ones */
	bool tampered; /* a supervisor, and a job has written its memory */
	bool alive;
	bool held; /* its boundary is held for it */
};

struct processes {
	struct process *slots;
	struct process **buckets;
	size_t mask, max, count;
	struct link live, exited, unused;
};

int processes_init(struct processes *t, size_t max); /* 0 or -ENOMEM */
void processes_release(struct processes *t);	     /* entries' exe is the caller's */
struct process *processes_find(const struct processes *t, uint32_t pid, uint64_t start_ns);
/* Of those with that pid the one that started last, or NULL. */
struct process *processes_newest(const struct processes *t, uint32_t pid);
/* The one to give up when the table is full, else NULL. */
struct process *processes_victim(const struct processes *t);
/* A new live entry; there must be room. */
struct process *processes_add(struct processes *t, uint32_t pid, uint64_t start_ns);
void processes_remove(struct processes *t, struct process *p);
void processes_heard(struct processes *t, struct process *p);
void processes_revived(struct processes *t, struct process *p);
void processes_exited(struct processes *t, struct process *p);

/*
 * Who forked whom, as seen, at most max of them: reparenting does not hide where a process comes from. Of
 * each what was known at that time. p may be NULL.
 */
void processes_fill_ancestors(const struct processes *t, const struct process *p, uint64_t boot_ns,
			      struct event_who *who, uint32_t max);

#endif
