/* SPDX-License-Identifier: Apache-2.0 */
/* Drone, exec runner. A step's environment may name the same keys: derived. */
#include "identity/ci/ci.h"

static const struct ci_key keys[] = {
	CI_KEY("DRONE_REPO", facts.repository, CI_TEXT),
	CI_KEY("DRONE_STAGE_NAME", facts.job, CI_NAME),
	CI_KEY("DRONE_BUILD_NUMBER", facts.run_id, CI_WORD),
	CI_KEY("DRONE_STEP_NAME", facts.step, CI_TEXT),
	CI_KEY("DRONE_BUILD_TRIGGER", facts.actor, CI_TEXT),
	CI_KEY("DRONE_COMMIT_REF", facts.ref, CI_TEXT),
	CI_KEY("DRONE_COMMIT_SHA", facts.sha, CI_WORD),
	CI_KEY("DRONE_BUILD_EVENT", facts.event, CI_WORD),
	{NULL, 0, CI_TEXT},
};

static bool is_supervisor(struct str exe, struct str argv)
{
	return ci_is_program(exe, argv, "drone-runner-exec");
}

const struct ci_provider ci_drone = {
	.name = "drone",
	.level = ASSURANCE_DERIVED,
	.keys = keys,
	.is_supervisor = is_supervisor,
};
