/* SPDX-License-Identifier: Apache-2.0 */
/* TeamCity. env. parameters of a build may name the same keys: derived. */
#include "identity/ci/ci.h"

static const struct ci_key keys[] = {
	CI_KEY("TEAMCITY_PROJECT_NAME", facts.repository, CI_TEXT),
	CI_KEY("TEAMCITY_BUILDCONF_NAME", facts.job, CI_NAME),
	CI_KEY("BUILD_NUMBER", facts.run_id, CI_TEXT),
	CI_KEY("BUILD_VCS_NUMBER", facts.sha, CI_WORD),
	{NULL, 0, CI_TEXT},
};

static bool is_supervisor(struct str exe, struct str argv)
{
	return ci_is_program(exe, argv, "java") &&
	       ci_argument_ending(argv, "jetbrains.buildServer.agent.AgentMain").p;
}

const struct ci_provider ci_teamcity = {
	.name = "teamcity",
	.level = ASSURANCE_DERIVED,
	.keys = keys,
	.is_supervisor = is_supervisor,
};
