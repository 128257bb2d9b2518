/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buildkite. The agent starts one bootstrap per job and lays its own keys over the job's; bootstrap's
 * children are hooks and commands.
 */
#include "identity/ci/ci.h"

static const struct ci_key keys[] = {
	CI_KEY("BUILDKITE_ORGANIZATION_SLUG", owner, CI_WORD),
	CI_KEY("BUILDKITE_PIPELINE_SLUG", facts.repository, CI_WORD),
	CI_KEY("BUILDKITE_PIPELINE_ID", facts.repository_id, CI_WORD),
	CI_KEY("BUILDKITE_STEP_KEY", facts.job, CI_NAME),
	CI_KEY("BUILDKITE_BUILD_ID", facts.run_id, CI_WORD),
	CI_KEY("BUILDKITE_RETRY_COUNT", facts.attempt, CI_NUMBER),
	CI_KEY("BUILDKITE_JOB_ID", facts.step, CI_WORD),
	CI_KEY("BUILDKITE_BUILD_CREATOR", facts.actor, CI_TEXT),
	CI_KEY("BUILDKITE_BRANCH", facts.ref, CI_TEXT),
	CI_KEY("BUILDKITE_COMMIT", facts.sha, CI_WORD),
	CI_KEY("BUILDKITE_SOURCE", facts.event, CI_WORD),
	CI_KEY("BUILDKITE_AGENT_NAME", facts.runner, CI_TEXT),
	{NULL, 0, CI_TEXT},
};

static bool is_supervisor(struct str exe, struct str argv)
{
	return ci_is_program(exe, argv, "buildkite-agent") &&
	       str_is(ci_argument(argv, 1), "bootstrap");
}

const struct ci_provider ci_buildkite = {
	.name = "buildkite",
	.level = ASSURANCE_RECORDED,
	.keys = keys,
	.one_job = true,
	.is_supervisor = is_supervisor,
};
