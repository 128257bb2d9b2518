/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ci: the table of CI systems, and the reading of an environment block. The block is the supervisor's
 * word at the moment of exec. What names a thing twice is nobody's word: real supervisors do not.
 */
#include "identity/ci/ci.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "base/utf8.h"
#include "bpf/event.h"
#include "identity/identity.h"

#define VALUE_MAX 256
#define KEYS_MAX  32

static const struct ci_provider *const providers[] = {
	[CI_GITHUB] = &ci_github,     [CI_GITLAB] = &ci_gitlab,
	[CI_JENKINS] = &ci_jenkins,   [CI_BUILDKITE] = &ci_buildkite,
	[CI_CIRCLECI] = &ci_circleci, [CI_AZURE] = &ci_azure,
	[CI_TEAMCITY] = &ci_teamcity, [CI_WOODPECKER] = &ci_woodpecker,
	[CI_DRONE] = &ci_drone,	      [CI_GITEA] = &ci_gitea,
};

const struct ci_provider *ci_provider_of(uint32_t system)
{
	system &= ~CI_WEAK;
	return system < ARRAY_SIZE(providers) ? providers[system] : NULL;
}

uint32_t identity_ci_system(struct str name)
{
	for (uint32_t i = 0; name.n && i < ARRAY_SIZE(providers); i++)
		if (providers[i] && str_is(name, providers[i]->name))
			return i;
	return CI_NONE;
}

uint32_t ci_looks_like(struct str exe, struct str argv)
{
	uint32_t bits = 0;

	for (uint32_t i = 0; i < ARRAY_SIZE(providers); i++)
		if (providers[i] && providers[i]->is_supervisor(exe, argv))
			bits |= 1u << i;
	return bits;
}

const char *identity_ci_runner(struct str exe, struct str argv)
{
	uint32_t bits = ci_looks_like(exe, argv);

	return bits ? providers[__builtin_ctz(bits)]->name : NULL;
}

/* --- for the providers */

struct str ci_argument(struct str argv, unsigned n)
{
	uint32_t at = 0;

	for (;;) {
		int64_t nul = str_index(argv, at, '\0');

		if (at > argv.n || !argv.p)
			return STR_NONE;
		if (n-- == 0)
			return str_sub(argv, at, (nul < 0 ? argv.n : (uint32_t)nul) - at);
		if (nul < 0)
			return STR_NONE;
		at = (uint32_t)nul + 1;
	}
}

static struct str base_name(struct str path)
{
	uint32_t at = path.n;

	while (at > 0 && path.p[at - 1] != '/')
		at--;
	return str_sub(path, at, path.n);
}

bool ci_is_program(struct str exe, struct str argv, const char *name)
{
	return str_is(base_name(exe), name) || str_is(base_name(ci_argument(argv, 0)), name);
}

struct str ci_argument_ending(struct str argv, const char *end)
{
	struct str word;

	for (unsigned i = 0; (word = ci_argument(argv, i)).p; i++)
		if (str_ends(word, end))
			return word;
	return STR_NONE;
}

static bool is_word(struct str v)
{
	for (uint32_t i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '.' || c == '_' || c == '-'))
			return false;
	}
	return true;
}

static bool is_text(struct str v)
{
	for (uint32_t i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (c < 0x20 || c == 0x7f ||
		    (c == 0xc2 && i + 1 < v.n && (unsigned char)v.p[i + 1] < 0xa0))
			return false;
	}
	return utf8_valid(v);
}

/* "/home/runner/_work/app/app": each part is one, and there are two or more. */
static bool is_path(struct str v)
{
	unsigned parts = 0;

	if (!str_starts(v, "/") || !is_text(v))
		return false;
	for (uint32_t at = 1; at <= v.n; parts++) {
		int64_t slash = str_index(v, at, '/');
		uint32_t end = slash < 0 ? v.n : (uint32_t)slash;
		struct str part = str_sub(v, at, end - at);

		if (!part.n || str_is(part, ".") || str_is(part, ".."))
			return false;
		at = end + 1;
	}
	return parts >= 2;
}

bool ci_value_ok(struct str value, enum ci_check check)
{
	uint64_t n;

	if (!value.n || value.n > VALUE_MAX)
		return false;
	switch (check) {
	case CI_WORD:
		return is_word(value);
	case CI_NAME:
		return is_text(value) && str_index(value, 0, '/') < 0;
	case CI_NUMBER:
		return number_u64(value, 0, UINT32_MAX, &n) == 0;
	case CI_PATH:
		return is_path(value);
	default:
		return is_text(value);
	}
}

/* --- the environment */

/* Keys by which the environment puts code into programs; needle "" = whatever the value is. */
static const struct {
	const char *name, *needle;
} preloads[] = {
	{"LD_PRELOAD", ""},
	{"LD_AUDIT", ""},
	{"BASH_ENV", ""},
	{"ENV", ""},
	{"PERL5OPT", "-M"},
	{"RUBYOPT", "-r"},
	{"NODE_OPTIONS", "--require"},
	{"NODE_OPTIONS", "--import"},
	{"NODE_OPTIONS", "-r "},
	{"JAVA_TOOL_OPTIONS", "-javaagent:"},
	{"JAVA_TOOL_OPTIONS", "-agent"},
};

static bool is_preload(const struct ci_provider *p, struct str name, struct str value)
{
	for (size_t i = 0; value.n && i < ARRAY_SIZE(preloads); i++)
		if (str_is(name, preloads[i].name) &&
		    memmem(value.p, value.n, preloads[i].needle, strlen(preloads[i].needle)))
			return !(p->sets_bash_env && str_is(name, "BASH_ENV"));
	return false;
}

static void take_value(struct ci_job *job, const struct ci_key *k, struct str value)
{
	void *to = (char *)job + k->offset;
	uint64_t n;

	if (!ci_value_ok(value, k->check))
		return;
	if (k->check != CI_NUMBER)
		*(struct str *)to = value;
	else if (number_u64(value, 0, UINT32_MAX, &n) == 0)
		*(uint32_t *)to = (uint32_t)n;
}

static void read_entry(struct ci_job *job, const struct ci_provider *p, struct str entry,
		       uint32_t *seen)
{
	int64_t equals = str_index(entry, 0, '=');
	struct str name = str_sub(entry, 0, equals < 0 ? 0 : (uint32_t)equals);
	struct str value = str_sub(entry, name.n + 1, entry.n);

	if (equals < 1)
		return;
	if (is_preload(p, name, value))
		job->flags |= ID_PRELOAD_ENV;
	for (size_t i = 0; p->keys && p->keys[i].name && i < KEYS_MAX; i++) {
		if (!str_is(name, p->keys[i].name))
			continue;
		if (*seen >> i & 1)
			job->flags |= ID_ENV_DUPLICATE;
		else
			take_value(job, &p->keys[i], value);
		*seen |= 1u << i;
	}
}

/* What was cut off ends in the middle of an entry, which is not one. */
static void read_environ(struct ci_job *job, const struct ci_provider *p, struct str env, bool cut)
{
	uint32_t at = 0, seen = 0;

	while (at < env.n) {
		int64_t nul = str_index(env, at, '\0');

		if (nul < 0 && cut)
			return;
		if (nul < 0)
			nul = env.n;
		read_entry(job, p, str_sub(env, at, (uint32_t)nul - at), &seen);
		at = (uint32_t)nul + 1;
	}
}

static bool is_read(const struct ci_provider *p, struct str name)
{
	for (size_t i = 0; i < ARRAY_SIZE(preloads); i++)
		if (str_is(name, preloads[i].name))
			return true;
	for (const struct ci_key *k = p ? p->keys : NULL; k && k->name; k++)
		if (str_is(name, k->name))
			return true;
	return false;
}

/* Values of other keys become "xxx", as long as they were; so does what is no entry. */
static void scrub_environ(const struct ci_provider *p, char *env, uint32_t n)
{
	for (uint32_t at = 0; at < n;) {
		uint32_t len = (uint32_t)strnlen(env + at, n - at);
		struct str name = {env + at, len};
		int64_t equals = str_index(name, 0, '=');

		name.n = equals < 0 ? 0 : (uint32_t)equals;
		if (!is_read(p, name)) {
			uint32_t keep = equals < 0 ? 0 : name.n + 1;

			memset(env + at + keep, 'x', len - keep);
		}
		at += len + 1;
	}
}

void identity_ci_scrub(void *record, size_t size)
{
	struct record_boundary *b = record;

	if (size < sizeof(*b) || b->header.kind != RECORD_BOUNDARY || b->kind != BOUNDARY_CI ||
	    b->environ.off < sizeof(*b) || b->environ.off > size ||
	    b->environ.len > size - b->environ.off)
		return;
	scrub_environ(ci_provider_of(b->ci_system), (char *)record + b->environ.off,
		      b->environ.len);
}

static void join_owner(struct ci_job *job)
{
	struct str owner = job->owner, name = job->facts.repository;

	if (!owner.n || !name.n)
		return;
	job->facts.repository = (struct str){
		job->text, (uint32_t)snprintf(job->text, sizeof(job->text), "%.*s/%.*s",
					      STR_ARG(owner), STR_ARG(name))};
}

static void lower(struct ci_job *job, enum assurance most)
{
	if (job->level > most)
		job->level = most;
}

bool ci_read(struct ci_job *out, const struct ci_provider *p, const struct event_what *what)
{
	memset(out, 0, offsetof(struct ci_job, text));
	out->facts.provider = str_of(p->name);
	out->level = p->level;
	read_environ(out, p, what->crossing.environ, what->crossing.environ_cut);
	join_owner(out);
	if (p->find)
		p->find(out, what->crossing.argv, what->crossing.cwd);
	if (what->crossing.environ_cut) {
		out->flags |= ID_ENV_TRUNCATED;
		lower(out, ASSURANCE_DERIVED);
	}
	if (what->crossing.ci_system & CI_WEAK)
		lower(out, ASSURANCE_DERIVED);
	if (out->flags & ID_ENV_DUPLICATE) {
		lower(out, ASSURANCE_CLAIMED);
		out->facts.workspace = out->facts.temp = STR_NONE; /* rules would rest on them */
	}
	return out->facts.repository.n || out->facts.job.n;
}
