/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gitea and Forgejo: keys as GitHub has them. That the runner writes them last is not established, so
 * they are derived.
 */
#include "identity/ci/ci.h"

static const struct ci_key keys[] = {
	CI_KEY("GITHUB_REPOSITORY", facts.repository, CI_TEXT),
	CI_KEY("GITHUB_JOB", facts.job, CI_NAME),
	CI_KEY("GITHUB_RUN_ID", facts.run_id, CI_WORD),
	CI_KEY("GITHUB_ACTION", facts.step, CI_TEXT),
	CI_KEY("GITHUB_ACTOR", facts.actor, CI_TEXT),
	CI_KEY("GITHUB_REF", facts.ref, CI_TEXT),
	CI_KEY("GITHUB_SHA", facts.sha, CI_WORD),
	CI_KEY("GITHUB_EVENT_NAME", facts.event, CI_WORD),
	CI_KEY("RUNNER_NAME", facts.runner, CI_TEXT),
	{NULL, 0, CI_TEXT},
};

static bool is_supervisor(struct str exe, struct str argv)
{
	static const char *const names[] = {"act_runner", "gitea-runner", "forgejo-runner"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (ci_is_program(exe, argv, names[i]))
			return str_is(ci_argument(argv, 1), "daemon");
	return false;
}

const struct ci_provider ci_gitea = {
	.name = "gitea",
	.level = ASSURANCE_DERIVED,
	.keys = keys,
	.is_supervisor = is_supervisor,
};
