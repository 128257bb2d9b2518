#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Extended attributes: which, of what, by whom, and the verdict. A file that is given capabilities is as good as setuid.
. "$(dirname "$0")/../lib/live.sh"
need setcap

cat >"$ROOT/profiles.d/attributes.yaml" <<'END'
apiVersion: whodid.dev/v1alpha1
kind: Role
metadata: {name: attributes}
spec:
  deny:
    - {id: not-here, severity: low, chmod: ["/tmp/**/whodid-attributes-*"]}
---
apiVersion: whodid.dev/v1alpha1
kind: RoleBinding
metadata: {name: attributes}
spec: {mode: audit, roles: [attributes], subjects: [{kind: Any}]}
END
start_daemon
file=$SCRATCH/$(marker attributes)
cp /bin/true "$file"
setcap cap_net_raw+ep "$file" || skip_all "no capabilities on files here"
setcap -r "$file"

set=$(first_event '.file.op == "setxattr"' type=file.chmod "path=$file") || bail_out "setxattr was seen" "$(events type=chmod)"
json_is "$set" .file.xattr security.capability "setxattr: which one"
json_is "$set" .outcome ok "setxattr: outcome"
json_is "$set" .verdict.rule attributes/not-here "setxattr: judged as chmod"
like "$(jq -r .process.exe <<<"$set")" '/setcap$' "setxattr: with what"
removed=$(first_event true type=chmod xattr=security.capability file.op=removexattr "path=$file") || bail_out "removexattr was seen"
json_is "$removed" .file.path "$file" "removexattr: of what"
like "$(wd query --color never type=chmod 2>/dev/null)" "set security.capability" "the table says it in words"
ok "an anomaly tells the title" first_event '(.anomaly.title // "") | test("set an extended attribute of")' type=anomaly
done_testing
