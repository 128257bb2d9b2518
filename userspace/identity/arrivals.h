/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arrivals: private to identity. Where a login came from: the lines in which sshd accepted somebody, by
 * the process that wrote them, and the connections made on this host, by their source, so that a login
 * from here is found to be somebody's who is here. Two rings of fixed size, the oldest goes first.
 */
#ifndef WHODID_IDENTITY_ARRIVALS_H
#define WHODID_IDENTITY_ARRIVALS_H

#include "event.h"
#include "identity/sshd_log.h"

struct arrivals;

/* Both ends, seen from who made it; no other connection has the same ones at the same time. */
struct ends {
	uint8_t src[16], dst[16]; /* v4 in the first four bytes */
	uint32_t ns;
	uint16_t family, src_port, dst_port; /* family 0 = not known */
	uint16_t pad;
};

struct connection {
	struct ends ends;
	uint64_t boundary; /* who made it */
	uint64_t start_ns;
	uint32_t pid;
	uint32_t task_flags;
};

struct arrivals *arrivals_new(void); /* NULL without memory */
void arrivals_free(struct arrivals *a);
/* Keeps a line of EVENT_AUTH_LOG when it accepts somebody. */
void arrivals_learn_line(struct arrivals *a, const struct event_what *what);
/* Whether a line that is not sshd's, by who, says that sshd has let somebody in, and not for a log daemon. */
bool arrivals_is_forged(const struct event_what *what, const struct identity *who);
/* Keeps the source of an EVENT_NET_CONNECT that succeeded over TCP. */
void arrivals_learn_connection(struct arrivals *a, const struct event_what *what);

/*
 * The newest line of that process, and its client's connection as far as the kernel agrees with the
 * line. Texts stay valid until the next line is learnt.
 */
bool arrivals_find_login(const struct arrivals *a, uint32_t pid, uint64_t start_ns,
			 struct sshd_login *out, struct ends *client);
/* The newest connection with these ends, or NULL. */
const struct connection *arrivals_find_connection(const struct arrivals *a,
						  const struct ends *ends);
/* 127.0.0.0/8 and ::1 */
bool arrivals_is_loopback(struct str ip);

#endif
