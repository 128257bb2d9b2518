/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker_pod: pods of a kubelet that works with docker, through cri-dockerd (before 1.24 its own part of
 * the same kind). All that docker has of a pod are labels, and whom docker obeys can write the same. Only
 * cri-dockerd's list of sandboxes is root's alone; it is written before the sandbox starts
 * (RunPodSandbox() of cri-dockerd 0.3).
 */
#include "identity/container/container.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "identity/container/document.h"

#define LIST_ENTRY_MAX (64u << 10)

static bool is_id(struct str s)
{
	for (uint32_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return s.n == 64;
}

/* The list has that sandbox, as one of the pod that the labels say. */
static bool is_listed_in(const struct container_found *out, const char *root, const char *path,
			 struct str sandbox)
{
	_cleanup_json_ json_t *entry = NULL;
	_cleanup_close_ int dir = -1;
	bool safe = true;
	char name[65];

	snprintf(name, sizeof(name), "%.*s", STR_ARG(sandbox));
	dir = directory_open(root, path, &safe);
	if (dir < 0 || document_read(dir, name, LIST_ENTRY_MAX, &entry, &safe) || !safe)
		return false;
	return str_equal(document_text(entry, "name"), out->claimed_pod.name) &&
	       str_equal(document_text(entry, "namespace"), out->claimed_pod.namespace);
}

void docker_pod_read(struct container_found *out, struct container_search *s, const void *labels)
{
	struct str type = document_text(labels, "io.kubernetes.docker.type");
	struct str sandbox = s->id;

	keep_label(out, &out->claimed_pod.uid, document_text(labels, "io.kubernetes.pod.uid"));
	if (!out->claimed_pod.uid.p)
		return;
	keep_label(out, &out->claimed_pod.namespace,
		   document_text(labels, "io.kubernetes.pod.namespace"));
	keep_label(out, &out->claimed_pod.name, document_text(labels, "io.kubernetes.pod.name"));
	if (!str_is(type, "podsandbox")) {
		keep_label(out, &out->claimed_pod.container,
			   document_text(labels, "io.kubernetes.container.name"));
		sandbox = document_text(labels, "io.kubernetes.sandbox.id");
	}
	out->listed = out->claimed_pod.name.p && is_id(sandbox) &&
		      (is_listed_in(out, s->root, "/var/lib/cri-dockerd/sandbox", sandbox) ||
		       is_listed_in(out, s->root, "/var/lib/dockershim/sandbox", sandbox));
}
