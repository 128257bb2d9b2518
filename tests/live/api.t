#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Who may ask: root and members of the group; the peer's uid decides, not only the socket's mode.
. "$(dirname "$0")/../lib/live.sh"
need curl

make_user api
chmod 755 "$SCRATCH" "$ROOT"
groupadd "grp$TEST_USER"
cleanup groupdel "grp$TEST_USER"
start_daemon --set "api.group=grp$TEST_USER"
as_user() {
	setpriv --reuid "$TEST_USER" --regid "$TEST_USER" "$@"
}
client=$SCRATCH/whodid # the tree itself may not be readable by others
install -m 755 "$B/whodid" "$client"

is "$(stat -c '%a %G' "$SOCKET")" "660 grp$TEST_USER" "the socket is for root and the group"
as_user --clear-groups "$client" --server "$SOCKET" status >"$SCRATCH/out" 2>&1
is "$?" 4 "another user gets exit code 4"
like "$(cat "$SCRATCH/out")" 'adduser|sudo' "and is told what to do"
chmod 666 "$SOCKET"
as_user --clear-groups "$client" --server "$SOCKET" status >"$SCRATCH/out" 2>&1
is "$?" 4 "also when the socket's mode lets it in"
for path in status events stream anomalies identity/1 processes profiles hooks; do
	code=$(as_user --clear-groups curl -s -m 5 -o /dev/null -w '%{http_code}' --unix-socket "$SOCKET" "http://x/api/v1/$path")
	is "$code" 403 "GET /api/v1/$path: 403 for others"
done
as_user --groups "grp$TEST_USER" "$client" --server "$SOCKET" status -o json >"$SCRATCH/out" 2>&1
is "$?" 0 "a member of the group may ask" || diag "$(cat "$SCRATCH/out")"
chmod 660 "$SOCKET"

"$B/whodid" --server "$SCRATCH/nobody.sock" status >/dev/null 2>&1
is "$?" 5 "no daemon: exit code 5"
ask() {
	curl -s -m 5 -o "$SCRATCH/out" -w '%{http_code}' --unix-socket "$SOCKET" "$@"
}
is "$(ask http://x/api/v1/status)" 200 "GET status"
is "$(ask -X POST http://x/api/v1/status)" 405 "POST status: 405"
is "$(ask http://x/api/v1/nonsense)" 404 "an unknown path: 404"
is "$(ask 'http://x/api/v1/events?q=nofield%3D1')" 400 "an unknown field: 400"
ok "and the error says what and what to do" jq -e '.error.what and .error.remedy' "$SCRATCH/out"
# What was done before a question is in its answer, without waiting for the next commit.
missing=0
for i in 1 2 3 4 5; do
	mark=$(marker "now$i")
	/bin/true "$mark"
	has_event '.process.argv | index("'"$mark"'")' type=exec -S 1m || missing=$((missing + 1))
done
is "$missing" 0 "a query finds what was done just before"
# Many slow readers hold nobody up.
for _ in $(seq 20); do
	curl -s -N --limit-rate 1k --unix-socket "$SOCKET" 'http://x/api/v1/stream' >/dev/null 2>&1 &
	cleanup kill $!
done
mark=$(marker api)
/bin/true "$mark"
ok "20 slow viewers: the line goes on" first_event '.process.argv | index("'"$mark"'")' type=exec
ok "the daemon answers" daemon_answers
done_testing
