/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks the field table and writes what is present, opening an object for each dotted part of a
 * name. What is not a plain value has a writer of its own below.
 */
#include "event_json.h"

#include <stdio.h>

#include "bpf/event.h"
#include "base/cleanup.h"
#include "event_fields.h"
#include "event_form.h"
#include "event_redact.h"

#define DEPTH_MAX      4
#define NAME_MAX_BYTES 48

/* One event on its way: the objects that are open, and the arguments without their secrets. */
struct writer {
	struct json *w;
	const struct host *host;
	const struct event *ev;
	const char *prefix; /* full name of the field written last: its objects are open */
	unsigned depth;
	struct redaction redaction;
};

/* Number of dots that both names share from the left: the objects that may stay open. */
static unsigned common_depth(const char *a, const char *b)
{
	unsigned depth = 0;

	for (; a && *a && *a == *b; a++, b++)
		if (*a == '.')
			depth++;
	return depth;
}

static void close_to(struct writer *x, unsigned depth)
{
	while (x->depth > depth) {
		json_object_end(x->w);
		x->depth--;
	}
}

/* Opens the objects of name and returns its last part. */
static const char *enter(struct writer *x, const char *name)
{
	unsigned shared = common_depth(x->prefix, name), at = 0;
	const char *part = name, *dot;

	close_to(x, shared < x->depth ? shared : x->depth);
	for (; (dot = strchr(part, '.')) != NULL; part = dot + 1, at++) {
		char object[NAME_MAX_BYTES];

		if (at < x->depth)
			continue;
		snprintf(object, sizeof(object), "%.*s", (int)(dot - part), part);
		json_object_begin(x->w, object);
		x->depth++;
	}
	x->prefix = name;
	return part;
}

/* The bytes themselves, beside a text in which some had to be replaced. */
static void write_b64(struct json *w, const char *name, struct str raw)
{
	char sibling[NAME_MAX_BYTES];

	snprintf(sibling, sizeof(sibling), "%s_b64", name);
	json_base64(w, sibling, raw);
}

static void write_text(struct json *w, const char *name, struct str s)
{
	json_str(w, name, s);
	if (!utf8_valid(s))
		write_b64(w, name, s);
}

static void write_split(struct json *w, const char *name, struct str s, char separator)
{
	uint32_t at = 0;

	json_array_begin(w, name);
	while (at <= s.n) {
		int64_t next = str_index(s, at, separator);
		uint32_t end = next < 0 ? s.n : (uint32_t)next;

		json_str(w, NULL, str_sub(s, at, end - at));
		at = end + 1;
	}
	json_array_end(w);
	if (!utf8_valid(s))
		write_b64(w, name, s);
}

static void write_bits(struct json *w, const char *name, uint64_t bits,
		       const char *(*name_of)(unsigned))
{
	json_array_begin(w, name);
	for (unsigned bit = 0; bit < 64; bit++)
		if (bits >> bit & 1)
			json_cstr(w, NULL, name_of(bit));
	json_array_end(w);
}

static void write_uid(struct writer *x, const char *name)
{
	char uid[EVENT_UID_MAX];

	event_uid_format(uid, x->host, x->ev);
	json_cstr(x->w, name, uid);
}

static void write_host(struct writer *x, const char *name)
{
	const struct host *host = x->host;

	json_object_begin(x->w, name);
	json_cstr(x->w, "name", host->name[0] ? host->name : NULL);
	json_cstr(x->w, "id", host->machine_id[0] ? host->machine_id : NULL);
	json_cstr(x->w, "boot_id", host->boot_id[0] ? host->boot_id : NULL);
	json_object_end(x->w);
}

static void write_process_uid(struct writer *x, const char *name)
{
	char uid[PROCESS_UID_MAX];

	process_uid_format(uid, x->host, x->ev->what.pid, x->ev->what.start_ns);
	json_cstr(x->w, name, uid);
}

static void write_parent_uid(struct writer *x, const char *name)
{
	const struct event *ev = x->ev;
	bool known = ev->who.parent.pid != 0;
	uint64_t start_ns = known ? ev->who.parent.start_ns : ev->what.parent_start_ns;
	char uid[PROCESS_UID_MAX];

	if (!start_ns)
		return;
	process_uid_format(uid, x->host, known ? ev->who.parent.pid : ev->what.parent_pid,
			   start_ns);
	json_cstr(x->w, name, uid);
}

static void write_caps(struct writer *x, const char *name)
{
	uint64_t caps = x->ev->what.exec.caps_effective;

	if ((caps & CAPABILITIES_ALL) != CAPABILITIES_ALL) {
		write_bits(x->w, name, caps, capability_name);
		return;
	}
	json_array_begin(x->w, name);
	json_cstr(x->w, NULL, "all");
	json_array_end(x->w);
}

/* The parent has its own object. */
static void write_ancestors(struct writer *x, const char *name)
{
	const struct event_who *who = &x->ev->who;

	json_array_begin(x->w, name);
	for (uint32_t i = 0; i < who->ancestor_count && i < ANCESTORS_MAX; i++) {
		const struct process_ref *p = &who->ancestors[i];

		if (i == 0 && p->pid == who->parent.pid && p->start_ns == who->parent.start_ns)
			continue;
		json_object_begin(x->w, NULL);
		json_u64(x->w, "pid", p->pid);
		if (p->exe.p)
			write_text(x->w, "exe", p->exe);
		json_object_end(x->w);
	}
	json_array_end(x->w);
}

static void write_by_type(struct writer *x, const char *name)
{
	const uint64_t *by_type = x->ev->what.loss.by_type;

	json_object_begin(x->w, name);
	for (unsigned type = 0; type < EVENT_TYPE_MAX; type++)
		if (by_type[type] && event_type_name((enum event_type)type))
			json_u64(x->w, event_type_name((enum event_type)type), by_type[type]);
	json_object_end(x->w);
}

static void write_cause(struct writer *x, const char *name)
{
	json_cstr(x->w, name, loss_cause(x->ev->what.loss.stage));
}

static void write_direction(struct writer *x, const char *name)
{
	json_cstr(x->w, name, x->ev->what.net.inbound ? "inbound" : "outbound");
}

static void write_redacted(struct writer *x, const char *name)
{
	if (x->redaction.count == 0)
		return;
	json_array_begin(x->w, name);
	for (unsigned i = 0; i < x->redaction.count; i++) {
		char path[NAME_MAX_BYTES];

		snprintf(path, sizeof(path), "process.argv.%u", x->redaction.index[i]);
		json_cstr(x->w, NULL, path);
	}
	json_array_end(x->w);
}

static const struct {
	const char *name;
	void (*write)(struct writer *x, const char *name);
} specials[] = {
	{"uid", write_uid},
	{"host", write_host},
	{"process.uid", write_process_uid},
	{"process.parent.uid", write_parent_uid},
	{"process.caps", write_caps},
	{"process.ancestors", write_ancestors},
	{"loss.by_type", write_by_type},
	{"loss.cause", write_cause},
	{"network.direction", write_direction},
	{"redacted", write_redacted},
};

static void write_special(struct writer *x, const struct field *f, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(specials); i++)
		if (strcmp(specials[i].name, f->name) == 0)
			specials[i].write(x, name);
}

/* Kinds whose text is quoted as it is; the others are numbers. */
static bool is_quoted(enum field_kind kind)
{
	switch (kind) {
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_COUNT:
	case FIELD_ID32:
	case FIELD_MS:
	case FIELD_PORT:
		return false;
	default:
		return true;
	}
}

static void write_short(struct writer *x, const struct field *f, const char *name)
{
	char text[64];
	struct str s = {text, (uint32_t)field_text(f, x->ev, text, sizeof(text))};

	if (is_quoted((enum field_kind)f->kind))
		json_str(x->w, name, s);
	else
		json_raw(x->w, name, s);
}

static void write_form(struct writer *x, const struct field *f, const char *name)
{
	char text[FORM_MAX];

	json_str(x->w, name,
		 (struct str){text, (uint32_t)field_text(f, x->ev, text, sizeof(text))});
}

static void write_field(struct writer *x, const struct field *f)
{
	const char *name = enter(x, f->name);

	switch ((enum field_kind)f->kind) {
	case FIELD_TEXT:
		write_text(x->w, name, field_str(f, x->ev));
		break;
	case FIELD_LIST:
		write_split(x->w, name, field_str(f, x->ev), ',');
		break;
	case FIELD_ARGV:
		write_split(x->w, name, x->redaction.argv, '\0');
		break;
	case FIELD_FORM:
		write_form(x, f, name);
		break;
	case FIELD_FLAGS:
		write_bits(x->w, name, field_number(f, x->ev), f->name_of);
		break;
	case FIELD_BOOL:
		if (f->name_of)
			json_cstr(x->w, name, f->name_of(1));
		else
			json_bool(x->w, name, true);
		break;
	case FIELD_SPECIAL:
		write_special(x, f, name);
		break;
	default:
		write_short(x, f, name);
	}
}

void event_json_write(struct json *w, const struct host *host, const struct event *ev)
{
	char buf[EVENT_ARGV_MAX];
	struct writer x = {.w = w, .host = host, .ev = ev};
	struct event cut;

	if (ev->what.type == EVENT_EXEC)
		redact_argv(&x.redaction, ev->what.exec.argv, buf, sizeof(buf));
	if (x.redaction.cut) {
		cut = *ev;
		cut.what.truncated |= CUT_ARGV;
		x.ev = ev = &cut;
	}
	json_object_begin(w, NULL);
	json_cstr(w, "schema", "whodid.event/1.0");
	for (const struct field *f = event_fields; f->name; f++)
		if (!(f->use & FIELD_NO_JSON) && field_present(f, ev))
			write_field(&x, f);
	close_to(&x, 0);
	json_object_end(w);
}

void event_json_identity(struct json *w, const struct event *ev, bool forms)
{
	struct writer x = {.w = w, .ev = ev};

	for (const struct field *f = event_fields; f->name; f++)
		if (str_starts(str_of(f->name), "identity.") && (forms || f->kind != FIELD_FORM) &&
		    field_present(f, ev))
			write_field(&x, f);
	close_to(&x, 0);
}
