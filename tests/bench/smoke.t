#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The bench itself works: a short run of two workloads gives ratios and counts that make sense.
. "$(dirname "$0")/../lib/live.sh"

out=$(BENCH_QUICK=1 tests/bench/bench exec open-many 2>&1) || bail_out "bench runs" "$out"
pass "bench runs"
last=$(tail -n 2 "$B/bench/summary.jsonl")
is "$(jq -r .workload <<<"$last" | tr '\n' ' ')" "exec open-many " "one summary line per workload"
ok "ratios are measured" jq -e -s 'all(.[]; .ratio > 0.2 and .ratio_low <= .ratio and .ratio <= .ratio_high)' <<<"$last"
ok "so is the floor: the same beneath an empty program" jq -e -s 'all(.[]; .floor > 0.2 and .floor < 5)' <<<"$last"
is "$(jq -s '[.[] | select(.way == "floor")] | length' "$(find "$B/bench" -name 'runs-*.jsonl' -printf '%T@ %p\n' | sort -n | tail -1 | cut -d" " -f2-)")" 4 "one run on the floor in each round"
ok "the storms' acts were seen" jq -e -s 'all(.[]; .generated >= .acts)' <<<"$last"
ok "generated = received + lost" jq -e -s 'all(.[]; .generated <= .received + .lost + 16)' <<<"$last"
ok "daemon CPU and memory are measured" jq -e -s 'all(.[]; .rss_mib > 1 and .daemon_cpu_s >= 0)' <<<"$last"
like "$(BENCH_QUICK=1 tests/bench/bench --hooks exec 2>&1)" 'on_exec +[1-9][0-9]* +[1-9]' "--hooks: runs and time of each program"
identity=$(BENCH_QUICK=1 tests/bench/bench --identity 2>&1)
for figure in 'an event +[1-9]' 'state of a task in the kernel +[1-9]' 'fork: its kernel program +[1-9]' \
	"exec storm: the daemon's CPU for each +[1-9]" "its share of the daemon's CPU, exec storm +[1-9]"; do
	like "$identity" "identity: $figure" "--identity: $figure"
done
done_testing
