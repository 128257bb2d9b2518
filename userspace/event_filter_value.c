/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the values of a filter word, each by its field's kind. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/glob.h"
#include "base/number.h"
#include "event_filter_term.h"

int filter_bad(struct problem *err, struct str word, const char *what)
{
	return problem_set(err, -EINVAL, "filter word \"%.*s\": %s", STR_ARG(word), what);
}

/* The words of an enumeration or of flags, for the remedy. */
void filter_say_words(const struct field *f, struct problem *err)
{
	char list[200];
	size_t n = 0;

	for (unsigned v = 0; v < 64; v++) {
		const char *word = f->name_of(v);
		size_t len = word ? strlen(word) : 0;

		if (!word)
			continue;
		if (n + len + 8 > sizeof(list)) {
			n += (size_t)snprintf(list + n, sizeof(list) - n, ", ...");
			break;
		}
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "", word);
	}
	problem_remedy(err, "%s is one of: %.*s", f->name, (int)n, list);
}

static bool is_glob(struct str s)
{
	return str_index(s, 0, '*') >= 0 || str_index(s, 0, '?') >= 0;
}

/* "file" stands for all of file.*; the part behind the dot for one of them. */
static bool word_is(const struct field *f, struct str value, unsigned v)
{
	const char *word = f->name_of(v);

	if (!word)
		return false;
	if (str_is(value, word))
		return true;
	if (f->offset != offsetof(struct event, what.type))
		return false;
	return (strncmp(word, value.p, value.n) == 0 && word[value.n] == '.') ||
	       (unsigned)event_type_parse(value) == v;
}

bool filter_add_words(struct term *t, struct str value)
{
	unsigned end = t->field->kind == FIELD_FLAGS ? 64 : 256;
	bool found = false;

	for (unsigned v = 0; v < end; v++) {
		const char *word = t->field->name_of(v);

		if (is_glob(value) ? word && glob_match_word(value, str_of(word))
				   : word_is(t->field, value, v)) {
			t->words[v / 64] |= 1ull << (v % 64);
			found = true;
		}
	}
	return found;
}

static int read_ms(struct str s, uint64_t *ns)
{
	int64_t dot = str_index(s, 0, '.');
	struct str whole = str_sub(s, 0, dot < 0 ? s.n : (uint32_t)dot), part;
	uint64_t ms, fraction = 0, unit = 100000;

	if (number_duration_ns(s, ns) == 0 && s.n && s.p[s.n - 1] > '9')
		return 0;
	if (number_u64(whole, 0, UINT64_MAX / 2000000, &ms))
		return -EINVAL;
	part = dot < 0 ? STR_NONE : str_sub(s, (uint32_t)dot + 1, 6);
	if (part.n && number_u64(part, 0, 999999, &fraction))
		return -EINVAL;
	for (uint32_t i = 1; i < part.n; i++)
		unit /= 10;
	*ns = ms * 1000000 + fraction * unit;
	return 0;
}

/* "b1946ac9.4466.1187923": the boot's part is not compared, pid and start are. */
static int read_process_uid(struct str s, struct term_value *out)
{
	int64_t dot = str_index(s, 0, '.');
	int64_t dot2 = dot < 0 ? -1 : str_index(s, (uint32_t)dot + 1, '.');

	if (dot2 < 0)
		return -EINVAL;
	if (number_u64(str_sub(s, (uint32_t)dot + 1, (uint32_t)(dot2 - dot) - 1), 0, UINT32_MAX,
		       &out->number))
		return -EINVAL;
	return number_u64(str_sub(s, (uint32_t)dot2 + 1, s.n), 0, UINT64_MAX, &out->start_us);
}

static struct str without_prefix(struct str s, const char *prefix)
{
	return str_starts(s, prefix) ? str_sub(s, (uint32_t)strlen(prefix), s.n) : s;
}

static int read_number(const struct field *f, struct str s, uint64_t *out)
{
	int64_t wall_ns;

	switch ((enum field_kind)f->kind) {
	case FIELD_TIME:
	case FIELD_BOOT:
		if (clock_parse(s, &wall_ns))
			return -EINVAL;
		*out = (uint64_t)wall_ns;
		return 0;
	case FIELD_MS:
		return read_ms(s, out);
	case FIELD_BOUNDARY:
		return number_u64(without_prefix(s, "b"), 0, UINT64_MAX, out);
	case FIELD_ANOMALY:
		return number_u64(without_prefix(s, "A-"), 0, UINT64_MAX, out);
	case FIELD_SPECIAL: /* uid */
		return event_uid_parse(s, out);
	default:
		return number_u64(s, 0, UINT64_MAX, out);
	}
}

static int read_ip(struct str s, struct term_value *out)
{
	char text[INET6_ADDRSTRLEN];

	if (s.n == 0 || s.n >= sizeof(text))
		return -EINVAL;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (inet_pton(AF_INET, text, out->address) == 1)
		out->address_len = 4;
	else if (inet_pton(AF_INET6, text, out->address) == 1)
		out->address_len = 16;
	else
		return -EINVAL;
	out->prefix_bits = (uint8_t)(out->address_len * 8);
	return 0;
}

/* Cuts ":443" or "]:443" from the end. A bare IPv6 address has more than one colon and no port. */
static int read_port(struct str *s, struct term_value *out)
{
	int64_t colon = str_index(*s, 0, ':'), bracket = str_index(*s, 0, ']');
	struct str port;
	uint64_t number;

	if (s->n && s->p[0] == '[') {
		if (bracket < 0)
			return -EINVAL;
		port = str_sub(*s, (uint32_t)bracket + 1, s->n);
		*s = str_sub(*s, 1, (uint32_t)bracket - 1);
		if (port.n == 0)
			return 0;
		if (port.p[0] != ':')
			return -EINVAL;
		port = str_sub(port, 1, port.n);
	} else {
		if (colon < 0 || str_index(*s, (uint32_t)colon + 1, ':') >= 0)
			return 0;
		port = str_sub(*s, (uint32_t)colon + 1, s->n);
		*s = str_sub(*s, 0, (uint32_t)colon);
	}
	if (number_u64(port, 1, 65535, &number))
		return -EINVAL;
	out->port = (uint16_t)number;
	return 0;
}

static int read_address(struct str s, struct term_value *out)
{
	int64_t slash;
	uint64_t bits;

	if (read_port(&s, out))
		return -EINVAL;
	if (out->port && (s.n == 0 || str_is(s, "*")))
		return 0; /* :443 */
	slash = str_index(s, 0, '/');
	if (slash < 0)
		return read_ip(s, out);
	if (read_ip(str_sub(s, 0, (uint32_t)slash), out) ||
	    number_u64(str_sub(s, (uint32_t)slash + 1, s.n), 0, out->prefix_bits, &bits))
		return -EINVAL;
	out->prefix_bits = (uint8_t)bits;
	return 0;
}

/* Words are compared by strength: by their numbers. */
static int read_word(const struct field *field, struct str s, uint64_t *out)
{
	for (unsigned v = 0; v < 256; v++)
		if (field->name_of(v) && str_is(s, field->name_of(v))) {
			*out = v;
			return 0;
		}
	return -EINVAL;
}

static int read_comparable(const struct field *field, struct str word, struct str s,
			   struct term_value *out, struct problem *err)
{
	bool is_time = field->kind == FIELD_TIME || field->kind == FIELD_BOOT, yes;

	if (field->kind == FIELD_BOOL) {
		if (number_bool(s, &yes))
			return filter_bad(err, word, "expected yes or no");
		out->number = yes;
		return 0;
	}
	if (field->kind == FIELD_ENUM) {
		if (read_word(field, s, &out->number) == 0)
			return 0;
		filter_bad(err, word, "not a word that this field has");
		filter_say_words(field, err);
		return -EINVAL;
	}
	if (read_number(field, s, &out->number))
		return filter_bad(err, word, is_time ? "not a time" : "not a number");
	return 0;
}

int filter_read_value(const struct term *t, struct str word, struct str s, struct term_value *out,
		      struct problem *err)
{
	out->text = s;
	out->glob = is_glob(s);
	switch ((enum term_match)t->match) {
	case MATCH_USER:
		out->is_number = number_u64(s, 0, UINT32_MAX, &out->number) == 0;
		return 0;
	case MATCH_ADDRESS:
		if (read_address(s, out) == 0)
			return 0;
		filter_bad(err, word, "not an address");
		problem_remedy(err, "write 10.1.2.3, 10.0.0.0/8, 10.1.2.3:443, [::1]:443 or :443; "
				    "a name is dst.name=");
		return -EINVAL;
	case MATCH_PROCESS:
		return read_process_uid(s, out) ? filter_bad(err, word, "not a process uid") : 0;
	case MATCH_NUMBER:
		return read_comparable(t->field, word, s, out, err);
	default:
		return 0;
	}
}
