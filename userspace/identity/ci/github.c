/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GitHub Actions. One Runner.Worker per job; each step is its direct child. It writes these keys after
 * it has merged the job's own env, so they are its word (identity: recorded).
 */
#include "identity/ci/ci.h"
#include "identity/identity.h"

static const struct ci_key keys[] = {
	CI_KEY("GITHUB_REPOSITORY", facts.repository, CI_TEXT),
	CI_KEY("GITHUB_REPOSITORY_ID", facts.repository_id, CI_WORD),
	CI_KEY("GITHUB_WORKFLOW_REF", facts.workflow, CI_TEXT),
	CI_KEY("GITHUB_JOB", facts.job, CI_NAME),
	CI_KEY("GITHUB_RUN_ID", facts.run_id, CI_WORD),
	CI_KEY("GITHUB_RUN_ATTEMPT", facts.attempt, CI_NUMBER),
	CI_KEY("GITHUB_ACTION", facts.step, CI_TEXT),
	CI_KEY("GITHUB_ACTOR", facts.actor, CI_TEXT),
	CI_KEY("GITHUB_REF", facts.ref, CI_TEXT),
	CI_KEY("GITHUB_SHA", facts.sha, CI_WORD),
	CI_KEY("GITHUB_EVENT_NAME", facts.event, CI_WORD),
	CI_KEY("RUNNER_NAME", facts.runner, CI_TEXT),
	CI_KEY("GITHUB_WORKSPACE", facts.workspace, CI_PATH),
	CI_KEY("RUNNER_TEMP", facts.temp, CI_PATH),
	{NULL, 0, CI_TEXT},
};

static bool is_supervisor(struct str exe, struct str argv)
{
	return ci_is_program(exe, argv, "Runner.Worker") &&
	       str_is(ci_argument(argv, 1), "spawnclient");
}

struct str identity_ci_workflow(struct str ref)
{
	int64_t at = str_index(ref, 0, '@');
	struct str path = at < 0 ? ref : str_sub(ref, 0, (uint32_t)at);
	const char *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;

	if (!path.n)
		return STR_NONE;
	return slash ? str_sub(path, (uint32_t)(slash + 1 - path.p), path.n) : path;
}

static void find(struct ci_job *job, struct str argv, struct str cwd)
{
	(void)argv;
	(void)cwd;
	job->facts.workflow = identity_ci_workflow(job->facts.workflow);
	/* a name in halves is none */
	if (!job->facts.job.n || !job->facts.repository.n)
		job->facts.job = job->facts.repository = STR_NONE;
}

const struct ci_provider ci_github = {
	.name = "github",
	.level = ASSURANCE_RECORDED,
	.keys = keys,
	.one_job = true,
	.is_supervisor = is_supervisor,
	.find = find,
};
