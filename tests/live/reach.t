#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Reaching into other processes and signals to other identities: who did it, to whom, and the verdict.
. "$(dirname "$0")/../lib/live.sh"
need setpriv

victim() {
	sleep 300 &
	VICTIM=$!
	cleanup kill -KILL "$VICTIM"
}

cat >"$ROOT/profiles.d/reach.yaml" <<'END'
apiVersion: whodid.dev/v1alpha1
kind: Role
metadata: {name: reach}
spec:
  deny:
    - {id: no-memory, severity: critical, reason: Memory is private., ptrace: [read, write]}
    - {id: no-kill, severity: low, signal: [SIGUSR1]}
---
apiVersion: whodid.dev/v1alpha1
kind: RoleBinding
metadata: {name: reach}
spec: {mode: audit, roles: [reach], subjects: [{kind: Any}]}
END
start_daemon
victim
for what in attach seize read getfd open_read open_write; do
	"$ACTORS/reach" "$what" "$VICTIM" "$(head -c 12 "/proc/$VICTIM/maps")" >/dev/null
done
setpriv --reuid 65534 --clear-groups "$ACTORS/reach" attach "$VICTIM" >/dev/null
"$ACTORS/reach" 10 "$DAEMON" >/dev/null # SIGUSR1, which the daemon has no use for

for what in attach seize read getfd open_read open_write; do
	event=$(first_event '.ptrace.op == "'"$what"'" and .target.pid == '"$VICTIM" type=ptrace) ||
		bail_out "$what was seen" "$(events type=ptrace)"
	json_is "$event" .target.exe "$(readlink -f "$(command -v sleep)")" "$what: the target's executable"
	json_is "$event" .target.who "$(jq -r .identity.who <<<"$event")" "$what: who the target is"
	like "$(jq -r .process.exe <<<"$event")" '/actors/reach$' "$what: with what"
done
read=$(first_event .ptrace.bytes type=ptrace ptrace.op=read) || bail_out "a filter finds the read"
json_is "$read" .ptrace.bytes 8 "read: how many bytes"
json_is "$read" .verdict.value forbidden "read: forbidden"
json_is "$read" .verdict.rule reach/no-memory "read: by its rule"
for what in open_read open_write; do
	json_is "$(first_event true type=ptrace "target_pid=$VICTIM" "ptrace.op=$what")" .verdict.rule reach/no-memory \
		"$what: forbidden by the rule for its access"
done
ok "the open itself is told too" first_event true type=write "path=/proc/$VICTIM/mem"
getfd=$(first_event true type=ptrace "target_pid=$VICTIM" ptrace.op=getfd) || bail_out "the filter finds getfd"
unlike "$(jq -r .verdict.value <<<"$getfd")" forbidden "getfd: another word, not forbidden"
refused=$(first_event '.outcome == "failed"' type=ptrace) || bail_out "the refused attach was seen"
json_is "$refused" .errno EPERM "refused: errno"
json_is "$refused" .process.user.uid 65534 "refused: by whom"

signal=$(first_event '.target.pid == '"$DAEMON" type=signal) || bail_out "the signal to the daemon was seen"
json_is "$signal" .signal.name SIGUSR1 "signal: its name"
like "$(jq -r .target.exe <<<"$signal")" '/whodidd$' "signal: to the daemon"
json_is "$signal" .verdict.rule reach/no-kill "signal: judged"
like "$(wd query --color never type=signal 2>/dev/null)" "SIGUSR1 to .*whodidd .*pid $DAEMON" "the table says it in words"
like "$(wd query --color never type=ptrace 2>/dev/null)" "read .*sleep .*pid $VICTIM" "and of the memory"
ok "an anomaly tells the title" has_event '(.anomaly.title // "") | test("reached into the process .*sleep")' type=anomaly
ok "the daemon lives" daemon_answers
done_testing
