/* SPDX-License-Identifier: Apache-2.0 */
/* starts: see the header. A ring of fixed size; what it forgets too early makes everybody unsure. */
#include "identity/starts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "bpf/event.h"
#include "identity/bus_call.h"
#include "identity/present.h"
#include "identity/table.h"

#define STARTS_MAX 128

struct start {
	uint64_t boot_ns, boundary;
	uint32_t pid, task_flags;
	bool sure; /* root asked, and it can have had its way */
	bool transient;
	uint32_t unit_n;
	char unit[UNIT_NAME_MAX];
};

struct starts {
	uint64_t next;
	uint64_t
		unsure_until_ns; /* boot clock: calls may be missing in the window that ends then */
	struct start ring[STARTS_MAX];
};

struct starts *starts_new(void)
{
	return calloc(1, sizeof(struct starts));
}

void starts_free(struct starts *s)
{
	free(s);
}

/* Where systemd looks for units (systemd.unit(5)), the transient ones last: made by such a call. */
static const char *const unit_folders[] = {
	"/etc/systemd/system.control",	 "/run/systemd/system.control",
	"/etc/systemd/system",		 "/run/systemd/system",
	"/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
	"/lib/systemd/system",		 "/run/systemd/generator",
	"/run/systemd/generator.early",	 "/run/systemd/generator.late",
	"/etc/systemd/system.attached",	 "/run/systemd/system.attached",
};

/* "foo@.service" of "foo@bar.service", into out; false when it is no instance. */
static bool template_of(struct str unit, char *out, size_t size)
{
	int64_t at = str_index(unit, 0, '@');

	if (at < 0)
		return false;
	snprintf(out, size, "%.*s.service", (int)at + 1, unit.p);
	return true;
}

static bool has_file(const char *root, const char *folder, const char *name, struct stat *st)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s%s/%s", root ? root : "", folder, name);

	/* what cannot be looked at may be there */
	return n < 0 || (size_t)n >= sizeof(path) || lstat(path, st) == 0 || errno != ENOENT;
}

/*
 * Whether a unit of that name can be what the call has made. systemd refuses one that is there; its own of a call
 * before has its file in the folder of transient units, as long as it is loaded.
 */
static bool is_free(const char *root, struct str unit, int64_t asked_wall_ns)
{
	char name[UNIT_NAME_MAX + 1], template[UNIT_NAME_MAX + 16];
	bool instance = template_of(unit, template, sizeof(template));
	struct stat st = {0};

	snprintf(name, sizeof(name), "%.*s", STR_ARG(unit));
	for (size_t i = 0; i < ARRAY_SIZE(unit_folders); i++)
		if (has_file(root, unit_folders[i], name, &st) ||
		    (instance && has_file(root, unit_folders[i], template, &st)))
			return false;
	if (!has_file(root, "/run/systemd/transient", name, &st))
		return true;
	/* times of files are those of the last tick */
	return st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec + 10000000 >= asked_wall_ns;
}

/* Whether the call can have started the unit. One that runs already is not started again. */
static bool can_start(const struct identity_table *t, const struct event_what *what,
		      const struct bus_call *call)
{
	bool runs = boundaries_in_unit(&t->boundaries, call->unit) != NULL;

	switch (call->kind) {
	case BUS_CALL_TRANSIENT:
		return !runs && is_free(t->host_root, call->unit, what->wall_ns);
	case BUS_CALL_START:
		return !runs;
	case BUS_CALL_TRY:
		return runs;
	default:
		return true;
	}
}

void starts_learn(struct identity_table *t, const struct event_what *what)
{
	struct starts *s = t->starts;
	struct bus_call call;
	struct start *at;

	if (!bus_call_read(&call, what->request.line))
		return;
	at = &s->ring[s->next++ % STARTS_MAX];
	if (at->boot_ns && at->boot_ns + STARTS_WINDOW_NS > what->boot_ns)
		s->unsure_until_ns = what->boot_ns + STARTS_WINDOW_NS;
	*at = (struct start){.boot_ns = what->boot_ns,
			     .boundary = what->boundary,
			     .pid = what->pid,
			     .task_flags = what->task_flags,
			     .transient = call.kind == BUS_CALL_TRANSIENT,
			     .unit_n = call.unit.n};
	at->sure = what->request.engine == REQUEST_SYSTEMD;
	memcpy(at->unit, call.unit.p, call.unit.n);
	if (at->sure && !can_start(t, what, &call))
		at->boot_ns = 0; /* refused, or nothing to do */
}

void starts_missed(struct identity_table *t, const struct event_what *loss)
{
	if (loss && !loss->loss.by_type[EVENT_REQUEST])
		return;
	t->starts->unsure_until_ns = (loss ? loss->boot_ns : clock_boot_ns()) + STARTS_WINDOW_NS;
}

/* One more that asked for it. */
static void take_asker(const struct identity_table *t, const struct start *r, int64_t wall_ns,
		       struct origin *out)
{
	const struct boundary *b = boundaries_find(&t->boundaries, r->boundary);
	struct identity id;

	if (!b || !r->sure) {
		out->asked = ASKED_BY_SEVERAL;
		return;
	}
	boundary_identity(t, b, wall_ns, &id);
	naming_apply_flags(&id, r->task_flags);
	if (out->asked && !str_equal(out->by.who, id.who))
		out->asked = ASKED_BY_SEVERAL;
	if (out->asked)
		return; /* the newest has been taken */
	out->asked = r->transient ? ASKED_TO_MAKE : ASKED_TO_START;
	out->by = id;
	out->by_who_id = b->who_id;
	out->by_boundary = boundary_holder(t, b);
	out->asker_pid = r->pid;
}

static bool is_of(const struct start *r, struct str unit, uint64_t now_ns)
{
	return r->boot_ns && r->boot_ns <= now_ns && now_ns < r->boot_ns + STARTS_WINDOW_NS &&
	       str_equal((struct str){r->unit, r->unit_n}, unit);
}

void starts_find_origin(const struct identity_table *t, const struct event_what *what,
			struct origin *origin)
{
	const struct starts *s = t->starts;
	struct cgroup_name place;

	if (what->crossing.kind != BOUNDARY_CGROUP || what->crossing.role == ROLE_CONTAINER_RUNTIME)
		return;
	cgroup_name_parse(&place, what->crossing.cgroup);
	if (!place.unit.p || place.delegated || place.container_id.p)
		return;
	for (uint64_t i = 0; i < STARTS_MAX && i < s->next; i++) {
		const struct start *r = &s->ring[(s->next - 1 - i) % STARTS_MAX];

		if (!is_of(r, place.unit, what->boot_ns))
			continue;
		take_asker(t, r, what->wall_ns, origin);
		if (what->boot_ns < s->unsure_until_ns)
			origin->asked = ASKED_BY_SEVERAL;
	}
}
