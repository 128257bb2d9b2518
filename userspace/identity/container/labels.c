/* SPDX-License-Identifier: Apache-2.0 */
/*
 * labels: what CI systems write on the containers and pods of a job. Anybody who may make a container, or
 * a pod in that namespace, can write the same: whether it says anything is decided by who asked for a
 * container, and of a pod it names no job outside of its namespace.
 */
#include "identity/container/container.h"

#include <stdio.h>

#include "base/cleanup.h"
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

static void read_gitlab(struct container_found *out, const json_t *labels)
{
#define LABEL(name) document_text(labels, "com.gitlab.gitlab-runner." name)
	if (!LABEL("job.id").p)
		return;
	out->job.provider = STR_LIT("gitlab");
	keep_path(out, &out->job.repository, project_of(LABEL("job.url")));
	keep_name(out, &out->job.repository_id, LABEL("project.id"));
	keep_name(out, &out->job.run_id, LABEL("pipeline.id"));
	keep_name(out, &out->job.step, LABEL("job.id"));
	keep_path(out, &out->job.ref, LABEL("job.ref"));
	keep_name(out, &out->job.sha, LABEL("job.sha"));
	keep_name(out, &out->job.runner, LABEL("runner.id"));
#undef LABEL
}

static void read_drone(struct container_found *out, const json_t *labels)
{
	if (!document_text(labels, "io.drone.build.number").p)
		return;
	out->job.provider = STR_LIT("drone");
	keep_path(out, &out->job.repository, document_text(labels, "io.drone.repo.slug"));
	keep_name(out, &out->job.job, document_text(labels, "io.drone.stage.name"));
	keep_name(out, &out->job.step, document_text(labels, "io.drone.step.name"));
	keep_name(out, &out->job.run_id, document_text(labels, "io.drone.build.number"));
}

/* The value of a key in ["KEY=value", ...]; absent when it is there twice. Nothing else of it is looked at. */
static struct str env_value(const json_t *env, const char *key)
{
	struct str found = STR_NONE;
	bool seen = false;

	for (size_t i = 0; i < json_array_size(env); i++) {
		const json_t *entry = json_array_get(env, i);
		size_t n = strlen(key), len = json_string_length(entry);
		const char *text = json_string_value(entry);

		if (!text || len <= n || len > UINT16_MAX || memcmp(text, key, n) != 0 ||
		    text[n] != '=')
			continue;
		found = seen ? STR_NONE : (struct str){text + n + 1, (uint32_t)(len - n - 1)};
		seen = true;
	}
	return found;
}

/*
 * Woodpecker, docker backend: the labels say that it is a step, its environment whose. The agent lays the
 * step's own "environment:" over its keys.
 */
static void read_woodpecker(struct container_found *out, const json_t *labels, const json_t *env)
{
	if (!document_text(labels, "wp_uuid").p)
		return;
	out->job.provider = STR_LIT("woodpecker");
	out->job_by_step = true;
	keep_path(out, &out->job.repository, env_value(env, "CI_REPO"));
	keep_name(out, &out->job.job, env_value(env, "CI_WORKFLOW_NAME"));
	keep_name(out, &out->job.step, document_text(labels, "wp_step"));
	keep_name(out, &out->job.run_id, env_value(env, "CI_PIPELINE_NUMBER"));
	keep_path(out, &out->job.ref, env_value(env, "CI_COMMIT_REF"));
	keep_name(out, &out->job.sha, env_value(env, "CI_COMMIT_SHA"));
}

void labels_read(struct container_found *out, const void *config)
{
	const json_t *labels = json_object_get(config, "Labels");

	read_gitlab(out, labels);
	if (!out->job.provider.p)
		read_drone(out, labels);
	if (!out->job.provider.p)
		read_woodpecker(out, labels, json_object_get(config, "Env"));
}

/* "shop/build": what two namespaces call the same is not the same. No ".." leads out of it. */
static void keep_project(struct container_found *out, struct str name)
{
	char text[512];

	if (!out->pod.namespace.p || !name.n || str_starts(name, "/") || str_ends(name, "/") ||
	    memmem(name.p, name.n, "..", 2) || memmem(name.p, name.n, "//", 2))
		return;
	snprintf(text, sizeof(text), "%.*s/%.*s", STR_ARG(out->pod.namespace), STR_ARG(name));
	keep_path(out, &out->job.repository, str_of(text));
}

static struct str first_of(const json_t *labels, const char *const *keys)
{
	struct str value = STR_NONE;

	for (; *keys && !value.n; keys++)
		value = document_text(labels, *keys);
	return value;
}

/*
 * GitLab Runner, kubernetes executor. Its project is within the cluster's namespace here, and the system
 * has a name of its own: "ci:gitlab/shop/app/..." would be whatever project GitLab calls shop/app.
 */
static void read_gitlab_pod(struct container_found *out, const json_t *notes)
{
#define NOTE(name) document_text(notes, "job.runner.gitlab.com/" name)
	out->job.provider = STR_LIT("gitlab-pod");
	keep_project(out, project_of(NOTE("url")));
	keep_name(out, &out->job.repository_id,
		  document_text(notes, "project.runner.gitlab.com/id"));
	keep_name(out, &out->job.job, NOTE("name"));
	keep_name(out, &out->job.step, NOTE("id"));
	keep_path(out, &out->job.ref, NOTE("ref"));
	keep_name(out, &out->job.sha, NOTE("sha"));
#undef NOTE
}

void pod_labels_read(struct container_found *out, const void *labels, const void *annotations)
{
	static const char *const pipelines[] = {"tekton.dev/pipeline", "tekton.dev/pipelineRun",
						NULL};
	static const char *const tasks[] = {"tekton.dev/pipelineTask", "tekton.dev/task",
					    "tekton.dev/taskRun", NULL};
	static const char *const runs[] = {"tekton.dev/pipelineRun", "tekton.dev/taskRun", NULL};
	static const char *const flows[] = {"workflows.argoproj.io/workflow-template",
					    "workflows.argoproj.io/cron-workflow",
					    "workflows.argoproj.io/workflow", NULL};
	struct str pipeline = first_of(labels, pipelines);

	if (first_of(labels, runs).n) {
		out->job.provider = STR_LIT("tekton");
		keep_project(out, pipeline.n ? pipeline : first_of(labels, tasks));
		if (pipeline.n)
			keep_name(out, &out->job.job, first_of(labels, tasks));
		keep_name(out, &out->job.run_id, first_of(labels, runs));
	} else if (document_text(labels, "workflows.argoproj.io/workflow").n) {
		out->job.provider = STR_LIT("argo");
		keep_project(out, first_of(labels, flows));
		keep_name(out, &out->job.run_id,
			  document_text(labels, "workflows.argoproj.io/workflow"));
	} else if (document_text(annotations, "job.runner.gitlab.com/id").n) {
		read_gitlab_pod(out, annotations);
	}
}
