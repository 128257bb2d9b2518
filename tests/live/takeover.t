#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Killed, the daemon leaves the kernel recording; the next one reads on: nothing twice, nothing missing, the
# same names (scenario 40). What cannot be gone on with is replaced, and said.
. "$(dirname "$0")/../lib/live.sh"
. "$TOP/tests/lib/sshd.sh"
count=$((2000 / SLOW))
opens=$((20000 / SLOW))
mark=$(marker takeover)
program=$SCRATCH/noop
cp "$B/tests/bench/noop" "$program"
mkdir "$SCRATCH/files"
make_user takeover
make_key key >/dev/null
cp "$SCRATCH/key.pub" "$SCRATCH/authorized"

started() {
	events type=agent.start | tail -n 1 | jq -r .message
}
# Those of this test's stores: other daemons have theirs.
pins() {
	find "$(pins_of "$ROOT/store")" "$(pins_of "$SCRATCH/other")" -maxdepth 0 2>/dev/null
}
kill_daemon() {
	kill -KILL "$DAEMON"
	wait_until 20 daemon_gone
	wait "$DAEMON" 2>/dev/null
}
all_execs() {
	[ "$(events type=exec "exe=$program" | wc -l)" -ge "$1" ]
}
opened() {
	events type=file.read,file.write,file.create | jq -s --arg d "$SCRATCH/files/" \
		'[.[] | select(.file.path // "" | startswith($d)) | .count // 1] | add // 0'
}
all_opened() { # and the ten files were made
	[ "$(opened)" -ge $((opens + 10)) ]
}
# From the store itself: an answer "until now" leaves out what came while it was asked.
holes() {
	wd query -o json --from "$ROOT/store" 2>/dev/null | jq .seq | sort -n | awk 'NR > 1 && $1 != last + 1 { print last, $1 } { last = $1 }'
}

start_daemon
start_sshd
before=$(pins)
ok "what it keeps has names in bpffs" test -n "$before"

# Somebody who is logged in all the time, and acts when a file appears.
ssh_as key "$TEST_USER" "/bin/true $mark-first; while [ ! -e $SCRATCH/down ]; do sleep 0.1; done; /bin/true $mark-down
	while [ ! -e $SCRATCH/after ]; do sleep 0.1; done; /bin/true $mark-after" &
session=$!
cleanup kill $session
first=$(first_event "$(true_with "$mark-first")" type=exec) || bail_out "the login was seen"
json_is "$first" .identity.who "human:$TEST_USER" "who it is"

# --- killed under load, twice
"$B/tests/bench/storm" exec "$count" "$program" "$mark" >"$SCRATCH/execs" &
execs=$!
"$B/tests/bench/storm" open "$opens" 10 "$SCRATCH/files" >"$SCRATCH/opens" &
opening=$!
some_execs() {
	all_execs 20
}
wait_until 30 some_execs
kill_daemon
touch "$SCRATCH/down"
"$program" "$mark"
start_daemon
like "$(started)" 'took over.*killed or crashed, nothing is missing' "it says that it took over"
kill_daemon
"$program" "$mark"
start_daemon
wait "$execs" "$opening"
touch "$SCRATCH/after"
is "$(jq .done "$SCRATCH/execs")" "$count" "the driver started $count processes"
ok "each is an event" wait_until 60 all_execs $((count + 2))
is "$(events type=exec "exe=$program" | wc -l)" $((count + 2)) "and none is two"
ok "each open is in an event or its count" wait_until 60 all_opened
is "$(opened)" $(($(jq .done "$SCRATCH/opens") + 10)) "and none is counted twice"
is "$(events "path=$ROOT/store/**" | jq -s --argjson p "$DAEMON" '[.[] | select(.process.pid == $p)] | length')" 0 \
	"what the next daemon did with its store while it started is no event"
is "$(holes)" '' "numbers of events have no hole, and none is there twice"
is "$(wd status -o json | jq .loss.total)" 0 "nothing was lost"
status=$(wd status -o json)
is "$(jq '[.generated[]] | add' <<<"$status")" "$(jq '.received + .loss.stages.ring_buffer' <<<"$status")" \
	"generated = received + lost, over three daemons"
unlike "$(wd query type=exec -n 1 2>&1 | tail -n 1)" 'missing|incomplete|gap' "no answer has a gap"

# --- the same names
for when in down after; do
	event=$(first_event "$(true_with "$mark-$when")" type=exec) || bail_out "the act ($when) was seen"
	is "$(jq -cS .identity <<<"$event")" "$(jq -cS .identity <<<"$first")" "identity, session, assurance: the same ($when)"
done
wait "$session"
has_end() {
	[ "$(events type=session.end "who=human:$TEST_USER" | wc -l)" -ge 1 ]
}
ok "the session's end is an event" wait_until 30 has_end
is "$(events type=session.end "who=human:$TEST_USER" | wc -l)" 1 "one"

# --- stop and restart
stop_daemon USR2
is "$STATUS" 0 "SIGUSR2 ends it with 0"
"$program" between
start_daemon
like "$(started)" 'took over what the kernel recorded since the run before, nothing is missing' "it takes over from it"
unlike "$(wd status -o json | jq -r '.warnings[]')" killed "nobody was killed"
ok "what happened in between is there" wait_until 30 has_event '.process.argv | index("between")' type=exec
stop_daemon TERM
is "$(pins)" '' "SIGTERM leaves nothing"
"$program" unseen
start_daemon --keep
unlike "$(started)" 'took over|killed' "the next start is a fresh one"
stop_daemon TERM
ok "--keep leaves it" test -n "$(pins)"
like "$("$B/whodidd" --root "$ROOT" --unload 2>&1)" 'is gone' "--unload takes it out"
is "$(pins)" '' "and nothing is left"
ok "--unload with nothing there is fine" "$B/whodidd" --root "$ROOT" --unload

# --- the buffer was too small
start_daemon --set sensor.ring_kib=64
kill_daemon
"$B/tests/bench/storm" exec "$count" "$program" "$mark-overflow" >"$SCRATCH/overflow"
start_daemon --set sensor.ring_kib=64
accounted() {
	local seen lost
	seen=$(events type=exec | grep -c "$mark-overflow")
	lost=$(wd status -o json | jq .loss.by_type.exec)
	[ "$lost" -gt 0 ] && [ $((seen + lost)) -ge "$count" ]
}
ok "what did not fit is counted: none is missing" wait_until 30 accounted
status=$(wd status -o json)
is "$(jq '[.generated[]] | add' <<<"$status")" "$(jq '.received + .loss.stages.ring_buffer' <<<"$status")" \
	"generated = received + lost"
ok "and is an event" has_event '.loss.stage == "ring_buffer"' type=loss

# --- another make
kill_daemon
start_daemon --set sensor.ring_kib=128
like "$(started)" 'replaced, because .*other settings.*missing since' "other settings: replaced, and it says so"
like "$(wd query type=exec -n 1 2>&1)" 'INCOMPLETE: .*not run' "and answers have the gap"
ok "the daemon that runs is not unloaded" test "$("$B/whodidd" --root "$ROOT" --unload 2>&1 | grep -c 'is running')" = 1
ok "and still sees" daemon_answers

# --- orphans
kill_daemon
mv "$ROOT/store" "$SCRATCH/elsewhere"
orphan=$(pins)
start_daemon --set store.dir="$SCRATCH/other"
not_ok "what belongs to a store that is gone is removed by whoever starts next" test -e "$orphan"
stop_daemon TERM

# --- never
start_daemon --set sensor.keep=never
is "$(pins)" '' "sensor.keep=never makes no names"
kill_daemon
done_testing
