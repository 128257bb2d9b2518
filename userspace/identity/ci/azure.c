/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Azure Pipelines: Agent.Worker per job, the ancestor of GitHub's. A task's own env may name the same
 * keys, and which of them wins is not established: derived.
 */
#include "identity/ci/ci.h"

static const struct ci_key keys[] = {
	CI_KEY("BUILD_REPOSITORY_NAME", facts.repository, CI_TEXT),
	CI_KEY("BUILD_REPOSITORY_ID", facts.repository_id, CI_TEXT),
	CI_KEY("BUILD_DEFINITIONNAME", facts.workflow, CI_TEXT),
	CI_KEY("SYSTEM_JOBNAME", facts.job, CI_NAME),
	CI_KEY("BUILD_BUILDID", facts.run_id, CI_WORD),
	CI_KEY("SYSTEM_JOBATTEMPT", facts.attempt, CI_NUMBER),
	CI_KEY("SYSTEM_TASKINSTANCEID", facts.step, CI_WORD),
	CI_KEY("BUILD_REQUESTEDFORID", facts.actor, CI_WORD),
	CI_KEY("BUILD_SOURCEBRANCH", facts.ref, CI_TEXT),
	CI_KEY("BUILD_SOURCEVERSION", facts.sha, CI_WORD),
	CI_KEY("BUILD_REASON", facts.event, CI_WORD),
	CI_KEY("AGENT_NAME", facts.runner, CI_TEXT),
	{NULL, 0, CI_TEXT},
};

static bool is_supervisor(struct str exe, struct str argv)
{
	return ci_is_program(exe, argv, "Agent.Worker") &&
	       str_is(ci_argument(argv, 1), "spawnclient");
}

const struct ci_provider ci_azure = {
	.name = "azure",
	.level = ASSURANCE_DERIVED,
	.keys = keys,
	.one_job = true,
	.is_supervisor = is_supervisor,
};
