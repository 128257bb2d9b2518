#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A job that reaches for its supervisor's memory or files is an alarm, and what that supervisor starts from
# then on is no more than derived: scenario 33.
. "$(dirname "$0")/../lib/live.sh"

mark=$(marker tamper)
chmod 755 "$SCRATCH"
mkdir -p "$SCRATCH/runner/bin" "$SCRATCH/other/bin" "$SCRATCH/runner/_work/bin"
worker=$SCRATCH/runner/bin/Runner.Worker other=$SCRATCH/other/bin/Runner.Worker
install -m 700 "$ACTORS/stub_worker" "$worker" # nobody else can play it
install -m 700 "$ACTORS/stub_worker" "$other"
start_daemon --set "identity.ci_supervisors=github=$worker,github=$other"
start_watch

# github STEP RUN: what the Worker writes for a step.
github() {
	printf '%s\n' unset "env PATH=$PATH" "env GITHUB_REPOSITORY=acme/app" "env GITHUB_JOB=build" \
		"env GITHUB_RUN_ID=$2" "env GITHUB_ACTION=$1"
}

exec_of() {
	first_event "(.process.argv // [] | index(\"$1\")) and (.process.exe | endswith(\"/true\"))" type=exec ||
		bail_out "the exec of $1 was seen"
}

is_recorded() {
	json_is "$1" .identity.assurance.who recorded "$2: recorded"
	ok "$2: not flagged" jq -e '(.identity.flags // []) | index("supervisor_tampered") | not' <<<"$1"
}

is_derived() {
	json_is "$1" .identity.who ci:github/acme/app/build "$2: still that job"
	json_is "$1" .identity.assurance.who derived "$2: derived"
	ok "$2: flag supervisor_tampered" jq -e '.identity.flags | index("supervisor_tampered")' <<<"$1"
}

# Memory: this worker's next step is doubted, another worker's is not.
{
	github __run 1
	echo "step : <>/proc/\$PPID/mem; : >$SCRATCH/runner/_work/bin/own; /bin/true $mark-reach"
	github __run_2 1
	echo "step /bin/true $mark-after"
} | "$worker" spawnclient 3 4 >/dev/null 2>&1
is_recorded "$(exec_of "$mark-reach")" "before"
is_derived "$(exec_of "$mark-after")" "after its memory was written"
ok "the act is flagged" wait_until 10 has_event '.identity.flags | index("supervisor_tampered")' type=ptrace run=1
{
	github __run 2
	echo "step /bin/true $mark-next"
} | "$worker" spawnclient 3 4
is_recorded "$(exec_of "$mark-next")" "another worker"
ok "what is beside the runner's own files is the job's business" test -z \
	"$(events "path=$SCRATCH/runner/_work/bin/own" flag=supervisor_tampered)"

# Files: all workers that are started from them.
{
	github __run 3
	echo "step chmod 755 $worker; /bin/true $mark-chmod"
} | "$worker" spawnclient 3 4
exec_of "$mark-chmod" >/dev/null
ok "the act is flagged" wait_until 10 has_event '.identity.flags | index("supervisor_tampered")' type=chmod "path=$worker"
ok "it is an anomaly" wait_until 10 has_event \
	'.anomaly.kind == "identity" and .anomaly.severity == "high" and (.anomaly.title | test("reached for its supervisor"))' type=anomaly
{
	github __run 4
	echo "step /bin/true $mark-file"
} | "$worker" spawnclient 3 4
is_derived "$(exec_of "$mark-file")" "after its file was changed"
ok "id says why" jq -e 'any(.facts[]; .source == "flag" and (.fact | test("supervisor.s files or memory")))' \
	<<<"$(wd id "$(jq -r .uid <<<"$(exec_of "$mark-file")")" -o json)"
{
	github __run 5
	echo "step /bin/true $mark-other"
} | "$other" spawnclient 3 4
is_recorded "$(exec_of "$mark-other")" "another runner"
done_testing
