/* SPDX-License-Identifier: Apache-2.0 */
/*
 * naming_ci: a child of a CI supervisor is a job. ci/ reads what the supervisor handed to it.
 */
#include "identity/naming_rules.h"

#include <stdio.h>

/* A later step of the same supervisor does not become another job: what was said first stays. */
static void keep_first_job(struct naming *n, const struct ci_provider *p)
{
	const struct identity *first = n->by && n->by->first ? &n->by->first->identity : NULL;
	struct ci_facts *job = &n->job.facts;
	struct str step = job->step;

	if (!p->one_job || !first || !str_is(first->kind, "ci") ||
	    (str_equal(first->ci.repository, job->repository) &&
	     str_equal(first->ci.job, job->job)))
		return;
	*job = first->ci;
	job->step = step;
	n->job.flags |= ID_ENV_MISMATCH;
	n->job.level = at_most(n->job.level, first->who_level);
}

struct str naming_job(struct words *words, const struct ci_facts *job)
{
	struct str name = job->job.n ? job->job : STR_LIT("-");
	char prefix[32];

	snprintf(prefix, sizeof(prefix), "ci:%.*s/", STR_ARG(job->provider));
	if (!job->repository.n)
		return words_join(words, prefix, name);
	return words_join2(words, prefix, job->repository, "/", name);
}

/* A job's container starts no job, and any other's may have got the host's file. Machines are root's. */
static bool in_engines_container(const struct naming *n)
{
	return n->id.container_id.p && !str_is(n->id.container_runtime, "lxc") &&
	       !str_is(n->id.container_runtime, "nspawn");
}

/*
 * A supervisor's child. It is a job only when the supervisor was started as one is (any program runs
 * on java), in its unit, and by the system: what somebody starts by hand speaks for that somebody,
 * and where it is lost who started it, that may have been somebody.
 */
void name_ci(struct naming *n)
{
	uint32_t system = n->what->crossing.ci_system & ~CI_WEAK;
	const struct ci_provider *p = ci_provider_of(system);
	bool seen = n->by && n->by->exec_seen;
	bool named;

	if (!p || (seen && !(n->by->systems >> system & 1)))
		return;
	if ((n->by && n->by->misplaced) || kind_is(n, "ci") || in_engines_container(n)) {
		n->id.flags |= ID_FAKE_SUPERVISOR;
		return;
	}
	if (kind_is(n, "human") || kind_is(n, "cron") || kind_is(n, "at") || who_is_lost(n)) {
		add_edge(n, STR_LIT("ci-step"), ASSURANCE_DERIVED);
		return;
	}
	named = ci_read(&n->job, p, n->what);
	if (!named && !seen)
		return; /* it may be any program that ran before on the same java */
	if (named)
		keep_first_job(n, p);
	n->job.facts.user = user_names_name(n->users, n->what->uid);
	if (!seen || n->by->tampered)
		n->job.level = at_most(n->job.level, ASSURANCE_DERIVED);
	if (named)
		open_who(n, "ci", naming_job(&n->words, &n->job.facts), n->job.level);
	else
		open_anon(
			n, "anon:ci-unnamed",
			"a CI supervisor started it, and nothing that the job cannot set names it");
	n->id.ci = n->job.facts;
	n->id.flags |= n->job.flags;
	if (n->by && n->by->tampered)
		n->id.flags |= ID_SUPERVISOR_TAMPERED;
	n->id.via_level = ASSURANCE_KERNEL;
	add_edge(n, STR_LIT("ci-step"), ASSURANCE_KERNEL);
}
