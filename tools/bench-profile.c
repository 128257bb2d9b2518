/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-profile: what a decision costs with 1,000 rules, one JSON line per figure, each the median
 * of 15 rounds: an act seen before, and acts that are all new (for rules of literal paths, of globs
 * that begin alike, and of address blocks). Budgets: 100 ns and 5 us (design.md 10).
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "profile/profile.h"

#define ROUNDS 15
#define ACTS   4096 /* fewer than the cache holds, more than one core's nearest cache likes */
#define RULES  1000
#define HOT    16 /* acts seen again and again: in the line, what is judged was just written */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void say(const char *name, double *rounds, double budget)
{
	qsort(rounds, ROUNDS, sizeof(*rounds), by_value);
	printf("{\"name\":\"%s\",\"median_ns\":%.1f,\"min_ns\":%.1f,\"max_ns\":%.1f,\"rules\":%d,"
	       "\"budget_ns\":%.0f}\n",
	       name, rounds[ROUNDS / 2], rounds[0], rounds[ROUNDS - 1], RULES, budget);
}

/* A role with 1,000 allow rules, each with one object in the format given, and a few that all hosts have. */
static struct profile_set *make_set(const char *verb, const char *format)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct profile_set *p = NULL;
	struct problem err = {0};
	char line[900];

	fputs("apiVersion: whodid.dev/v1alpha1\nkind: Role\nmetadata: {name: r}\nspec:\n  deny:\n"
	      "    - {id: mem, read: [{path: '/proc/*/mem', notSelf: true}]}\n  allow:\n",
	      out);
	for (int i = 0; i < RULES; i++) {
		fprintf(out, "    - {id: r%d, %s: ['", i, verb);
		/* formats are this file's own */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		fprintf(out, format, i / 250, i % 250);
#pragma GCC diagnostic pop
		fputs("']}\n", out);
	}
	fputs("---\napiVersion: whodid.dev/v1alpha1\nkind: RoleBinding\nmetadata: {name: b}\n"
	      "spec: {mode: audit, roles: [r], subjects: [{kind: CIJob, match: {repository: acme/app}}]}\n",
	      out);
	fclose(out);
	if (profile_parse(&p, (struct str){text, (uint32_t)size}, "bench", &err)) {
		problem_format(&err, line, sizeof(line));
		fprintf(stderr, "%s\n", line);
		exit(1);
	}
	free(text);
	return p;
}

static void fill_act(struct event *ev, char *path, size_t size, enum event_type type, unsigned i)
{
	*ev = (struct event){0};
	ev->what.type = type;
	ev->what.wall_ns = 1795449739000000000ll;
	ev->what.count = 1;
	ev->what.pid = ev->what.tid = 4466;
	snprintf(path, size, "/srv/data/%u/%u/node_modules/package-%u/lib/index.js", i % 4,
		 i / 4 % 250, i);
	ev->what.file.path = str_of(path);
	ev->what.net.family = AF_INET;
	ev->what.net.dst_port = 443;
	ev->what.net.proto = IPPROTO_TCP;
	ev->what.net.dst[0] = 10;
	ev->what.net.dst[1] = (uint8_t)(i % 4);
	ev->what.net.dst[2] = (uint8_t)(i / 4 % 250);
	ev->what.net.dst[3] = (uint8_t)(i / 1000);
	ev->who.id.who = STR_LIT("ci:github/acme/app/build");
	ev->who.id.kind = STR_LIT("ci");
	ev->who.id.via = STR_LIT("ci-step");
	ev->who.id.as = STR_LIT("unit:actions.runner.acme-app.host1.service");
	ev->who.id.unit = STR_LIT("actions.runner.acme-app.host1.service");
	ev->who.id.session = STR_LIT("8841.1");
	ev->who.id.who_level = ASSURANCE_RECORDED;
	ev->who.user_name = STR_LIT("runner");
	ev->who.exe = STR_LIT("/usr/bin/node");
	ev->who.parent.exe = STR_LIT("/usr/bin/bash");
}

static void measure(const char *name, const char *verb, const char *format, enum event_type type)
{
	struct event *acts = calloc(ACTS, sizeof(*acts));
	char(*paths)[128] = calloc(ACTS, sizeof(*paths));
	double first[ROUNDS], cached[ROUNDS];
	char label[80];
	unsigned allowed = 0;

	for (unsigned i = 0; i < ACTS; i++)
		fill_act(&acts[i], paths[i], sizeof(paths[i]), type, i);
	for (int r = 0; r < ROUNDS; r++) {
		struct profile_set *p = make_set(verb, format);
		uint64_t t0, t1, t2;

		profile_decide(p, &(struct event){.what.type = EVENT_EXEC}); /* touch the set */
		t0 = now_ns();
		for (unsigned i = 0; i < ACTS; i++)
			profile_decide(p, &acts[i]);
		t1 = now_ns();
		for (unsigned k = 0; k < 4096; k++)
			profile_decide(p, &acts[k % HOT]);
		t2 = now_ns();
		first[r] = (double)(t1 - t0) / ACTS;
		cached[r] = (double)(t2 - t1) / 4096;
		for (unsigned i = 0; i < ACTS; i++)
			allowed += acts[i].verdict.value == VERDICT_EXPECTED;
		profile_free(p);
	}
	if (allowed < ACTS / 2) {
		fprintf(stderr, "%s: the rules do not cover the acts\n", name);
		exit(1);
	}
	snprintf(label, sizeof(label), "profile.first_ns.%s", name);
	say(label, first, 5000);
	snprintf(label, sizeof(label), "profile.cached_ns.%s", name);
	say(label, cached, 100);
	free(paths);
	free(acts);
}

int main(void)
{
	measure("directories", "read", "/srv/data/%d/%d/**", EVENT_FILE_READ);
	measure("globs", "read", "/srv/*/%d/%d/**/*.js", EVENT_FILE_READ);
	measure("blocks", "connect", "10.%d.%d.0/24:443", EVENT_NET_CONNECT);
	return 0;
}
