#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# With default settings the daemon stays below 64 MiB, what it shares with the kernel included, also
# when a storm has filled its tables.
. "$(dirname "$0")/../lib/live.sh"
count=$((40000 / SLOW))

# rss_kib WORD: VmRSS, or VmHWM for the most of it.
rss_kib() {
	awk -v word="$1:" '$1 == word { print $2 }' "/proc/$DAEMON/status"
}
below() { # WORD MESSAGE
	local kib
	kib=$(rss_kib "$1")
	echo "# $2: $1 $kib KiB"
	ok "$2" [ "$kib" -lt 65536 ]
}

start_daemon
below VmRSS "less than 64 MiB after the start"
for n in 1 2; do
	mkdir "$SCRATCH/$n"
	"$B/tests/bench/storm" open 0 $count "$SCRATCH/$n" >/dev/null
done
seen() {
	[ "$(wd status -o json | jq '.events.by_type["file.create"]')" -ge $((2 * count)) ]
}
wait_until 60 seen || bail_out "$((2 * count)) made files are seen"
"$B/tests/bench/storm" open $((2 * count)) $count "$SCRATCH/1" >/dev/null
"$B/tests/bench/storm" exec $((2000 / SLOW)) "$B/tests/bench/noop" x >/dev/null
ok "the history answers" wd query "path=$SCRATCH/1/*" type=create --count-by exe -o json
is "$(wd status -o json | jq .loss.total)" 0 "nothing was lost"
below VmHWM "less than 64 MiB at all times of a storm of $((2 * count)) written files"
done_testing
