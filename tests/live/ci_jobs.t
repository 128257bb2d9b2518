#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Jobs of a CI supervisor that the settings pin: scenarios 29 to 34 and 37, with a stub that starts
# children as the real Runner.Worker and the Jenkins agent do.
. "$(dirname "$0")/../lib/live.sh"

mark=$(marker ci)
chmod 755 "$SCRATCH"
mkdir -p "$SCRATCH/bin" "$SCRATCH/jobs"
worker=$SCRATCH/bin/Runner.Worker
java=$SCRATCH/bin/java
install -m 700 "$ACTORS/stub_worker" "$worker" # nobody else can play it
install -m 700 "$ACTORS/stub_worker" "$java"
start_daemon --record "$SCRATCH/recording" --set "identity.ci_supervisors=github=$worker,jenkins=$java"
start_watch

# github STEP RUN: what the Worker writes for a step.
github() {
	cat <<-END
		unset
		env CI=true
		env GITHUB_ACTIONS=true
		env GITHUB_REPOSITORY=acme/app
		env GITHUB_REPOSITORY_ID=4711
		env GITHUB_WORKFLOW_REF=acme/app/.github/workflows/build.yml@refs/heads/main
		env GITHUB_JOB=build
		env GITHUB_RUN_ID=$2
		env GITHUB_RUN_ATTEMPT=2
		env GITHUB_ACTION=$1
		env GITHUB_ACTOR=maya
		env GITHUB_REF=refs/heads/main
		env GITHUB_SHA=9f31c0a7c5d1e2b3a4f5968778695a4b3c2d1e0f
		env GITHUB_EVENT_NAME=push
		env RUNNER_NAME=runner-1
		env GITHUB_TOKEN=ghs_secret$mark
	END
}

# exec_of WORD [JQ]: the exec of /bin/true with that argument.
exec_of() {
	first_event "(.process.argv // [] | index(\"$1\")) and (.process.exe | endswith(\"/true\")) and (${2:-true})" type=exec ||
		bail_out "the exec of $1 was seen"
}

is_build() {
	json_is "$1" .identity.who ci:github/acme/app/build "$2: the job"
	json_is "$1" .identity.ci.step "$3" "$2: its own step"
}

# 29: two steps one after another, one in the background beside a third.
{
	github __run 1001
	echo "step /bin/true $mark-one; (/bin/true $mark-one-deep)"
	github __run_2 1001
	echo "background while [ ! -e $SCRATCH/go ]; do sleep 0.05; done; setsid /bin/true $mark-back"
	github __run_3 1001
	echo "step /bin/true $mark-three; touch $SCRATCH/go; /bin/true $mark-three-more"
} >"$SCRATCH/plan"
"$worker" spawnclient 3 4 <"$SCRATCH/plan" || bail_out "the stub runs"
event=$(exec_of "$mark-one")
identity_everywhere "$event" ci:github/acme/app/build ci-step ".*" "29 first step"
json_is "$event" .identity.assurance.who recorded "29: the supervisor's word"
json_is "$event" .identity.kind ci "29: a job"
json_is "$event" '.identity.ci | del(.step) | tojson' \
	'{"provider":"github","repository":"acme/app","repository_id":"4711","workflow":"build.yml","job":"build","run_id":"1001","attempt":2,"actor":"maya","ref":"refs/heads/main","sha":"9f31c0a7c5d1e2b3a4f5968778695a4b3c2d1e0f","event":"push","runner":"runner-1","user":"root"}' \
	"29: what the supervisor handed over"
is_build "$(exec_of "$mark-one-deep")" "29 subshell" __run
is_build "$(exec_of "$mark-back")" "29 background, another session" __run_2
is_build "$(exec_of "$mark-three")" "29 beside it" __run_3
is_build "$(exec_of "$mark-three-more")" "29 after the background has begun" __run_3
is "$(events repository=acme/app step=__run_2 type=exec | jq -r .identity.ci.step | sort -u)" __run_2 "29: filters know the step"

# 30: what the job says about itself is not heard, also not through what the runner passes on.
{
	github __run 1002
	echo "step GITHUB_REPOSITORY=victim/app GITHUB_ACTOR=root /bin/true $mark-claims; export GITHUB_REPOSITORY=victim/app; sh -c '/bin/true $mark-claims-deep'"
} | "$worker" spawnclient 3 4
for word in claims claims-deep; do
	event=$(exec_of "$mark-$word")
	is_build "$event" "30 $word" __run
	json_is "$event" .identity.ci.actor maya "30 $word: the actor"
done
is "$(events "repository=victim/*")" "" "30: nothing is the victim's"

# 31: a job plays the supervisor, by a copy of its name and with the pinned file itself.
{
	github __run 1003
	cat <<-END
		step cp /bin/sh $SCRATCH/jobs/Runner.Worker; GITHUB_REPOSITORY=victim/app $SCRATCH/jobs/Runner.Worker -c '/bin/true $mark-no; /bin/true' ; cp $ACTORS/stub_worker $SCRATCH/jobs/Runner.Worker; echo 'env GITHUB_REPOSITORY=victim/app' >$SCRATCH/fake; echo 'env GITHUB_JOB=deploy' >>$SCRATCH/fake; echo 'step /bin/true $mark-fake' >>$SCRATCH/fake; $SCRATCH/jobs/Runner.Worker spawnclient 1 2 <$SCRATCH/fake; sed 's/-fake/-pinned/' $SCRATCH/fake >$SCRATCH/fake2; $worker spawnclient 1 2 <$SCRATCH/fake2
	END
} | "$worker" spawnclient 3 4
is_build "$(exec_of "$mark-fake")" "31 child of a copy" __run
is_build "$(exec_of "$mark-pinned")" "31 child of the pinned file" __run
fake=$(first_event "(.process.exe == \"$SCRATCH/jobs/Runner.Worker\") and (.process.argv | index(\"spawnclient\"))" type=exec) ||
	bail_out "the fake was seen"
is_build "$fake" "31 the copy" __run
ok "31: the copy is flagged" jq -e '.identity.flags | index("fake_supervisor")' <<<"$fake"
pinned=$(first_event "(.process.exe == \"$worker\") and .identity.kind == \"ci\"" type=exec) || bail_out "the pinned one was seen"
ok "31: the pinned file in a job is flagged" jq -e '.identity.flags | index("fake_supervisor")' <<<"$pinned"
ok "31: an anomaly says so" wait_until 10 has_event '.anomaly.kind == "identity" and (.anomaly.title | test("plays the supervisor"))' type=anomaly

# 32: what outlives the job is still the job's, and flagged.
{
	github __run 1004
	echo "step (setsid sh -c 'while [ ! -e $SCRATCH/over ]; do sleep 0.05; done; /bin/true $mark-late' >/dev/null 2>&1 &) ; /bin/true $mark-in-time"
} | "$worker" spawnclient 3 4
touch "$SCRATCH/over"
event=$(exec_of "$mark-late")
is_build "$event" "32 after the end" __run
ok "32: flagged after_job_end" jq -e '.identity.flags | index("after_job_end")' <<<"$event"
ok "32: not flagged before" jq -e '(.identity.flags // []) | index("after_job_end") | not' <<<"$(exec_of "$mark-in-time")"
ok "32: an anomaly says so" wait_until 10 has_event '.anomaly.kind == "identity" and (.anomaly.title | test("after its job has ended"))' type=anomaly

# 33: a job reaches for its supervisor's memory, and for what else the shipped roles forbid every job.
{
	github __run 1008
	echo "step head -c 1 /proc/\$PPID/mem; head -c 1 /proc/\$PPID/environ; timeout 1 bash -c ': </dev/tcp/169.254.169.254/80'; /bin/true $mark-reach"
} | "$worker" spawnclient 3 4 >/dev/null 2>&1
exec_of "$mark-reach" >/dev/null
for rule in baseline/process-memory baseline-ci/other-environments baseline-ci/cloud-metadata; do
	ok "33: $rule forbids it to the job" wait_until 10 has_event \
		".verdict.value == \"forbidden\" and .verdict.rule == \"$rule\" and .identity.who == \"ci:github/acme/app/build\" and .identity.ci.run_id == \"1008\"" 'who=ci:*'
done

# 34: the second step's environment puts code into programs.
{
	github __run 1005
	echo "step /bin/true $mark-clean"
	github __run_2 1005
	echo "env BASH_ENV=$SCRATCH/jobs/evil"
	echo "step /bin/true $mark-poisoned"
} | "$worker" spawnclient 3 4
event=$(exec_of "$mark-poisoned")
is_build "$event" "34 poisoned step" __run_2
ok "34: flagged preload_env" jq -e '.identity.flags | index("preload_env")' <<<"$event"
ok "34: the clean step is not" jq -e '(.identity.flags // []) | index("preload_env") | not' <<<"$(exec_of "$mark-clean")"

# A key that comes twice is nobody's word; a later step does not become another job.
{
	github __run 1006
	echo "env GITHUB_REPOSITORY=victim/app"
	echo "step /bin/true $mark-twice"
} | "$worker" spawnclient 3 4
event=$(exec_of "$mark-twice")
json_is "$event" .identity.assurance.who claimed "a key twice: claimed only"
ok "a key twice: flagged" jq -e '.identity.flags | index("env_duplicate")' <<<"$event"
{
	github __run 1007
	echo "step /bin/true $mark-first"
	github __run_2 1007 | sed 's/=acme\/app$/=victim\/app/'
	echo "step /bin/true $mark-second"
} | "$worker" spawnclient 3 4
event=$(exec_of "$mark-second")
is_build "$event" "the first step's job stays" __run_2
ok "another job later: flagged" jq -e '.identity.flags | index("env_mismatch")' <<<"$event"

# 37: Jenkins starts a step that leaves its agent at once; the path of the script names the job.
cat >"$SCRATCH/jenkins" <<END
env JOB_NAME=victim
step nohup sh -c "( while [ ! -e $SCRATCH/gone ]; do sleep 0.05; done; sh -c '/bin/true $mark-durable' '/var/lib/jenkins/workspace/folder/app@2@tmp/durable-0123abcd/script.sh.copy' ) >/dev/null 2>&1 & echo \$! >$SCRATCH/durable"
END
"$java" -jar /opt/jenkins/agent.jar <"$SCRATCH/jenkins"
touch "$SCRATCH/gone"
event=$(exec_of "$mark-durable")
json_is "$event" .identity.who ci:jenkins/folder/app "37: the job by lineage after it was given away"
json_is "$event" .identity.assurance.who derived "37: a pipeline may choose its folder"
# Java that is no agent starts no jobs.
echo "step /bin/true $mark-java /var/lib/jenkins/workspace/victim@tmp/durable-0123abcd/script.sh" | "$java" -jar /opt/app.jar
unlike "$(jq -r .identity.who <<<"$(exec_of "$mark-java")")" "^ci:|^anon:ci" "37: another Java program starts no job"

# doctor finds what runs, says the line to add, and is content where it is there.
install -m 755 "$ACTORS/stub_worker" "$SCRATCH/bin/Runner.Listener"
install -m 755 "$ACTORS/stub_worker" "$SCRATCH/jobs/act_runner"
mkfifo "$SCRATCH/hold"
"$SCRATCH/bin/Runner.Listener" run <"$SCRATCH/hold" &
cleanup kill -KILL $!
"$SCRATCH/jobs/act_runner" daemon <"$SCRATCH/hold" &
cleanup kill -KILL $!
exec 8>"$SCRATCH/hold"
finds() {
	wd doctor -o json 2>/dev/null | jq -e -s "any(.[]; $1)"
}
ok "doctor knows the pinned worker beside a running listener" \
	wait_until 10 finds ".level == \"ok\" and (.finding | contains(\"$SCRATCH/bin/Runner.Listener\"))"
ok "doctor says the line for the other" \
	wait_until 10 finds ".level == \"warn\" and (.remedy // \"\" | test(\"gitea[^ ]*=$SCRATCH/jobs/act_runner\"))"
exec 8>&-

# No secret of the environment is kept anywhere, not in a recording either; the record of a boundary is not published.
ok "the recording has the job" grep -qaF GITHUB_REPOSITORY=acme/app "$SCRATCH/recording"
# The pattern comes from a file: on a command line it would be seen, and be in there.
printf 'ghs_secret%s\n' "$mark" >"$SCRATCH/pattern"
is "$(grep -caFf "$SCRATCH/pattern" "$SCRATCH/recording")" 0 "and no token"
is "$(grep -rlFf "$SCRATCH/pattern" "$ROOT" 2>/dev/null)" "" "the token is not in the store"
unlike "$(events)" "ghs_secret$mark" "nor in any event"
unlike "$(wd id "$(jq -r .uid <<<"$fake")" -o json)" "ghs_secret" "nor in an explanation"
done_testing
