#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Code that others put into the kernel: BPF programs and modules.
. "$(dirname "$0")/../lib/live.sh"

cat >"$ROOT/profiles.d/load.yaml" <<'END'
apiVersion: whodid.dev/v1alpha1
kind: Role
metadata: {name: kernel-code}
spec:
  deny:
    - {id: no-bpf, severity: low, load: [bpf]}
---
apiVersion: whodid.dev/v1alpha1
kind: RoleBinding
metadata: {name: kernel-code}
spec: {mode: audit, roles: [kernel-code], subjects: [{kind: Any}]}
END
start_daemon
: >"$SCRATCH/module.ko"
"$ACTORS/load" bpf || bail_out "the actor loads a program"
"$ACTORS/load" module "$SCRATCH/module.ko" || bail_out "the actor's module is refused"

program=$(first_event '.load.name == "whodid_actor"' type=bpf.load) || bail_out "the program was seen"
json_is "$program" .load.type socket_filter "bpf: its type"
ok "bpf: its number" jq -e '.load.id > 0' <<<"$program"
like "$(jq -r .process.exe <<<"$program")" '/actors/load$' "bpf: with what"
json_is "$program" .verdict.rule kernel-code/no-bpf "bpf: by its rule"
module=$(first_event '.load.path == "'"$SCRATCH"'/module.ko"' type=module) || bail_out "the module was seen"
json_is "$module" .outcome failed "module: refused"
unlike "$(jq -r .verdict.value <<<"$module")" forbidden "module: not forbidden by the rule for bpf"
like "$(wd query --color never type=bpf 2>/dev/null)" "socket_filter whodid_actor" "the table says it in words"
ok "an anomaly tells the title" has_event '(.anomaly.title // "") | test("loaded the BPF program ")' type=anomaly
ok "the daemon lives" daemon_answers
done_testing
