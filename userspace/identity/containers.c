/* SPDX-License-Identifier: Apache-2.0 */
/* containers: see the header. */
#include "identity/containers.h"

#include "bpf/event.h"
#include "identity/container/calls.h"
#include "identity/container/requests.h"
#include "identity/marks.h"
#include "identity/naming.h"
#include "identity/present.h"
#include "identity/supervisors.h"
#include "identity/table.h"

#define ASKERS_MAX 8

/* The bundle's directory as its runtime was told, now or when the container was made. */
static struct str bundle_of(const struct identity_table *t, const struct runtime_call *call,
			    struct str id)
{
	if (call->bundle.p && str_equal(call->id, id))
		return call->bundle;
	return calls_bundle(t->calls, id);
}

static struct str base_name(struct str path)
{
	const char *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;

	return slash ? str_sub(path, (uint32_t)(slash + 1 - path.p), path.n) : path;
}

/* The program that started the runtime; absent when it is not known. */
static struct str helper_name(const struct identity_table *t, const struct event_what *what)
{
	const struct process *runtime = processes_find(&t->processes, what->crossing.opener_pid,
						       what->crossing.opener_start_ns);
	const struct process *helper = runtime ? processes_find(&t->processes, runtime->parent_pid,
								runtime->parent_start_ns)
					       : NULL;

	return helper ? base_name(interned_str(helper->exe)) : STR_NONE;
}

/*
 * Engines start their runtimes through a helper of their own. CRI-O's is podman's too, but of CRI-O
 * nobody is a child; podman's own service is asked like docker's.
 */
static bool is_engines_child(const struct identity_table *t, const struct event_what *what,
			     const struct boundary *parent, enum container_engine engine)
{
	if (engine == ENGINE_CRIO)
		return true;
	if (engine == ENGINE_PODMAN)
		return parent && str_is(parent->identity.unit, "podman.service");
	return str_starts(helper_name(t, what), "containerd-shim");
}

/* Who asked, when that is one and the same for all requests that fit, and known. */
static void take_asker(const struct identity_table *t, struct container_entry *out,
		       const struct request *r, int64_t wall_ns)
{
	const struct boundary *b = boundaries_find(&t->boundaries, r->boundary);
	const struct process *p = processes_find(&t->processes, r->pid, r->start_ns);
	struct identity id;

	if (!b) {
		out->asker_pid = r->pid;
		out->conflict = true;
		return;
	}
	boundary_identity(t, b, wall_ns, &id);
	naming_apply_flags(&id, r->task_flags);
	marks_apply(p, &id);
	if (out->asker_pid) { /* the newest counts */
		out->conflict = out->conflict || !str_equal(out->asker.who, id.who);
		return;
	}
	out->asker = id;
	out->asker_pid = r->pid;
	out->asker_boundary = boundary_holder(t, b);
	out->pinned_runner = supervisor_asked(t, r, &id, p);
	out->ci_system = r->ci_system;
	out->looks_like_runner = p && p->supervises;
}

/* Where that engine is asked; 0 = not over a socket that is listened to. */
static uint32_t socket_of(enum container_engine engine)
{
	if (engine == ENGINE_DOCKER)
		return REQUEST_ENGINE_DOCKER;
	return engine == ENGINE_PODMAN ? REQUEST_ENGINE_PODMAN : REQUEST_ENGINE_NONE;
}

static void find_asker(const struct identity_table *t, const struct event_what *what,
		       const struct runtime_call *call, struct container_entry *out, struct str id)
{
	const struct request *fit[ASKERS_MAX];
	struct request_key key = {.exec = out->exec,
				  .engine = socket_of(out->found.engine),
				  .id = out->exec ? call->exec_id : id,
				  .name = out->exec ? STR_NONE : out->found.facts.name,
				  .boot_ns = what->boot_ns};
	size_t n = key.id.p && key.engine ? requests_take(t->requests, &key, fit, ASKERS_MAX) : 0;

	for (size_t i = 0; i < n; i++)
		take_asker(t, out, fit[i], what->wall_ns);
}

/* A kubelet that works with docker does so through a service of its own; before 1.24 by itself. */
static bool is_kubelet(const struct container_entry *e)
{
	return e->asker_pid && !e->conflict &&
	       (str_is(e->asker.who, "unit:cri-docker.service") ||
		str_is(e->asker.who, "unit:kubelet.service"));
}

/*
 * A container of docker's in a pod's cgroup, with labels that say it is that pod's: it is where a kubelet
 * asked for it. Where nobody is known to have asked, and the kubelet's side has such a sandbox, it may well
 * be: then it is no mismatch, and no pod either. What is put into a container finds that settled.
 */
static void settle_pod(const struct identity_table *t, struct container_entry *e, struct str id)
{
	const struct boundary *b = e->exec ? boundaries_in_container(&t->boundaries, id) : NULL;
	struct container_found *f = &e->found;

	if (!f->claimed_pod.uid.p)
		return;
	if (b ? b->identity.pod.uid.p != NULL : e->kubelet) {
		if (!b && f->level > e->asker.who_level)
			f->level = e->asker.who_level;
		container_believe_pod(f, t->host_root);
	} else if (b ? !(b->identity.flags & ID_CGROUP_PARENT_MISMATCH)
		     : !e->asker_pid && f->listed) {
		f->mismatch = false;
	}
}

bool containers_enter(const struct identity_table *t, const struct event_what *what,
		      const struct boundary *parent, struct container_entry *out)
{
	struct cgroup_name place;
	struct runtime_call call = {0};

	if (parent && what->crossing.kind != BOUNDARY_CGROUP &&
	    what->crossing.kind != BOUNDARY_SEED)
		return false; /* it is where its parent was */
	cgroup_name_parse(&place, what->crossing.cgroup);
	if (!place.container_id.p || place.delegated)
		return false;
	memset(out, 0, offsetof(struct container_entry, found));
	calls_find(t->calls, what->crossing.opener_pid, what->crossing.opener_start_ns, &call);
	container_find(&out->found, t->host_root, &place, bundle_of(t, &call, place.container_id));
	if (what->crossing.kind != BOUNDARY_CGROUP) {
		settle_pod(t, out, place.container_id);
		return true;
	}
	out->exec = call.kind == CALL_EXEC ||
		    (!call.kind && boundaries_in_container(&t->boundaries, place.container_id));
	/* an unknown runtime may have been anybody's */
	out->engine = !call.kind || is_engines_child(t, what, parent, out->found.engine);
	find_asker(t, what, &call, out, place.container_id);
	/* the number of an exec is made by who is asked for it: whoever's service that is, it was asked */
	out->served = out->found.engine == ENGINE_PODMAN && out->asker_pid &&
		      str_is(helper_name(t, what), "conmon");
	out->engine = out->engine || (out->served && out->exec);
	out->kubelet = is_kubelet(out);
	settle_pod(t, out, place.container_id);
	return true;
}

void containers_learn(struct identity_table *t, const struct event_what *what,
		      const struct identity *id)
{
	if (what->type == EVENT_REQUEST && what->request.engine < REQUEST_SYSTEMD)
		requests_learn(t->requests, what);
	else if (what->type == EVENT_EXEC && !id->container_id.p)
		calls_learn(t->calls, what);
}

void containers_outlive(const struct identity_table *t, const struct boundary *b, int64_t wall_ns,
			struct identity *id)
{
	const struct boundary *who =
		b->who_id == b->id ? b : boundaries_find(&t->boundaries, b->who_id);
	const struct boundary *asker;
	struct str edge;
	uint32_t outside;
	bool unit;

	if (!who || !who->asker || !who->own_who.p)
		return;
	unit = str_starts(who->own_who, "unit:");
	edge = unit ? STR_LIT("systemd-run") : STR_LIT("container-run");
	asker = boundaries_find(&t->boundaries, who->asker); /* NULL = over, and forgotten */
	if (asker && (!asker->ended_wall_ns || wall_ns <= asker->ended_wall_ns))
		return;
	/* the way to here begins with the container or service: what the asker had come by is left out */
	outside = who->identity.via.n > edge.n ? who->identity.via.n - edge.n : 0;
	id->via = str_sub(id->via, outside, id->via.n);
	id->who = who->own_who;
	id->kind = str_of(unit ? "unit" : str_starts(id->who, "sa:") ? "sa" : "container");
	id->who_level = who->own_level;
	id->via_level = unit ? ASSURANCE_DERIVED : ASSURANCE_KERNEL;
	id->session = id->person = STR_NONE;
	id->login = (struct login_facts){0};
	id->ci = (struct ci_facts){0};
	id->attested = (struct attested_facts){0};
}
