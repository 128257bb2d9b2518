/* SPDX-License-Identifier: Apache-2.0 */
/* issuers: the folder with a file for each issuer that this host believes, and its keys beside it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "attest/parts.h"
#include "base/cleanup.h"
#include "base/escape.h"
#include "base/folder.h"
#include "base/number.h"
#include "base/tree.h"

#define ISSUERS_MAX	 64
#define FILE_MAX	 (1024u * 1024)
#define LIFETIME_DEFAULT 3600
#define LIFETIME_MAX	 (30 * 86400)
#define AUDIENCES_MAX	 16

struct source {
	struct issuers *set;
	struct issuer *issuer;
	const char *dir, *file; /* file: its whole path */
	struct problem *err;
};

__attribute__((format(printf, 3, 4))) static int fail(struct source *s, const struct node *at,
						      const char *fmt, ...)
{
	char text[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return problem_at(s->err, -EINVAL, s->file, at ? at->line : 0, at ? at->column : 0, "%s",
			  text);
}

/* Of a text of the file, for a message. */
struct shown {
	char text[80];
};

static struct shown show(struct str s)
{
	struct shown out = {0};

	escape_terminal(str_sub(s, 0, 60), false, out.text, sizeof(out.text));
	return out;
}

/* Whoever can write these files decides who is who. */
static int read_private(struct source *s, const char *path, char **out, size_t *n)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	_cleanup_free_ char *text = NULL;
	ssize_t got;

	if (fd < 0 || fstat(fd, &st) < 0)
		return problem_at(s->err, -errno, path, 0, 0, "cannot be read: %s",
				  strerror(errno));
	if (!S_ISREG(st.st_mode))
		return problem_at(s->err, -EINVAL, path, 0, 0, "is no file");
	if ((st.st_uid != 0 && st.st_uid != geteuid()) || st.st_mode & 022) {
		problem_remedy(s->err, "Run: chown root:root FILE; chmod 644 FILE");
		return problem_at(s->err, -EPERM, path, 0, 0, "others than root can change it");
	}
	if (st.st_size > (off_t)FILE_MAX)
		return problem_at(s->err, -EFBIG, path, 0, 0, "larger than 1 MiB");
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return -ENOMEM;
	got = pread(fd, text, (size_t)st.st_size, 0);
	if (got != st.st_size)
		return problem_at(s->err, -EIO, path, 0, 0, "changes while it is read");
	text[got] = '\0';
	*n = (size_t)got;
	*out = TAKE_PTR(text);
	return 0;
}

/* --- the keys of a file */

static int need_text(struct source *s, const struct node *v, const char *name)
{
	if (v->kind == NODE_SCALAR && v->text.n)
		return 0;
	return fail(s, v, "%s needs a text", name);
}

static int read_issuer_name(struct source *s, const struct node *v)
{
	if (need_text(s, v, "issuer"))
		return -EINVAL;
	for (const struct issuer *i = s->set->first; i; i = i->next)
		if (str_equal(i->name, v->text))
			return fail(s, v, "another file has this issuer already");
	s->issuer->name = arena_str(&s->set->arena, v->text);
	return s->issuer->name.p ? 0 : -ENOMEM;
}

static int read_provider(struct source *s, const struct node *v)
{
	s->issuer->provider = v->kind == NODE_SCALAR ? provider_find(v->text) : NULL;
	if (s->issuer->provider)
		return 0;
	problem_remedy(s->err, "One of %s", provider_names());
	return fail(s, v, "unknown provider \"%s\"", show(v->text).text);
}

static int read_algorithm(struct source *s, const struct node *v)
{
	enum jws_algorithm a = v->kind == NODE_SCALAR ? jws_algorithm_parse(v->text) : JWS_NONE;

	s->issuer->algorithms |= 1u << a;
	if (a != JWS_NONE)
		return 0;
	problem_remedy(s->err, "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 or EdDSA");
	return fail(s, v, "\"%s\" is no algorithm that is taken", show(v->text).text);
}

static int read_algorithms(struct source *s, const struct node *v)
{
	int rc = 0;

	if (v->kind == NODE_SCALAR)
		return read_algorithm(s, v);
	if (v->kind != NODE_LIST || !v->first)
		return fail(s, v, "algorithms needs a list, such as [RS256]");
	for (const struct node *item = v->first; item && !rc; item = item->next)
		rc = read_algorithm(s, item);
	return rc;
}

static int read_audiences(struct source *s, const struct node *v)
{
	struct issuer *to = s->issuer;

	if (v->kind != NODE_LIST)
		return fail(s, v, "audiences needs a list");
	to->audiences = arena_alloc(&s->set->arena, AUDIENCES_MAX * sizeof(*to->audiences));
	if (!to->audiences)
		return -ENOMEM;
	for (const struct node *item = v->first; item; item = item->next) {
		struct str *text = &to->audiences[to->audience_count];

		if (to->audience_count == AUDIENCES_MAX)
			return fail(s, item, "more than %d audiences", AUDIENCES_MAX);
		if (need_text(s, item, "an audience"))
			return -EINVAL;
		*text = arena_str(&s->set->arena, item->text);
		if (!text->p)
			return -ENOMEM;
		to->audience_count++;
	}
	return 0;
}

/* "90s", "15m", "1h", "2d" */
static int read_lifetime(struct source *s, const struct node *v)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	struct str t = v->text;
	uint64_t n;

	for (size_t i = 0; v->kind == NODE_SCALAR && t.n > 1 && i < ARRAY_SIZE(units); i++) {
		if (t.p[t.n - 1] != units[i].unit ||
		    number_u64(str_sub(t, 0, t.n - 1), 1, LIFETIME_MAX, &n) != 0 ||
		    (int64_t)n * units[i].seconds > LIFETIME_MAX)
			continue;
		s->issuer->lifetime_s = (int64_t)n * units[i].seconds;
		return 0;
	}
	return fail(s, v, "lifetime needs a time such as 15m or 1h, at most 30d");
}

static int read_required(struct source *s, const struct node *v)
{
	if (v->kind != NODE_MAP)
		return fail(s, v, "require needs a map of claims and their values");
	for (const struct node *k = v->first; k; k = k->next->next) {
		struct required_claim *r = arena_alloc(&s->set->arena, sizeof(*r));

		if (need_text(s, k->next, "a required claim"))
			return -EINVAL;
		if (!r)
			return -ENOMEM;
		r->name = arena_str(&s->set->arena, k->text);
		r->value = arena_str(&s->set->arena, k->next->text);
		if (!r->name.p || !r->value.p)
			return -ENOMEM;
		r->next = s->issuer->required;
		s->issuer->required = r;
	}
	return 0;
}

static int read_keys(struct source *s, const struct node *v)
{
	_cleanup_free_ char *text = NULL;
	char path[PATH_MAX];
	const char *base = s->dir;
	size_t n = 0;
	int rc;

	if (need_text(s, v, "keys"))
		return -EINVAL;
	if (v->text.p[0] == '/')
		base = "";
	if (snprintf(path, sizeof(path), "%s%s%.*s", base, *base ? "/" : "", STR_ARG(v->text)) >=
	    (int)sizeof(path))
		return fail(s, v, "the path is too long");
	rc = read_private(s, path, &text, &n);
	return rc ? rc
		  : keys_parse(&s->issuer->keys, &s->set->arena, (struct str){text, (uint32_t)n},
			       path, s->err);
}

static const struct {
	const char *name;
	int (*read)(struct source *s, const struct node *v);
	bool required;
} file_keys[] = {
	{"issuer", read_issuer_name, true},
	{"provider", read_provider, true},
	{"keys", read_keys, true},
	{"algorithms", read_algorithms, true},
	{"audiences", read_audiences, false},
	{"lifetime", read_lifetime, false},
	{"require", read_required, false},
};

static int read_key(struct source *s, const struct node *key, uint32_t *seen)
{
	for (size_t i = 0; i < ARRAY_SIZE(file_keys); i++)
		if (str_is(key->text, file_keys[i].name)) {
			*seen |= 1u << i;
			return file_keys[i].read(s, key->next);
		}
	problem_remedy(s->err, "One of issuer, provider, keys, algorithms, audiences, lifetime, "
			       "require");
	return fail(s, key, "unknown key \"%s\"", show(key->text).text);
}

static int read_document(struct source *s, const struct node *doc)
{
	uint32_t seen = 0;
	int rc = 0;

	if (doc->kind != NODE_MAP)
		return fail(s, doc, "expected an issuer, key: value");
	for (const struct node *k = doc->first; k && !rc; k = k->next->next)
		rc = read_key(s, k, &seen);
	for (size_t i = 0; !rc && i < ARRAY_SIZE(file_keys); i++)
		if (file_keys[i].required && !(seen >> i & 1))
			rc = fail(s, doc, "\"%s\" is missing", file_keys[i].name);
	return rc;
}

/* --- the folder */

struct loading {
	struct issuers *set;
	const char *dir;
};

static int read_file(void *ctx, const char *path, struct problem *err)
{
	const struct loading *l = ctx;
	struct issuers *set = l->set;
	struct source s = {.set = set, .dir = l->dir, .file = path, .err = err};
	_cleanup_free_ char *text = NULL;
	struct node *doc = NULL;
	size_t n = 0;
	int rc;

	s.issuer = arena_alloc(&set->arena, sizeof(*s.issuer));
	if (!s.issuer)
		return -ENOMEM;
	s.issuer->lifetime_s = LIFETIME_DEFAULT;
	rc = read_private(&s, path, &text, &n);
	if (!rc)
		rc = tree_parse(&set->arena, (struct str){text, (uint32_t)n}, path, &doc, err);
	if (!rc && (!doc || doc->next))
		rc = fail(&s, doc ? doc->next : NULL, "one issuer a file");
	if (!rc)
		rc = read_document(&s, doc);
	/* in the set even when it is refused, so that its keys are freed with it */
	s.issuer->next = set->first;
	set->first = s.issuer;
	set->count++;
	return rc;
}

static void free_set(struct issuers **set)
{
	issuers_free(*set);
}

int issuers_load(struct issuers **out, const char *dir, struct problem *err)
{
	static const char *const suffixes[] = {".yaml", ".yml", NULL};
	_cleanup_(free_set) struct issuers *set = calloc(1, sizeof(*set));
	struct loading l = {set, dir};
	int rc = set ? folder_read(dir, suffixes, ISSUERS_MAX, read_file, &l, err) : -ENOMEM;

	if (rc)
		return rc;
	*out = TAKE_PTR(set);
	return 0;
}

void issuers_free(struct issuers *set)
{
	if (!set)
		return;
	for (struct issuer *i = set->first; i; i = i->next)
		keys_release(i->keys);
	arena_release(&set->arena);
	free(set);
}

size_t issuers_count(const struct issuers *set)
{
	return set->count;
}
