/* SPDX-License-Identifier: Apache-2.0 */
/* describe: identities, processes and boundaries as JSON, with the names that events have. */
#include "identity/describe.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "event_json.h"
#include "identity/marks.h"
#include "identity/naming.h"
#include "identity/present.h"

static void write_text(struct json *w, const char *name, struct str text)
{
	if (text.n)
		json_str(w, name, text);
}

static void write_boundary_id(struct json *w, const char *name, uint64_t id)
{
	char text[24];

	snprintf(text, sizeof(text), "b%llu", (unsigned long long)id);
	if (id)
		json_cstr(w, name, text);
}

static void write_via(struct json *w, struct str via)
{
	uint32_t at = 0;

	json_array_begin(w, "via");
	while (at < via.n) {
		int64_t comma = str_index(via, at, ',');
		uint32_t end = comma < 0 ? via.n : (uint32_t)comma;

		json_str(w, NULL, str_sub(via, at, end - at));
		at = end + 1;
	}
	json_array_end(w);
}

void describe_identity(struct json *w, const struct identity *id)
{
	struct event ev = {.what = {.type = EVENT_EXEC}, .who = {.id = *id}};

	event_json_identity(w, &ev, false);
}

void describe_identity_form(struct json *w, const struct identity *id, uint32_t uid)
{
	struct event ev = {.what = {.type = EVENT_EXEC, .uid = uid, .euid = uid},
			   .who = {.id = *id}};

	event_json_identity(w, &ev, true);
}

static void write_uid(struct json *w, const char *name, const struct host *host, uint32_t pid,
		      uint64_t start_ns)
{
	char uid[PROCESS_UID_MAX];

	process_uid_format(uid, host, pid, start_ns);
	json_cstr(w, name, uid);
}

void describe_process(struct json *w, const struct identity_table *t, const struct host *host,
		      const struct process *p)
{
	const struct process *parent =
		p->parent_pid ? processes_find(&t->processes, p->parent_pid, p->parent_start_ns)
			      : NULL;

	write_uid(w, "uid", host, p->pid, p->start_ns);
	json_u64(w, "pid", p->pid);
	write_text(w, "exe", interned_str(p->exe));
	json_object_begin(w, "user");
	json_u64(w, "uid", p->uid);
	write_text(w, "name", user_names_name(&t->users, p->uid));
	json_object_end(w);
	json_bool(w, "alive", p->alive);
	if (!p->parent_pid)
		return;
	json_object_begin(w, "parent");
	write_uid(w, "uid", host, p->parent_pid, p->parent_start_ns);
	json_u64(w, "pid", p->parent_pid);
	if (parent)
		write_text(w, "exe", interned_str(parent->exe));
	json_object_end(w);
}

void describe_boundary(struct json *w, const struct boundary *b)
{
	json_object_begin(w, NULL);
	write_boundary_id(w, "id", b->id);
	json_cstr(w, "kind", boundary_kind_name(b->kind));
	if (b->role)
		json_cstr(w, "opener_exe_role", exe_role_name(b->role));
	if (b->opener_pid)
		json_u64(w, "opener_pid", b->opener_pid);
	if (b->pid)
		json_u64(w, "pid", b->pid);
	write_text(w, "exe", b->exe);
	if (b->boot_ns) {
		json_u64(w, "time_boot_ns", b->boot_ns);
		json_time(w, "time", b->wall_ns);
	}
	json_str(w, "who", b->identity.who);
	write_via(w, b->identity.via);
	write_text(w, "as", b->identity.as);
	json_object_end(w);
}

static void list_one(const struct identity_table *t, const struct host *host,
		     const struct process *p, struct json *w)
{
	const struct boundary *b = boundaries_find(&t->boundaries, p->boundary);
	struct identity id;

	if (b)
		boundary_identity(t, b, t->wall_ns, &id);
	else
		naming_lost(&id, p->boundary);
	naming_apply_flags(&id, p->task_flags);
	marks_apply(p, &id);
	json_object_begin(w, NULL);
	json_object_begin(w, "process");
	describe_process(w, t, host, p);
	json_object_end(w);
	describe_identity(w, &id);
	json_object_end(w);
	json_text(w, STR_LIT("\n"));
}

void identity_list_processes(const struct identity_table *t, const struct host *host,
			     struct json *w)
{
	const struct link *lists[] = {&t->processes.live, &t->processes.exited};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (struct link *l = lists[i]->next; l != lists[i]; l = l->next)
			list_one(t, host, LINK_OWNER(l, struct process, order), w);
}
