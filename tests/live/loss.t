#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What does not fit is counted: with a tiny ring and a daemon that is held still, an exec storm
# loses events, and generated = received + lost exactly, in status, stream and query.
. "$(dirname "$0")/../lib/live.sh"
count=$((3000 / SLOW))

program=$SCRATCH/noop
cp "$B/tests/bench/noop" "$program"
start_daemon --set sensor.ring_kib=64
start_watch
is "$(wd status -o json | jq .loss.total)" 0 "nothing is lost at first"
before=$(wd status -o json)

kill -STOP "$DAEMON"
report=$("$B/tests/bench/storm" exec $count "$program" "$(marker loss)")
kill -CONT "$DAEMON"
is "$(jq .done <<<"$report")" $count "the driver started $count processes"

loss_known() {
	wd status -o json | jq -e '.loss.total > 0'
}
ok "status has the loss" wait_until 30 loss_known
# What is still in the ring and in the batch has to arrive first.
all_arrived() {
	[ $(($(events type=exec "exe=$program" | wc -l) + $(wd status -o json | jq .loss.by_type.exec))) -ge "$count" ]
}
wait_until 30 all_arrived
status=$(wd status -o json)
ok "by type: execs among them" jq -e '.loss.by_type.exec > 0' <<<"$status"
is "$(jq '[.loss.by_type[]] | add' <<<"$status")" "$(jq .loss.total <<<"$status")" "the types add up to the total"
diag "$(jq -c '{generated, received, loss: .loss.by_type}' <<<"$status")"
is "$(jq '[.generated[]] | add' <<<"$status")" "$(jq '.received + .loss.stages.ring_buffer' <<<"$status")" "generated = received + lost"

# Against the driver's own count. Other processes of this machine may have lost execs too, never fewer.
seen=$(events type=exec "exe=$program" | wc -l)
lost=$(jq '.loss.by_type.exec' <<<"$status")
ok "of $count execs $seen were seen, $lost were lost: none is missing" test $((seen + lost)) -ge $count
ok "and some were lost" test "$seen" -lt $count

ok "the stream says so" wait_until 30 watched '.type == "loss" and .loss.events > 0'
is "$(jq -s '[.[] | select(.type == "loss") | .loss.events] | add' "$WATCH")" "$(jq .loss.total <<<"$status")" \
	"the stream's loss events add up to the total"
like "$(wd query type=exec -n 5 2>&1)" '[Ll]o(ss|st)' "the foot of query says so"
wd query type=exec -n 5 --require-complete >/dev/null 2>&1
is "$?" 6 "query --require-complete ends with 6"
like "$(wd status 2>&1)" '[Ll]oss.*[1-9]' "status says so in words"
is "$(jq .loss.total <<<"$before")" 0 "(before: 0)"
done_testing
