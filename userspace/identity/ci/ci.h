/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ci: private to identity. What a CI supervisor handed to its child becomes the name of a job. Each CI
 * system is one file with one struct ci_provider, and a row in ci.c. Of the environment only keys that
 * a provider lists are looked at, and only values that pass a check are kept: never a secret.
 */
#ifndef WHODID_IDENTITY_CI_H
#define WHODID_IDENTITY_CI_H

#include "event.h"

/* A job as it is read. Texts are parts of the handover, or lie in text. */
struct ci_job {
	struct ci_facts facts;
	struct str owner; /* first half of a repository that comes in two keys */
	struct str said;  /* what the environment calls the job, where it may only agree */
	enum assurance level;
	uint32_t flags; /* ID_* */
	char text[520];
};

/* What the value must look like to be believed. */
enum ci_check {
	CI_TEXT,   /* UTF-8 without control characters */
	CI_WORD,   /* letters, digits, '.', '_', '-' */
	CI_NAME,   /* a text without a slash: the last part of who */
	CI_NUMBER, /* goes to a uint32_t */
	/*
	 * A text that is an absolute path of two parts or more, without "//", "." and "..": a rule on all
	 * below it must not become one on all that there is.
	 */
	CI_PATH,
};

struct ci_key {
	const char *name;
	size_t offset; /* in struct ci_job: of a struct str, or a uint32_t for CI_NUMBER */
	enum ci_check check;
};
#define CI_KEY(name, member, check)                          \
	{                                                    \
		name, offsetof(struct ci_job, member), check \
	}

struct ci_provider {
	const char *name;
	/* How sure the keys are: recorded where the supervisor writes them after the job's own. */
	enum assurance level;
	const struct ci_key *keys; /* ends with a NULL name; NULL = the environment says nothing */
	bool one_job;		   /* a supervisor process starts the steps of one job only */
	bool sets_bash_env;	   /* its own BASH_ENV is part of how it works */
	bool (*is_supervisor)(struct str exe, struct str argv);
	/* Reads arguments and working directory, or refines what the keys said; NULL = not needed. */
	void (*find)(struct ci_job *job, struct str argv, struct str cwd);
};

extern const struct ci_provider ci_github, ci_gitlab, ci_jenkins, ci_buildkite, ci_circleci,
	ci_azure, ci_teamcity, ci_woodpecker, ci_drone, ci_gitea;

/* By number (enum ci_system, CI_WEAK or not); NULL = none. */
const struct ci_provider *ci_provider_of(uint32_t system);
/* Systems of whose supervisor a process looks, as bits (1 << number). */
uint32_t ci_looks_like(struct str exe, struct str argv);
/* The job in a crossing of kind ci. False when nothing names it; flags and provider are set then too. */
bool ci_read(struct ci_job *out, const struct ci_provider *provider, const struct event_what *what);

/* For providers: the n-th of NUL-separated arguments, absent when there are less. */
struct str ci_argument(struct str argv, unsigned n);
/* Whether the executable, or the name it was started by, is a file of that name. */
bool ci_is_program(struct str exe, struct str argv, const char *name);
/* The first argument that ends so, or absent. */
struct str ci_argument_ending(struct str argv, const char *end);
/* Whether a value passes the check. */
bool ci_value_ok(struct str value, enum ci_check check);

#endif
