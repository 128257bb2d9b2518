/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads filter words. The text is cut into words (quotes removed, commas outside of quotes turned
 * into NUL), a word into field, operator and values, and each value is read by event_filter_value.c.
 */
#include "event_filter.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
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
		return filter_bad(err, w->whole, "a value is missing");
	if (t->match == MATCH_WORDS) {
		if (filter_add_words(t, s))
			return 0;
		filter_bad(err, w->whole, "not a word that this field has");
		filter_say_words(t->field, err);
		return -EINVAL;
	}
	r = filter_read_value(t, w->whole, s, &f->values[f->value_count], err);
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
	uint64_t types = t->field->types;

	for (uint8_t i = 0; i < t->also_count; i++)
		types |= t->also[i]->types;
	return t->negate ? ~0ull : types;
}

static int add_field(struct term *t, const struct word *w, struct str name, struct problem *err)
{
	const struct field *found = find_field(name);

	if (!found)
		return unknown_field(w, name, err);
	if (!t->field)
		t->field = found;
	else if (t->also_count == TERM_ALSO)
		return filter_bad(err, w->whole, "too many fields in one word");
	else
		t->also[t->also_count++] = found;
	return 0;
}

/* "exe", or "exe|filename" for either of two texts; "path" is any of a file's names. */
static int set_fields(struct term *t, const struct word *w, struct problem *err)
{
	int r = 0;

	for (uint32_t at = 0; r == 0 && at <= w->name.n;) {
		int64_t bar = str_index(w->name, at, '|');
		uint32_t end = bar < 0 ? w->name.n : (uint32_t)bar;
		struct str name = str_sub(w->name, at, end - at);

		r = add_field(t, w, name, err);
		if (r == 0 && w->op == OP_EQUAL && str_is(name, "path")) {
			r = add_field(t, w, STR_LIT("file.path_in_root"), err);
			if (r == 0)
				r = add_field(t, w, STR_LIT("file.path_on_host"), err);
		}
		at = end + 1;
	}
	for (uint8_t i = 0; r == 0 && i < t->also_count; i++)
		if (t->field->kind != FIELD_TEXT || t->also[i]->kind != FIELD_TEXT ||
		    w->op != OP_EQUAL)
			r = filter_bad(err, w->whole,
				       "\"|\" stands between texts, as exe|filename=*.sh");
	return r;
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
			return filter_bad(err, w->whole, "this field has no order: use = or !=");
		r = add_values(f, t, w, err);
		if (r)
			return r;
		if (w->op != OP_EQUAL && t->count > 1)
			return filter_bad(err, w->whole, "only one value can be compared with");
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
