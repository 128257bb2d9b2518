/* SPDX-License-Identifier: Apache-2.0 */
/* CircleCI, self-hosted runner. Whether a job can set these keys itself is not established: derived. */
#include "identity/ci/ci.h"

static const struct ci_key keys[] = {
	CI_KEY("CIRCLE_PROJECT_USERNAME", owner, CI_WORD),
	CI_KEY("CIRCLE_PROJECT_REPONAME", facts.repository, CI_WORD),
	CI_KEY("CIRCLE_PROJECT_ID", facts.repository_id, CI_WORD),
	CI_KEY("CIRCLE_WORKFLOW_ID", facts.run_id, CI_WORD),
	CI_KEY("CIRCLE_JOB", facts.job, CI_NAME),
	CI_KEY("CIRCLE_USERNAME", facts.actor, CI_TEXT),
	CI_KEY("CIRCLE_BRANCH", facts.ref, CI_TEXT),
	CI_KEY("CIRCLE_SHA1", facts.sha, CI_WORD),
	{NULL, 0, CI_TEXT},
};

static bool is_supervisor(struct str exe, struct str argv)
{
	static const char *const names[] = {"circleci-runner", "circleci-agent",
					    "circleci-launch-agent", "task-agent"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (ci_is_program(exe, argv, names[i]))
			return true;
	return false;
}

const struct ci_provider ci_circleci = {
	.name = "circleci",
	.level = ASSURANCE_DERIVED,
	.keys = keys,
	.sets_bash_env = true,
	.is_supervisor = is_supervisor,
};
