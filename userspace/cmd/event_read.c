/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/event_read.h"

#include <arpa/inet.h>
#include <errno.h>

#include "base/number.h"
#include "event_fields.h"

#define MEMORY_MAX (1u << 20)

static void put_number(void *at, const struct field *f, uint64_t n)
{
	memcpy(at, &n, f->width < sizeof(n) ? f->width : sizeof(n)); /* little-endian */
}

static void read_number(void *at, const struct field *f, const json_t *j)
{
	uint64_t n;

	if (json_is_integer(j) && json_integer_value(j) >= 0)
		put_number(at, f, (uint64_t)json_integer_value(j));
	else if (json_is_string(j) &&
		 number_u64(str_of(json_string_value(j)), 0, UINT64_MAX, &n) == 0)
		put_number(at, f, n);
}

/* "b42", "A-7" */
static void read_prefixed(void *at, const struct field *f, const json_t *j, const char *prefix)
{
	struct str s = str_of(json_string_value(j));
	uint64_t n;

	if (s.p && str_starts(s, prefix) &&
	    number_u64(str_sub(s, (uint32_t)strlen(prefix), s.n), 0, UINT64_MAX, &n) == 0)
		put_number(at, f, n);
}

static void read_mode(void *at, const struct field *f, const json_t *j)
{
	if (json_is_string(j))
		put_number(at, f, strtoul(json_string_value(j), NULL, 8) & 07777);
}

static void read_dev(void *at, const struct field *f, const json_t *j)
{
	unsigned major, minor;

	if (json_is_string(j) && sscanf(json_string_value(j), "%u:%u", &major, &minor) == 2)
		put_number(at, f, (uint64_t)major << 20 | minor);
}

static int value_of(const struct field *f, const char *word)
{
	for (unsigned v = 0; v < 256; v++) {
		const char *name = f->name_of ? f->name_of(v) : NULL;

		if (name && strcmp(name, word) == 0)
			return (int)v;
	}
	return -1;
}

static void read_enum(void *at, const struct field *f, const json_t *j)
{
	int v = json_is_string(j) ? value_of(f, json_string_value(j)) : -1;

	if (v >= 0)
		put_number(at, f, (uint64_t)v);
}

static void read_flags(void *at, const struct field *f, const json_t *j)
{
	uint64_t bits = 0;
	const json_t *item;
	size_t i;

	json_array_foreach (j, i, item) {
		int bit = json_is_string(item) ? value_of(f, json_string_value(item)) : -1;

		if (bit >= 0 && bit < 64)
			bits |= 1ull << bit;
	}
	put_number(at, f, bits);
}

static void read_text(void *at, const json_t *j)
{
	if (json_is_string(j))
		*(struct str *)at =
			(struct str){json_string_value(j), (uint32_t)json_string_length(j)};
}

/* memory has room for all of it: MEMORY_MAX was reserved, so that it never moves. */
static void read_list(void *at, const json_t *j, struct text *memory, char separator)
{
	size_t start = memory->n, i;
	const json_t *item;

	if (!json_is_array(j))
		return;
	json_array_foreach (j, i, item) {
		size_t len = json_is_string(item) ? json_string_length(item) : 0;

		if (memory->n + len + 2 > MEMORY_MAX)
			break;
		if (i)
			text_add(memory, &separator, 1);
		text_add(memory, json_is_string(item) ? json_string_value(item) : "", len);
	}
	*(struct str *)at = (struct str){memory->p + start, (uint32_t)(memory->n - start)};
}

static void read_ip(struct event *ev, void *at, const json_t *j)
{
	uint8_t bytes[16] = {0};

	if (!json_is_string(j))
		return;
	if (inet_pton(AF_INET, json_string_value(j), bytes) == 1)
		ev->what.net.family = AF_INET;
	else if (inet_pton(AF_INET6, json_string_value(j), bytes) == 1)
		ev->what.net.family = AF_INET6;
	else
		return;
	memcpy(at, bytes, sizeof(bytes));
}

static void read_ancestors(struct event *ev, const json_t *j)
{
	const json_t *item;
	size_t i;

	json_array_foreach (j, i, item) {
		struct process_ref *ref;

		if (ev->who.ancestor_count == ANCESTORS_MAX)
			return;
		ref = &ev->who.ancestors[ev->who.ancestor_count++];
		ref->pid = (uint32_t)row_u64(item, "pid", 0);
		ref->exe = row_str(item, "exe");
	}
}

/* "b1946ac9.4466.1187923": pid, and its start in microseconds. */
static void read_process_uid(const json_t *j, uint64_t *start_ns)
{
	unsigned long long start_us;

	if (json_is_string(j) &&
	    sscanf(json_string_value(j), "%*[0-9a-f].%*u.%llu", &start_us) == 1)
		*start_ns = start_us * 1000;
}

static void read_special(struct event *ev, const struct field *f, const json_t *j)
{
	if (strcmp(f->name, "process.uid") == 0)
		read_process_uid(j, &ev->what.start_ns);
	if (strcmp(f->name, "process.parent.uid") == 0)
		read_process_uid(j, &ev->who.parent.start_ns);
	if (strcmp(f->name, "process.ancestors") == 0)
		read_ancestors(ev, j);
}

static void read_ms(void *at, const struct field *f, const json_t *j)
{
	if (json_is_number(j) && json_number_value(j) >= 0)
		put_number(at, f, (uint64_t)(json_number_value(j) * 1e6 + 0.5));
}

/* What takes no more than the value and its place. */
static void read_value(void *at, const struct field *f, const json_t *j)
{
	switch (f->kind) {
	case FIELD_TEXT:
		read_text(at, j);
		break;
	case FIELD_BOOL:
		*(bool *)at = json_is_true(j) || json_is_string(j);
		break;
	case FIELD_MS:
		read_ms(at, f, j);
		break;
	case FIELD_ENUM:
		read_enum(at, f, j);
		break;
	case FIELD_FLAGS:
		read_flags(at, f, j);
		break;
	case FIELD_MODE:
		read_mode(at, f, j);
		break;
	case FIELD_DEV:
		read_dev(at, f, j);
		break;
	case FIELD_BOUNDARY:
		read_prefixed(at, f, j, "b");
		break;
	case FIELD_ANOMALY:
		read_prefixed(at, f, j, "A-");
		break;
	default:
		read_number(at, f, j);
	}
}

static void read_field(struct event *ev, const struct field *f, const json_t *row,
		       struct text *memory)
{
	const json_t *j = row_find(row, f->name);
	void *at = (char *)ev + f->offset;

	if (!j)
		return;
	switch (f->kind) {
	case FIELD_LIST:
		read_list(at, j, memory, ',');
		break;
	case FIELD_ARGV:
		read_list(at, j, memory, '\0');
		break;
	case FIELD_TIME:
		put_number(at, f, (uint64_t)row_time(row, f->name));
		break;
	case FIELD_IP:
		read_ip(ev, at, j);
		break;
	case FIELD_SPECIAL:
		read_special(ev, f, j);
		break;
	case FIELD_BOOT:
	case FIELD_FORM: /* made of the others */
		break;
	default:
		read_value(at, f, j);
	}
}

/* JSON has the parent beside its ancestors; an event has it as the first of them. */
static void put_parent_first(struct event_who *who)
{
	if (!who->parent.pid || (who->ancestor_count && who->ancestors[0].pid == who->parent.pid))
		return;
	if (who->ancestor_count == ANCESTORS_MAX)
		who->ancestor_count--;
	memmove(who->ancestors + 1, who->ancestors, who->ancestor_count * sizeof(*who->ancestors));
	who->ancestors[0] = who->parent;
	who->ancestor_count++;
}

int event_read(struct event *out, const json_t *row, struct text *memory)
{
	struct str schema = row_str(row, "schema");

	if (!schema.p || !str_starts(schema, "whodid.event/1."))
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	out->what.login_uid = out->what.session_id = UINT32_MAX;
	out->what.file.new_uid = out->what.file.new_gid = UINT32_MAX;
	out->what.count = 1;
	text_clear(memory);
	text_reserve(memory, MEMORY_MAX); /* texts point into it */
	for (const struct field *f = event_fields; f->name; f++)
		if (!(f->use & FIELD_NO_JSON))
			read_field(out, f, row, memory);
	put_parent_first(&out->who);
	out->what.exec.exe = out->who.exe;
	out->what.exec.argc = (uint32_t)json_array_size(row_find(row, "process.argv"));
	return 0;
}
