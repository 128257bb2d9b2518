/* SPDX-License-Identifier: Apache-2.0 */
/*
 * naming_container: containers and pods. The cgroup says which container it is, its engine's files what
 * that container is: the service account of its pod, else its image. An engine works for whoever asks it:
 * a container is the asker's while their session or job lasts, a program put into one is the asker's.
 */
#include "identity/naming_rules.h"

#include <stdio.h>

#define SHORT_ID 12

/* What the engine's files say, or NULL. */
static const struct container_found *found_of(const struct naming *n)
{
	return n->entry && n->entry->found.engine ? &n->entry->found : NULL;
}

static bool in_pod(const struct naming *n)
{
	return found_of(n) && !found_of(n)->mismatch && n->id.pod.uid.p;
}

/* "ctr:podman/86248a6f9803": this one container. */
static struct str container_word(struct naming *n)
{
	struct str id = n->place.container_id;

	if (!str_is(n->id.container_runtime, "lxc") && !str_is(n->id.container_runtime, "nspawn"))
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
	const struct container_found *found = found_of(n);

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
	else if (str_is(n->place.runtime, "nspawn"))
		set_place(n, words_join(&n->words, "machine:", n->place.container_id),
			  place_level(n));
	else
		set_place(n, container_word(n), place_level(n));
}

/*
 * A pod that says by its labels whose job it is. Who may make pods in that namespace can write the same,
 * so it is no more than worked out, and the name has the namespace in it.
 */
static bool open_pod_job(struct naming *n)
{
	const struct ci_facts *job = found_of(n) ? &found_of(n)->job : NULL;
	char prefix[32];

	if (!job || !in_pod(n) || !job->repository.p)
		return false;
	snprintf(prefix, sizeof(prefix), "ci:%.*s/", STR_ARG(job->provider));
	open_who(n, "ci",
		 words_join2(&n->words, prefix, job->repository, "/",
			     job->job.p ? job->job : STR_LIT("-")),
		 at_most(at_most(place_level(n), found_of(n)->level), ASSURANCE_DERIVED));
	n->id.ci = *job;
	return true;
}

void open_container(struct naming *n)
{
	const struct container_found *found = found_of(n);
	enum assurance level = place_level(n);

	if (!n->place.container_id.p) {
		open_anon(n, "anon:container-unnamed",
			  "a container runtime started it and its cgroup names no container");
		return;
	}
	if (open_pod_job(n))
		return;
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

static bool asker_is_known(const struct naming *n)
{
	return n->entry && n->entry->asker_pid && !n->entry->conflict &&
	       !str_is(n->entry->asker.kind, "anon");
}

/* The engine was started by somebody by hand, and works for others: theirs by lineage, and not for sure. */
static void doubt_lineage(struct naming *n)
{
	if (!n->entry || !(n->entry->engine || n->entry->served) || !asker_is_known(n) ||
	    str_equal(n->entry->asker.who, n->id.who))
		return;
	n->id.by = n->entry->asker.who;
	n->id.who_level = at_most(n->id.who_level, ASSURANCE_DERIVED);
}

/* One that the settings name. */
static bool asked_by_runner(const struct container_entry *e)
{
	return e && e->engine && e->pinned_runner && !e->conflict &&
	       (e->ci_system & ~CI_WEAK) == identity_ci_system(e->found.job.provider);
}

/* A runner that the settings do not name is no forger, only not believed. */
static bool has_forged_label(const struct naming *n)
{
	const struct container_entry *e = n->entry;

	return e && e->found.job.provider.p && e->asker_pid && !e->looks_like_runner &&
	       !asked_by_runner(e);
}

/* Labels name a job where a pinned CI supervisor asked for the container. Whether it is one. */
static bool open_job(struct naming *n)
{
	const struct container_entry *e = n->entry;
	const struct ci_facts *job;
	enum assurance level;
	char prefix[32];

	if (!asked_by_runner(e) || !e->found.job.repository.p)
		return false;
	job = &e->found.job;
	level = e->ci_system & CI_WEAK || e->found.job_by_step ? ASSURANCE_DERIVED
							       : ASSURANCE_RECORDED;
	snprintf(prefix, sizeof(prefix), "ci:%.*s/", STR_ARG(job->provider));
	open_who(n, "ci",
		 words_join2(&n->words, prefix, job->repository, "/",
			     job->job.p ? job->job : STR_LIT("-")),
		 at_most(level, e->found.level));
	n->id.ci = *job;
	return true;
}

static void name_start(struct naming *n)
{
	if (keeps_who(n)) {
		doubt_lineage(n);
		if (has_forged_label(n))
			n->id.flags |= ID_FORGED_LABEL;
		return;
	}
	if (who_is_lost(n) || open_job(n))
		return;
	open_container(n);
	if (has_forged_label(n))
		n->id.flags |= ID_FORGED_LABEL;
	if (!n->entry || !n->entry->engine || !asker_is_known(n))
		return;
	if (is_person_or_job(n->entry->asker.kind) && n->place.container_id.p) {
		n->own_who = n->id.who;
		n->own_level = n->id.who_level;
		open_asker(n, &n->entry->asker,
			   ASSURANCE_RECORDED); /* the request is what a client wrote */
	}
	n->id.by = n->entry->asker.who;
}

/* "docker-exec", "cri-exec", "podman-exec", ... */
static struct str exec_edge(const struct naming *n)
{
	if (n->entry->kubelet)
		return STR_LIT("cri-exec");
	switch (n->entry->found.engine) {
	case ENGINE_DOCKER:
		return STR_LIT("docker-exec");
	case ENGINE_CRI:
	case ENGINE_CRIO:
		return STR_LIT("cri-exec");
	case ENGINE_PODMAN:
		return STR_LIT("podman-exec");
	default:
		return STR_LIT("container-exec");
	}
}

static void name_exec(struct naming *n)
{
	static const char *const reason =
		"an engine put it into the container, and who asked for that is not known";
	struct str edge = exec_edge(n);

	if (keeps_who(n))
		doubt_lineage(n);
	else if (n->entry->engine && asker_is_known(n) && !n->entry->kubelet)
		open_asker(n, &n->entry->asker,
			   ASSURANCE_RECORDED); /* the request is what a client wrote */
	else if (n->entry->engine && str_is(edge, "docker-exec"))
		open_anon(n, "anon:docker-exec", reason);
	else if (n->entry->engine && str_is(edge, "cri-exec"))
		open_anon(n, "anon:cri-exec", reason);
	else if (n->entry->engine)
		open_anon(n, "anon:container-exec", reason);
}

void enter_container(struct naming *n)
{
	struct str outer = n->parent ? n->parent->identity.container_id : STR_NONE;

	if (is_monitor(n))
		return;
	if (outer.p && str_equal(outer, n->place.container_id))
		return; /* from one cgroup of the container to another */
	if (n->entry && n->entry->exec) {
		name_exec(n);
		add_edge(n, exec_edge(n), place_level(n));
		return;
	}
	name_start(n);
	add_edge(n, STR_LIT("container-run"), place_level(n));
}
