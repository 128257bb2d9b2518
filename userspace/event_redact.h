/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_redact: secrets in command lines become "[redacted]" before anything is kept or shown.
 *
 * Found are: values of options and variables with a secret's name (--password=x, --token x,
 * DB_PASSWORD=x, "api_key": "x"), passwords in URLs, Authorization and similar headers, the short
 * password options of well-known programs, tokens by their shape, and private keys. Words within
 * an argument (sh -c) count too. A value without a telling name or shape is not found.
 */
#ifndef WHODID_EVENT_REDACT_H
#define WHODID_EVENT_REDACT_H

#include "base/str.h"

#define REDACTED     "[redacted]"
#define REDACTED_MAX 32 /* arguments listed by number; more are redacted and not listed */

struct redaction {
	struct str argv;	      /* the argument itself where nothing was found, else in buf */
	bool cut;		      /* did not fit: arguments at the end are missing */
	unsigned count;		      /* of index */
	uint32_t index[REDACTED_MAX]; /* arguments (from 0) that hold or held a secret */
};

/* argv is NUL-separated. buf takes the changed text; allocates nothing. Idempotent. */
void redact_argv(struct redaction *out, struct str argv, char *buf, size_t size);

#endif
