/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_name: what a cgroup path says, read from the root on: slices, then a unit, a session or a
 * container that stands exactly where its runtime puts it. Names in the wrong place mean nothing:
 * anybody with a delegated subtree can make a directory called docker-<64 digits>.scope.
 */
#include "base/cleanup.h"
#include "base/number.h"
#include "identity/identity.h"

#define ID_DIGITS      64
#define NAME_MAX_BYTES 255

struct cursor {
	struct str path;
	uint32_t at; /* of the next component */
};

/* The next component, or absent at the end. Empty ones do not occur in kernel paths: they end it. */
static struct str peek(const struct cursor *c)
{
	int64_t slash = str_index(c->path, c->at, '/');
	uint32_t end = slash < 0 ? c->path.n : (uint32_t)slash;

	if (c->at >= c->path.n || end == c->at)
		return STR_NONE;
	return str_sub(c->path, c->at, end - c->at);
}

static struct str next(struct cursor *c)
{
	struct str part = peek(c);

	if (part.p)
		c->at += part.n + 1;
	return part;
}

static bool all_in(struct str s, const char *set)
{
	for (uint32_t i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || !strchr(set, s.p[i]))
			return false;
	return s.n > 0;
}

#define DIGITS	   "0123456789"
#define HEX	   DIGITS "abcdef"
#define LETTERS	   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define UNIT_BYTES LETTERS DIGITS ":_.\\-@"
#define LXC_BYTES  LETTERS DIGITS "_.-"

/* What stands between prefix and suffix, absent when they do not fit. */
static struct str between(struct str s, const char *prefix, const char *suffix)
{
	size_t before = strlen(prefix), after = strlen(suffix);

	if (s.n <= before + after || !str_starts(s, prefix) || !str_ends(s, suffix))
		return STR_NONE;
	return str_sub(s, (uint32_t)before, s.n - (uint32_t)(before + after));
}

static struct str container_id(struct str s, const char *prefix, const char *suffix)
{
	struct str id = between(s, prefix, suffix);

	return id.n == ID_DIGITS && all_in(id, HEX) ? id : STR_NONE;
}

static bool set_container(struct cgroup_name *out, const char *runtime, struct str id)
{
	if (!id.p)
		return false;
	out->runtime = str_of(runtime);
	out->container_id = id;
	return true;
}

/* Pods' uids: dashed, with "_" for "-" by the systemd driver, or 32 digits of a static pod. */
static bool is_pod_uid(struct str s, char dash)
{
	static const uint8_t dashes[] = {8, 13, 18, 23};
	size_t seen = 0;

	if (s.n == 32)
		return all_in(s, HEX);
	if (s.n != 36)
		return false;
	for (uint32_t i = 0; i < s.n; i++) {
		bool is_dash = seen < ARRAY_SIZE(dashes) && i == dashes[seen];

		seen += is_dash;
		if (is_dash ? s.p[i] != dash : !strchr(HEX, s.p[i]) || s.p[i] == '\0')
			return false;
	}
	return true;
}

static bool is_unit(struct str s)
{
	static const char *const types[] = {".service", ".scope", ".socket",	".mount",
					    ".swap",	".timer", ".automount", ".path",
					    ".target",	".device"};

	if (s.n > NAME_MAX_BYTES || !all_in(s, UNIT_BYTES) || s.p[0] == '.')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_ends(s, types[i]) && s.n > strlen(types[i]))
			return true;
	return false;
}

static struct str unescape(struct str s)
{
	return str_starts(s, "_") ? str_sub(s, 1, s.n - 1) : s;
}

static bool is_slice(struct str s)
{
	return s.n <= NAME_MAX_BYTES && str_ends(s, ".slice") && s.n > 6 && all_in(s, UNIT_BYTES);
}

/* a-b-c.slice lies in a-b.slice, which lies in a.slice: parent is absent at the top. */
static bool slice_fits(struct str slice, struct str parent)
{
	struct str stem = str_sub(slice, 0, slice.n - 6);
	int64_t dash = -1;

	for (uint32_t i = 0; i < stem.n; i++)
		if (stem.p[i] == '-')
			dash = i;
	if (dash <= 0)
		return !parent.p && dash < 0;
	return parent.p &&
	       str_equal(str_sub(stem, 0, (uint32_t)dash), str_sub(parent, 0, parent.n - 6));
}

/* Walks over slices. Returns the last one (absent = none); false in *ok when one is in the wrong place. */
static struct str skip_slices(struct cursor *c, struct cgroup_name *out, bool *ok)
{
	struct str last = STR_NONE;

	while (is_slice(peek(c))) {
		struct str slice = next(c);
		uint64_t uid;

		*ok = *ok && slice_fits(slice, last);
		if (str_is(last, "user.slice") && out &&
		    number_u64(between(slice, "user-", ".slice"), 0, UINT32_MAX - 1, &uid) == 0)
			out->owner_uid = (uint32_t)uid;
		last = slice;
	}
	return last;
}

/* kubepods-burstable-pod<uid>.slice and its kind give the pod. */
static struct str pod_of_slice(struct str slice)
{
	static const char *const prefixes[] = {"kubepods-pod", "kubepods-burstable-pod",
					       "kubepods-besteffort-pod"};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		struct str uid = between(slice, prefixes[i], ".slice");

		if (uid.p && is_pod_uid(uid, '_'))
			return uid;
	}
	return STR_NONE;
}

static bool parse_pod_scope(struct cgroup_name *out, struct str slice, struct str leaf)
{
	static const char *const runtimes[][2] = {
		{"cri-containerd", "cri-containerd-"}, {"crio", "crio-"}, {"docker", "docker-"}};
	struct str pod = pod_of_slice(slice);

	for (size_t i = 0; pod.p && i < ARRAY_SIZE(runtimes); i++) {
		if (set_container(out, runtimes[i][0],
				  container_id(leaf, runtimes[i][1], ".scope"))) {
			out->pod_uid = pod;
			return true;
		}
	}
	return false;
}

/* kubelet with the systemd driver over a containerd without it: "<slice>:cri-containerd:<id>" as one name. */
static bool parse_pod_colons(struct cgroup_name *out, struct str leaf)
{
	int64_t colon = str_index(leaf, 0, ':');
	struct str pod;

	if (colon < 0)
		return false;
	pod = pod_of_slice(str_sub(leaf, 0, (uint32_t)colon));
	leaf = str_sub(leaf, (uint32_t)colon, leaf.n);
	if (!pod.p ||
	    !set_container(out, "cri-containerd", container_id(leaf, ":cri-containerd:", "")))
		return false;
	out->pod_uid = pod;
	return true;
}

/* Scopes that runtimes ask systemd for, in whichever slice their daemon was told to use. */
static bool parse_scope(struct cgroup_name *out, struct str leaf)
{
	return set_container(out, "docker", container_id(leaf, "docker-", ".scope")) ||
	       set_container(out, "podman", container_id(leaf, "libpod-", ".scope")) ||
	       set_container(out, "nerdctl", container_id(leaf, "nerdctl-", ".scope"));
}

/* Behind user@UID.service: everything there is named by the user. */
static void parse_user_manager(struct cursor *c, struct cgroup_name *out)
{
	bool ok = true;
	struct str slice, leaf;

	out->delegated = peek(c).p != NULL;
	slice = skip_slices(c, NULL, &ok);
	leaf = next(c);
	if (!ok || !leaf.p)
		return;
	if (str_is(slice, "user.slice") && parse_scope(out, leaf))
		return;
	leaf = unescape(leaf);
	if (is_unit(leaf))
		out->user_unit = leaf;
}

/* Sessions and user managers lie in user-UID.slice itself, nowhere deeper. */
static bool parse_user_leaf(struct cursor *c, struct cgroup_name *out, struct str slice,
			    struct str leaf)
{
	struct str uid = between(slice, "user-", ".slice");
	struct str id = between(leaf, "session-", ".scope");

	if (out->owner_uid == UINT32_MAX || !uid.p || !all_in(uid, DIGITS))
		return false;
	if (id.p && all_in(id, LETTERS DIGITS)) {
		out->session = id;
		return true;
	}
	if (!str_equal(between(leaf, "user@", ".service"), uid))
		return false;
	out->unit = leaf;
	parse_user_manager(c, out);
	return true;
}

/* Behind a unit: a container that the unit itself keeps inside (podman --cgroups=split, containerd). */
static void parse_below_unit(struct cursor *c, struct cgroup_name *out, struct str slice)
{
	struct str part = next(c);

	/* nspawn itself sits beside it, in "supervisor" */
	if (str_is(slice, "machine.slice") && str_is(part, "payload") &&
	    (set_container(out, "nspawn", between(out->unit, "systemd-nspawn@", ".service")) ||
	     set_container(out, "nspawn", between(out->unit, "machine-", ".scope"))))
		return;

	if (!part.p || set_container(out, "podman", container_id(part, "libpod-payload-", "")))
		return;
	if (str_is(out->unit, "containerd.service"))
		parse_pod_colons(out, part);
}

static void parse_systemd(struct cursor *c, struct cgroup_name *out)
{
	bool ok = true;
	struct str slice = skip_slices(c, out, &ok);
	struct str leaf = next(c);

	if (!ok)
		out->owner_uid = UINT32_MAX;
	if (!ok || !leaf.p)
		return;
	if (parse_user_leaf(c, out, slice, leaf) || parse_pod_scope(out, slice, leaf))
		return;
	if (slice.p && (parse_scope(out, leaf) || parse_pod_colons(out, leaf)))
		return;
	leaf = unescape(leaf);
	if (!is_unit(leaf) || (!slice.p && !str_is(leaf, "init.scope")))
		return;
	out->unit = leaf;
	parse_below_unit(c, out, slice);
}

/* /kubepods[/burstable|/besteffort]/pod<uid>/<id>: the cgroupfs driver */
static void parse_kubepods(struct cursor *c, struct cgroup_name *out)
{
	struct str part = next(c), pod, leaf;

	if (str_is(part, "burstable") || str_is(part, "besteffort"))
		part = next(c);
	pod = between(part, "pod", "");
	leaf = next(c);
	if (!pod.p || !is_pod_uid(pod, '-'))
		return;
	if (set_container(out, "crio", container_id(leaf, "crio-", "")) ||
	    set_container(out, "cri", container_id(leaf, "", "")))
		out->pod_uid = pod;
}

static bool parse_lxc(struct cursor *c, struct cgroup_name *out, struct str top)
{
	struct str name = between(top, "lxc.payload.", "");

	if (str_is(top, "lxc") || str_is(top, "lxc.payload"))
		name = next(c);
	if (!name.p || name.n > ID_DIGITS || !all_in(name, LXC_BYTES))
		return false;
	return set_container(out, "lxc", name);
}

/* Where cgroupfs drivers put containers: directories at the top that are no slices. */
static const struct {
	const char *top, *runtime, *prefix;
} cgroupfs_drivers[] = {
	{"docker", "docker", ""},
	{"actions_job", "docker", ""}, /* GitHub's own hosts tell dockerd to use this one */
	{"libpod_parent", "podman", "libpod-"},
};

static bool parse_cgroupfs(struct cursor *c, struct cgroup_name *out)
{
	struct cursor probe = *c;
	struct str top = next(&probe);

	if (str_is(top, "kubepods")) {
		parse_kubepods(&probe, out);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(cgroupfs_drivers); i++) {
		if (!str_is(top, cgroupfs_drivers[i].top))
			continue;
		set_container(out, cgroupfs_drivers[i].runtime,
			      container_id(next(&probe), cgroupfs_drivers[i].prefix, ""));
		return true;
	}
	return parse_lxc(&probe, out, top);
}

void cgroup_name_parse(struct cgroup_name *out, struct str path)
{
	struct cursor c = {.path = path, .at = 1};

	*out = (struct cgroup_name){.owner_uid = UINT32_MAX};
	if (!str_starts(path, "/"))
		return;
	if (!parse_cgroupfs(&c, out))
		parse_systemd(&c, out);
}
