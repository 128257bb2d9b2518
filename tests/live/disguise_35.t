#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A process that rewrites its environment, arguments and name, and tries for its executable, is still what it
# was when it was executed: scenario 35.
. "$(dirname "$0")/../lib/live.sh"

mark=$(marker disguise)
chmod 755 "$SCRATCH"
worker=$SCRATCH/Runner.Worker actor=$SCRATCH/disguise
install -m 755 "$ACTORS/stub_worker" "$worker"
install -m 755 "$ACTORS/disguise" "$actor"
start_daemon --set "identity.ci_supervisors=github=$worker"
printf '%s\n' unset "env GITHUB_REPOSITORY=acme/app" "env GITHUB_JOB=build" "env GITHUB_RUN_ID=1" \
	"env GITHUB_ACTOR=maya" "step exec $actor $SCRATCH/$mark >$SCRATCH/said" | "$worker" spawnclient 3 4
diag "$(cat "$SCRATCH/said")"
event=$(first_event ".file.path == \"$SCRATCH/$mark\"" type=create) || bail_out "what it did was seen"
json_is "$event" .identity.who ci:github/acme/app/build "who is the job that it was"
json_is "$event" .identity.ci.actor maya "and its actor"
json_is "$event" .process.exe "$actor" "its executable is the one that was executed"
json_is "$event" .process.comm Runner.Worker "only the name that it gives itself is its own word"
exec=$(first_event ".process.exe == \"$actor\"" type=exec) || bail_out "the exec was seen"
json_is "$exec" '.process.argv[1]' "$SCRATCH/$mark" "its arguments are those of the exec"
is "$(events "repository=victim/*" | wc -l)" 0 "nobody is the victim"
done_testing
