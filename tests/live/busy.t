#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A host with more to do than CPUs: with default settings nothing is lost, because the thread that
# empties the buffer goes first, and only that thread.
. "$(dirname "$0")/../lib/live.sh"
count=$((40000 / SLOW))

start_daemon
nice_of() { # TID
	sed 's/.*) //' "/proc/$DAEMON/task/$1/stat" | cut -d' ' -f17
}
is "$(nice_of "$DAEMON")" -10 "the thread that empties the buffer goes first"
others=$(for task in /proc/"$DAEMON"/task/*; do
	[ "${task##*/}" = "$DAEMON" ] || nice_of "${task##*/}"
done)
unlike "$others" - "no other thread of the daemon does"

for n in 1 2 3; do
	mkdir "$SCRATCH/$n"
	"$B/tests/bench/storm" open 0 $count "$SCRATCH/$n" >/dev/null
done
spinners=()
for n in 1 2 3 4; do
	(while :; do :; done) &
	spinners+=($!)
	cleanup kill $!
done
for n in 1 2 3; do
	"$B/tests/bench/storm" open $count $count "$SCRATCH/$n" >"$SCRATCH/report.$n" &
	storms+=($!)
done
wait "${storms[@]}"
kill "${spinners[@]}"
is "$(jq -s 'map(.done) | add' "$SCRATCH"/report.*)" $((3 * count)) "three storms of $count opens, beside four loops"
status=$(wd status -o json)
is "$(jq .loss.total <<<"$status")" 0 "nothing is lost"
seen() {
	local n
	n=$(wd query type=read "path=$SCRATCH/*/*" --count-by exe -o json | jq -s 'map(.count // 0) | add // 0')
	[ "$n" -ge $((3 * count)) ]
}
ok "each of them is in the history" wait_until 60 seen
stop_daemon

start_daemon --set sensor.priority=0
is "$(nice_of "$DAEMON")" 0 "sensor.priority 0: as everybody else"
done_testing
