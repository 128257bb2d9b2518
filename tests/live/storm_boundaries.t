#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Eight identities start 5,000 short processes each at the same time, more than there are pids, so that numbers
# are used again: no event has another one's identity, and none is missing. Then once more in a pid namespace with
# 500 numbers, where each is used again every few hundred processes. A proof beside the scenarios.
. "$(dirname "$0")/../lib/live.sh"
mark=$(marker storm)
chmod 755 "$SCRATCH"
worker=$SCRATCH/Runner.Worker storm=$SCRATCH/storm
install -m 755 "$ACTORS/stub_worker" "$worker"
install -m 755 "$B/tests/bench/storm" "$storm"
start_daemon --set "identity.ci_supervisors=github=$worker"

lost() {
	wd status -o json | jq '.loss.by_type | .exec + .exit + .fork'
}
seen() {
	wd query "type=$1" "exe=$program" -o json --count-by step 2>/dev/null | jq -s 'map(.count // 0) | add // 0'
}
all_seen() {
	[ $(($(seen exit) + $(lost))) -ge $((8 * count)) ]
}
# of TYPE FIELDS: "step1 ...-step1 5000" for each group that there is.
of() {
	wd query "type=$1" "exe=$program" --count-by "$2" -n all -o json 2>/dev/null |
		jq -r 'select(.count) | [(.key // .keys // .) | tostring, .count] | @tsv'
}

# storm_of NAME COUNT [WRAPPER...]: eight steps of one job, each starting a program of this storm COUNT times.
storm_of() {
	local name=$1 n line type lost
	count=$2 program=$SCRATCH/noop-${1//[^a-z0-9]/}
	shift 2
	install -m 755 "$B/tests/bench/noop" "$program"
	for n in 1 2 3 4 5 6 7 8; do
		printf '%s\n' unset "env GITHUB_REPOSITORY=acme/app" "env GITHUB_JOB=build" "env GITHUB_RUN_ID=1" \
			"env GITHUB_ACTION=step$n" "background $storm exec $count $program $mark-step$n >$SCRATCH/report$n"
	done >"$SCRATCH/plan"
	"$@" "$worker" spawnclient 3 4 <"$SCRATCH/plan" || bail_out "$name: the storms run"
	is "$(jq -s 'map(.done) | add' "$SCRATCH"/report?)" $((8 * count)) "$name: the drivers started 8 times $count processes"
	wait_until 60 all_seen
	lost=$(lost)
	of exec step,argv >"$SCRATCH/execs"
	is "$(wc -l <"$SCRATCH/execs")" 8 "$name: execs: eight identities, each with its own arguments only"
	for n in 1 2 3 4 5 6 7 8; do
		line=$(grep -F "$mark-step$n\"" "$SCRATCH/execs" || grep -F "$mark-step$n" "$SCRATCH/execs")
		like "$line" "step${n}[^0-9].*$mark-step$n" "$name: the processes of step $n are its own"
	done
	for type in exec exit; do
		is "$(of $type boundary | wc -l)" 8 "$name: $type: eight boundaries"
		is "$(of $type who | cut -f 1 | grep -c 'ci:github/acme/app/build')" 1 "$name: $type: one job, and nobody else"
		is $(($(of $type step | cut -f 2 | paste -sd+))) $((8 * count)) "$name: $type: all of them, and $lost lost"
	done
	is "$(events type=exec,exit "exe=$program" flag=boundary_lost | wc -l)" 0 "$name: no boundary is lost"
}

storm_of "the host's numbers" $((5000 / SLOW))
pids=$(wd query type=exec "exe=$program" -n all -o json 2>/dev/null | grep -o '"pid":[0-9]*' | sort | uniq -d | wc -l)
diag "pids used more than once: $pids of $(cat /proc/sys/kernel/pid_max)"

# Before 6.14 the number of pids is the whole host's, and not to be touched.
few_pids() {
	unshare --pid --fork --mount-proc sh -c 'echo 500 >/proc/sys/kernel/pid_max && exec "$@"' sh "$@"
}
before=$(cat /proc/sys/kernel/pid_max)
if [ "$(printf '6.14\n%s\n' "$(uname -r)" | sort -V | head -n 1)" = 6.14 ]; then
	storm_of "500 numbers" $((500 / SLOW)) few_pids
	is "$(cat /proc/sys/kernel/pid_max)" "$before" "the host's number of pids is as before"
else
	skip "a storm with few pids" "a pid namespace has a number of pids of its own since Linux 6.14"
fi
done_testing
