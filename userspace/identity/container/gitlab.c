/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gitlab: the labels that GitLab Runner's docker executor gives to the containers of a job. Anybody
 * with the engine's socket can give them too: whether they say anything is decided by who asked.
 */
#include "identity/container/container.h"
#include "identity/container/document.h"

/* "https://gitlab.example.com/group/project/-/jobs/4711": what stands between host and "/-/". */
static struct str project_of(struct str url)
{
	const char *scheme = url.n ? memmem(url.p, url.n, "://", 3) : NULL;
	struct str rest = scheme ? str_sub(url, (uint32_t)(scheme + 3 - url.p), url.n) : STR_NONE;
	int64_t slash = str_index(rest, 0, '/');
	const char *end;

	if (slash < 0)
		return STR_NONE;
	rest = str_sub(rest, (uint32_t)slash + 1, rest.n);
	end = memmem(rest.p, rest.n, "/-/jobs/", 8);
	return end ? str_sub(rest, 0, (uint32_t)(end - rest.p)) : STR_NONE;
}

void gitlab_read(struct container_found *out, const void *labels)
{
#define LABEL(name) document_text(labels, "com.gitlab.gitlab-runner." name)
	if (!LABEL("job.id").p)
		return;
	out->job.provider = STR_LIT("gitlab");
	keep_path(out, &out->job.repository, project_of(LABEL("job.url")));
	keep_name(out, &out->job.repository_id, LABEL("project.id"));
	keep_name(out, &out->job.run_id, LABEL("pipeline.id"));
	keep_path(out, &out->job.ref, LABEL("job.ref"));
	keep_name(out, &out->job.sha, LABEL("job.sha"));
	keep_name(out, &out->job.runner, LABEL("runner.id"));
#undef LABEL
}
