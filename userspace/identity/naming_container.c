/* SPDX-License-Identifier: Apache-2.0 */
/*
 * naming_container: containers and pods. The cgroup says which container it is, its engine's files what
 * that container is: the service account of its pod, else its image.
 */
#include "identity/naming_rules.h"

#define SHORT_ID 12

static bool in_pod(const struct naming *n)
{
	return n->container && !n->container->mismatch && n->id.pod.uid.p;
}

/* "ctr:podman/86248a6f9803": this one container. */
static struct str container_word(struct naming *n)
{
	struct str id = n->place.container_id;

	if (!str_is(n->id.container_runtime, "lxc"))
		id = str_sub(id, 0, SHORT_ID);
	return words_join2(&n->words, "ctr:", n->id.container_runtime, "/", id);
}

/* "pod:shop/web-7d4b9/nginx"; the sandbox has no name: "-". */
static struct str pod_word(struct naming *n)
{
	const struct pod_facts *pod = &n->id.pod;
	struct str head = words_join2(&n->words, "pod:", pod->namespace, "/", pod->name);

	return words_extend(&n->words, head, "/", pod->container.p ? pod->container : STR_LIT("-"));
}

/* How sure a container's name in a path is: runtimes name theirs, and so can who owns the subtree. */
static enum assurance place_level(const struct naming *n)
{
	if (n->what->crossing.role == ROLE_CONTAINER_RUNTIME)
		return n->place.delegated ? ASSURANCE_DERIVED : ASSURANCE_KERNEL;
	return n->place.delegated ? ASSURANCE_CLAIMED : ASSURANCE_DERIVED;
}

void read_container(struct naming *n)
{
	const struct container_found *found = n->container;

	n->id.container_id = n->place.container_id;
	n->id.container_runtime = n->place.runtime;
	if (found) {
		n->id.container = found->facts;
		n->id.pod = found->pod;
		if (found->mismatch || str_is(n->place.runtime, "cri"))
			n->id.container_runtime = container_engine_name(found->engine);
		if (found->mismatch) {
			n->id.flags |= ID_CGROUP_PARENT_MISMATCH;
			n->id.pod = (struct pod_facts){0};
		}
	}
	if (in_pod(n))
		set_place(n, pod_word(n), at_most(place_level(n), found->level));
	else
		set_place(n, container_word(n), place_level(n));
}

void open_container(struct naming *n)
{
	const struct container_found *found = n->container;
	enum assurance level = place_level(n);

	if (!n->place.container_id.p) {
		open_anon(n, "anon:container-unnamed",
			  "a container runtime started it and its cgroup names no container");
		return;
	}
	if (found)
		level = at_most(level, found->level);
	if (in_pod(n) && n->id.pod.service_account.p)
		open_who(n, "sa",
			 words_join2(&n->words, "sa:", n->id.pod.namespace, "/",
				     n->id.pod.service_account),
			 level);
	else if (n->id.container.image.p)
		open_who(n, "container", words_join(&n->words, "ctr:", n->id.container.image),
			 level);
	else
		open_who(n, "container", container_word(n), place_level(n));
}

/* conmon and its kind: they hold a container's terminal and are not in it. */
static bool is_monitor(const struct naming *n)
{
	return str_starts(n->place.unit, "libpod-conmon-") ||
	       str_starts(n->place.unit, "crio-conmon-") ||
	       str_is(n->what->crossing.cgroup, "/libpod_parent/conmon");
}

void enter_container(struct naming *n)
{
	struct str outer = n->parent ? n->parent->identity.container_id : STR_NONE;

	if (is_monitor(n))
		return;
	if (outer.p && str_equal(outer, n->place.container_id))
		return; /* from one cgroup of the container to another */
	if (!keeps_who(n) && !who_is_lost(n))
		open_container(n);
	add_edge(n, STR_LIT("container-run"), place_level(n));
}
