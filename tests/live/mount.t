#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Mounts: what, where, by whom, and the verdict.
. "$(dirname "$0")/../lib/live.sh"
need unshare mount

cat >"$ROOT/profiles.d/mount.yaml" <<'END'
apiVersion: whodid.dev/v1alpha1
kind: Role
metadata: {name: mounts}
spec:
  deny:
    - {id: no-tmpfs, severity: low, mount: [tmpfs]}
---
apiVersion: whodid.dev/v1alpha1
kind: RoleBinding
metadata: {name: mounts}
spec: {mode: audit, roles: [mounts], subjects: [{kind: Any}]}
END
start_daemon
at=$SCRATCH/at
mkdir "$at"
unshare --mount bash -c "mount -n -t tmpfs -o nosuid,ro whodid '$at' && mount -n --bind /usr '$at' && umount -n '$at'" ||
	skip_all "nothing can be mounted here"
"$ACTORS/gain" mount || bail_out "the actor's mount is refused"

tmpfs=$(first_event '.file.path == "'"$at"'" and .file.fs_type == "tmpfs"' type=file.mount) || bail_out "the mount was seen" "$(events type=mount)"
json_is "$tmpfs" .file.old_path whodid "mount: its source"
json_is "$tmpfs" .file.op mount "mount: the call"
json_is "$tmpfs" '.file.flags | join(",")' ro,nosuid "mount: flags"
json_is "$tmpfs" .file.path_source process "mount: the path is the caller's word"
json_is "$tmpfs" .verdict.rule mounts/no-tmpfs "mount: by its rule"
bind=$(first_event '.file.old_path == "/usr"' type=mount "path=$at") || bail_out "the bind mount was seen"
ok "bind: flags" jq -e '.file.flags | index("bind")' <<<"$bind"
unlike "$(jq -r .verdict.value <<<"$bind")" forbidden "bind: of another type, not forbidden"
ok "umount is told" first_event '.file.op == "umount"' type=mount "path=$at"
refused=$(first_event '.outcome == "failed"' type=mount path=/mnt) || bail_out "the refused mount was seen"
json_is "$refused" .errno EPERM "refused: errno"
json_is "$refused" .process.user.uid 65534 "refused: by whom"
like "$(wd query --color never type=mount 2>/dev/null)" "whodid on $at" "the table says it in words"
ok "the daemon lives" daemon_answers
done_testing
