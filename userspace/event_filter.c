/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads filter words. The text is cut into words (quotes removed, commas outside of quotes turned
 * into NUL), a word into field, operator and values, and each value is read by its field's kind.
 */
#include "event_filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/glob.h"
#include "base/number.h"
#include "event_filter_term.h"

#define TEXT_MAX 16384

void filter_free(struct filter *f)
{
	if (!f)
		return;
	free(f->terms);
	free(f->values);
	free(f->text);
	free(f);
}

/* One word while it is read. whole is as written; values holds NUL between the alternatives. */
struct word {
	struct str whole, name, values;
	enum term_op op;
	bool negate;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int bad(struct problem *err, struct str word, const char *what)
{
	return problem_set(err, -EINVAL, "filter word \"%.*s\": %s", STR_ARG(word), what);
}

/*
 * Takes the next word from text at *at to out without its quotes. Returns its length, 0 at the end,
 * or -EINVAL for a quote that is not closed. mark[i] is set for a character that was quoted.
 */
static int64_t next_word(struct str text, uint32_t *at, char *out, bool *mark)
{
	bool quoted = false, any = false;
	uint32_t n = 0, i = *at;

	for (; i < text.n && (quoted || !is_blank(text.p[i])); i++) {
		any = true;
		if (text.p[i] == '"') {
			quoted = !quoted;
			continue;
		}
		if (quoted && text.p[i] == '\\' && i + 1 < text.n)
			i++;
		mark[n] = quoted;
		out[n++] = text.p[i];
	}
	*at = i;
	if (quoted || (any && n == 0))
		return -EINVAL;
	return n;
}

static uint32_t operator_at(struct str word)
{
	for (uint32_t i = 0; i < word.n; i++) {
		if (strchr("=<>", word.p[i]) ||
		    (word.p[i] == '!' && i + 1 < word.n && word.p[i + 1] == '='))
			return i;
	}
	return word.n;
}

/* Splits at the operator; in the values, commas that were not quoted become NUL. */
static void split_word(struct word *w, char *p, uint32_t n, const bool *mark)
{
	struct str word = {p, n};
	uint32_t at = operator_at(word), width = 1;
	bool or_equal = at + 1 < n && p[at + 1] == '=';

	w->name = str_sub(word, 0, at);
	w->op = OP_EQUAL;
	w->negate = false;
	if (at == n) {
		w->negate = n > 0 && p[0] == '!';
		w->name = str_sub(word, w->negate, n);
		w->op = OP_PRESENT;
		return;
	}
	if (p[at] == '!')
		w->negate = true;
	else if (p[at] == '<')
		w->op = or_equal ? OP_LESS_EQUAL : OP_LESS;
	else if (p[at] == '>')
		w->op = or_equal ? OP_GREATER_EQUAL : OP_GREATER;
	if (p[at] != '=' && or_equal)
		width = 2;
	w->values = str_sub(word, at + width, n);
	for (uint32_t i = at + width; i < n; i++)
		if (p[i] == ',' && !mark[i])
			p[i] = '\0';
}

/* --- values */

/* The words of an enumeration or of flags, for the remedy. */
static void say_words(const struct field *f, struct problem *err)
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

static bool add_words(struct term *t, struct str value)
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

static int read_value(struct term *t, const struct word *w, struct str s, struct term_value *out,
		      struct problem *err)
{
	uint64_t number;

	out->text = s;
	out->glob = is_glob(s);
	switch ((enum term_match)t->match) {
	case MATCH_USER:
		out->is_number = number_u64(s, 0, UINT32_MAX, &out->number) == 0;
		return 0;
	case MATCH_ADDRESS:
		if (read_address(s, out) == 0)
			return 0;
		bad(err, w->whole, "not an address");
		problem_remedy(err, "write 10.1.2.3, 10.0.0.0/8, 10.1.2.3:443, [::1]:443 or :443; "
				    "a name is dst.name=");
		return -EINVAL;
	case MATCH_PROCESS:
		return read_process_uid(s, out) ? bad(err, w->whole, "not a process uid") : 0;
	case MATCH_NUMBER:
		if (t->field->kind == FIELD_BOOL) {
			bool yes;

			if (number_bool(s, &yes))
				return bad(err, w->whole, "expected yes or no");
			out->number = yes;
			return 0;
		}
		if (t->field->kind == FIELD_ENUM) { /* compared by strength */
			for (unsigned v = 0; v < 256; v++)
				if (t->field->name_of(v) && str_is(s, t->field->name_of(v))) {
					out->number = v;
					return 0;
				}
			bad(err, w->whole, "not a word that this field has");
			say_words(t->field, err);
			return -EINVAL;
		}
		if (read_number(t->field, s, &number))
			return bad(err, w->whole,
				   t->field->kind == FIELD_TIME || t->field->kind == FIELD_BOOT
					   ? "not a time"
					   : "not a number");
		out->number = number;
		return 0;
	default:
		return 0;
	}
}

/* --- terms */

static enum term_match match_of(const struct field *f, enum term_op op)
{
	if (f->offset == offsetof(struct event, who.user_name))
		return MATCH_USER;
	switch ((enum field_kind)f->kind) {
	case FIELD_ENUM:
		return op == OP_EQUAL ? MATCH_WORDS : MATCH_NUMBER;
	case FIELD_FLAGS:
		return MATCH_WORDS;
	case FIELD_IP:
		return MATCH_ADDRESS;
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_COUNT:
	case FIELD_BIG:
	case FIELD_ID32:
	case FIELD_PORT:
	case FIELD_MS:
	case FIELD_TIME:
	case FIELD_BOOT:
	case FIELD_BOUNDARY:
	case FIELD_ANOMALY:
		return MATCH_NUMBER;
	case FIELD_BOOL:
		return f->name_of ? MATCH_TEXT : MATCH_NUMBER;
	case FIELD_SPECIAL:
		if (f->offset == offsetof(struct event, what.seq))
			return MATCH_NUMBER; /* uid */
		if (f->offset == offsetof(struct event, what.start_ns))
			return MATCH_PROCESS;
		return MATCH_TEXT;
	default:
		return MATCH_TEXT;
	}
}

static const struct field *find_field(struct str name)
{
	if (str_is(name, "dst") || str_is(name, "network.dst"))
		return field_find(STR_LIT("network.dst.ip"));
	if (str_is(name, "src") || str_is(name, "network.src"))
		return field_find(STR_LIT("network.src.ip"));
	if (str_is(name, "host") || str_is(name, "process.parent.uid") || str_is(name, "redacted"))
		return NULL; /* known to the writer of the JSON, not to the event */
	return field_find(name);
}

static int unknown_field(const struct word *w, struct str name, struct problem *err)
{
	const char *near = field_nearest(name);

	problem_set(err, -EINVAL, "filter word \"%.*s\": there is no field \"%.*s\"",
		    STR_ARG(w->whole), STR_ARG(name));
	if (near)
		problem_remedy(err, "did you mean \"%s\"?", near);
	return -EINVAL;
}

static bool is_ordered(const struct term *t)
{
	if (t->match != MATCH_NUMBER)
		return false;
	return t->field->kind != FIELD_ENUM ||
	       t->field->offset == offsetof(struct event, verdict.severity) ||
	       t->field->offset == offsetof(struct event, who.id.who_level) ||
	       t->field->offset == offsetof(struct event, who.id.via_level) ||
	       t->field->offset == offsetof(struct event, who.id.as_level);
}

static int add_value(struct filter *f, struct term *t, const struct word *w, struct str s,
		     struct problem *err)
{
	int r;

	if (s.n == 0)
		return bad(err, w->whole, "a value is missing");
	if (t->match == MATCH_WORDS) {
		if (add_words(t, s))
			return 0;
		bad(err, w->whole, "not a word that this field has");
		say_words(t->field, err);
		return -EINVAL;
	}
	r = read_value(t, w, s, &f->values[f->value_count], err);
	if (r == 0) {
		f->value_count++;
		t->count++;
	}
	return r;
}

static int add_values(struct filter *f, struct term *t, const struct word *w, struct problem *err)
{
	uint32_t at = 0;
	int r = 0;

	while (r == 0 && at <= w->values.n) {
		int64_t next = str_index(w->values, at, '\0');
		uint32_t end = next < 0 ? w->values.n : (uint32_t)next;

		r = add_value(f, t, w, str_sub(w->values, at, end - at), err);
		at = end + 1;
	}
	return r;
}

/* The types that a term leaves possible; the absent field of a negation lets all through. */
static uint64_t types_of(const struct term *t)
{
	if (t->field->offset == offsetof(struct event, what.type) && t->match == MATCH_WORDS &&
	    t->op == OP_EQUAL)
		return t->negate ? ~t->words[0] : t->words[0];
	return t->negate ? ~0ull : t->field->types | (t->also ? t->also->types : 0);
}

/* "exe", or "exe|filename" for either of two texts. */
static int set_fields(struct term *t, const struct word *w, struct problem *err)
{
	int64_t bar = str_index(w->name, 0, '|');
	struct str first = bar < 0 ? w->name : str_sub(w->name, 0, (uint32_t)bar), second;

	t->field = find_field(first);
	if (!t->field)
		return unknown_field(w, first, err);
	if (bar < 0)
		return 0;
	second = str_sub(w->name, (uint32_t)bar + 1, w->name.n);
	t->also = find_field(second);
	if (!t->also)
		return unknown_field(w, second, err);
	if (t->field->kind != FIELD_TEXT || t->also->kind != FIELD_TEXT || w->op != OP_EQUAL)
		return bad(err, w->whole, "\"|\" stands between two texts, as exe|filename=*.sh");
	return 0;
}

static bool is_program(const struct field *f)
{
	return f->offset == offsetof(struct event, who.exe) ||
	       f->offset == offsetof(struct event, who.parent.exe) ||
	       f->offset == offsetof(struct event, who.ancestors);
}

static int add_term(struct filter *f, const struct word *w, struct problem *err)
{
	struct term *t = &f->terms[f->term_count];
	int r;

	*t = (struct term){.op = (uint8_t)w->op, .negate = w->negate, .first = f->value_count};
	r = set_fields(t, w, err);
	if (r)
		return r;
	t->match = (uint8_t)match_of(t->field, w->op);
	t->source = t->field->offset == offsetof(struct event, what.net.src);
	t->base_name = is_program(t->field);
	if (w->op != OP_PRESENT) {
		if (w->op != OP_EQUAL && !is_ordered(t))
			return bad(err, w->whole, "this field has no order: use = or !=");
		r = add_values(f, t, w, err);
		if (r)
			return r;
		if (w->op != OP_EQUAL && t->count > 1)
			return bad(err, w->whole, "only one value can be compared with");
	}
	f->types &= types_of(t);
	f->term_count++;
	return 0;
}

static uint32_t count_char(struct str text, bool (*is)(char))
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < text.n; i++)
		n += is(text.p[i]);
	return n;
}

static bool is_comma(char c)
{
	return c == ',';
}

/* With room for the most that text can hold; the second half of f->text is for the marks. */
static struct filter *make_filter(struct str text)
{
	uint32_t words = count_char(text, is_blank) + 1;
	struct filter *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->terms = calloc(words, sizeof(*f->terms));
	f->values = calloc(words + count_char(text, is_comma), sizeof(*f->values));
	f->text = calloc(2, text.n + 1u);
	f->types = ~0ull;
	if (!f->terms || !f->values || !f->text) {
		filter_free(f);
		return NULL;
	}
	return f;
}

static int add_words_of(struct filter *f, struct str text, struct problem *err)
{
	bool *mark = (bool *)f->text + text.n + 1;
	uint32_t at = 0, used = 0;

	for (;;) {
		struct word w = {0};
		uint32_t start;
		int64_t n;
		int r;

		while (at < text.n && is_blank(text.p[at]))
			at++;
		start = at;
		n = next_word(text, &at, f->text + used, mark);
		w.whole = str_sub(text, start, at - start);
		if (n < 0)
			return problem_set(err, -EINVAL, "filter: a quote is not closed, or empty");
		if (n == 0)
			return 0;
		split_word(&w, f->text + used, (uint32_t)n, mark);
		used += (uint32_t)n;
		r = add_term(f, &w, err);
		if (r)
			return r;
	}
}

int filter_parse(struct filter **out, struct str text, struct problem *err)
{
	struct filter *f;
	int r;

	if (text.n > TEXT_MAX)
		return problem_set(err, -EINVAL, "the filter is longer than %d bytes", TEXT_MAX);
	if (text.n && memchr(text.p, 0, text.n))
		return problem_set(err, -EINVAL, "the filter holds a NUL byte");
	f = make_filter(text);
	if (!f)
		return problem_set(err, -ENOMEM, "out of memory");
	r = add_words_of(f, text, err);
	if (r)
		filter_free(f);
	else
		*out = f;
	return r;
}
