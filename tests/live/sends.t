#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Datagrams without connect(2): every call, IPv4, IPv6 and one in the other; equal ones counted exactly;
# and an address that a second thread rewrites during the call.
. "$(dirname "$0")/../lib/live.sh"
grep -q ^cgroup2 <(awk '{print $3}' /proc/mounts) || skip_all "cgroup v2 is not mounted"

cat >"$ROOT/profiles.d/sends.yaml" <<'END'
apiVersion: whodid.dev/v1alpha1
kind: Role
metadata: {name: sends}
spec:
  deny:
    - {id: no-beacon, severity: low, connect: ["127.0.0.9:20001/udp"]}
---
apiVersion: whodid.dev/v1alpha1
kind: RoleBinding
metadata: {name: sends}
spec: {mode: audit, roles: [sends], subjects: [{kind: Any}]}
END
start_daemon

# sums ADDRESS:PORT: how many acts of the actor are told of there.
sums() {
	events type=connect network.op=send "dst=$1" "exe=*/actors/sends" | jq -s 'map(.count // 1) | add // 0'
}

# sums_are N ADDRESS:PORT
sums_are() {
	[ "$(sums "$2")" = "$1" ]
}

# all_told N ADDRESS:PORT NAME
all_told() {
	wait_until 20 sums_are "$1" "$2"
	is "$(sums "$2")" "$1" "$3"
}

for how in sendto sendmsg; do
	port=20001
	[ "$how" = sendto ] || port=20003
	is "$("$ACTORS/sends" "$how" 127.0.0.9 "$port" 500)" 0 "$how: the actor sends"
	event=$(first_event true type=connect "dst=127.0.0.9:$port" "exe=*/actors/sends") || bail_out "$how was seen"
	json_is "$event" .outcome ok "$how: outcome"
	json_is "$event" .network.op send "$how: op"
	json_is "$event" .network.family inet "$how: family"
	json_is "$event" .network.proto udp "$how: protocol"
	json_is "$event" .network.direction outbound "$how: direction"
	json_is "$event" .network.address_source null "$how: the address is the kernel's"
	ok "$how: source port" jq -e '.network.src.port > 0' <<<"$event"
	all_told 500 "127.0.0.9:$port" "$how: 500 datagrams are told of as 500"
	like "$(events "dst=127.0.0.9:$port" | wc -l)" '^([2-9]|1[0-9])$' "$how: by a few events"
done
json_is "$(first_event true "dst=127.0.0.9:20001" type=connect)" .verdict.rule sends/no-beacon "a rule for connect judges it"
like "$(wd query --color never "dst=127.0.0.9:20003" 2>/dev/null)" "connect .*127.0.0.9:20003 udp" "the table says it"

"$ACTORS/sends" sendmmsg 127.0.0.9 20011 9 >/dev/null
all_told 5 127.0.0.9:20011 "sendmmsg: to the first"
all_told 4 127.0.0.9:20012 "sendmmsg: to the second"
result=$("$ACTORS/sends" sendto 255.255.255.255 20021 1) # EACCES; ENETUNREACH without a route
like "$result" '^-(13|101)$' "a broadcast is refused"
event=$(first_event true type=connect "dst=255.255.255.255:20021") || bail_out "the refused one was seen"
json_is "$event" .outcome failed "refused: outcome"
json_is "$event" .errno "$([ "$result" = -13 ] && echo EACCES || echo ENETUNREACH)" "refused: errno"

if "$ACTORS/sends" sendto ::1 20031 3 | grep -q '^0$'; then
	all_told 3 '[::1]:20031' "IPv6"
	"$ACTORS/sends" sendmsg ::ffff:127.0.0.9 20041 2 >/dev/null
	all_told 2 127.0.0.9:20041 "IPv4 by an IPv6 socket"
fi

if [ "$("$ACTORS/sends" ring 127.0.0.9 20071 5)" = 0 ]; then
	all_told 5 127.0.0.9:20071 "a ring that sends at once"
	"$ACTORS/sends" worker 127.0.0.9 20081 5 >/dev/null
	all_told 5 127.0.0.9:20081 "a ring whose worker sends"
	json_is "$(first_event true type=connect dst=127.0.0.9:20081)" .io_uring true "a ring whose worker sends: it says so"
else
	skip "a ring that sends" "no io_uring here"
fi

"$ACTORS/serve" >"$SCRATCH/port" &
cleanup kill -KILL $!
wait_until 10 test -s "$SCRATCH/port" || bail_out "the server listens"
port=$(cat "$SCRATCH/port")
"$ACTORS/sends" fastopen 127.0.0.1 "$port" 1 >/dev/null
event=$(first_event true type=connect "dst=127.0.0.1:$port" "exe=*/actors/sends") || bail_out "the fast open was seen"
json_is "$event" .network.proto tcp "fast open: protocol"
json_is "$event" .network.op connect "fast open: a connection"
json_is "$event" .outcome ok "fast open: outcome"
is "$(events type=connect "dst=127.0.0.1:$port" "exe=*/actors/sends" | wc -l)" 1 "fast open: once"

# What arrived where is the truth; what the caller's memory says afterwards is not.
read -r result first second < <("$ACTORS/sends" swap 127.0.0.1 20051 20000)
is "$result" 0 "two threads: the race ran ($first, $second)"
all_told "$first" 127.0.0.1:20051 "two threads: to the first, exactly"
all_told "$second" 127.0.0.1:20052 "two threads: to the second, exactly"
read -r result first second < <("$ACTORS/sends" reconnect 127.0.0.1 20061 3000)
is "$result" 0 "two threads and connect: the race ran ($first, $second)"
connects_are() {
	[ "$(events type=connect network.op=connect "dst=$2" "exe=*/actors/sends" | wc -l)" = "$1" ]
}
ok "two threads and connect: to the first, exactly" wait_until 20 connects_are "$first" 127.0.0.1:20061
ok "two threads and connect: to the second, exactly" wait_until 20 connects_are "$second" 127.0.0.1:20062
ok "the daemon lives" daemon_answers
done_testing
