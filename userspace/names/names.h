/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names: what connections are called. Packets of DNS become net.dns events, one per question with its
 * answer; the first bytes of TLS become net.tls; and a connect is given the name that who acts asked for.
 *
 * A name is a fact about the question, not about who is at the other end: whoever asks a server of their
 * own is told whatever they like. name_source says whose answer it was, and allow rules rest on that of
 * the host's resolvers alone (resolvers.h). Nothing here names a workload by what another one asked.
 */
#ifndef WHODID_NAMES_H
#define WHODID_NAMES_H

#include "event.h"

struct names;

struct names_options {
	const char *resolv_path;      /* NULL = none */
	uint32_t host_net;	      /* network namespace that resolv_path is about; 0 = none */
	const char *const *resolvers; /* further trusted addresses, NULL-terminated, or NULL */
	uint64_t fold_ns;	      /* how long equal exchanges are counted; 0 = not */
};

struct names_stats {
	uint64_t questions, answers; /* heard, repeated ones included */
	uint64_t unanswered;
	uint64_t unasked;   /* answers to what nobody asked, or from somebody else: ignored */
	uint64_t malformed; /* no DNS or no TLS, or cut */
	uint64_t broken;    /* streams with a hole or too long */
	uint64_t forgotten; /* names that made room before their time */
};

int names_new(struct names **out, const struct names_options *opt); /* 0 or -ENOMEM */
void names_free(struct names *n);

/*
 * Behind decode, before identity. False when the event only taught, or nothing was in it: then nothing
 * is published. Texts that it adds are valid until the next call.
 */
bool names_attach(struct names *n, struct event *ev);
/* Whether the same packet holds a further event: fills ev with it. */
bool names_next(struct names *n, struct event *ev);
/*
 * What is due by time: a question without answer, the count of equal exchanges. all: at the end, also
 * what is not due yet. False = nothing more.
 */
bool names_due(struct names *n, uint64_t boot_ns, bool all, struct event *ev);

void names_get_stats(const struct names *n, struct names_stats *out);

#endif
