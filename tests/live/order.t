#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Events of several CPUs: each has a number, without holes or repeats, and the order of the numbers is
# that of time. What stands for folded acts comes behind: its time is that of the last of them.
. "$(dirname "$0")/../lib/live.sh"
mark=$(marker order)
start_daemon
storms=()
for _ in 1 2; do
	"$ACTORS/exec_storm" 1000 >/dev/null &
	storms+=($!)
done
wait "${storms[@]}"
/bin/true "$mark"
first_event ".process.argv // [] | index(\"$mark\")" type=exec >/dev/null || bail_out "the last exec was seen"
stop_daemon
"$B/whodid" query --from "$ROOT/store" -n all -o json >"$SCRATCH/all" 2>/dev/null

holes=$(jq -s 'map(.seq) as $n | [range(1; $n | length) | select($n[.] != $n[. - 1] + 1)] | length' "$SCRATCH/all")
is "$holes" 0 "every event has the next number"
jq -r 'select(.type == "fork" or .type == "exec" or .type == "exit") | .time' "$SCRATCH/all" >"$SCRATCH/times"
total=$(wc -l <"$SCRATCH/times")
ok "there are many events ($total)" test "$total" -ge 6000
# Nanoseconds of the day; the storm does not run over midnight for longer than one number.
read -r backwards worst < <(awk -F'[T:Z]' '{
	ns = ($2 * 3600 + $3 * 60 + $4) * 1e9
	if (ns < top && top - ns < 8e13) { n++; if (top - ns > worst) worst = top - ns } else top = ns
} END { printf "%d %d\n", n, worst }' "$SCRATCH/times")
printf '# %s of %s out of order, by %s ns at most\n' "$backwards" "$total" "$worst"
ok "out of order are fewer than one in a thousand" test $((backwards * 1000)) -le "$total"
ok "and by no more than a time slice (10 ms)" test "$worst" -le 10000000
done_testing
