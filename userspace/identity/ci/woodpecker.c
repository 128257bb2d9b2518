/* SPDX-License-Identifier: Apache-2.0 */
/* Woodpecker, local backend. A step's environment may name the same keys: derived. */
#include "identity/ci/ci.h"

static const struct ci_key keys[] = {
	CI_KEY("CI_REPO", facts.repository, CI_TEXT),
	CI_KEY("CI_WORKFLOW_NAME", facts.job, CI_NAME),
	CI_KEY("CI_PIPELINE_NUMBER", facts.run_id, CI_WORD),
	CI_KEY("CI_STEP_NAME", facts.step, CI_TEXT),
	CI_KEY("CI_COMMIT_AUTHOR", facts.actor, CI_TEXT),
	CI_KEY("CI_COMMIT_REF", facts.ref, CI_TEXT),
	CI_KEY("CI_COMMIT_SHA", facts.sha, CI_WORD),
	CI_KEY("CI_PIPELINE_EVENT", facts.event, CI_WORD),
	{NULL, 0, CI_TEXT},
};

static bool is_supervisor(struct str exe, struct str argv)
{
	return ci_is_program(exe, argv, "woodpecker-agent");
}

const struct ci_provider ci_woodpecker = {
	.name = "woodpecker",
	.level = ASSURANCE_DERIVED,
	.keys = keys,
	.is_supervisor = is_supervisor,
};
