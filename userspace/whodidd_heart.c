// SPDX-License-Identifier: Apache-2.0
/* whodidd_heart: the daemon acts every ten seconds and looks a second later; what is blind is said, and mended. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "whodidd.h"

#define BEAT_NS 10000000000ull

static void tell(struct daemon *d, const struct heart_class *c)
{
	const struct pulse *p = &c->now;
	struct event ev;
	char text[256];

	if (c->blind_ns)
		snprintf(text, sizeof(text), "%s (%s) is blind: %s", p->name, p->what,
			 p->attached ? "it did not see what the daemon did itself"
				     : "it was detached");
	else
		snprintf(text, sizeof(text),
			 "%s (%s) sees again; what happened meanwhile is not known", p->name,
			 p->what);
	log_warn("%s", text);
	begin_own_event(&ev, EVENT_AGENT_BLIND);
	ev.what.message = str_of(text);
	ev.verdict.severity = c->blind_ns ? SEVERITY_HIGH : SEVERITY_NONE;
	pipeline_alarm(&d->line, &ev);
}

static void look(struct daemon *d)
{
	const struct heart_class *changed[PULSES_MAX];
	struct pulse pulses[PULSES_MAX];
	size_t count = collect_pulses(d->line.source, pulses, PULSES_MAX);
	size_t n = heart_look(&d->heart, pulses, count, changed);

	for (size_t i = 0; i < n; i++)
		tell(d, changed[i]);
	if (heart_blind(&d->heart))
		collect_mend(d->line.source); /* which says what it cannot */
}

/* Hooks that tell who opens files for writing. */
static bool misses_opens(const struct heart *h)
{
	for (size_t i = 0; i < h->count; i++) {
		const struct heart_class *c = &h->classes[i];

		if ((c->missed || c->blind_ns) &&
		    (!strcmp(c->now.name, "on_sys_exit") || !strncmp(c->now.name, "on_uring", 8)))
			return true;
	}
	return false;
}

/*
 * Where opens may have gone unseen, who wrote what meanwhile is not known. A hook that is blind saw for
 * the last time at the act before; a run that was skipped is noticed within a second: what is executed
 * within that has the name of who wrote before.
 */
static void doubt_writers(struct daemon *d)
{
	int64_t now = clock_wall_ns(), from = d->sure_wall_ns;
	bool blind = misses_opens(&d->heart);
	struct source_stats stats;

	collect_stats(d->line.source, &stats);
	if (blind && from > now - 2 * (int64_t)BEAT_NS)
		from = now - 2 * (int64_t)BEAT_NS;
	if (blind || stats.skipped_calls != d->skipped_calls)
		identity_absent(d->line.identity, from, now);
	d->skipped_calls = stats.skipped_calls;
	d->sure_wall_ns = now;
}

void keep_heart(struct daemon *d, uint64_t now)
{
	struct heart *h = &d->heart;
	struct pulse pulses[PULSES_MAX];
	bool blind = heart_blind(h) > 0, again = false;

	if (h->waiting) {
		look(d);
		/* a doubt is settled, and what was mended is tried, without another ten seconds */
		again = heart_doubts(h) || (!blind && heart_blind(h) > 0);
	}
	doubt_writers(d);
	if (!again && h->acted_ns && now - h->acted_ns < BEAT_NS)
		return;
	heart_act(h, pulses, collect_pulses(d->line.source, pulses, PULSES_MAX), now);
	collect_act(d->line.source);
}

static void put_class(struct json *w, const struct heart_class *c, uint64_t now)
{
	const struct pulse *p = &c->now;
	bool tried = p->acts && !p->refused;

	json_object_begin(w, NULL);
	json_cstr(w, "name", p->name);
	json_cstr(w, "what", p->what);
	json_cstr(w, "state", c->blind_ns ? "blind" : tried ? "sees" : "attached");
	if (c->blind_ns)
		json_u64(w, "blind_ms", (now - c->blind_ns) / 1000000);
	if (p->acts && p->refused)
		json_cstr(w, "untried", strerror(p->refused));
	json_object_end(w);
}

void put_heart(struct json *w, const struct daemon *d)
{
	uint64_t now = clock_boot_ns();
	const struct heart *h = &d->heart;

	if (!h->checked_ns)
		return;
	json_object_begin(w, "self_test");
	json_u64(w, "age_ms", (now - h->checked_ns) / 1000000);
	json_u64(w, "blind", heart_blind(h));
	json_array_begin(w, "classes");
	for (size_t i = 0; i < h->count; i++)
		put_class(w, &h->classes[i], now);
	json_array_end(w);
	json_object_end(w);
}
