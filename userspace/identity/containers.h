/* SPDX-License-Identifier: Apache-2.0 */
/*
 * containers: private to identity. What is known when a task enters a container: what the container
 * is, whether it begins or gets one more program, and who asked its engine for that.
 */
#ifndef WHODID_IDENTITY_CONTAINERS_H
#define WHODID_IDENTITY_CONTAINERS_H

#include "identity/container/container.h"

struct identity_table;
struct boundary;

struct container_entry {
	bool exec;   /* one more program in a container that was there */
	bool engine; /* the runtime is an engine's own child: lineage does not say who asked */
	bool served; /* of podman: somebody asked, and it may be a service that somebody started by hand */
	bool pinned_runner;	 /* a CI supervisor asked that the settings name */
	bool looks_like_runner;	 /* ... or something that was started as one is */
	bool kubelet;		 /* a kubelet asked, by cri-dockerd */
	bool conflict;		 /* several asked, or somebody unknown: nobody is named */
	uint32_t asker_pid;	 /* 0 = nobody is known to have asked */
	uint32_t ci_system;	 /* of a pinned runner */
	uint64_t asker_boundary; /* that says who the asker is; 0 = none */
	struct identity asker;
	struct container_found found; /* engine ENGINE_NONE = nothing */
};

/* Fills *out for a crossing into a container; false when it leads into none that can be known. */
bool containers_enter(const struct identity_table *t, const struct event_what *what,
		      const struct boundary *parent, struct container_entry *out);

/* Learns from execs and requests; id is who does it. */
void containers_learn(struct identity_table *t, const struct event_what *what,
		      const struct identity *id);

/*
 * What somebody asked for is theirs as long as their session or job lasts; what runs on afterwards is
 * its own, by them. Turns *id, which is b's, into that when it is time.
 */
void containers_outlive(const struct identity_table *t, const struct boundary *b, int64_t wall_ns,
			struct identity *id);

#endif
