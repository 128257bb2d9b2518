/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod: what containerd's CRI and CRI-O write into the annotations of a bundle. Both mix in what the
 * pod's author chose. containerd writes its own keys last, so they stand. CRI-O writes what kubelet
 * gave it last, so io.kubernetes.* stands always, and io.kubernetes.cri-o.* in a container's bundle
 * but not in a sandbox's, where labels of the pod can cover it.
 */
#include "identity/container/container.h"

#include <limits.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "identity/container/document.h"

#define SANDBOX_MAX (1u << 20)

static const json_t *annotations(const struct container_search *s)
{
	return json_object_get(s->config, "annotations");
}

void cri_read(struct container_found *out, struct container_search *s)
{
	const json_t *notes = annotations(s);

	keep_label(out, &out->pod.namespace,
		   document_text(notes, "io.kubernetes.cri.sandbox-namespace"));
	keep_label(out, &out->pod.name, document_text(notes, "io.kubernetes.cri.sandbox-name"));
	keep_label(out, &out->pod.uid, document_text(notes, "io.kubernetes.cri.sandbox-uid"));
	if (!str_is(document_text(notes, "io.kubernetes.cri.container-type"), "container"))
		return; /* a sandbox: it has no name, and its image is the engine's own */
	keep_label(out, &out->pod.container,
		   document_text(notes, "io.kubernetes.cri.container-name"));
	keep_image(out, &out->facts.image, document_text(notes, "io.kubernetes.cri.image-name"));
	out->facts.name = out->pod.container;
}

/* An annotation that is a JSON text itself; the caller's, NULL when it is none. */
static json_t *inner(const json_t *config, const char *key)
{
	struct str text = document_text(json_object_get(config, "annotations"), key);

	return json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES, NULL);
}

/* The pod's labels and annotations are in the bundle of its sandbox, beside this one: ".../<id>/userdata". */
static void read_labels(struct container_found *out, struct container_search *s)
{
	struct str sandbox = document_text(annotations(s), "io.kubernetes.cri-o.SandboxID");
	struct str top = str_sub(str_of(s->bundle), 0,
				 (uint32_t)(strlen(s->bundle) - strlen("/userdata") - s->id.n));
	_cleanup_json_ json_t *config = NULL, *labels = NULL, *notes = NULL;
	_cleanup_close_ int dir = -1;
	char path[PATH_MAX];

	if (sandbox.n != s->id.n || str_index(sandbox, 0, '/') >= 0)
		return;
	snprintf(path, sizeof(path), "%.*s%.*s/userdata", STR_ARG(top), STR_ARG(sandbox));
	dir = directory_open(s->root, path, &s->safe);
	if (dir < 0 || document_read(dir, "config.json", SANDBOX_MAX, &config, &s->safe))
		return;
	labels = inner(config, "io.kubernetes.cri-o.Labels");
	notes = inner(config, "io.kubernetes.cri-o.Annotations");
	pod_labels_read(out, labels, notes);
}

void crio_read(struct container_found *out, struct container_search *s)
{
	const json_t *notes = annotations(s);

	keep_label(out, &out->pod.namespace, document_text(notes, "io.kubernetes.pod.namespace"));
	keep_label(out, &out->pod.name, document_text(notes, "io.kubernetes.pod.name"));
	keep_label(out, &out->pod.uid, document_text(notes, "io.kubernetes.pod.uid"));
	if (!str_is(document_text(notes, "io.kubernetes.cri-o.ContainerType"), "container"))
		return;
	keep_label(out, &out->pod.container, document_text(notes, "io.kubernetes.container.name"));
	keep_image(out, &out->facts.image, document_text(notes, "io.kubernetes.cri-o.ImageName"));
	keep_digest(out, &out->facts.image_id,
		    document_text(notes, "io.kubernetes.cri-o.ImageRef"));
	read_labels(out, s);
	out->facts.name = out->pod.container;
}
