/* SPDX-License-Identifier: Apache-2.0 */
/* event_form: see the header. */
#include "event_form.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/escape.h"

/* Up to size bytes; len goes on counting, so that what does not fit is noticed. */
struct line {
	char *out;
	size_t len;
	uint32_t value_max; /* longer values are cut */
};

static void put(struct line *l, const char *p, size_t n)
{
	if (l->len + n < FORM_MAX)
		memcpy(l->out + l->len, p, n);
	l->len += n;
}

static void put_word(struct line *l, const char *word)
{
	put(l, word, strlen(word));
}

/* Encoded already: cut, but not inside of %XX. */
static void put_encoded(struct line *l, struct str s)
{
	uint32_t n = s.n;

	if (n > l->value_max) {
		n = l->value_max - 9;
		for (unsigned back = 1; back <= 2 && back <= n; back++)
			if (s.p[n - back] == '%')
				n -= back;
	}
	put(l, s.p, n);
	if (n < s.n)
		put_word(l, "%2E%2E%2E");
}

/* ";key=value" */
static void put_attribute(struct line *l, const char *key, struct str value)
{
	char text[FORM_MAX];
	size_t n;

	if (!value.n)
		return;
	n = escape_value(value, l->value_max, text, sizeof(text));
	put_word(l, ";");
	put_word(l, key);
	put_word(l, "=");
	put(l, text, n < sizeof(text) ? n : sizeof(text));
}

/* What stays the same from run to run tells shared accounts and repositories apart. */
static void put_who(struct line *l, const struct identity *id, bool subject)
{
	const struct {
		const char *key;
		struct str value;
		bool lasting;
	} rows[] = {
		{"ses", id->session, false},	     {"key", id->login.key_fingerprint, true},
		{"kid", id->login.cert_id, true},    {"src", id->login.ip, false},
		{"rid", id->ci.repository_id, true}, {"wf", id->ci.workflow, true},
		{"run", id->ci.run_id, false},	     {"step", id->ci.step, false},
		{"ref", id->ci.ref, false},	     {"sha", id->ci.sha, false},
		{"actor", id->ci.actor, false},	     {"by", id->by, false},
	};

	put_word(l, "who=");
	put_encoded(l, id->who);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].lasting || !subject)
			put_attribute(l, rows[i].key, rows[i].value);
}

/*
 * "session:26" is a session, "ctr:docker/86248a6f9803" docker's, "pod:shop/web-1/app" the namespace's,
 * run-u7.service a unit that systemd-run made.
 */
static struct str kind_of_place(struct str as)
{
	int64_t slash = str_index(as, 0, '/');

	if (str_starts(as, "session:"))
		return STR_LIT("session");
	if (str_starts(as, "unit:run-u") || str_starts(as, "unit:run-r") ||
	    str_starts(as, "unit:run-p"))
		return STR_LIT("unit:run");
	return (str_starts(as, "ctr:") || str_starts(as, "pod:")) && slash > 0
		       ? str_sub(as, 0, (uint32_t)slash)
		       : as;
}

static void put_place(struct line *l, const struct identity *id, bool subject)
{
	struct str as = subject ? kind_of_place(id->as) : id->as;

	put_word(l, " as=");
	put_encoded(l, as.n ? as : STR_LIT("-"));
	put_attribute(l, "img", id->container.image);
	if (!subject)
		put_attribute(l, "uid", id->pod.uid);
}

static void put_via(struct line *l, const struct identity *id)
{
	put_word(l, " via=");
	put_encoded(l, id->via.n ? id->via : STR_LIT("-"));
}

/* A store from elsewhere may hold any number. */
static char letter_of(enum assurance level)
{
	static const char letters[] = "UCDRKA";

	return (unsigned)level < sizeof(letters) - 1 ? letters[level] : '?';
}

static void put_moment(struct line *l, const struct event *ev)
{
	const struct identity *id = &ev->who.id;
	const char *comma = " flags=";
	char text[64];

	if (ev->what.uid == ev->what.euid)
		snprintf(text, sizeof(text), " acct=%u", ev->what.uid);
	else
		snprintf(text, sizeof(text), " acct=%u>%u", ev->what.uid, ev->what.euid);
	put_word(l, text);
	snprintf(text, sizeof(text), " lvl=%c%c%c", letter_of(id->who_level),
		 letter_of(id->via_level), letter_of(id->as_level));
	put_word(l, text);
	for (unsigned bit = 0; bit < ID_FLAG_MAX; bit++)
		if (id->flags & (1u << bit) && identity_flag_name(bit)) {
			put_word(l, comma);
			put_word(l, identity_flag_name(bit));
			comma = ",";
		}
}

static void put_form(struct line *l, enum form form, const struct event *ev)
{
	const struct identity *id = &ev->who.id;

	if (form == FORM_LINE)
		put_word(l, "wid1 ");
	put_who(l, id, form == FORM_SUBJECT);
	if (form != FORM_SUBJECT)
		put_via(l, id);
	put_place(l, id, form == FORM_SUBJECT);
	if (form == FORM_LINE)
		put_moment(l, ev);
}

size_t event_form(enum form form, const struct event *ev, char out[static FORM_MAX])
{
	static const uint32_t value_max[] = {400, 200, 100, 50, 24, 12};
	struct line l = {.out = out};

	out[0] = '\0';
	if (!ev->who.id.who.p)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(value_max); i++) {
		l.len = 0;
		l.value_max = value_max[i];
		put_form(&l, form, ev);
		if (l.len < FORM_MAX)
			break;
	}
	if (l.len >= FORM_MAX)
		l.len = FORM_MAX - 1; /* more flags than there are */
	out[l.len] = '\0';
	return l.len;
}
