/* SPDX-License-Identifier: Apache-2.0 */
/*
 * podman: containers/storage keeps one list beside the bundles, written anew before a container starts;
 * what is removed by itself when it ends may stand in a list of its own.
 */
#include "identity/container/container.h"

#include <limits.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "identity/container/document.h"

#define LIST_BYTES_MAX (2u << 20)

static void take_entry(struct container_found *out, const json_t *entry)
{
	struct str text = document_text(entry, "metadata");
	_cleanup_json_ json_t *metadata =
		json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES, NULL);

	keep_name(out, &out->facts.name, document_text(metadata, "name"));
	keep_image(out, &out->facts.image, document_text(metadata, "image-name"));
	keep_digest(out, &out->facts.image_id, document_text(entry, "image"));
}

void podman_read(struct container_found *out, struct container_search *s)
{
	static const char *const lists[] = {"containers.json", "volatile-containers.json"};
	/* of ".../overlay-containers/<id>/userdata" the first part: the engine was told by that shape */
	struct str dir = str_sub(str_of(s->bundle), 0,
				 (uint32_t)(strlen(s->bundle) - strlen("//userdata") - s->id.n));
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.*s", STR_ARG(dir));
	fd = directory_open(s->root, path, &s->safe);
	for (size_t i = 0; fd >= 0 && i < ARRAY_SIZE(lists); i++) {
		_cleanup_free_ char *list = NULL;
		_cleanup_json_ json_t *entry = NULL;
		size_t n = 0;

		if (document_bytes(fd, lists[i], LIST_BYTES_MAX, &list, &n, &s->safe))
			continue;
		entry = document_find((struct str){list, (uint32_t)n}, s->id);
		if (!entry)
			continue;
		take_entry(out, entry);
		return;
	}
}
