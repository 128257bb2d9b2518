/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an event passes a filter. */
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/glob.h"
#include "bpf/event.h"
#include "event_filter.h"
#include "event_filter_term.h"

static bool match_value(const struct term_value *v, struct str text)
{
	return v->glob ? glob_match_word(v->text, text) : str_equal(v->text, text);
}

static struct str base_name(struct str path)
{
	uint32_t at = path.n;

	while (at > 0 && path.p[at - 1] != '/')
		at--;
	return str_sub(path, at, path.n);
}

static bool match_text(const struct term *t, const struct term_value *v, struct str text)
{
	if (!text.p)
		return false;
	if (match_value(v, text))
		return true;
	return t->base_name && str_index(v->text, 0, '/') < 0 && match_value(v, base_name(text));
}

/* Elements, and for "sudo:root" the word before the colon; or the list as a whole. */
static bool match_list(const struct term_value *v, struct str list, char separator)
{
	uint32_t at = 0;

	if (match_value(v, list))
		return true;
	while (at <= list.n) {
		int64_t next = str_index(list, at, separator);
		uint32_t end = next < 0 ? list.n : (uint32_t)next;
		struct str element = str_sub(list, at, end - at);
		int64_t colon = str_index(element, 0, ':');

		if (match_value(v, element))
			return true;
		if (separator == ',' && colon > 0 &&
		    match_value(v, str_sub(element, 0, (uint32_t)colon)))
			return true;
		at = end + 1;
	}
	return false;
}

/* A pattern with a blank is for the command line, with blanks between the arguments. */
static bool match_argv(const struct term_value *v, struct str argv)
{
	char line[EVENT_ARGV_MAX];
	uint32_t n = argv.n < sizeof(line) ? argv.n : sizeof(line);

	if (str_index(v->text, 0, ' ') < 0)
		return match_list(v, argv, '\0');
	for (uint32_t i = 0; i < n; i++)
		line[i] = argv.p[i] ? argv.p[i] : ' ';
	return match_value(v, (struct str){line, n});
}

static bool match_ancestors(const struct term *t, const struct term_value *v,
			    const struct event *ev)
{
	for (uint32_t i = 0; i < ev->who.ancestor_count && i < ANCESTORS_MAX; i++)
		if (match_text(t, v, ev->who.ancestors[i].exe))
			return true;
	return false;
}

static bool match_text_value(const struct term *t, const struct term_value *v,
			     const struct event *ev)
{
	char text[1024];
	size_t n;

	switch ((enum field_kind)t->field->kind) {
	case FIELD_TEXT:
		return match_text(t, v, field_str(t->field, ev));
	case FIELD_LIST:
		return match_list(v, field_str(t->field, ev), ',');
	case FIELD_ARGV:
		return match_argv(v, field_str(t->field, ev));
	default:
		if (t->field->offset == offsetof(struct event, who.ancestors))
			return match_ancestors(t, v, ev);
		n = field_text(t->field, ev, text, sizeof(text));
		if (n >= sizeof(text))
			n = sizeof(text) - 1;
		return match_list(v, (struct str){text, (uint32_t)n}, ',');
	}
}

static bool match_words(const struct term *t, const struct event *ev)
{
	uint64_t v = field_number(t->field, ev);

	if (t->field->kind == FIELD_FLAGS)
		return (v & t->words[0]) != 0;
	return v < 256 && (t->words[v / 64] >> (v % 64) & 1);
}

/* Times as the wall clock has them; everything else as it is. */
static int64_t number_of(const struct field *f, const struct event *ev)
{
	uint64_t v = field_number(f, ev);

	if (f->kind == FIELD_BOOT)
		v += (uint64_t)ev->what.wall_ns - ev->what.boot_ns;
	return (int64_t)v;
}

static bool compare(enum term_op op, const struct field *f, uint64_t a, uint64_t b)
{
	bool is_signed = f->kind == FIELD_TIME || f->kind == FIELD_BOOT;
	bool less = is_signed ? (int64_t)a < (int64_t)b : a < b;

	switch (op) {
	case OP_LESS:
		return less;
	case OP_LESS_EQUAL:
		return less || a == b;
	case OP_GREATER:
		return !less && a != b;
	case OP_GREATER_EQUAL:
		return !less;
	default:
		return a == b;
	}
}

static bool match_user(const struct term *t, const struct term_value *v, const struct event *ev)
{
	if (v->is_number)
		return ev->what.uid == v->number;
	return match_text(t, v, ev->who.user_name);
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

static bool match_address(const struct term *t, const struct term_value *v, const struct event *ev)
{
	const uint8_t *address = t->source ? ev->what.net.src : ev->what.net.dst;
	uint16_t port = t->source ? ev->what.net.src_port : ev->what.net.dst_port;
	uint16_t family = ev->what.net.family;

	if (v->port && v->port != port)
		return false;
	if (v->address_len == 0)
		return v->port != 0;
	return family == (v->address_len == 4 ? AF_INET : AF_INET6) &&
	       same_bits(address, v->address, v->prefix_bits);
}

static bool match_one(const struct term *t, const struct term_value *v, const struct event *ev)
{
	switch ((enum term_match)t->match) {
	case MATCH_TEXT:
		return match_text_value(t, v, ev);
	case MATCH_USER:
		return match_user(t, v, ev);
	case MATCH_ADDRESS:
		return match_address(t, v, ev);
	case MATCH_PROCESS:
		return ev->what.pid == v->number && ev->what.start_ns / 1000 == v->start_us;
	default:
		return compare((enum term_op)t->op, t->field, (uint64_t)number_of(t->field, ev),
			       v->number);
	}
}

/* "exe|filename": one of them has one of the values. */
static bool match_either(const struct filter *f, const struct term *t, const struct event *ev)
{
	for (uint8_t i = 0; i <= t->also_count; i++) {
		const struct field *field = i ? t->also[i - 1] : t->field;

		for (uint32_t v = 0; v < t->count; v++)
			if (field_present(field, ev) &&
			    match_text(t, &f->values[t->first + v], field_str(field, ev)))
				return true;
	}
	return false;
}

static bool match_term(const struct filter *f, const struct term *t, const struct event *ev)
{
	/* user=0 must match where no name is known */
	bool present = t->match == MATCH_USER ? t->field->types >> ev->what.type & 1
					      : field_present(t->field, ev);

	if (t->also_count)
		return match_either(f, t, ev) != t->negate;
	if (!present || t->op == OP_PRESENT)
		return present != t->negate;
	if (t->match == MATCH_WORDS)
		return match_words(t, ev) != t->negate;
	for (uint32_t i = 0; i < t->count; i++)
		if (match_one(t, &f->values[t->first + i], ev))
			return !t->negate;
	return t->negate;
}

bool filter_match(const struct filter *f, const struct event *ev)
{
	if (!f)
		return true;
	if (ev->what.type < EVENT_TYPE_MAX && !(f->types >> ev->what.type & 1))
		return false;
	for (uint32_t i = 0; i < f->term_count; i++)
		if (!match_term(f, &f->terms[i], ev))
			return false;
	return true;
}

uint64_t filter_types(const struct filter *f)
{
	return f ? f->types : ~0ull;
}
