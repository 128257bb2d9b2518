#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Stopping flushes; being killed costs at most what was not committed, and the next start says so.
. "$(dirname "$0")/../lib/live.sh"

mark=$(marker restart)
run() {
	/bin/true "$mark-$1"
}
has() {
	has_event '(.process.argv | index("'"$mark-$1"'")) and (.process.exe | endswith("/true"))' type=exec
}
# The kernel's ids of the programs that a process holds.
programs() {
	sed -n 's/^prog_id:[[:space:]]*//p' /proc/"$1"/fdinfo/* 2>/dev/null | sort -un
}
programs_gone() {
	! bpftool prog show -j | jq -r '.[].id' | grep -qxFf <(printf '%s\n' "$1")
}

# A long commit interval: only flushing at the end can save the last event.
start_daemon --set store.commit_ms=60000 --set store.batch_events=100000
first=$DAEMON
owned=$(programs "$first")
run before-term
ok "the store starts empty and then has it" wait_until 30 has before-term
run last
stop_daemon TERM
is "$STATUS" 0 "SIGTERM ends it with 0"
ok "the socket is gone" test ! -e "$SOCKET"
ok "it held programs" test -n "$owned"
ok "they have left the kernel" wait_until 30 programs_gone "$owned"

start_daemon --set sensor.keep=never
ok "what happened before SIGTERM is in the store" wait_until 30 has last
uid=$(events type=exec | jq -r --arg word "$mark-last" 'select(.process.argv | index($word)) | .uid' | head -n 1)
explained=$(wd id "$uid" -o json)
is "$(jq -r .identity.who <<<"$explained")" "$(wd show "$uid" -o json | jq -r .identity.who)" "id of it says who it was"
ok "from what was recorded, and says so" jq -e '(.facts | length > 3) and all(.facts[]; .source and .fact and .trust) and
	any(.facts[]; .source == "store" and (.fact | test("not known any more")))' <<<"$explained"
like "$(wd id "$uid" 2>&1)" 'belongs to .*store +this is what was recorded' "in words too"
not_ok "of an event that is not kept it says so" wd id 01M8674H5HZ3H00000000000K4
is "$(events type=agent.stop | wc -l)" 1 "the stop is an event"
unlike "$(events type=agent.start | tail -n 1)" 'not stopped|killed|crash|unclean' "the next start finds nothing wrong"
seq_before=$(events | jq -s 'map(.seq) | max')

run committed
ok "an event is committed" wait_until 30 has committed
run uncommitted
owned=$(programs "$DAEMON")
stop_daemon KILL
ok "kill -9 leaves no program in the kernel where nothing is to outlive it" wait_until 30 programs_gone "${owned:-none}"
start_daemon
ok "what was committed survives kill -9" wait_until 30 has committed
like "$(events type=agent.start,agent.stop,loss | tail -n 3)$(tail -n 20 "$LOG")" 'not stopped|killed|crash|unclean|without' \
	"the next start says that the last run did not stop"
ok "sequence numbers go on" jq -e -s --argjson s "$seq_before" 'map(.seq) | max > $s' <(events)
is "$(events | jq -s 'map(.seq) | length == (unique | length)')" true "no sequence number twice"

# A second daemon on the same root keeps its hands off.
"$B/whodidd" --root "$ROOT" >"$SCRATCH/second.log" 2>&1
ok "a second daemon on the same root refuses" test $? -ne 0
ok "and the first still answers" daemon_answers
run after-second
ok "and still sees" wait_until 30 has after-second

# Readiness is told to systemd; --for ends by itself.
stop_daemon
notify=$SCRATCH/notify.sock
socat -u "UNIX-RECV:$notify" "OPEN:$SCRATCH/notified,creat,append" &
cleanup kill $!
wait_until 20 test -S "$notify"
NOTIFY_SOCKET=$notify "$B/whodidd" --root "$ROOT" --for 1s >>"$LOG" 2>&1
is "$?" 0 "--for 1s ends with 0"
like "$(tr '\0' '\n' <"$SCRATCH/notified")" 'READY=1' "readiness is told by sd_notify"
like "$(tr '\0' '\n' <"$SCRATCH/notified")" 'STOPPING=1' "and stopping"
done_testing
