/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program: what the file of a program is: its SHA-256, and the distribution package that it is from.
 *
 * Reading a file takes its time, so a thread does it, with the lowest priority and one file at a
 * time; the line only asks and takes what is known. The first exec of a file therefore goes by
 * without; later ones have it, and the store completes the first in answers. A file is known by
 * device, inode and change time: what was changed since is another one.
 */
#ifndef WHODID_PROGRAM_H
#define WHODID_PROGRAM_H

#include "event.h"

struct programs;

#define PROGRAM_SHA256_MAX  65
#define PROGRAM_PACKAGE_MAX 128

struct program_facts {
	uint64_t dev, inode, ctime_ns;	   /* as in event.what.exec */
	char sha256[PROGRAM_SHA256_MAX];   /* hexadecimal */
	char package[PROGRAM_PACKAGE_MAX]; /* "coreutils 9.1-1"; "" = of none, or not known */
	bool modified; /* package says where it lies, but its content is another one */
};

struct programs_options {
	uint64_t max_bytes;    /* larger files are not read */
	const char *host_root; /* where the host's files are; NULL = /. Kept, not copied */
};

struct programs_stats {
	uint64_t known;	    /* files in the table */
	uint64_t read;	    /* files that were read */
	uint64_t too_large; /* not read, and why: */
	uint64_t changed;   /* other content by the time that it was looked at */
	uint64_t gone;	    /* not to be found any more: process and name had gone */
	uint64_t busy;	    /* too many were waiting */
};

/* 0 or -errno. */
int programs_open(struct programs **out, const struct programs_options *opt);
void programs_close(struct programs *p);

/* Fills what is known into an exec event and asks for the rest. Never waits. */
void programs_attach(struct programs *p, struct event *ev);
/* What became known since the last call, one file at a time; false = nothing. */
bool programs_next(struct programs *p, struct program_facts *out);
/* Facts that an earlier run had found. */
void programs_remember(struct programs *p, const struct program_facts *facts);
void programs_get_stats(const struct programs *p, struct programs_stats *out);

#endif
