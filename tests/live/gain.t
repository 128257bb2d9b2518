#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Becoming root by a call, capabilities made effective, namespaces: who, what, and the verdict.
. "$(dirname "$0")/../lib/live.sh"
need unshare setpriv

cat >"$ROOT/profiles.d/gain.yaml" <<'END'
apiVersion: whodid.dev/v1alpha1
kind: Role
metadata: {name: gain}
spec:
  deny:
    - {id: no-root, severity: high, become: [root], when: [{attr: proc.exe, like: ["**/actors/gain"]}]}
    - {id: no-kill, severity: low, capability: [kill]}
    - {id: no-net, severity: low, namespace: [net]}
---
apiVersion: whodid.dev/v1alpha1
kind: RoleBinding
metadata: {name: gain}
spec: {mode: audit, roles: [gain], subjects: [{kind: Any}]}
END
start_daemon
for what in root refused capset; do
	"$ACTORS/gain" "$what" || bail_out "the actor does $what"
done
unshare --net --uts /bin/true
unshare --ipc /bin/true
setpriv --reuid 65534 --clear-groups unshare --mount /bin/true 2>/dev/null

root=$(first_event '.cred.op == "setresuid" and .outcome == "ok"' type=become) || bail_out "becoming root was seen"
json_is "$root" .cred.from_uid 65534 "root: from whom"
json_is "$root" .cred.to_uid 0 "root: to whom"
like "$(jq -r .process.exe <<<"$root")" '/actors/gain$' "root: with what"
json_is "$root" .verdict.rule gain/no-root "root: forbidden by its rule"
refused=$(first_event '.cred.op == "setuid"' type=cred.become outcome=failed) || bail_out "the refused attempt was seen"
json_is "$refused" .errno EPERM "refused: errno"
json_is "$refused" .process.user.uid 65534 "refused: still who it was"
caps=$(first_event true type=capability) || bail_out "the capabilities were seen"
json_is "$caps" '.cred.gained | join(",")' chown,kill "capset: which ones"
json_is "$caps" .verdict.rule gain/no-kill "capset: one of them is forbidden"
made=$(first_event '.namespace.kinds | index("net")' type=namespace) || bail_out "the namespaces were seen"
json_is "$made" .namespace.op unshare "unshare: what"
json_is "$made" '.namespace.kinds | join(",")' net,uts "unshare: both kinds"
json_is "$made" .verdict.rule gain/no-net "unshare: one of them is forbidden"
ipc=$(first_event '.namespace.kinds == ["ipc"]' type=namespace namespace.kinds=ipc) || bail_out "a filter finds the kind"
unlike "$(jq -r .verdict.value <<<"$ipc")" forbidden "unshare: another kind is not forbidden"
ok "a refused one is told" first_event '.outcome == "failed" and .namespace.kinds == ["mnt"]' type=namespace
like "$(wd query --color never type=become 2>/dev/null)" "root, by setresuid" "the table says it in words"
like "$(wd query --color never type=capability 2>/dev/null)" "chown" "also of capabilities"
like "$(wd query --color never type=namespace 2>/dev/null)" "unshare .*net" "and of namespaces"
ok "the daemon lives" daemon_answers
done_testing
