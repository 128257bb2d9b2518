#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The sensor looks at itself: its own acts leave no event, a hook that is taken away is told, shown and
# attached again, also by a daemon that goes on with what another one left.
. "$(dirname "$0")/../lib/live.sh"

class() { # NAME WHAT
	wd status -o json | jq -r --arg n "$1" --arg w "$2" \
		'.self_test.classes[] | select(.name == $n and .what == $w) | .state'
}
all_see() {
	wd status -o json | jq -e '.self_test.blind == 0 and .self_test.age_ms < 20000' >/dev/null
}
told() { # TEXT...: how often an agent.blind says that
	events type=agent.blind | jq -s --arg t "$1" '[.[] | select(.message | contains($t))] | length'
}
told_at_least() {
	[ "$(told "$2")" -ge "$1" ]
}

start_daemon
pid=$DAEMON
wait_until 30 all_see
ok "after its first acts, all classes see" all_see
for what in fork exit; do is "$(class "on_$what" "$what")" sees "$what is tried"; done
for what in open 'change of files' connect 'ptrace, credentials'; do
	is "$(class on_sys_exit "$what")" sees "$what is tried"
done
is "$(class on_exec exec)" attached "an exec is not tried, and not said to be"
like "$(wd status)" 'Self-test +ok [0-9.]+ m?s ago' "status says so in one line"
like "$(wd doctor)" 'self-test: [0-9]+ of [0-9]+ classes saw what the daemon did; [0-9]+ are attached, and have no act to try them with' "and doctor"
ok "status --exit-code finds nothing to complain about" wd status --exit-code -q
before=$(wd status -o json | jq .self_test.age_ms)
acted_again() { [ "$(wd status -o json | jq .self_test.age_ms)" -lt "$before" ]; }
wait_until 30 acted_again
is "$(events | jq -s --argjson p "$pid" '[.[] | select(.process.pid == $p)] | length')" 0 \
	"what the daemon does itself is no event"
is "$(events type=agent.blind | wc -l)" 0 "and nobody was called blind"

# --- taken from its cgroup
is "$("$ACTORS/blind" "$pid" detach)" 1 "root takes the hook for datagrams away"
ok "that is told" wait_until 40 told_at_least 1 'on_send4 (send over IPv4) is blind: it was detached'
anomaly=$(first_event '.anomaly.kind == "tamper" and (.anomaly.title | startswith("the sensor"))' type=anomaly) ||
	bail_out "an anomaly opens"
json_is "$anomaly" .anomaly.title "the sensor's hook on_send4 (send over IPv4) is blind: it was detached" "in words"
json_is "$anomaly" .anomaly.severity high "how grave"
json_is "$anomaly" '.identity.who // "nobody"' nobody "as nobody's act"
blind=$(first_event '.message | contains("is blind")' type=agent.blind)
json_is "$blind" .anomaly_id "$(jq -r .anomaly.id <<<"$anomaly")" "the event says which"
like "$(wd anomalies)" 'high .*on_send4' "it is in the list"
like "$(wd anomalies show "$(jq -r .anomaly.id <<<"$anomaly")")" "the sensor's hook on_send4" "and alone"
ok "and that it sees again" wait_until 40 told_at_least 1 'on_send4 (send over IPv4) sees again'
json_is "$(first_event '.message | contains("sees again")' type=agent.blind)" '.anomaly_id // .verdict // "none"' none \
	"which is none"
is "$(class on_send4 'send over IPv4')" sees "it is attached anew, and does see"

# --- its program exchanged
is "$("$ACTORS/blind" "$pid" replace)" 1 "root lets it call another program"
ok "that is told too" wait_until 40 told_at_least 2 'on_send4 (send over IPv4) is blind'
ok "and mended" wait_until 40 told_at_least 2 'on_send4 (send over IPv4) sees again'

# --- attached, and silent
written() { # NAME: the exec of a program that was just written
	cp /bin/true "$SCRATCH/$1"
	"$SCRATCH/$1"
	first_event true type=exec "exe=$SCRATCH/$1"
}
json_is "$(written before)" '.exec.writer_unknown // "known"' known "who wrote what is executed is known while all see"
if [ "$("$ACTORS/blind" "$pid" mask)" = 1 ]; then
	cp /bin/true "$SCRATCH/meanwhile"
	ok "programs that no longer know the daemon are blind" wait_until 60 told_at_least 1 \
		'on_fork (fork) is blind: it did not see what the daemon did itself'
	"$SCRATCH/meanwhile"
	json_is "$(first_event true type=exec "exe=$SCRATCH/meanwhile")" .exec.writer_unknown missed \
		"who wrote meanwhile is not known: others may have, unseen"
	ok "and are told again who it is" wait_until 40 told_at_least 1 'on_fork (fork) sees again'
else
	skip "programs that no longer know the daemon are blind" "a pid namespace: its number here is not the kernel's"
fi
wait_until 30 all_see
ok "all see in the end" all_see

# --- the programs of an earlier daemon
stop_daemon USR2
start_daemon
pid=$DAEMON
like "$(events type=agent.start | tail -n 1)" 'took over' "the next daemon goes on with the same programs"
wait_until 30 all_see
blind=$(told 'on_send4 (send over IPv4) is blind')
is "$("$ACTORS/blind" "$pid" detach)" 1 "root takes away a hook that was taken over"
ok "that is told" wait_until 40 told_at_least $((blind + 1)) 'on_send4 (send over IPv4) is blind'
ok "and mended" wait_until 40 told_at_least $((blind + 1)) 'on_send4 (send over IPv4) sees again'
stop_daemon
is "$STATUS" 0 "the daemon ends well"
done_testing
