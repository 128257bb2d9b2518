#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whoever reaches for the sensor is told: signals, memory, files, by whom and how grave; what root commands the
# daemon to do is no attempt, and the daemon says who commanded it.
. "$(dirname "$0")/../lib/live.sh"
. "$TOP/tests/lib/sshd.sh"

make_user tamper
make_key key >/dev/null
cp "$SCRATCH/key.pub" "$SCRATCH/authorized"
cp "$B/whodid" "$B/whodidd" "$SCRATCH" # programs of this test's own, to be written to
B=$SCRATCH
: >"$ROOT/whodid.yaml"
start_daemon
pins=$(pins_of "$ROOT/store")
start_sshd
me=$(wd id $$ -o json | jq -r .identity.who)

tampering() {
	first_event "$1" type=agent.tamper
}
count() {
	events type=agent.tamper | jq -s length
}
# is_told EVENT WHAT SEVERITY WHO NAME: with an open anomaly of that severity.
is_told() {
	json_is "$1" .tamper.what "$2" "$5: by what"
	json_is "$1" .verdict.severity "$3" "$5: how grave"
	json_is "$1" .identity.who "$4" "$5: who"
	ok "$5: an anomaly" has_event ".anomaly.kind == \"tamper\" and .identity.who == \"$4\"" type=anomaly
}

# --- administration, and what is nobody's business
wd status >/dev/null
wd query -o json >/dev/null
kill -HUP "$DAEMON"
reload=$(first_event '.message | startswith("reloaded")' type=profile.change) || bail_out "the reload is told"
like "$(jq -r .message <<<"$reload")" "^reloaded by $me \\(pid $$\\): " "the reload says by whom"
kill -USR1 "$DAEMON"
ok "SIGUSR1 was seen" first_event .target.pid=="$DAEMON" type=signal signal.name=SIGUSR1
is "$(count)" 0 "questions, SIGHUP and a signal that does nothing are no attempts"

# --- a user
ssh_as key "$TEST_USER" "kill -TERM $DAEMON; kill -KILL $DAEMON; cat /dev/null >>$ROOT/store/x" 2>/dev/null
for signal in SIGTERM SIGKILL; do
	event=$(tampering ".signal.name == \"$signal\"") || bail_out "$signal is told" "$(events type=signal)"
	is_told "$event" signal high "human:$TEST_USER" "$signal by a user"
	json_is "$event" .errno EPERM "$signal by a user: refused"
	json_is "$event" .target.pid "$DAEMON" "$signal by a user: to the daemon"
done
like "$(wd anomaly list 2>/dev/null; wd anomalies 2>/dev/null)" "human:$TEST_USER" "the user stands among the anomalies"
title=$(events type=anomaly "who=human:$TEST_USER" | jq -r 'select(.anomaly.kind == "tamper") | .anomaly.title' | head -n 1)
like "$title" "^$TEST_USER tried to reach for the sensor: SIGTERM to the daemon" "in words"

# --- root: memory
for what in attach seize read getfd open_read open_write; do
	"$ACTORS/reach" "$what" "$DAEMON" "$(head -c 12 "/proc/$DAEMON/maps")" >/dev/null
	kill -CONT "$DAEMON"
	word=memory
	case $what in attach | seize | getfd) word=ptrace ;; esac
	event=$(tampering ".ptrace.op == \"$what\"") || bail_out "$what is told" "$(events type=ptrace)"
	is_told "$event" "$word" high "$me" "$what"
done

# --- root: files
# act NAME SEVERITY PATH COMMAND...: the act itself comes before, of the same process.
act() {
	local name=$1 severity=$2 path=$3 event
	shift 3
	"$@"
	event=$(tampering ".file.path == \"$path\" and .tamper.what == \"file\" and .process.exe == \"$(readlink -f "$(command -v "$1")")\"") || {
		fail "$name is told" "$(events type=agent.tamper | tail -n 3)"
		return
	}
	is_told "$event" file "$severity" "$me" "$name"
	ok "$name: behind the act" jq -e -s --argjson e "$event" \
		'any(.[]; .seq < $e.seq and .process.uid == $e.process.uid and .type == ("file." + (.type | split(".")[1])))' \
		<(events "path=$path")
}
store=$(find "$ROOT/store" -type f | head -n 1)
act "the mode of the store" high "$store" chmod 600 "$store"
act "a new file in the store" high "$ROOT/store/new" touch "$ROOT/store/new"
act "one that goes" high "$ROOT/store/new" rm "$ROOT/store/new"
act "the settings" medium "$ROOT/whodid.yaml" tee "$ROOT/whodid.yaml" </dev/null
act "a profile" medium "$ROOT/profiles.d/a.yaml" tee "$ROOT/profiles.d/a.yaml" </dev/null
act "a profile by rename" medium "$ROOT/profiles.d/b.yaml" mv "$ROOT/profiles.d/a.yaml" "$ROOT/profiles.d/b.yaml"
act "the client" high "$SCRATCH/whodid" touch "$SCRATCH/whodid"
act "the daemon" high "$SCRATCH/whodidd" chmod 755 "$SCRATCH/whodidd"
act "the folder of pins" high "$pins" chmod 700 "$pins"
before=$(count)
touch "$ROOT/other" "$SCRATCH/whodidder"
ok "beside it: seen" first_event true "path=$SCRATCH/whodidder"
is "$(count)" "$before" "and no attempt"

# --- stopped for a while
kill -STOP "$DAEMON"
sleep 6 # what is tested is time itself
kill -CONT "$DAEMON"
event=$(tampering '.signal.name == "SIGSTOP"') || bail_out "SIGSTOP is told"
is_told "$event" signal high "$me" "SIGSTOP"
event=$(tampering '.tamper.what == "pause"') || bail_out "the pause is told"
like "$(jq -r .message <<<"$event")" 'did not run for [5-9]' "with its length"
json_is "$event" '.identity.who // .process.pid // "nobody"' nobody "as nobody's act"

# --- killed: the next daemon read who it was; stopped: who told it to
first=$DAEMON
kill -KILL "$DAEMON"
wait_until 20 daemon_gone
wait "$DAEMON" 2>/dev/null
start_daemon
event=$(tampering ".signal.name == \"SIGKILL\" and .target.pid == $first and .outcome == \"ok\"") ||
	bail_out "SIGKILL is told by the next daemon" "$(events type=signal | tail -n 3)"
is_told "$event" signal high "$me" "SIGKILL"
is "$(events type=agent.tamper | jq -r --arg own "$SCRATCH/whodidd" 'select(.process.exe == $own) | .message')" "" \
	"no daemon tells of itself"
kill -TERM "$DAEMON"
wait_until 20 daemon_gone
like "$(wd query -o json --from "$ROOT/store" type=agent.stop | tail -n 1 | jq -r .message)" \
	"^stopped by $me \\(pid $$\\) after " "the stop says by whom"
done_testing
