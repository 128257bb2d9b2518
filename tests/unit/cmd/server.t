#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The client against a daemon of paper: what it asks, what it makes of refusals, loss and silence.
. "$(dirname "$0")/../../lib/tap.sh"
need python3 jq script
W=$B/whodid
[ -x "$W" ] || bail_out "$W exists"
export LC_ALL=C.UTF-8 TZ=UTC WHODID_PAGER='' NO_COLOR=1
unset WHODID_SERVER WHODID_OUTPUT COLUMNS
scratch_dir
chmod 755 "$SCRATCH"
SOCKET=$SCRATCH/socket
SERVER=''

stop_server() {
	[ -z "$SERVER" ] || kill "$SERVER" 2>/dev/null
	[ -z "$SERVER" ] || wait "$SERVER" 2>/dev/null
	SERVER=''
	rm -f "$SOCKET"
}
start_server() {
	stop_server
	: >"$SOCKET.log"
	python3 "$TOP/tests/unit/cmd/fake-server.py" "$SOCKET" "$1" &
	SERVER=$!
	cleanup kill "$SERVER"
	wait_until 10 test -S "$SOCKET" || bail_out "the server starts"
}
run() {
	local want=$1 name=$2 code
	shift 2
	"$W" --server "$SOCKET" "$@" >"$SCRATCH/out" 2>"$SCRATCH/err"
	code=$?
	out=$(<"$SCRATCH/out") err=$(<"$SCRATCH/err")
	is "$code" "$want" "$name: exit code"
}
asked() {
	tail -n 1 "$SOCKET.log"
}

start_server good
run 0 "a query" query who=human:* 'path=/a b&c' -S 2026-11-23T16:00:00Z -n 3 -r
is "$(asked)" "/api/v1/events?order=desc&q=who%3Dhuman%3A%2A%20path%3D%22%2Fa%20b%26c%22&since=2026-11-23T16%3A00%3A00.000000000Z&limit=3" "asks for what was meant"
like "$out" "9 events .*2026-11-23 16:00 to now.* No loss in this period\." "and says that nothing is missing"
run 0 "complete" query --require-complete -o json
is "$(wc -l <<<"$out")" 9 "the answer's object is no event"
like "$err" "No loss in this period" "the foot is on standard error"
run 0 "newest last" query -n 9 -o json
is "$(jq .seq <<<"$out" | paste -sd' ')" "1 2 3 4 5 6 7 8 9" "though they were asked for backwards"
is "$(asked)" "/api/v1/events?order=desc&limit=9" "by limit"
COLUMNS=80 script -qec "$W --server $SOCKET query" /dev/null </dev/null >"$SCRATCH/out"
is "$(asked)" "/api/v1/events?order=desc&limit=50" "on a terminal the newest 50"
run 0 "a stream" watch type=exec -o json -n 2
is "$(asked)" "/api/v1/status" "watch ends with a look at the totals"
is "$(grep stream "$SOCKET.log")" "/api/v1/stream?notable=1&q=type%3Dexec" "what is notable is asked of the daemon"
like "$err" "2 shown, 0 lost" "its last line counts"
run 0 "a stream with a gap" watch --all
like "$out" "77 events not shown: this reader is too slow" "the gap is visible"
like "$err" "77 not shown" "also in the end"
run 0 "a stream with a gap, json" watch --all -o json
is "$(grep -c whodid.gap "$SCRATCH/out")" 1 "in json the gap is a line"
run 0 "status" status --exit-code
unlike "$out" "Names" "what a daemon does not say is not guessed"
run 0 "overview"
like "$out" "Try next" "without a command there is something to try"
run 0 "version" version -o json
is "$(jq -r .daemon <<<"$out")" 9.9 "the daemon's version"
run 1 "a segment in a path" show 'a/../b?c'
like "$(asked)" "^/api/v1/events/a%2F..%2Fb%3Fc$" "ids do not make paths"

start_server lossy
run 0 "loss" query
like "$(tr '\n' ' ' <<<"$out")" "INCOMPLETE: 212 events lost 11-23 16:02:16 to 16:02:17 \(ring_buffer\)\." "loss is at the foot"
run 6 "loss, required complete" query --require-complete
run 3 "degraded" status --exit-code -q
is "$out" "" "-q prints nothing"
run 0 "loss, the command" loss
like "$out" "11-23 16:02:16 - 16:02:17 +ring_buffer +212 +read 180, exec 32" "with stage, count and kinds"
run 3 "loss, as a check" loss --exit-code

start_server denied
run 4 "not permitted" query
like "$err" "you may not look.*ask root" "with the daemon's words"
start_server bad
run 2 "a bad filter" query x
like "$err" 'filter word "x"' "with the daemon's words"
start_server missing
run 1 "nothing there" show 7
start_server broken
run 5 "a daemon that dies" query
start_server silent
before=$SECONDS
run 5 "a daemon that hangs" --timeout 1s status
ok "ends in time" test $((SECONDS - before)) -le 8
like "$err" "did not answer|lost the daemon|--timeout" "and says so"
stop_server
run 5 "no daemon" status
like "$err" "Is whodidd running\?" "with a remedy"
run 5 "no daemon, watch" watch
run 0 "version needs none" version
run 2 "a path too long for a socket" --server "/$(printf 'x%.0s' {1..200})" status
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	start_server good
	chmod 600 "$SOCKET"
	cp "$W" "$SCRATCH/whodid"
	setpriv --reuid 65534 --regid 65534 --clear-groups "$SCRATCH/whodid" --server "$SOCKET" status \
		>/dev/null 2>"$SCRATCH/err"
	is "$?" 4 "a socket for others only: exit code"
	like "$(<"$SCRATCH/err")" "permission denied.*(group|root)" "with a remedy"
else
	skip "a socket for others only" "needs root and setpriv"
fi

start_server stream
"$W" --server "$SOCKET" watch --all -o json >"$SCRATCH/out" 2>"$SCRATCH/err" &
watch=$!
wait_until 10 test -s "$SCRATCH/out"
kill -INT "$watch" 2>/dev/null
wait "$watch"
code=$?
if [ "$code" = 0 ]; then skip "Ctrl-C" "signals are ignored here"; else
	is "$code" 130 "Ctrl-C ends a stream with 130"
	like "$(<"$SCRATCH/err")" "shown, 0 lost" "and with its summary"
fi
"$W" --server "$SOCKET" watch --all -o json 2>"$SCRATCH/err" | head -n 3 >"$SCRATCH/out"
is "${PIPESTATUS[0]}" 141 "a reader that goes away ends it"
is "$(wc -l <"$SCRATCH/out")$(<"$SCRATCH/err")" 3 "quietly"
run 0 "for a time" watch --all --for 1s -o json -q
done_testing
