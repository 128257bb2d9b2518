/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks an argument vector word by word. What a word says about the next one (an option that takes
 * a password) is kept across the ends of words and arguments.
 */
#include "event_redact.h"

#include <ctype.h>

#include "base/cleanup.h"
#include "event_secret.h"

#define SPANS_MAX 16

struct span {
	uint32_t from, to;
};

enum pending { PENDING_NONE, PENDING_SECRET, PENDING_USER_PASSWORD, PENDING_BEARER };

struct scan {
	const struct secret_program *program; /* whose short options are in force */
	bool registry_client;		      /* docker and its kind: "login" gives -p a meaning */
	enum pending pending;
	bool after_c; /* the argument before was -c: this one is a command line */
	struct str arg;
	struct span span[SPANS_MAX];
	unsigned spans;
};

static bool is_break(char c)
{
	return c == '\0' || strchr(" \t\r\n\"'`;|&(){},?<>", c) != NULL;
}

static bool ends_value(char c)
{
	return c == '\0' || strchr(" \t\r\n\"'`;|&", c) != NULL;
}

/* More spans than there is room for: the rest of the argument goes, whatever it is. */
static uint32_t add_span(struct scan *s, uint32_t from, uint32_t to)
{
	if (to <= from)
		return to;
	if (s->spans == SPANS_MAX) {
		s->span[SPANS_MAX - 1].to = s->arg.n;
		return s->arg.n;
	}
	s->span[s->spans++] = (struct span){from, to};
	return to;
}

/* End of a value that starts at from: the closing quote where one opens it, else the word's end. */
static uint32_t value_end(struct str arg, uint32_t *from)
{
	uint32_t at = *from;
	char quote = at < arg.n && (arg.p[at] == '"' || arg.p[at] == '\'') ? arg.p[at] : 0;

	if (quote) {
		*from = ++at;
		while (at < arg.n && arg.p[at] != quote)
			at += arg.p[at] == '\\' ? 2 : 1;
		return at < arg.n ? at : arg.n;
	}
	while (at < arg.n && !ends_value(arg.p[at]))
		at++;
	return at;
}

/* A value that stands where a quote was opened just before runs to the closing one. */
static uint32_t open_value_end(struct str arg, uint32_t from)
{
	char before = from ? arg.p[from - 1] : 0;
	uint32_t start = before == '"' || before == '\'' ? from - 1 : from;

	return value_end(arg, &start);
}

/* What openssl and others take in place of the secret itself. */
static bool is_reference(struct str value)
{
	return str_starts(value, "env:") || str_starts(value, "file:") ||
	       str_starts(value, "fd:") || str_is(value, "stdin");
}

/* pass:x keeps its word, which says what it was. */
static uint32_t redact_value(struct scan *s, uint32_t from, uint32_t to)
{
	struct str value = {s->arg.p + from, to - from};

	if (is_reference(value))
		return to;
	if (str_starts(value, "pass:"))
		from += 5;
	return add_span(s, from, to);
}

static uint32_t redact_user_password(struct scan *s, uint32_t from, uint32_t to)
{
	uint32_t colon = from;

	while (colon < to && s->arg.p[colon] != ':')
		colon++;
	return add_span(s, colon + 1, to);
}

/* Takes the word at from for what the one before announced. Returns where to go on. */
static uint32_t take_pending(struct scan *s, uint32_t from, uint32_t to)
{
	enum pending pending = s->pending;

	s->pending = PENDING_NONE;
	if (pending == PENDING_USER_PASSWORD)
		return redact_user_password(s, from, open_value_end(s->arg, from));
	if (pending == PENDING_BEARER && to - from < 8)
		return to;
	return redact_value(s, from, open_value_end(s->arg, from));
}

/* NAME=value, also the second one of --from-literal=password=x. Returns the value's end or 0. */
static uint32_t take_assignment(struct scan *s, uint32_t from, uint32_t to)
{
	uint32_t name = from;

	for (uint32_t i = from; i < to; i++) {
		uint32_t value = i + 1, end;

		if (s->arg.p[i] != '=')
			continue;
		if (!secret_name(str_sub(s->arg, name, i - name))) {
			name = i + 1;
			continue;
		}
		/* an argument of its own ends where it ends, whatever it holds */
		end = from == 0 && !s->after_c && name == from ? s->arg.n
							       : value_end(s->arg, &value);
		if (end > value)
			return redact_value(s, value, end);
	}
	return 0;
}

static uint32_t skip_blanks(struct str s, uint32_t at)
{
	while (at < s.n && (s.p[at] == ' ' || s.p[at] == '\t'))
		at++;
	return at;
}

/* Where the header's value ends: the quote that was open, else the line. */
static uint32_t header_end(struct str arg, uint32_t word, uint32_t at)
{
	char quote = word ? arg.p[word - 1] : 0;

	if (quote != '"' && quote != '\'')
		quote = '\n';
	while (at < arg.n && arg.p[at] != quote && arg.p[at] != '\n')
		at++;
	return at;
}

/* "Authorization: Bearer x", X-Api-Key:x, "password": "x". Returns the end or 0. */
static uint32_t take_colon(struct scan *s, uint32_t from, uint32_t to)
{
	struct str arg = s->arg;
	int64_t colon = str_index((struct str){arg.p, to}, from, ':');
	uint32_t at, value, end;

	if (colon < 0) {
		/* a quoted JSON name: the quote ended the word, a colon follows it */
		at = to < arg.n && (arg.p[to] == '"' || arg.p[to] == '\'') ? to + 1 : arg.n;
		at = skip_blanks(arg, at);
		if (at >= arg.n || arg.p[at] != ':' || !secret_name(str_sub(arg, from, to - from)))
			return 0;
		value = skip_blanks(arg, at + 1);
		end = value_end(arg, &value);
		return end > value ? add_span(s, value, end) : 0;
	}
	if (!secret_header(str_sub(arg, from, (uint32_t)colon - from)))
		return 0;
	value = skip_blanks(arg, (uint32_t)colon + 1);
	end = header_end(arg, from, value);
	value += secret_scheme(str_sub(arg, value, end - value));
	return end > value ? add_span(s, value, end) : 0;
}

/* --password x, and the short options of the program in force. Returns the end or 0. */
static uint32_t take_option(struct scan *s, uint32_t from, uint32_t to)
{
	struct str word = str_sub(s->arg, from, to - from);

	if (word.n < 2 || word.p[0] != '-')
		return 0;
	switch (s->program ? secret_option(s->program, word) : SECRET_OPTION_NONE) {
	case SECRET_OPTION_NEXT:
		s->pending = PENDING_SECRET;
		return to;
	case SECRET_OPTION_ATTACHED:
		return redact_value(s, from + 2, open_value_end(s->arg, from));
	case SECRET_OPTION_USER_NEXT:
		s->pending = PENDING_USER_PASSWORD;
		return to;
	case SECRET_OPTION_USER_ATTACHED:
		return redact_user_password(s, from, to);
	case SECRET_OPTION_NONE:
		break;
	}
	if (!secret_option_name(word))
		return 0;
	s->pending = PENDING_SECRET;
	return to;
}

/* Tokens and URL passwords anywhere in the word. */
static void take_shapes(struct scan *s, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to;) {
		struct str rest = str_sub(s->arg, i, to - i);
		uint32_t skip = 0, n = 0;

		if (i == from || !isalnum((unsigned char)s->arg.p[i - 1]))
			n = secret_token(rest);
		if (n == 0)
			n = secret_in_url(rest, &skip);
		if (n)
			add_span(s, i + skip, i + skip + n);
		i += n ? skip + n : 1;
	}
}

static void note_program(struct scan *s, struct str word)
{
	const struct secret_program *program;
	uint32_t base = word.n;

	while (base > 0 && word.p[base - 1] != '/')
		base--;
	word = str_sub(word, base, word.n);
	if (secret_is_registry_client(word))
		s->registry_client = true;
	program = secret_program(word, s->registry_client);
	if (program)
		s->program = program;
}

static uint32_t scan_word(struct scan *s, uint32_t from, uint32_t to)
{
	struct str word = str_sub(s->arg, from, to - from);
	uint32_t end;

	if (s->pending != PENDING_NONE) {
		bool option = word.n > 1 && word.p[0] == '-' && s->pending == PENDING_SECRET;

		if (!option)
			return take_pending(s, from, to);
		s->pending = PENDING_NONE;
	}
	note_program(s, word);
	end = take_option(s, from, to);
	if (!end)
		end = take_assignment(s, from, to);
	if (!end)
		end = take_colon(s, from, to);
	if (end)
		return end > to ? end : to;
	take_shapes(s, from, to);
	if (str_is(word, "Bearer") || str_is(word, "bearer"))
		s->pending = PENDING_BEARER;
	return to;
}

/* -c, -lc: what follows is a command line of a shell. */
static bool is_dash_c(struct str arg)
{
	return arg.n >= 2 && arg.n < 8 && arg.p[0] == '-' && arg.p[1] != '-' &&
	       arg.p[arg.n - 1] == 'c';
}

static void scan_arg(struct scan *s, struct str arg)
{
	int64_t key = secret_private_key(arg);
	uint32_t end = key >= 0 ? (uint32_t)key : arg.n;

	s->arg = arg;
	s->spans = 0;
	if (s->pending == PENDING_SECRET && !(arg.n > 1 && arg.p[0] == '-')) {
		s->pending = PENDING_NONE;
		if (!str_is(arg, REDACTED))
			redact_value(s, 0, arg.n);
		return;
	}
	for (uint32_t i = 0; i < end;) {
		uint32_t to = i;

		if (is_break(arg.p[i])) {
			i++;
			continue;
		}
		while (to < end && !is_break(arg.p[to]))
			to++;
		i = scan_word(s, i, to);
	}
	if (key >= 0 && (s->spans == 0 || s->span[s->spans - 1].to <= (uint32_t)key))
		add_span(s, (uint32_t)key, arg.n);
	s->after_c = is_dash_c(arg);
}

static bool append(char *buf, size_t size, uint32_t *len, const char *p, uint32_t n)
{
	if (n > size - *len)
		return false;
	if (n)
		memcpy(buf + *len, p, n);
	*len += n;
	return true;
}

/* The argument with its spans replaced. */
static bool append_arg(const struct scan *s, char *buf, size_t size, uint32_t *len)
{
	uint32_t at = 0;

	for (unsigned i = 0; i < s->spans; i++) {
		if (!append(buf, size, len, s->arg.p + at, s->span[i].from - at) ||
		    !append(buf, size, len, REDACTED, sizeof(REDACTED) - 1))
			return false;
		at = s->span[i].to;
	}
	return append(buf, size, len, s->arg.p + at, s->arg.n - at);
}

static bool holds_mark(struct str arg)
{
	return memmem(arg.p, arg.n, REDACTED, sizeof(REDACTED) - 1) != NULL;
}

/* Copies what stands before the first argument that changes, then each one as it comes. */
void redact_argv(struct redaction *out, struct str argv, char *buf, size_t size)
{
	struct scan scan = {0};
	uint32_t at = 0, index = 0, len = 0, good;
	bool copying = false;

	*out = (struct redaction){.argv = argv};
	while (argv.p && at <= argv.n) {
		int64_t nul = str_index(argv, at, '\0');
		uint32_t end = nul < 0 ? argv.n : (uint32_t)nul;

		scan_arg(&scan, (struct str){argv.p + at, end - at});
		if ((scan.spans || holds_mark(scan.arg)) && out->count < REDACTED_MAX)
			out->index[out->count++] = index;
		good = len;
		if (scan.spans && !copying) {
			copying = true;
			good = 0;
			if (!append(buf, size, &len, argv.p, at)) {
				out->cut = true;
				break;
			}
		} else if (copying && !append(buf, size, &len, "", 1)) {
			out->cut = true;
			break;
		}
		if (copying && !append_arg(&scan, buf, size, &len)) {
			len = good;
			out->cut = true;
			break;
		}
		at = end + 1;
		index++;
	}
	if (copying)
		out->argv = (struct str){buf, len};
}
