#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Listening, accepting, and the end of a connection with its bytes: both ends named.
. "$(dirname "$0")/../lib/live.sh"

cat >"$ROOT/profiles.d/serve.yaml" <<'END'
apiVersion: whodid.dev/v1alpha1
kind: Role
metadata: {name: serve}
spec:
  deny:
    - {id: no-server, severity: low, listen: [127.0.0.0/8], when: [{attr: proc.exe, like: ["**/actors/serve"]}]}
---
apiVersion: whodid.dev/v1alpha1
kind: RoleBinding
metadata: {name: serve}
spec: {mode: audit, roles: [serve], subjects: [{kind: Any}]}
END
start_daemon
"$ACTORS/serve" >"$SCRATCH/port" &
server=$!
cleanup kill -KILL "$server"
wait_until 10 test -s "$SCRATCH/port" || bail_out "the server listens"
port=$(cat "$SCRATCH/port")
bash -c "exec 3<>/dev/tcp/127.0.0.1/$port; printf hello >&3; cat <&3" >"$SCRATCH/answer"
is "$(cat "$SCRATCH/answer")" abc "the server answers"

listen=$(first_event '.network.dst.port == '"$port" type=net.listen) || bail_out "listening was seen"
json_is "$listen" .network.dst.ip 127.0.0.1 "listen: where"
json_is "$listen" .network.src.ip null "listen: nobody asked yet"
json_is "$listen" .network.direction inbound "listen: direction"
json_is "$listen" .verdict.rule serve/no-server "listen: by its rule"
accept=$(first_event true type=accept "dst=127.0.0.1:$port") || bail_out "accepting was seen"
json_is "$accept" .process.pid "$server" "accept: by whom"
json_is "$accept" .network.src.ip 127.0.0.1 "accept: from whom"
in=$(first_event '.network.direction == "inbound"' type=close "dst=127.0.0.1:$port") || bail_out "the server's end was seen"
out=$(first_event '.network.direction == "outbound"' type=close "dst=127.0.0.1:$port") || bail_out "the client's end was seen"
json_is "$in" .process.pid "$server" "close: the server's"
like "$(jq -r .process.exe <<<"$out")" 'bash$' "close: the client's"
json_is "$out" .network.src.port "$(jq .network.src.port <<<"$accept")" "close: the same connection"
ok "close: bytes of the server" jq -e '.network.bytes_in == 5 and .network.bytes_out == 3' <<<"$in"
ok "close: bytes of the client" jq -e '.network.bytes_out == 5 and .network.bytes_in == 3' <<<"$out"
ok "close: duration" jq -e '.network.duration_ms > 0' <<<"$in"
like "$(wd query --color never type=accept 2>/dev/null)" "-> 127.0.0.1:$port" "the table says it in words"
ok "the daemon lives" daemon_answers
done_testing
