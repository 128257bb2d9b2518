/* SPDX-License-Identifier: Apache-2.0 */
/*
 * container: from the id in a cgroup path to the bundle. Where the bundle lies says which engine wrote
 * it: that is not the requester's choice, as the cgroup's parent, labels and annotations are.
 */
#include "identity/container/container.h"

#include <limits.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "identity/container/document.h"

#define CONFIG_MAX (1u << 20)
#define NAME_MAX_N 253

/* Where engines keep bundles by default: prefix, id, suffix. */
static const struct {
	const char *prefix, *suffix;
} places[] = {
#define TASKS "io.containerd.runtime.v2.task/"
	{"/run/containerd/" TASKS "k8s.io/", ""},
	{"/run/containerd/" TASKS "moby/", ""},
	{"/run/containerd/" TASKS "default/", ""},
	{"/run/containerd/" TASKS "buildkit/", ""},
	{"/run/docker/containerd/daemon/" TASKS "moby/", ""},
	{"/run/k3s/containerd/" TASKS "k8s.io/", ""},
	{"/var/snap/microk8s/common/run/containerd/" TASKS "k8s.io/", ""},
	{"/run/containers/storage/overlay-containers/", "/userdata"},
	{"/var/lib/containers/storage/overlay-containers/", "/userdata"},
	{"/run/containers/storage/vfs-containers/", "/userdata"},
	{"/var/lib/containers/storage/vfs-containers/", "/userdata"},
	{"/run/containers/storage/btrfs-containers/", "/userdata"},
	{"/var/lib/containers/storage/btrfs-containers/", "/userdata"},
#undef TASKS
};

/* --- what values look like */

static void keep(struct container_found *out, struct str *to, struct str value)
{
	if (value.n > sizeof(out->text) - out->used)
		return;
	memcpy(out->text + out->used, value.p, value.n);
	*to = (struct str){out->text + out->used, value.n};
	out->used += value.n;
}

static bool all_in(struct str s, const char *more)
{
	for (uint32_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (c && strchr(more, c))))
			return false;
	}
	return s.n > 0 && s.n <= NAME_MAX_N;
}

void keep_name(struct container_found *out, struct str *to, struct str value)
{
	if (all_in(value, "_.-"))
		keep(out, to, value);
}

void keep_path(struct container_found *out, struct str *to, struct str value)
{
	if (all_in(value, "_.-/+"))
		keep(out, to, value);
}

void keep_label(struct container_found *out, struct str *to, struct str value)
{
	if (all_in(value, ".-"))
		keep(out, to, value);
}

void keep_digest(struct container_found *out, struct str *to, struct str value)
{
	if (all_in(value, "._/:@+-"))
		keep(out, to, value);
}

/*
 * A reference without tag and digest means the tag "latest", to every engine. It is said, so that no
 * image can be called as a container without one is (docker/0123456789ab).
 */
void keep_image(struct container_found *out, struct str *to, struct str value)
{
	char full[NAME_MAX_N + 16];
	const char *slash;
	struct str last;

	if (!all_in(value, "._/:@+-"))
		return;
	slash = memrchr(value.p, '/', value.n);
	last = slash ? str_sub(value, (uint32_t)(slash + 1 - value.p), value.n) : value;
	if (str_index(last, 0, ':') < 0) {
		snprintf(full, sizeof(full), "%.*s:latest", STR_ARG(value));
		value = str_of(full);
	}
	keep(out, to, value);
}

/* --- which engine */

struct str container_engine_name(enum container_engine engine)
{
	static const char *const names[] = {
		[ENGINE_NONE] = NULL,
		[ENGINE_DOCKER] = "docker",
		[ENGINE_CONTAINERD] = "containerd",
		[ENGINE_CRI] = "cri-containerd",
		[ENGINE_CRIO] = "crio",
		[ENGINE_PODMAN] = "podman",
	};

	return str_of(names[engine]);
}

/* ".../io.containerd.runtime.v2.task/<namespace>/<id>": containerd made that directory. */
static enum container_engine engine_of_task(struct str dir, struct str id)
{
	const char *root = memmem(dir.p, dir.n, "/io.containerd.runtime.v", 24);
	struct str rest = root ? str_sub(dir, (uint32_t)(root + 1 - dir.p), dir.n) : STR_NONE;
	int64_t slash = str_index(rest, 0, '/');
	struct str space;

	if (slash < 0)
		return ENGINE_NONE;
	rest = str_sub(rest, (uint32_t)slash + 1, rest.n);
	slash = str_index(rest, 0, '/');
	if (slash < 0 || !str_equal(str_sub(rest, (uint32_t)slash + 1, rest.n), id))
		return ENGINE_NONE;
	space = str_sub(rest, 0, (uint32_t)slash);
	if (str_is(space, "moby"))
		return ENGINE_DOCKER;
	return str_is(space, "k8s.io") ? ENGINE_CRI : ENGINE_CONTAINERD;
}

/* ".../<driver>-containers/<id>/userdata": containers/storage, whose users sign the bundle. */
static enum container_engine engine_of_storage(struct str dir, struct str id, const json_t *config)
{
	const json_t *notes = json_object_get(config, "annotations");
	struct str manager = document_text(notes, "io.container.manager");
	char tail[160];

	snprintf(tail, sizeof(tail), "-containers/%.*s/userdata", STR_ARG(id));
	if (!str_ends(dir, tail))
		return ENGINE_NONE;
	if (str_is(manager, "libpod"))
		return ENGINE_PODMAN;
	return str_is(manager, "cri-o") ? ENGINE_CRIO : ENGINE_NONE;
}

/* The bundle is this container's: runtimes are told the cgroup by it, and its last name has the id. */
static bool is_of(const json_t *config, struct str id)
{
	struct str path = document_text(json_object_get(config, "linux"), "cgroupsPath");

	return path.n >= id.n && str_equal(str_sub(path, path.n - id.n, id.n), id);
}

/* --- the search */

/* Cgroups have '_' where the cluster has '-'. */
static bool is_same_pod(struct str here, struct str said)
{
	for (uint32_t i = 0; i < here.n && here.n == said.n; i++)
		if ((here.p[i] == '_' ? '-' : here.p[i]) != said.p[i])
			return false;
	return here.n == said.n;
}

/* Pods lie in kubelet's cgroups and nothing else does: anybody who runs a container can name those. */
static bool is_misplaced(const struct container_found *out, const struct cgroup_name *place)
{
	if (!place->pod_uid.p)
		return false;
	if (!out->pod.uid.p)
		return out->engine != ENGINE_CRI && out->engine != ENGINE_CRIO;
	return !is_same_pod(place->pod_uid, out->pod.uid);
}

void container_believe_pod(struct container_found *found, const char *root)
{
	found->mismatch = false;
	found->pod = found->claimed_pod;
	token_read(found, root);
}

static void read_engine(struct container_found *out, struct container_search *s)
{
	switch (out->engine) {
	case ENGINE_DOCKER:
		docker_read(out, s);
		break;
	case ENGINE_PODMAN:
		podman_read(out, s);
		break;
	case ENGINE_CRI:
		cri_read(out, s);
		break;
	case ENGINE_CRIO:
		crio_read(out, s);
		break;
	default:
		break;
	}
}

/* Whether there is a bundle of that container in that directory. */
static bool try_bundle(struct container_found *out, struct container_search *s, const char *path)
{
	_cleanup_json_ json_t *config = NULL;
	_cleanup_close_ int dir = -1;

	s->safe = true;
	dir = directory_open(s->root, path, &s->safe);
	if (dir < 0 || document_read(dir, "config.json", CONFIG_MAX, &config, &s->safe) ||
	    !is_of(config, s->id))
		return false;
	out->engine = engine_of_task(str_of(path), s->id);
	if (!out->engine)
		out->engine = engine_of_storage(str_of(path), s->id, config);
	if (!out->engine)
		return false;
	s->bundle = path;
	s->config = config;
	read_engine(out, s);
	s->bundle = NULL;
	s->config = NULL;
	out->level = s->safe ? ASSURANCE_RECORDED : ASSURANCE_CLAIMED;
	return true;
}

/* "/var/run" is a link to "/run" that the runtime's own argument still has. */
static bool try_given(struct container_found *out, struct container_search *s, struct str bundle)
{
	char path[PATH_MAX];

	if (!str_starts(bundle, "/") || bundle.n >= sizeof(path))
		return false;
	snprintf(path, sizeof(path), "%.*s", STR_ARG(bundle));
	return try_bundle(out, s, path);
}

void container_find(struct container_found *out, const char *root, const struct cgroup_name *place,
		    struct str bundle)
{
	struct container_search s = {.root = root, .id = place->container_id};
	bool found;

	memset(out, 0, offsetof(struct container_found, text));
	if (!root || s.id.n != 64 || str_is(place->runtime, "lxc") ||
	    str_is(place->runtime, "nspawn")) /* there it is a name, and whatever root liked */
		return;
	found = try_given(out, &s, bundle);
	for (size_t i = 0; !found && i < ARRAY_SIZE(places); i++) {
		char path[192];

		snprintf(path, sizeof(path), "%s%.*s%s", places[i].prefix, STR_ARG(s.id),
			 places[i].suffix);
		found = try_bundle(out, &s, path);
	}
	if (!found)
		return;
	out->mismatch = is_misplaced(out, place);
	if (!out->mismatch || !is_same_pod(place->pod_uid, out->claimed_pod.uid))
		out->claimed_pod = (struct pod_facts){0};
	if (!out->mismatch && out->pod.uid.p)
		token_read(out, root);
}
