/* SPDX-License-Identifier: Apache-2.0 */
/* program: the table of files that are known or asked for, which belongs to the line's thread. */
#include "program/program.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "program/worker.h"

#define SETS	 1024 /* a power of two */
#define WAYS	 4
#define RETRY_NS 1000000000ull

enum state { EMPTY, ASKED, KNOWN, FAILED, NEVER };

struct entry {
	struct program_facts facts;
	uint64_t used;	  /* order of use: the oldest of a set goes */
	uint64_t boot_ns; /* when it was asked for */
	uint32_t packages;
	uint8_t state; /* enum state */
};

struct programs {
	struct worker *worker;
	struct programs_stats stats;
	uint64_t uses;
	struct request request;
	struct entry entries[SETS * WAYS];
};

int programs_open(struct programs **out, const struct programs_options *opt)
{
	_cleanup_free_ struct programs *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	r = worker_start(&p->worker, opt);
	if (r)
		return r;
	*out = TAKE_PTR(p);
	return 0;
}

void programs_close(struct programs *p)
{
	if (!p)
		return;
	worker_stop(p->worker);
	free(p);
}

static struct entry *set_of(struct programs *p, uint64_t dev, uint64_t inode, uint64_t ctime_ns)
{
	uint64_t h = hash_u64(inode ^ hash_u64(dev ^ hash_u64(ctime_ns)));

	return &p->entries[(h & (SETS - 1)) * WAYS];
}

static struct entry *find(struct programs *p, uint64_t dev, uint64_t inode, uint64_t ctime_ns)
{
	struct entry *set = set_of(p, dev, inode, ctime_ns);

	for (unsigned i = 0; i < WAYS; i++) {
		const struct program_facts *f = &set[i].facts;

		if (set[i].state != EMPTY && f->inode == inode && f->dev == dev &&
		    f->ctime_ns == ctime_ns)
			return &set[i];
	}
	return NULL;
}

/* A place for a file that is not there: the one that was not used for the longest time. */
static struct entry *make(struct programs *p, uint64_t dev, uint64_t inode, uint64_t ctime_ns)
{
	struct entry *set = set_of(p, dev, inode, ctime_ns), *e = set;

	for (unsigned i = 1; i < WAYS; i++)
		if (set[i].used < e->used)
			e = &set[i];
	p->stats.known -= e->state == KNOWN;
	*e = (struct entry){.facts = {.dev = dev, .inode = inode, .ctime_ns = ctime_ns},
			    .used = ++p->uses,
			    .state = FAILED};
	return e;
}

static bool ask(struct programs *p, const struct event_what *what, const struct entry *e,
		struct str path, bool script)
{
	struct request *r = &p->request;

	if (path.n == 0 || path.p[0] != '/' || path.n >= sizeof(r->path))
		return false;
	r->dev = e->facts.dev;
	r->inode = e->facts.inode;
	r->ctime_ns = e->facts.ctime_ns;
	r->pid = what->pid;
	r->script = script;
	memcpy(r->path, path.p, path.n);
	r->path[path.n] = '\0';
	if (memchr(r->path, '\0', path.n))
		return false;
	if (worker_ask(p->worker, r))
		return true;
	p->stats.busy++;
	return false;
}

/* Not asked yet, or in vain some time ago, or before packages were installed or removed. */
static bool is_due(const struct programs *p, const struct entry *e, uint64_t boot_ns)
{
	if (e->state == KNOWN)
		return !e->facts.package[0] && e->packages != worker_packages(p->worker) &&
		       boot_ns - e->boot_ns >= RETRY_NS;
	return e->state == FAILED && (!e->boot_ns || boot_ns - e->boot_ns >= RETRY_NS);
}

static const struct program_facts *look_up(struct programs *p, const struct event_what *what,
					   const uint64_t key[3], struct str path, bool script)
{
	struct entry *e;

	if (!key[1])
		return NULL;
	e = find(p, key[0], key[1], key[2]);
	if (!e)
		e = make(p, key[0], key[1], key[2]);
	e->used = ++p->uses;
	if (is_due(p, e, what->boot_ns) && ask(p, what, e, path, script)) {
		e->boot_ns = what->boot_ns;
		if (e->state != KNOWN)
			e->state = ASKED;
	}
	return e->state == KNOWN ? &e->facts : NULL;
}

void programs_attach(struct programs *p, struct event *ev)
{
	struct event_what *what = &ev->what;
	const uint64_t exe[] = {what->exec.exe_dev, what->exec.exe_inode, what->exec.exe_ctime_ns};
	const uint64_t script[] = {what->exec.script_dev, what->exec.script_inode,
				   what->exec.script_ctime_ns};
	const struct program_facts *f;

	if (what->type != EVENT_EXEC)
		return;
	f = look_up(p, what, exe, what->exec.exe, false);
	if (f) {
		what->exec.sha256 = str_of(f->sha256);
		if (f->package[0])
			what->exec.package = str_of(f->package);
		what->exec.package_modified = f->modified;
	}
	f = look_up(p, what, script, what->exec.script, true);
	if (f)
		what->exec.script_sha256 = str_of(f->sha256);
}

static void count(struct programs *p, enum finding finding)
{
	uint64_t *const counters[] = {[FOUND] = &p->stats.read,
				      [TOO_LARGE] = &p->stats.too_large,
				      [CHANGED] = &p->stats.changed,
				      [GONE] = &p->stats.gone};

	(*counters[finding])++;
}

bool programs_next(struct programs *p, struct program_facts *out)
{
	struct answer a;

	while (worker_answer(p->worker, &a)) {
		struct entry *e = find(p, a.facts.dev, a.facts.inode, a.facts.ctime_ns);

		count(p, a.finding);
		if (a.finding != FOUND) {
			if (e && e->state == ASKED)
				e->state = a.finding == TOO_LARGE ? NEVER : FAILED;
			continue;
		}
		if (e) {
			p->stats.known += e->state != KNOWN;
			e->state = KNOWN;
			e->facts = a.facts;
			e->packages = a.packages;
		}
		*out = a.facts;
		return true;
	}
	return false;
}

void programs_remember(struct programs *p, const struct program_facts *facts)
{
	struct entry *e = find(p, facts->dev, facts->inode, facts->ctime_ns);

	if (!e)
		e = make(p, facts->dev, facts->inode, facts->ctime_ns);
	p->stats.known += e->state != KNOWN;
	e->facts = *facts;
	e->state = KNOWN;
}

void programs_get_stats(const struct programs *p, struct programs_stats *out)
{
	*out = p->stats;
}
