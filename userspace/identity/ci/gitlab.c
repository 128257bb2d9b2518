/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GitLab Runner, shell executor. A job's own file may set every CI_ variable, and the script comes over
 * stdin: of the environment nothing is believed. The working directory is the runner's choice:
 * .../builds/<runner>/<number>/<group>/<project>.
 */
#include "identity/ci/ci.h"

static bool is_supervisor(struct str exe, struct str argv)
{
	return ci_is_program(exe, argv, "gitlab-runner") && str_is(ci_argument(argv, 1), "run");
}

static bool is_number(struct str s)
{
	for (uint32_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* The part up to the next slash; *at goes behind it. */
static struct str next_part(struct str path, uint32_t *at)
{
	int64_t slash = str_index(path, *at, '/');
	uint32_t end = slash < 0 ? path.n : (uint32_t)slash;
	struct str part = str_sub(path, *at, end - *at);

	*at = end + 1;
	return part;
}

static void find(struct ci_job *job, struct str argv, struct str cwd)
{
	const char *builds = cwd.n ? memmem(cwd.p, cwd.n, "/builds/", 8) : NULL;
	uint32_t at = builds ? (uint32_t)(builds - cwd.p) + 8 : 0;
	struct str project;

	(void)argv;
	if (!builds || !ci_value_ok(next_part(cwd, &at), CI_WORD) ||
	    !is_number(next_part(cwd, &at)))
		return;
	project = str_sub(cwd, at, cwd.n);
	if (ci_value_ok(project, CI_TEXT) && str_index(project, 0, '/') > 0)
		job->facts.repository = project;
}

const struct ci_provider ci_gitlab = {
	.name = "gitlab",
	.level = ASSURANCE_DERIVED,
	.is_supervisor = is_supervisor,
	.find = find,
};
