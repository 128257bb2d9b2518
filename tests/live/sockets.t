#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Raw, packet and audit sockets, and connections by vsock: who made them, with which result.
. "$(dirname "$0")/../lib/live.sh"
need python3
need setpriv

cat >"$ROOT/profiles.d/vsock.yaml" <<'END'
apiVersion: whodid.dev/v1alpha1
kind: Role
metadata: {name: host}
spec:
  deny:
    - {id: no-host, severity: low, connect: ["vsock:2:*"]}
---
apiVersion: whodid.dev/v1alpha1
kind: RoleBinding
metadata: {name: host}
spec: {mode: audit, roles: [host], subjects: [{kind: Any}]}
END
start_daemon

# Nobody answers there, and what the kernel says to that depends on the machine.
result=$("$ACTORS/connects" vsock 2 4711)
error=$(python3 -c 'import errno,sys; print(errno.errorcode[-int(sys.argv[1])])' "$result")
event=$(first_event true type=connect,net.socket family=vsock "exe=*/actors/connects") ||
	bail_out "the attempt by vsock was seen" "$(events type=connect,net.socket)"
json_is "$event" .outcome failed "vsock: outcome"
json_is "$event" .errno "$error" "vsock: errno"
if [ "$(jq -r .type <<<"$event")" = net.connect ]; then
	json_is "$event" .network.dst.cid 2 "vsock: context"
	json_is "$event" .network.dst.vsock_port 4711 "vsock: port"
	json_is "$event" .verdict.rule host/no-host "vsock: by its rule"
	like "$(wd query --color never family=vsock 2>/dev/null)" "vsock:2:4711" "vsock: the table says it"
fi

# family type protocol: IPv4 raw icmp, packet, audit, plain TCP; and a packet one as nobody, who may not.
"$ACTORS/connects" socket 2 3 1 >/dev/null
"$ACTORS/connects" socket 17 3 768 >/dev/null
"$ACTORS/connects" socket 16 3 9 >/dev/null
"$ACTORS/connects" socket 2 1 0 >/dev/null
setpriv --reuid 65534 --clear-groups "$ACTORS/connects" socket 17 2 768 >/dev/null
raw=$(first_event true type=net.socket family=inet "exe=*/actors/connects") ||
	bail_out "the raw socket was seen" "$(events type=net.socket)"
json_is "$raw" .network.type raw "raw: type"
json_is "$raw" .network.proto icmp "raw: protocol"
json_is "$raw" .outcome ok "raw: outcome"
packet=$(first_event '.outcome == "ok"' type=net.socket family=packet "exe=*/actors/connects") ||
	bail_out "the packet socket was seen"
json_is "$packet" .network.type raw "packet: type"
json_is "$packet" .network.proto null "packet: no protocol of IP"
ok "the audit system's socket was seen" first_event true type=net.socket family=netlink "exe=*/actors/connects"
refused=$(first_event '.outcome == "failed"' type=net.socket family=packet "exe=*/actors/connects") ||
	bail_out "the refused one was seen"
json_is "$refused" .errno EPERM "refused: errno"
json_is "$refused" .process.user.uid 65534 "refused: by whom"
is "$(events type=net.socket network.type=stream family=inet "exe=*/actors/connects")" "" "a plain socket is no event"
like "$(wd query --color never type=net.socket 2>/dev/null)" "inet raw icmp" "the table says it in words"
ok "the daemon lives" daemon_answers
done_testing
