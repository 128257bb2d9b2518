/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod: what containerd's CRI and CRI-O write into the annotations of a bundle. Both mix in what the
 * pod's author chose. containerd writes its own keys last, so they stand. CRI-O writes what kubelet
 * gave it last, so io.kubernetes.* stands always, and io.kubernetes.cri-o.* in a container's bundle
 * but not in a sandbox's, where labels of the pod can cover it.
 */
#include "identity/container/container.h"

#include "identity/container/document.h"

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
	out->facts.name = out->pod.container;
}
