/* SPDX-License-Identifier: Apache-2.0 */
/* list: what is in force, for people: counts and one JSON object for each profile object. */
#include "profile/set.h"

static uint64_t count_rules(const struct rule *r)
{
	uint64_t n = 0;

	for (; r; r = r->next)
		n++;
	return n;
}

static uint64_t role_hits(const struct rule *r, int64_t *last)
{
	uint64_t n = 0;

	for (; r; r = r->next) {
		n += r->hits;
		if (r->last_hit_wall_ns > *last)
			*last = r->last_hit_wall_ns;
	}
	return n;
}

void profile_get_counts(const struct profile_set *p, struct profile_counts *out)
{
	*out = (struct profile_counts){0};
	for (const struct role *r = p->model.roles; r; r = r->next) {
		out->roles++;
		out->rules += count_rules(r->allow) + count_rules(r->deny);
	}
	for (const struct exception *x = p->model.exceptions; x; x = x->next)
		out->exceptions++;
	for (const struct binding *b = p->model.bindings; b; b = b->next) {
		out->bindings++;
		out->learn += b->mode == MODE_LEARN;
		out->audit += b->mode == MODE_AUDIT;
		out->enforce += b->mode == MODE_ENFORCE;
	}
}

static void begin(struct json *w, const char *kind, struct str name)
{
	json_object_begin(w, NULL);
	json_cstr(w, "kind", kind);
	json_str(w, "name", name);
}

static void end(struct json *w, uint64_t hits, int64_t last, const char *file)
{
	json_u64(w, "hits", hits);
	if (last)
		json_time(w, "last_hit_time", last);
	json_cstr(w, "file", file);
	json_object_end(w);
	json_text(w, STR_LIT("\n"));
}

static void names(struct json *w, const char *name, const struct texts *list)
{
	if (!list->n)
		return;
	json_array_begin(w, name);
	for (uint32_t i = 0; i < list->n; i++)
		json_str(w, NULL, list->v[i].s);
	json_array_end(w);
}

static void list_binding(const struct binding *b, struct json *w)
{
	uint64_t rules = 0;

	for (uint32_t i = 0; i < b->matcher_count; i++)
		rules += b->matchers[i]->rule_count;
	begin(w, "RoleBinding", b->name);
	json_cstr(w, "mode", mode_name(b->mode));
	names(w, "roles", &b->roles);
	json_u64(w, "rules", rules);
	if (b->expires_wall_ns)
		json_time(w, "expires_time", b->expires_wall_ns);
	end(w, b->hits, b->last_hit_wall_ns, b->at.file);
}

static void list_role(const struct role *r, struct json *w)
{
	int64_t last = 0;
	uint64_t hits = role_hits(r->allow, &last) + role_hits(r->deny, &last);

	begin(w, "Role", r->name);
	names(w, "roles", &r->include);
	json_u64(w, "rules", count_rules(r->allow) + count_rules(r->deny));
	end(w, hits, last, r->at.file);
}

static void list_exception(const struct exception *x, struct json *w)
{
	begin(w, "Exception", x->name);
	names(w, "overrides", &x->overrides);
	json_u64(w, "rules", count_rules(x->allow));
	json_time(w, "expires_time", x->expires_wall_ns);
	json_str(w, "reason", x->reason);
	end(w, x->hits, x->last_hit_wall_ns, x->at.file);
}

void profile_list(const struct profile_set *p, struct json *w)
{
	for (const struct binding *b = p->model.bindings; b; b = b->next)
		list_binding(b, w);
	for (const struct role *r = p->model.roles; r; r = r->next)
		list_role(r, w);
	for (const struct exception *x = p->model.exceptions; x; x = x->next)
		list_exception(x, w);
}
