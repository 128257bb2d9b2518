/* SPDX-License-Identifier: Apache-2.0 */
/* json: an anomaly as one object (ux.md 3.3), for people, the store, and back from the store. */
#include "anomaly/table.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/number.h"

static void write_attack(struct json *w, const char *list)
{
	struct str s = str_of(list);

	if (!s.n)
		return;
	json_array_begin(w, "attack");
	for (uint32_t i = 0; i < s.n;) {
		int64_t comma = str_index(s, i, ',');
		struct str id = str_sub(s, i, (comma < 0 ? s.n : (uint32_t)comma) - i);

		json_str(w, NULL, id);
		i += id.n + 1;
	}
	json_array_end(w);
}

static void write_text(struct json *w, const char *name, const char *text)
{
	if (text[0])
		json_cstr(w, name, text);
}

static void write_reason(struct json *w, const struct reason *r)
{
	json_object_begin(w, NULL);
	json_cstr(w, "verdict", anomaly_kind_name(r->kind));
	write_text(w, "rule", r->rule);
	write_text(w, "what", r->what);
	write_text(w, "reason", r->sentence);
	write_attack(w, r->attack);
	write_text(w, "event", r->event);
	json_object_end(w);
}

void anomaly_write(const struct anomaly *a, struct json *w)
{
	char text[WHO_MAX + SESSION_MAX + RULE_MAX + 32];

	json_object_begin(w, NULL);
	snprintf(text, sizeof(text), "A-%" PRIu64, a->id);
	json_cstr(w, "id", text);
	json_cstr(w, "state", anomaly_state_name(a->state));
	json_cstr(w, "kind", anomaly_kind_name(a->group.kind));
	json_cstr(w, "severity", severity_name(a->severity));
	write_text(w, "who", a->group.who);
	write_text(w, "who_kind", a->identity_kind);
	write_text(w, "person", a->person);
	write_text(w, "session", a->group.session);
	write_text(w, "binding", a->binding);
	write_text(w, "title", a->title);
	write_text(w, "what", a->newest);
	json_array_begin(w, "reasons");
	for (uint32_t i = 0; i < a->reason_count; i++)
		write_reason(w, &a->reasons[i]);
	json_array_end(w);
	json_time(w, "first_time", a->first_wall_ns);
	json_time(w, "last_time", a->last_wall_ns);
	json_u64(w, "events", a->events);
	snprintf(text, sizeof(text), "%s|%s|%s|%s", anomaly_kind_name(a->group.kind), a->group.who,
		 a->group.session, a->group.rule);
	json_cstr(w, "dedup_key", text);
	json_object_end(w);
}

static struct str get(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	if (!json_is_string(v))
		return STR_NONE;
	return (struct str){json_string_value(v), (uint32_t)json_string_length(v)};
}

/* Saved texts were escaped when they were made: they are taken as they are. */
static void get_text(const json_t *o, const char *name, char *out, size_t size)
{
	struct str s = get(o, name);

	snprintf(out, size, "%.*s", STR_ARG(s));
}

static void read_reason(const json_t *o, struct reason *r)
{
	const json_t *attack = json_object_get(o, "attack");
	int kind = anomaly_kind_parse(get(o, "verdict"));
	size_t n = 0;

	r->kind = kind < 0 ? KIND_UNEXPECTED : (enum anomaly_kind)kind;
	get_text(o, "rule", r->rule, sizeof(r->rule));
	get_text(o, "what", r->what, sizeof(r->what));
	get_text(o, "reason", r->sentence, sizeof(r->sentence));
	get_text(o, "event", r->event, sizeof(r->event));
	for (size_t i = 0; i < json_array_size(attack); i++) {
		const char *id = json_string_value(json_array_get(attack, i));

		if (id && n + strlen(id) + 2 < sizeof(r->attack))
			n += (size_t)snprintf(r->attack + n, sizeof(r->attack) - n, "%s%s",
					      n ? "," : "", id);
	}
}

/* The last part of "kind|who|session|rule". */
static void read_rule(const json_t *o, struct group *g)
{
	struct str key = get(o, "dedup_key");
	uint32_t at = key.n;

	while (at > 0 && key.p[at - 1] != '|')
		at--;
	snprintf(g->rule, sizeof(g->rule), "%.*s", STR_ARG(str_sub(key, at, key.n)));
}

static int read_head(const json_t *o, struct anomaly *a)
{
	int state = anomaly_state_parse(get(o, "state"));
	int kind = anomaly_kind_parse(get(o, "kind"));
	int severity = severity_parse(get(o, "severity"));
	struct str id = get(o, "id");

	if (state < 0 || kind < 0 || severity < 0 || !str_starts(id, "A-"))
		return -EBADMSG;
	if (number_u64(str_sub(id, 2, id.n), 1, UINT64_MAX - 1, &a->id) ||
	    clock_parse(get(o, "first_time"), &a->first_wall_ns) ||
	    clock_parse(get(o, "last_time"), &a->last_wall_ns))
		return -EBADMSG;
	a->state = (enum anomaly_state)state;
	a->group.kind = (enum anomaly_kind)kind;
	a->severity = (enum severity)severity;
	return 0;
}

static int read_anomaly(const json_t *o, struct anomaly *a)
{
	const json_t *reasons = json_object_get(o, "reasons");
	const json_t *events = json_object_get(o, "events");
	int e = read_head(o, a);

	if (e)
		return e;
	if (!json_is_integer(events) || json_integer_value(events) < 0)
		return -EBADMSG;
	a->events = (uint64_t)json_integer_value(events);
	get_text(o, "who", a->group.who, sizeof(a->group.who));
	get_text(o, "session", a->group.session, sizeof(a->group.session));
	read_rule(o, &a->group);
	get_text(o, "who_kind", a->identity_kind, sizeof(a->identity_kind));
	get_text(o, "person", a->person, sizeof(a->person));
	get_text(o, "binding", a->binding, sizeof(a->binding));
	get_text(o, "title", a->title, sizeof(a->title));
	get_text(o, "what", a->newest, sizeof(a->newest));
	for (size_t i = 0; i < json_array_size(reasons) && i < REASONS_MAX; i++)
		read_reason(json_array_get(reasons, i), &a->reasons[a->reason_count++]);
	return 0;
}

static bool is_known(const struct anomaly_table *t, uint64_t id)
{
	for (size_t i = 0; i < t->used; i++)
		if (t->v[i].id == id)
			return true;
	return false;
}

int anomaly_restore(struct anomaly_table *t, struct str json)
{
	json_t *o = json_loadb(json.p ? json.p : "", json.n, JSON_REJECT_DUPLICATES, NULL);
	struct anomaly a = {0}, *place;
	int e = o ? read_anomaly(o, &a) : -EBADMSG;

	json_decref(o);
	if (!e && a.id < t->next_id && is_known(t, a.id)) /* they come in order as a rule */
		e = -EBADMSG;
	if (e)
		return e;
	/* numbering goes on behind the highest that was ever given, kept or not */
	if (a.id >= t->next_id)
		t->next_id = a.id + 1;
	if (t->used == t->max) {
		t->dropped++;
		return 0;
	}
	place = &t->v[t->used++];
	*place = a;
	place->announced_wall_ns = a.last_wall_ns;
	table_link(t, place);
	return 0;
}

static int newest_first(const void *x, const void *y)
{
	const struct anomaly *const *a = x, *const *b = y;

	return ((*a)->id < (*b)->id) - ((*a)->id > (*b)->id);
}

int anomaly_list(const struct anomaly_table *t, struct str state, struct json *w,
		 struct problem *err)
{
	bool open = !state.n || str_is(state, "open"), all = str_is(state, "all");
	_cleanup_free_ const struct anomaly **sorted = NULL;
	int one = anomaly_state_parse(state);
	size_t n = 0;

	if (!open && !all && one < 0) {
		problem_set(err, -EINVAL, "there is no such state of an anomaly");
		problem_remedy(err, "open, all, new, ack, suppressed or resolved");
		return -EINVAL;
	}
	sorted = calloc(t->used + 1, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < t->used; i++)
		if (all || (open ? anomaly_is_open(&t->v[i]) : (int)t->v[i].state == one))
			sorted[n++] = &t->v[i];
	qsort(sorted, n, sizeof(*sorted), newest_first);
	for (size_t i = 0; i < n; i++) {
		anomaly_write(sorted[i], w);
		json_text(w, STR_LIT("\n"));
	}
	return 0;
}

int anomaly_show(const struct anomaly_table *t, uint64_t id, struct json *w)
{
	for (size_t i = 0; id && i < t->used; i++) {
		if (t->v[i].id != id)
			continue;
		anomaly_write(&t->v[i], w);
		return 0;
	}
	return -ENOENT;
}
