#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ${WORKSPACE} and ${RUNNER_TEMP} in rules: the folders that GitHub's runner gave the job, not those that it says.
. "$(dirname "$0")/../lib/live.sh"

mark=$(marker folders)
chmod 755 "$SCRATCH"
mkdir -p "$SCRATCH/work/app" "$SCRATCH/work/_temp" "$SCRATCH/elsewhere"
worker=$SCRATCH/Runner.Worker
install -m 755 "$ACTORS/stub_worker" "$worker"
# shellcheck disable=SC2016 # the variables are the profile's
printf '%s\n' 'apiVersion: whodid.dev/v1alpha1' 'kind: Role' 'metadata: {name: folders}' 'spec:' '  allow:' \
	'    - {id: ws, write: ["${WORKSPACE}/**"]}' '    - {id: temp, write: ["${RUNNER_TEMP}/*.sh"]}' --- \
	'apiVersion: whodid.dev/v1alpha1' 'kind: RoleBinding' 'metadata: {name: folders}' \
	'spec: {mode: audit, roles: [folders], subjects: [{kind: CIJob, match: {provider: github, repository: acme/app}}]}' \
	>"$ROOT/profiles.d/folders.yaml"
start_daemon --set "identity.ci_supervisors=github=$worker"

# job WORKSPACE COMMAND
job() {
	printf '%s\n' unset "env GITHUB_REPOSITORY=acme/app" "env GITHUB_JOB=build" "env GITHUB_RUN_ID=1" \
		"env GITHUB_ACTION=__run" "env GITHUB_WORKSPACE=$1" "env RUNNER_TEMP=$SCRATCH/work/_temp" "step $2" >"$SCRATCH/plan"
	"$worker" spawnclient 3 4 <"$SCRATCH/plan" || bail_out "the stub runs"
}

verdict_of() {
	first_event ".file.path == \"$1\"" type=file.create "path=$1" | jq -r '[.verdict.value, .verdict.rule // empty] | join(" ")'
}

work=$SCRATCH/work/app
job "$work" "/bin/sh -c 'echo 1 >$work/$mark.in; echo 1 >$SCRATCH/work/_temp/$mark.sh; echo 1 >$SCRATCH/elsewhere/$mark.out'"
like "$(verdict_of "$work/$mark.in")" "^expected" "in its workspace"
like "$(verdict_of "$SCRATCH/work/_temp/$mark.sh")" "^expected" "in its folder for what is temporary"
like "$(verdict_of "$SCRATCH/elsewhere/$mark.out")" "^unexpected" "elsewhere"
event=$(first_event ".file.path == \"$work/$mark.in\"" type=file.create "workspace=$work")
json_is "$event" '.identity.ci | .workspace + " " + .temp' "$work $SCRATCH/work/_temp" "the event says which they are, and a filter finds it"

# A job's own words come too late, and folders that would make the rule one on everything are none.
job "$work" "/bin/sh -c 'GITHUB_WORKSPACE=$SCRATCH/elsewhere RUNNER_TEMP=$SCRATCH/elsewhere /bin/sh -c \"echo 1 >$SCRATCH/elsewhere/$mark.sh\"'"
like "$(verdict_of "$SCRATCH/elsewhere/$mark.sh")" "^unexpected" "what the job says is no workspace"
job / "/bin/sh -c 'echo 1 >$SCRATCH/elsewhere/$mark.root'"
like "$(verdict_of "$SCRATCH/elsewhere/$mark.root")" "^unexpected" "the root is no workspace"
job "$work/../../elsewhere" "/bin/sh -c 'echo 1 >$SCRATCH/elsewhere/$mark.up'"
like "$(verdict_of "$SCRATCH/elsewhere/$mark.up")" "^unexpected" "nor is a path that leads up"
done_testing
