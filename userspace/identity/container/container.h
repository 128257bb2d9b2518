/* SPDX-License-Identifier: Apache-2.0 */
/*
 * container: private to identity. What the host's disk says of a container, read when a boundary opens
 * it: bundles are written before the runtime makes the cgroup, so the container's first program has
 * all of it. A few files of bounded size; no socket, no waiting.
 */
#ifndef WHODID_IDENTITY_CONTAINER_H
#define WHODID_IDENTITY_CONTAINER_H

#include "event.h"
#include "identity/identity.h"

/* Who keeps the bundle; CRI is what a kubelet asked containerd for. */
enum container_engine {
	ENGINE_NONE = 0, /* nothing was found */
	ENGINE_DOCKER,
	ENGINE_CONTAINERD,
	ENGINE_CRI,
	ENGINE_CRIO,
	ENGINE_PODMAN,
};

/* What was found. Every text passed a check, is in text, and may be absent. */
struct container_found {
	enum container_engine engine;
	/* recorded; claimed where others than root may have written it */
	enum assurance level;
	bool mismatch; /* its cgroup lies where another engine, or another pod, has its own */
	struct container_facts facts;
	struct pod_facts pod;
	/* what labels say: a claim, unless a CI supervisor asked for it; of tekton and argo, of the pod */
	struct ci_facts job;
	bool job_by_step; /* what names the job may be its step's own word */
	/* The pod that labels of docker's say it is, when its cgroup is that pod's: a claim. */
	struct pod_facts claimed_pod;
	bool listed; /* the kubelet's side of docker has that pod's sandbox */
	size_t used;
	char text[3584];
};

/*
 * The container that place names. bundle is the directory that its runtime was given, absent when that
 * was not seen: then the places are tried where engines keep them. root is where the host's files are.
 */
void container_find(struct container_found *out, const char *root, const struct cgroup_name *place,
		    struct str bundle);

/* Somebody who may know has settled that the claimed pod is its pod. root as above. */
void container_believe_pod(struct container_found *found, const char *root);

/* "docker", "podman", "cri-containerd", ...: static text, as in cgroup paths. */
struct str container_engine_name(enum container_engine engine);

/* --- for the readers of each engine */

struct container_search {
	const char *root;
	struct str id;	    /* all 64 digits */
	const char *bundle; /* its directory */
	const void *config; /* json_t: the bundle's config.json */
	bool safe;	    /* only root wrote what was read so far */
};

void docker_read(struct container_found *out, struct container_search *s);
void podman_read(struct container_found *out, struct container_search *s);
void cri_read(struct container_found *out, struct container_search *s);
void crio_read(struct container_found *out, struct container_search *s);
/* json_t: "Config" of a container of docker's, and labels and annotations of a pod. */
void labels_read(struct container_found *out, const void *config);
void pod_labels_read(struct container_found *out, const void *labels, const void *annotations);
/* Of a container of docker's, what its labels say of a pod. */
void docker_pod_read(struct container_found *out, struct container_search *s, const void *labels);
/* The service account of the pod that was found. */
void token_read(struct container_found *out, const char *root);

/* Sets *to to a copy of value when it is as such values are; else *to stays as it is. */
void keep_name(struct container_found *out, struct str *to, struct str value);
void keep_image(struct container_found *out, struct str *to, struct str value);
void keep_digest(struct container_found *out, struct str *to, struct str value);
/* Projects and branches: names with "/" between. */
void keep_path(struct container_found *out, struct str *to, struct str value);
/* Kubernetes names: letters, digits, '-' and '.'. */
void keep_label(struct container_found *out, struct str *to, struct str value);

#endif
