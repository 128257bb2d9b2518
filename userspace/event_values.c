/* SPDX-License-Identifier: Apache-2.0 */
/* Values of fields: how a row of the table is found, read, and written as text. */
#include "event_fields.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "event_form.h"

static const char *last_part(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

/* "exe" and "parent.exe" are ends of "process.parent.exe". */
static bool is_end_of(struct str end, const char *name)
{
	size_t n = strlen(name);

	return n > end.n + 1u && name[n - end.n - 1] == '.' &&
	       memcmp(name + n - end.n, end.p, end.n) == 0;
}

const struct field *field_find(struct str name)
{
	const struct field *found = NULL;

	if (name.n == 0)
		return NULL;
	for (const struct field *f = event_fields; f->name; f++)
		if (str_is(name, f->name))
			return f;
	for (const struct field *f = event_fields; f->name; f++)
		if (f->alias && str_is(name, f->alias))
			return f;
	for (const struct field *f = event_fields; f->name; f++) {
		if ((f->use & FIELD_NO_JSON) || !is_end_of(name, f->name))
			continue;
		if (found)
			return NULL; /* "ip" could be either end's */
		found = f;
	}
	return found;
}

/* Edit distance of a and b, or more than limit as soon as that is sure. Words only: 32 bytes. */
static unsigned distance(struct str a, struct str b, unsigned limit)
{
	uint8_t row[33];

	if (a.n > 32 || b.n > 32)
		return limit + 1;
	for (unsigned j = 0; j <= b.n; j++)
		row[j] = (uint8_t)j;
	for (unsigned i = 1; i <= a.n; i++) {
		uint8_t diagonal = row[0];

		row[0] = (uint8_t)i;
		for (unsigned j = 1; j <= b.n; j++) {
			unsigned change = diagonal + (a.p[i - 1] != b.p[j - 1]);
			unsigned gap = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1u;

			diagonal = row[j];
			row[j] = (uint8_t)(change < gap ? change : gap);
		}
	}
	return row[b.n];
}

const char *field_nearest(struct str name)
{
	unsigned best = name.n < 4 ? 2 : name.n / 3 + 2; /* below this is near */
	const char *found = NULL;

	for (const struct field *f = event_fields; f->name; f++) {
		const char *words[] = {f->alias, last_part(f->name), f->name};

		if (f->use & FIELD_NO_JSON)
			continue;
		for (size_t i = 0; i < 3; i++) {
			unsigned d = words[i] ? distance(name, str_of(words[i]), best) : best;

			/* a last part that is ambiguous would be the next error */
			if (d < best && field_find(str_of(words[i]))) {
				best = d;
				found = words[i];
			}
		}
	}
	return found;
}

static const void *place(const struct field *f, const struct event *ev)
{
	return (const char *)ev + f->offset;
}

struct str field_str(const struct field *f, const struct event *ev)
{
	struct str s;

	memcpy(&s, place(f, ev), sizeof(s));
	/* before the identity stage, and in its absence, the exec itself says what runs */
	if (!s.p && f->offset == offsetof(struct event, who.exe) && ev->what.type == EVENT_EXEC)
		return ev->what.exec.exe;
	return s;
}

static uint64_t load(const void *p, unsigned width)
{
	uint64_t v8;
	uint32_t v4;
	uint16_t v2;

	switch (width) {
	case 8:
		memcpy(&v8, p, 8);
		return v8;
	case 4:
		memcpy(&v4, p, 4);
		return v4;
	case 2:
		memcpy(&v2, p, 2);
		return v2;
	default:
		return *(const uint8_t *)p;
	}
}

uint64_t field_number(const struct field *f, const struct event *ev)
{
	uint64_t value = load(place(f, ev), f->width);

	if (value)
		return value;
	if (f->offset == offsetof(struct event, who.id.boundary))
		return ev->what.boundary;
	if (f->offset == offsetof(struct event, who.parent.pid))
		return ev->what.parent_pid;
	return 0;
}

static bool special_present(const struct field *f, const struct event *ev)
{
	if (f->offset == offsetof(struct event, what.exec.caps_effective))
		return ev->what.exec.caps_effective != 0;
	if (f->offset == offsetof(struct event, who.ancestors))
		return ev->who.ancestor_count != 0;
	if (f->offset == offsetof(struct event, what.loss.by_type))
		return ev->what.loss.by_type != NULL;
	if (f->offset == offsetof(struct event, what.loss.stage))
		return loss_cause(ev->what.loss.stage) != NULL;
	if (f->offset == offsetof(struct event, what.start_ns))
		return ev->what.start_ns != 0;
	return true;
}

bool field_present(const struct field *f, const struct event *ev)
{
	if (!(f->types >> ev->what.type & 1) || (f->shown && !f->shown(ev)))
		return false;
	switch ((enum field_kind)f->kind) {
	case FIELD_TEXT:
	case FIELD_ARGV:
		return field_str(f, ev).p != NULL;
	case FIELD_LIST:
		return field_str(f, ev).n != 0;
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_MS:
	case FIELD_IP:
		return true;
	case FIELD_ID32:
		return field_number(f, ev) != UINT32_MAX;
	case FIELD_ENUM:
		return f->name_of((unsigned)field_number(f, ev)) != NULL;
	case FIELD_BOOT:
		return field_number(f, ev) != 0 && ev->what.boot_ns != 0;
	case FIELD_FORM:
		return ev->who.id.who.p != NULL;
	case FIELD_SPECIAL:
		return special_present(f, ev);
	default:
		return field_number(f, ev) != 0;
	}
}

static size_t put_str(struct str s, char *buf, size_t size)
{
	size_t n = s.n < size ? s.n : size ? size - 1 : 0;

	if (n)
		memcpy(buf, s.p, n);
	if (size)
		buf[n] = '\0';
	return s.n;
}

static size_t put_word(const char *word, char *buf, size_t size)
{
	return put_str(str_of(word), buf, size);
}

/* A boot clock reading as the time of day, by the event's own two clocks. */
static int64_t boot_to_wall(const struct event *ev, uint64_t boot_ns)
{
	return (int64_t)((uint64_t)ev->what.wall_ns - ev->what.boot_ns + boot_ns);
}

static size_t put_time(int64_t wall_ns, char *buf, size_t size)
{
	char text[31];

	clock_rfc3339(text, wall_ns);
	return put_word(text, buf, size);
}

static size_t put_argv(struct str argv, char *buf, size_t size)
{
	size_t n = put_str(argv, buf, size);

	for (size_t i = 0; i < n && i + 1 < size; i++)
		if (buf[i] == '\0')
			buf[i] = ' ';
	return n;
}

static size_t put_list_word(const char *word, size_t at, char *buf, size_t size)
{
	if (at) {
		if (at + 1 < size)
			buf[at] = ',';
		at++;
	}
	return at + put_word(word, at < size ? buf + at : NULL, at < size ? size - at : 0);
}

static size_t put_bits(uint64_t bits, const char *(*name_of)(unsigned), char *buf, size_t size)
{
	size_t at = 0;

	for (unsigned bit = 0; bit < 64; bit++)
		if (bits >> bit & 1 && name_of(bit))
			at = put_list_word(name_of(bit), at, buf, size);
	return at;
}

static size_t put_ancestors(const struct event *ev, char *buf, size_t size)
{
	size_t at = 0;

	for (uint32_t i = 0; i < ev->who.ancestor_count && i < ANCESTORS_MAX; i++) {
		struct str exe = ev->who.ancestors[i].exe;

		if (!exe.p)
			exe = STR_LIT("?");
		if (at && at + 1 < size)
			buf[at] = ',';
		at += at != 0;
		at += put_str(exe, at < size ? buf + at : NULL, at < size ? size - at : 0);
	}
	return at;
}

static size_t put_ip(const struct field *f, const struct event *ev, char *buf, size_t size)
{
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(ev->what.net.family, place(f, ev), text, sizeof(text));
	return put_word(text, buf, size);
}

static size_t put_form(const struct field *f, const struct event *ev, char *buf, size_t size)
{
	enum form form = strcmp(f->alias, "form") == 0	    ? FORM_LINE
			 : strcmp(f->alias, "subject") == 0 ? FORM_SUBJECT
							    : FORM_INSTANCE;
	char text[FORM_MAX];

	event_form(form, ev, text);
	return put_word(text, buf, size);
}

static size_t put_special(const struct field *f, const struct event *ev, char *buf, size_t size)
{
	if (f->offset == offsetof(struct event, what.exec.caps_effective)) {
		uint64_t caps = ev->what.exec.caps_effective;

		return (caps & CAPABILITIES_ALL) == CAPABILITIES_ALL
			       ? put_word("all", buf, size)
			       : put_bits(caps, capability_name, buf, size);
	}
	if (f->offset == offsetof(struct event, who.ancestors))
		return put_ancestors(ev, buf, size);
	if (f->offset == offsetof(struct event, what.loss.stage))
		return put_word(loss_cause(ev->what.loss.stage), buf, size);
	if (f->offset == offsetof(struct event, what.net.family))
		return put_word(ev->what.net.inbound ? "inbound" : "outbound", buf, size);
	return 0;
}

static size_t put_number(const struct field *f, uint64_t v, char *buf, size_t size)
{
	int n;

	switch ((enum field_kind)f->kind) {
	case FIELD_MS:
		n = snprintf(buf, size, "%" PRIu64 ".%03u", v / 1000000,
			     (unsigned)(v / 1000 % 1000));
		break;
	case FIELD_MODE:
		n = snprintf(buf, size, "%04o", (unsigned)v & 07777);
		break;
	case FIELD_DEV:
		n = snprintf(buf, size, "%" PRIu64 ":%u", v >> 20, (unsigned)v & 0xfffff);
		break;
	case FIELD_BOUNDARY:
		n = snprintf(buf, size, "b%" PRIu64, v);
		break;
	case FIELD_ANOMALY:
		n = snprintf(buf, size, "A-%" PRIu64, v);
		break;
	default:
		n = snprintf(buf, size, "%" PRIu64, v);
	}
	return (size_t)n;
}

size_t field_text(const struct field *f, const struct event *ev, char *buf, size_t size)
{
	if (!field_present(f, ev))
		return 0;
	switch ((enum field_kind)f->kind) {
	case FIELD_TEXT:
	case FIELD_LIST:
		return put_str(field_str(f, ev), buf, size);
	case FIELD_ARGV:
		return put_argv(field_str(f, ev), buf, size);
	case FIELD_BOOL:
		return put_word(f->name_of ? f->name_of(1) : "true", buf, size);
	case FIELD_TIME:
		return put_time((int64_t)field_number(f, ev), buf, size);
	case FIELD_BOOT:
		return put_time(boot_to_wall(ev, field_number(f, ev)), buf, size);
	case FIELD_ENUM:
		return put_word(f->name_of((unsigned)field_number(f, ev)), buf, size);
	case FIELD_IP:
		return put_ip(f, ev, buf, size);
	case FIELD_FLAGS:
		return put_bits(field_number(f, ev), f->name_of, buf, size);
	case FIELD_FORM:
		return put_form(f, ev, buf, size);
	case FIELD_SPECIAL:
		return put_special(f, ev, buf, size);
	default:
		return put_number(f, field_number(f, ev), buf, size);
	}
}
