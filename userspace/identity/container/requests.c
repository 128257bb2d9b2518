/* SPDX-License-Identifier: Apache-2.0 */
/* requests: see the header. A ring of fixed size: the oldest request is forgotten first. */
#include "identity/container/requests.h"

#include <stdlib.h>

#define REQUESTS_MAX 256
#define SHORT_ID     12 /* what docker prints; less may be somebody's name */
#define WHOLE_ID     64

struct requests {
	size_t next;
	struct request ring[REQUESTS_MAX];
};

/* Takes word off the front. */
static bool skip(struct str *s, const char *word)
{
	if (!str_starts(*s, word))
		return false;
	*s = str_sub(*s, (uint32_t)strlen(word), s->n);
	return true;
}

/* "/v1.41", "/v4.3.1": who speaks the API may leave it out. */
static void skip_version(struct str *s)
{
	struct str rest = *s;
	uint32_t n = 0;

	if (!skip(&rest, "/v"))
		return;
	while (n < rest.n && ((rest.p[n] >= '0' && rest.p[n] <= '9') || rest.p[n] == '.'))
		n++;
	if (n > 0 && n < rest.n && rest.p[n] == '/')
		*s = str_sub(rest, n, rest.n);
}

static bool is_name(struct str s)
{
	for (uint32_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '_' || c == '.' || c == '-'))
			return false;
	}
	return s.n > 0 && s.n <= sizeof(((struct request *)0)->target);
}

bool request_read(struct str line, bool *exec, struct str *target)
{
	int64_t slash;
	struct str verb;

	if (!skip(&line, "POST "))
		return false;
	skip_version(&line);
	skip(&line, "/libpod");
	*exec = skip(&line, "/exec/");
	if (!*exec && !skip(&line, "/containers/"))
		return false;
	slash = str_index(line, 0, '/');
	if (slash < 0)
		return false;
	*target = str_sub(line, 0, (uint32_t)slash);
	verb = str_sub(line, (uint32_t)slash + 1, line.n);
	return is_name(*target) && (str_is(verb, "start") || (!*exec && str_is(verb, "restart")));
}

struct requests *requests_new(void)
{
	return calloc(1, sizeof(struct requests));
}

void requests_free(struct requests *t)
{
	free(t);
}

void requests_learn(struct requests *t, const struct event_what *what)
{
	struct request *r;
	struct str target;
	bool exec;

	if (!request_read(what->request.line, &exec, &target))
		return;
	r = &t->ring[t->next++ % REQUESTS_MAX];
	*r = (struct request){.exec = exec,
			      .boot_ns = what->boot_ns,
			      .boundary = what->boundary,
			      .start_ns = what->start_ns,
			      .pid = what->pid,
			      .task_flags = what->task_flags,
			      .role = what->request.role,
			      .ci_system = what->request.ci_system,
			      .engine = what->request.engine,
			      .target_n = target.n};
	memcpy(r->target, target.p, target.n);
}

/* An engine looks for a number before it looks for a name: one container may be called as another's number. */
static bool is_whole_id(struct str s)
{
	return s.n == WHOLE_ID && strspn(s.p, "0123456789abcdef") >= s.n;
}

static bool fits(const struct request *r, const struct request_key *key)
{
	struct str target = {r->target, r->target_n};

	if (r->used || r->exec != key->exec || r->engine != key->engine)
		return false;
	if (key->boot_ns >= r->boot_ns + REQUEST_WINDOW_NS)
		return false;
	if (str_equal(target, key->id))
		return true;
	if (key->exec || is_whole_id(target))
		return false;
	return (key->name.n && str_equal(target, key->name)) ||
	       (target.n >= SHORT_ID && str_equal(target, str_sub(key->id, 0, target.n)));
}

size_t requests_take(struct requests *t, const struct request_key *key, const struct request **out,
		     size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < REQUESTS_MAX && i < t->next && n < max; i++) {
		struct request *r = &t->ring[(t->next - 1 - i) % REQUESTS_MAX];

		if (r->boot_ns > key->boot_ns || !fits(r, key))
			continue;
		r->used = true;
		out[n++] = r;
	}
	return n;
}
