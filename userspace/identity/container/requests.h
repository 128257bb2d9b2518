/* SPDX-License-Identifier: Apache-2.0 */
/*
 * requests: private to identity. Who asked a container engine for what: the engine does the work in
 * its own name, so the only trace of a person is the line that the client wrote to the socket.
 * Docker's API, and podman's the same: POST /containers/ID/start, POST /exec/ID/start.
 */
#ifndef WHODID_IDENTITY_CONTAINER_REQUESTS_H
#define WHODID_IDENTITY_CONTAINER_REQUESTS_H

#include "event.h"

/* How long after the request a container may start. */
#define REQUEST_WINDOW_NS (60ull * 1000000000)

struct request {
	bool exec; /* into a container: target is the id of the exec */
	bool used;
	uint64_t boot_ns;
	uint64_t boundary; /* of who asked */
	uint64_t start_ns;
	uint32_t pid, task_flags;
	uint32_t role, ci_system; /* of the asking executable, as the kernel knows it */
	uint32_t engine;	  /* enum request_engine */
	uint32_t target_n;
	char target[128]; /* id, first digits of an id, or name, as the client wrote it */
};

/* Reads "POST /v1.41/containers/web/start". False when it is nothing that starts something. */
bool request_read(struct str line, bool *exec, struct str *target);

struct requests;

struct requests *requests_new(void); /* NULL without memory */
void requests_free(struct requests *t);
void requests_learn(struct requests *t, const struct event_what *what);

/* What may have asked: of containers id and name (may be absent), of execs the id of the exec. */
struct request_key {
	bool exec;
	uint32_t engine;
	struct str id, name;
	uint64_t boot_ns;
};
/*
 * The requests that fit, newest first, at most max. They are used up: what starts later was asked for once more, maybe
 * unseen, or by nobody.
 */
size_t requests_take(struct requests *t, const struct request_key *key, const struct request **out,
		     size_t max);

#endif
