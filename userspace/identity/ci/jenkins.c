/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jenkins. A pipeline may set JOB_NAME and all others (withEnv), so the environment names nothing. The
 * agent starts a step by the path of its script: <root>/workspace/<job>[@N]@tmp/durable-<hex>/...; a
 * job of the old kind has only its working directory. A pipeline may choose another folder too (dir,
 * ws, customWorkspace), another job's among them: derived, and no ground for ${WORKSPACE}.
 */
#include "identity/ci/ci.h"

static const struct ci_key keys[] = {
	CI_KEY("JOB_NAME", said, CI_TEXT),
	{NULL, 0, CI_TEXT},
};

static bool is_supervisor(struct str exe, struct str argv)
{
	static const char *const jars[] = {"agent.jar",
					   "remoting.jar",
					   "slave.jar",
					   "jenkins.war",
					   "hudson.remoting.jnlp.Main",
					   "hudson.remoting.Launcher"};

	if (!ci_is_program(exe, argv, "java"))
		return false;
	for (size_t i = 0; i < sizeof(jars) / sizeof(jars[0]); i++)
		if (ci_argument_ending(argv, jars[i]).p)
			return true;
	return false;
}

/* "folder/job@2" is folder/job: one more build of it at the same time. */
static struct str without_number(struct str job)
{
	uint32_t n = job.n;

	while (n && job.p[n - 1] >= '0' && job.p[n - 1] <= '9')
		n--;
	return n && n < job.n && job.p[n - 1] == '@' ? str_sub(job, 0, n - 1) : job;
}

/* What stands between the last "/workspace/" and the end of path. */
static struct str job_of(struct str path)
{
	static const char mark[] = "/workspace/";
	const uint32_t n = sizeof(mark) - 1;

	for (uint32_t at = path.n; at >= n; at--)
		if (memcmp(path.p + at - n, mark, n) == 0)
			return without_number(str_sub(path, at, path.n));
	return STR_NONE;
}

/*
 * A step in a folder of the job's (dir) has a path that goes on behind it, as that of a job in a folder
 * does: "app/src" is app where the environment says app. Of names that are not in the path none counts.
 */
static struct str without_folder(struct str path, struct str said)
{
	uint32_t at = said.n;

	if (!said.n || !str_equal(str_sub(path, 0, said.n), said))
		return path;
	if (at < path.n && path.p[at] == '@')
		for (at++; at < path.n && path.p[at] >= '0' && path.p[at] <= '9';)
			at++;
	return at < path.n && path.p[at] == '/' ? said : path;
}

static void find(struct ci_job *job, struct str argv, struct str cwd)
{
	static const char durable[] = "@tmp/durable-";
	const char *hit = argv.n ? memmem(argv.p, argv.n, durable, sizeof(durable) - 1) : NULL;
	struct str name;

	name = without_folder(job_of(hit ? str_sub(argv, 0, (uint32_t)(hit - argv.p)) : cwd),
			      job->said);
	if (ci_value_ok(name, CI_TEXT) && !str_starts(name, "/"))
		job->facts.job = name;
}

const struct ci_provider ci_jenkins = {
	.name = "jenkins",
	.level = ASSURANCE_DERIVED,
	.keys = keys,
	.is_supervisor = is_supervisor,
	.find = find,
};
