/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker: dockerd keeps name, image and labels in config.v2.json, in a directory of its data root
 * that the bundle mounts files from. The image is as the requester wrote it.
 */
#include "identity/container/container.h"

#include <limits.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "identity/container/document.h"

#define STATE_MAX   (1u << 20)
#define DEFAULT_DIR "/var/lib/docker/containers/"

/* The source of a mount is "<data root>/containers/<id>/<file>": its directory, or absent. */
static struct str state_dir(const json_t *mount, struct str id)
{
	struct str source = document_text(mount, "source");
	const char *slash = source.n ? memrchr(source.p, '/', source.n) : NULL;
	char tail[96];
	struct str dir;

	if (!slash || !str_starts(source, "/"))
		return STR_NONE;
	dir = str_sub(source, 0, (uint32_t)(slash - source.p));
	snprintf(tail, sizeof(tail), "/containers/%.*s", STR_ARG(id));
	return str_ends(dir, tail) ? dir : STR_NONE;
}

static void find_state(const struct container_search *s, char path[static PATH_MAX])
{
	const json_t *mounts = json_object_get(s->config, "mounts");

	snprintf(path, PATH_MAX, DEFAULT_DIR "%.*s", STR_ARG(s->id));
	for (size_t i = 0; i < json_array_size(mounts); i++) {
		struct str dir = state_dir(json_array_get(mounts, i), s->id);

		if (!dir.p || dir.n >= PATH_MAX)
			continue;
		snprintf(path, PATH_MAX, "%.*s", STR_ARG(dir));
		return;
	}
}

void docker_read(struct container_found *out, struct container_search *s)
{
	_cleanup_json_ json_t *state = NULL;
	const json_t *config;
	_cleanup_close_ int dir = -1;
	char path[PATH_MAX];
	struct str name;

	find_state(s, path);
	dir = directory_open(s->root, path, &s->safe);
	if (dir < 0 || document_read(dir, "config.v2.json", STATE_MAX, &state, &s->safe) ||
	    !str_equal(document_text(state, "ID"), s->id))
		return;
	name = document_text(state, "Name");
	if (str_starts(name, "/"))
		name = str_sub(name, 1, name.n);
	keep_name(out, &out->facts.name, name);
	config = json_object_get(state, "Config");
	keep_image(out, &out->facts.image, document_text(config, "Image"));
	labels_read(out, config);
	docker_pod_read(out, s, json_object_get(config, "Labels"));
	keep_digest(out, &out->facts.image_id, document_text(state, "Image"));
}
