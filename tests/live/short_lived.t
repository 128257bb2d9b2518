#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# 10,000 processes that live under a millisecond (fewer where all is slow): each has its executable, parent and identity, and
# there are as many as the driver started.
. "$(dirname "$0")/../lib/live.sh"
count=$((10000 / SLOW))

program=$SCRATCH/noop
storm=$SCRATCH/storm
cp "$B/tests/bench/noop" "$program"
cp "$B/tests/bench/storm" "$storm"
start_daemon
report=$("$storm" exec $count "$program" "$(marker short)") || bail_out "the storm runs"
is "$(jq .done <<<"$report")" $count "the driver started $count processes"

exits_seen() {
	local lost
	lost=$(wd status -o json | jq '.loss.by_type | .exec + .exit')
	[ $(($(wd query -o json type=exit "exe=$program" | wc -l) + lost)) -ge "$count" ]
}
wait_until 60 exits_seen
events type=exec "exe=$program" >"$SCRATCH/execs"
events type=exit "exe=$program" >"$SCRATCH/exits"
status=$(wd status -o json)
# told NUMBER TYPE LOST: nothing is missing that status does not count as lost.
told() {
	local lost
	lost=$(jq ".loss.by_type | $3" <<<"$status")
	ok "$2: $1 events and $lost lost make $count" test "$1" -le $count -a $(($1 + lost)) -ge $count
}
told "$(wc -l <"$SCRATCH/execs")" exec .exec
# Whose exec is lost leaves under the name that it had before.
told "$(wc -l <"$SCRATCH/exits")" exit '.exec + .exit'
is "$(jq -s 'map(.uid) | unique | length' "$SCRATCH/execs")" "$(wc -l <"$SCRATCH/execs")" "no event twice"
# complete WORDS JQ: how many of the execs lack it.
complete() {
	is "$(jq -c "select(($2) | not)" "$SCRATCH/execs" | wc -l)" 0 "all have $1"
}
complete "their executable" ".process.exe == \"$program\""
complete "a pid and a start" '.process.pid > 0 and (.process.start_time | length > 0)'
complete "their parent" '.process.parent.pid > 0'
complete "the parent's executable" ".process.parent.exe == \"$storm\""
complete "an identity" '(.identity.who | length > 0) and (.identity.boundary | length > 0)'
complete "no lost boundary" '(.identity.flags // []) | index("boundary_lost") | not'
is "$(jq -r .identity.who "$SCRATCH/execs" | sort -u | wc -l)" 1 "the same identity"
# A busy machine makes them live longer: of so many some had their processor for themselves.
ms=$(jq -s 'map(.process.duration_ms) | sort | .[length / 10 | floor]' "$SCRATCH/exits")
if [ "$SLOW" = 1 ]; then
	ok "they can live under a millisecond (a tenth under $ms ms)" jq -e -n "$ms < 1"
else
	skip "they can live under a millisecond (a tenth under $ms ms)" "this machine is emulated"
fi
# From 7.0 on a kernel may skip programs of the tracepoint rung; elsewhere nothing may be lost.
if [ "$(jq .loss.recursion_misses <<<"$status")" = 0 ]; then
	is "$(jq .loss.total <<<"$status")" 0 "nothing was lost"
	is "$(jq -r .process.pid "$SCRATCH/execs" | sort -n | tr '\n' ' ' | md5sum)" \
		"$(jq -r .process.pid "$SCRATCH/exits" | sort -n | tr '\n' ' ' | md5sum)" "the pids that exited are those that started"
else
	skip "nothing was lost" "this kernel skipped programs: $(jq -c .loss <<<"$status")"
fi
done_testing
