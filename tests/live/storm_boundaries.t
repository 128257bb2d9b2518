#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Eight identities start 5,000 short processes each at the same time, more than there are pids, so that numbers
# are used again: no event has another one's identity, and none is missing. A proof beside the scenarios.
. "$(dirname "$0")/../lib/live.sh"
count=$((5000 / SLOW))
mark=$(marker storm)
chmod 755 "$SCRATCH"
worker=$SCRATCH/Runner.Worker program=$SCRATCH/noop storm=$SCRATCH/storm
install -m 755 "$ACTORS/stub_worker" "$worker"
install -m 755 "$B/tests/bench/noop" "$program"
install -m 755 "$B/tests/bench/storm" "$storm"
start_daemon --set "identity.ci_supervisors=github=$worker"

for n in 1 2 3 4 5 6 7 8; do
	printf '%s\n' unset "env GITHUB_REPOSITORY=acme/app" "env GITHUB_JOB=build" "env GITHUB_RUN_ID=1" \
		"env GITHUB_ACTION=step$n" "background $storm exec $count $program $mark-step$n >$SCRATCH/report$n"
done >"$SCRATCH/plan"
"$worker" spawnclient 3 4 <"$SCRATCH/plan" || bail_out "the storms run"
is "$(jq -s 'map(.done) | add' "$SCRATCH"/report?)" $((8 * count)) "the drivers started 8 times $count processes"

lost() {
	wd status -o json | jq '.loss.by_type | .exec + .exit + .fork'
}
seen() {
	wd query "type=$1" "exe=$program" -o json --count-by step 2>/dev/null | jq -s 'map(.count // 0) | add // 0'
}
all_seen() {
	[ $(($(seen exit) + $(lost))) -ge $((8 * count)) ]
}
wait_until 60 all_seen
lost=$(lost)

# of TYPE FIELDS: "step1 ...-step1 5000" for each group that there is.
of() {
	wd query "type=$1" "exe=$program" --count-by "$2" -n all -o json 2>/dev/null |
		jq -r 'select(.count) | [(.key // .keys // .) | tostring, .count] | @tsv'
}
of exec step,argv >"$SCRATCH/execs"
is "$(wc -l <"$SCRATCH/execs")" 8 "execs: eight identities, each with its own arguments only"
for n in 1 2 3 4 5 6 7 8; do
	line=$(grep -F "$mark-step$n\"" "$SCRATCH/execs" || grep -F "$mark-step$n" "$SCRATCH/execs")
	like "$line" "step${n}[^0-9].*$mark-step$n" "the processes of step $n are its own"
done
for type in exec exit; do
	is "$(of $type boundary | wc -l)" 8 "$type: eight boundaries"
	is "$(of $type who | cut -f 1 | grep -c 'ci:github/acme/app/build')" 1 "$type: one job, and nobody else"
	is $(($(of $type step | cut -f 2 | paste -sd+))) $((8 * count)) "$type: all of them, and $lost lost"
done
is "$(events type=exec,exit "exe=$program" flag=boundary_lost | wc -l)" 0 "no boundary is lost"
pids=$(wd query type=exec "exe=$program" -o json 2>/dev/null | grep -o '"pid":[0-9]*' | sort | uniq -d | wc -l)
diag "pids used more than once: $pids of $(cat /proc/sys/kernel/pid_max)"
done_testing
