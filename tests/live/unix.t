#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Connections to unix sockets: by the listener's own path, who listens, results, verdicts.
. "$(dirname "$0")/../lib/live.sh"
need python3

cat >"$ROOT/profiles.d/unix.yaml" <<END
apiVersion: whodid.dev/v1alpha1
kind: Role
metadata: {name: runtime}
spec:
  deny:
    - {id: no-socket, severity: high, connect: ["unix:$SCRATCH/run/docker.sock"]}
    - {id: no-name, severity: low, connect: [{unix: "@whodid-*-a", exe: "/**/actors/connects"}]}
---
apiVersion: whodid.dev/v1alpha1
kind: RoleBinding
metadata: {name: runtime}
spec: {mode: audit, roles: [runtime], subjects: [{kind: Any}]}
END
start_daemon

# serve TYPE NAME: leaves its pid in SERVER.
serve() {
	local ready=$SCRATCH/ready.$RANDOM
	"$ACTORS/unix_server" "$1" "$2" >"$ready" &
	SERVER=$!
	cleanup kill -KILL "$SERVER"
	wait_until 10 grep -q ready "$ready" || bail_out "a server binds $2"
}

# of PATH: the event of the actor's connection to there.
of() {
	first_event ".network.dst.path == \"$1\"" type=connect "dst.path=$1" "exe=*/actors/connects"
}

# dev_of FILE: its device as events have it.
dev_of() {
	local dev
	dev=$(stat -c %d "$1")
	printf '%d:%d' $((dev >> 8)) $((dev & 255))
}

mkdir "$SCRATCH/run"
path=$SCRATCH/run/docker.sock
serve stream "$path"
listener=$SERVER
ln -s "$path" "$SCRATCH/link"
(cd "$SCRATCH/run" && "$ACTORS/connects" unix stream ../link) >"$SCRATCH/out"
is "$(cat "$SCRATCH/out")" 0 "the actor connects through a link"
event=$(of "$path") || bail_out "the connection was seen" "$(events type=connect)"
json_is "$event" .outcome ok "stream: outcome"
json_is "$event" .network.family unix "stream: family"
json_is "$event" .network.type stream "stream: type"
json_is "$event" .network.op connect "stream: op"
json_is "$event" .network.direction outbound "stream: direction"
json_is "$event" .network.dst.inode "$(stat -c %i "$path")" "stream: inode of the listener's socket"
json_is "$event" .network.dst.dev "$(dev_of "$path")" "stream: its device"
json_is "$event" .network.dst.ip null "stream: no address"
json_is "$event" .network.proto null "stream: no protocol"
json_is "$event" .network.address_source null "stream: from the kernel"
json_is "$event" .target.pid "$listener" "stream: who listens"
json_is "$event" .target.exe "$(readlink -f "$ACTORS/unix_server")" "stream: with what"
if grep -q ' bpf_task_from_pid$' /proc/kallsyms; then
	json_is "$event" .target.who "$(jq -r .identity.who <<<"$event")" "stream: whose it is"
else
	json_is "$event" .target.who null "stream: whose it is, is not known before 6.2"
fi
json_is "$event" .verdict.value forbidden "stream: the profile knows it"
json_is "$event" .verdict.rule runtime/no-socket "stream: by its rule"
like "$(wd connect "$path" --color never 2>/dev/null)" "connect $path" "whodid connect finds it by its path"
ok "an anomaly tells it" has_event '(.anomaly.title // "") | contains("'"$path"'")' type=anomaly

if "$ACTORS/connects" ring "$path" >"$SCRATCH/out"; then
	is "$(cat "$SCRATCH/out")" 0 "a ring connects"
	event=$(first_event '.io_uring == true' type=connect "dst.path=$path" "exe=*/actors/connects") || bail_out "the ring's connection was seen"
	json_is "$event" .outcome ok "by a ring: outcome"
	json_is "$event" .target.pid "$listener" "by a ring: who listens"
	json_is "$event" .verdict.rule runtime/no-socket "by a ring: forbidden as well"
else
	skip "a ring connects" "no io_uring here"
fi

name=@$(marker unix)-a
serve stream "$name"
"$ACTORS/connects" unix stream "$name" >/dev/null
event=$(of "$name") || bail_out "the abstract name was seen" "$(events type=connect)"
json_is "$event" .network.dst.inode null "abstract: no inode"
json_is "$event" .target.pid "$SERVER" "abstract: who listens"
json_is "$event" .verdict.rule runtime/no-name "abstract: by its rule"

hostile=@$(marker unix)$'\e[31m\nx'
serve seqpacket "$hostile"
"$ACTORS/connects" unix seqpacket "$hostile" >/dev/null
event=$(first_event true type=connect network.type=seqpacket "exe=*/actors/connects") ||
	bail_out "the hostile name was seen" "$(events type=connect)"
is "$(jq -r .network.dst.path <<<"$event")" "$hostile" "seqpacket: the hostile name, byte by byte"
unlike "$(wd query --color never type=connect network.type=seqpacket 2>/dev/null)" $'\e' "a terminal gets no escapes of it"

serve dgram "$SCRATCH/log"
"$ACTORS/connects" unix dgram "$SCRATCH/log" >/dev/null
event=$(of "$SCRATCH/log") || bail_out "the datagram socket was seen"
json_is "$event" .network.type dgram "dgram: type"
json_is "$event" .network.dst.inode "$(stat -c %i "$SCRATCH/log")" "dgram: inode"
json_is "$event" .target.pid null "dgram: nobody listens"

python3 -c 'import socket,sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for i in range(5):
    s.sendto(b"x", sys.argv[1])' "$SCRATCH/log"
sent() { events type=connect network.op=send "dst.path=$SCRATCH/log" | jq -s 'map(.count // 1) | add // 0'; }
five_sent() { [ "$(sent)" = 5 ]; }
ok "datagrams by name are counted" wait_until 20 five_sent
event=$(first_event true type=connect network.op=send "dst.path=$SCRATCH/log") || bail_out "datagrams by name were seen"
json_is "$event" .network.type dgram "by name: type"
json_is "$event" .network.address_source process "by name: the caller's word"
json_is "$event" .outcome ok "by name: outcome"

python3 -c 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$SCRATCH/stale"
(cd "$SCRATCH" && "$ACTORS/connects" unix stream stale) >"$SCRATCH/out"
is "$(cat "$SCRATCH/out")" -111 "nobody listens at the stale socket"
event=$(of "$SCRATCH/stale") || bail_out "the refused attempt was seen" "$(events type=connect)"
json_is "$event" .outcome failed "refused: outcome"
json_is "$event" .errno ECONNREFUSED "refused: errno"
json_is "$event" .network.address_source process "refused: the path is the caller's word"
json_is "$event" .network.dst.inode null "refused: nothing is known of the object"
"$ACTORS/connects" unix stream "$SCRATCH/nothing" >/dev/null

for how in passed inherited; do
	socket=$SCRATCH/$how
	serve stream "$socket"
	"$ACTORS/connects" "$how" "$socket" >"$SCRATCH/out"
	event=$(of "$socket") || bail_out "the $how socket's connection was seen"
	json_is "$event" .process.pid "$(head -n 1 "$SCRATCH/out")" "$how: by who connected, not by who made the socket"
	json_is "$event" .outcome ok "$how: outcome"
done
is "$(events type=connect "dst.path=$SCRATCH/nothing")" "" "an attempt at what is not there is no event"
ok "the daemon lives" daemon_answers
done_testing
