/* SPDX-License-Identifier: Apache-2.0 */
/*
 * claims: what each provider's claims are called, and what they name. "sub" is looked at only where it
 * is the whole of an identity (SPIFFE): GitHub's owners choose theirs, and its form has changed.
 */
#include <stdio.h>

#include "attest/parts.h"
#include "base/cleanup.h"
#include "identity/identity.h"

#define VALUE_MAX 400

/* UTF-8, as jansson has checked, without control characters. */
static bool is_text(struct str s)
{
	for (uint32_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return s.n > 0 && s.n <= VALUE_MAX;
}

/* before, a, between, b in one text of v's. */
static struct str keep_text(struct verified *v, const char *before, struct str a,
			    const char *between, struct str b)
{
	size_t room = sizeof(v->text) - v->text_used;
	char *at = v->text + v->text_used;
	int n = snprintf(at, room, "%s%.*s%s%.*s", before, STR_ARG(a), between, STR_ARG(b));

	if (n < 0 || (size_t)n >= room)
		return STR_NONE;
	v->text_used += (size_t)n + 1;
	return (struct str){at, (uint32_t)n};
}

/* A text as it is, a number in digits; anything else is absent. */
static struct str value_of(struct verified *v, const json_t *claim)
{
	struct str text = json_as_text(claim);
	char digits[24];

	if (json_is_integer(claim)) {
		snprintf(digits, sizeof(digits), "%lld", (long long)json_integer_value(claim));
		text = keep_text(v, "", str_of(digits), "", STR_NONE);
	}
	return is_text(text) ? text : STR_NONE;
}

static struct str claim(struct verified *v, const char *name)
{
	return value_of(v, json_object_get(v->claims, name));
}

/* The last part of who: a slash in it would make it another one's. */
static struct str name_claim(struct verified *v, const char *name)
{
	struct str value = claim(v, name);

	return str_index(value, 0, '/') < 0 ? value : STR_NONE;
}

static uint32_t number_claim(struct verified *v, const char *name)
{
	struct str s = claim(v, name);
	uint64_t n = 0;

	for (uint32_t i = 0; i < s.n && i < 9 && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		n = n * 10 + (uint64_t)(s.p[i] - '0');
	return (uint32_t)n;
}

static bool read_github(struct verified *v)
{
	v->attestation.ci = (struct ci_facts){
		.provider = STR_LIT("github"),
		.repository = claim(v, "repository"),
		.repository_id = claim(v, "repository_id"),
		.workflow = identity_ci_workflow(claim(v, "workflow_ref")),
		.run_id = claim(v, "run_id"),
		.attempt = number_claim(v, "run_attempt"),
		.actor = claim(v, "actor"),
		.ref = claim(v, "ref"),
		.sha = claim(v, "sha"),
		.event = claim(v, "event_name"),
	};
	return v->attestation.ci.repository.n && v->attestation.ci.run_id.n;
}

static bool read_gitlab(struct verified *v)
{
	v->attestation.ci = (struct ci_facts){
		.provider = STR_LIT("gitlab"),
		.repository = claim(v, "project_path"),
		.repository_id = claim(v, "project_id"),
		.run_id = claim(v, "pipeline_id"),
		.step = claim(v, "job_id"),
		.actor = claim(v, "user_login"),
		.ref = claim(v, "ref"),
		.sha = claim(v, "sha"),
		.event = claim(v, "pipeline_source"),
	};
	return v->attestation.ci.repository.n && v->attestation.ci.run_id.n &&
	       v->attestation.ci.step.n;
}

static bool read_buildkite(struct verified *v)
{
	struct str owner = name_claim(v, "organization_slug");
	struct str pipeline = name_claim(v, "pipeline_slug");

	v->attestation.ci = (struct ci_facts){
		.provider = STR_LIT("buildkite"),
		.repository = keep_text(v, "", owner, "/", pipeline),
		.job = name_claim(v, "step_key"),
		.step = claim(v, "job_id"),
		.ref = claim(v, "build_branch"),
		.sha = claim(v, "build_commit"),
		.event = claim(v, "build_source"),
	};
	return owner.n && pipeline.n && v->attestation.ci.step.n;
}

static bool read_circleci(struct verified *v)
{
	v->attestation.ci = (struct ci_facts){
		.provider = STR_LIT("circleci"),
		.repository_id = claim(v, "oidc.circleci.com/project-id"),
		.run_id = claim(v, "oidc.circleci.com/workflow-id"),
		.step = claim(v, "oidc.circleci.com/job-id"),
		.ref = claim(v, "oidc.circleci.com/vcs-ref"),
	};
	return v->attestation.ci.repository_id.n && v->attestation.ci.run_id.n;
}

/* identity.md 3.4: {"kubernetes.io":{"namespace":,"serviceaccount":{"name":},"pod":{"uid":}}} */
static bool read_kubernetes(struct verified *v)
{
	const json_t *k8s = json_object_get(v->claims, "kubernetes.io");
	const json_t *account = json_object_get(k8s, "serviceaccount");
	struct str space = value_of(v, json_object_get(k8s, "namespace"));
	struct str name = value_of(v, json_object_get(account, "name"));

	v->attestation.is_workload = true;
	v->attestation.pod_uid = value_of(v, json_object_get(json_object_get(k8s, "pod"), "uid"));
	v->attestation.who = keep_text(v, "sa:", space, "/", name);
	return space.n && name.n && str_index(space, 0, '/') < 0 && str_index(name, 0, '/') < 0;
}

static bool read_spiffe(struct verified *v)
{
	struct str id = claim(v, "sub");

	v->attestation.is_workload = true;
	if (!str_starts(id, "spiffe://") || id.n < sizeof("spiffe://d/p") - 1)
		return false;
	v->attestation.who = keep_text(v, "spiffe:", str_sub(id, 9, id.n), "", STR_NONE);
	return v->attestation.who.n > 0;
}

static const struct provider providers[] = {
	{"github", read_github},     {"gitlab", read_gitlab},	      {"buildkite", read_buildkite},
	{"circleci", read_circleci}, {"kubernetes", read_kubernetes}, {"spiffe", read_spiffe},
};

const struct provider *provider_find(struct str name)
{
	for (size_t i = 0; i < ARRAY_SIZE(providers); i++)
		if (str_is(name, providers[i].name))
			return &providers[i];
	return NULL;
}

const char *provider_names(void)
{
	return "github, gitlab, buildkite, circleci, kubernetes, spiffe";
}
