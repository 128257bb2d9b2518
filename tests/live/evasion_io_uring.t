#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Files touched through io_uring, which makes no system call for them: the same events, the same actor,
# the same verdict, whoever of the kernel's threads does it.
. "$(dirname "$0")/../lib/live.sh"

cat >"$ROOT/profiles.d/ring.yaml" <<'END'
apiVersion: whodid.dev/v1alpha1
kind: Role
metadata: {name: ring}
spec:
  deny:
    - {id: no-read, severity: high, read: ["/tmp/**/secret"]}
    - {id: no-write, severity: high, write: ["/tmp/**/victim*"]}
---
apiVersion: whodid.dev/v1alpha1
kind: RoleBinding
metadata: {name: ring}
spec: {mode: audit, roles: [ring], subjects: [{kind: Any}]}
END
start_daemon
cd "$SCRATCH" || bail_out "the scratch directory is there"
echo s >secret
echo d >decoy
ln -s secret innocent
result=$("$ACTORS/ring" plain open decoy) || skip_all "no io_uring here"
[ "$result" -ge 0 ] || bail_out "a ring opens a file" "$result"
who=''

# seen NAME FILTER...: one event of that filter, by the actor; leaves it in EVENT.
seen() {
	local name=$1
	shift
	if ! EVENT=$(first_event '.io_uring == true' "$@"); then
		fail "$name: seen" "$(events exe=*/actors/ring | tail -n 3)"
		return 1
	fi
	like "$(jq -r .process.exe <<<"$EVENT")" '/actors/ring$' "$name: with what"
	[ -n "$who" ] || who=$(jq -r .identity.who <<<"$EVENT")
	json_is "$EVENT" .identity.who "$who" "$name: who"
}

for way in plain async sqpoll defer; do
	"$ACTORS/ring" "$way" write "victim-$way" >/dev/null || { skip "$way" "this kernel makes no such ring"; continue; }
	"$ACTORS/ring" "$way" unlink "victim-$way" >/dev/null
	[ ! -e "victim-$way" ] || bail_out "$way: the file is gone"
	seen "$way: create" type=create "path=$SCRATCH/victim-$way" && {
		json_is "$EVENT" .file.path_source null "$way: create: the path is the kernel's"
		json_is "$EVENT" .verdict.rule ring/no-write "$way: create: forbidden"
	}
	seen "$way: unlink" type=delete "path=$SCRATCH/victim-$way" && {
		json_is "$EVENT" .file.path_source request "$way: unlink: the kernel's copy of the name"
		json_is "$EVENT" .outcome ok "$way: unlink: outcome"
		json_is "$EVENT" .verdict.rule ring/no-write "$way: unlink: forbidden"
	}
done

"$ACTORS/ring" plain open innocent >/dev/null
seen "an alias" type=read "path=$SCRATCH/secret" && {
	json_is "$EVENT" .file.requested "$SCRATCH/innocent" "an alias: what was asked for"
	json_is "$EVENT" .verdict.rule ring/no-read "an alias: forbidden by the object"
}
"$ACTORS/ring" plain swap secret decoy >/dev/null
swapped=$(first_event '.file.requested == "'"$SCRATCH/secret"'" or .file.path_source == "request"' \
	type=read exe=*/actors/ring rule=ring/no-read) || bail_out "a file that was swapped is told" "$(events type=read exe=*/actors/ring)"
json_is "$swapped" .verdict.rule ring/no-read "swapped for another before the result: forbidden nevertheless"

printf '#!/bin/sh\nexit 0\n' >written && chmod 755 written
"$ACTORS/ring" plain fill written "$(printf '#!/bin/sh\nexit 3')" >/dev/null
# the kernel takes the ring apart a moment after its process has gone
runs() { ./written; [ $? = 3 ]; }
ok "by the ring's own table: the file is written" wait_until 10 runs
seen "by the ring's own table" type=write "path=$SCRATCH/written"
ran=$(first_event ".exec.script == \"$SCRATCH/written\" or .process.exe == \"$SCRATCH/written\"" type=exec)
json_is "$ran" .exec.written_by[0] "$who" "by the ring's own table: who opened it so has written it"
json_is "$ran" .exec.writer_unknown null "by the ring's own table: nobody was missed"

"$ACTORS/ring" plain rename decoy renamed >/dev/null
seen rename type=rename "path=$SCRATCH/renamed" && json_is "$EVENT" .file.old_path "$SCRATCH/decoy" "rename: from where"
"$ACTORS/ring" plain link secret second >/dev/null
seen link type=link "path=$SCRATCH/second" && json_is "$EVENT" .file.old_path "$SCRATCH/secret" "link: of what"
"$ACTORS/ring" plain symlink /etc/shadow soft >/dev/null
seen symlink type=link "path=$SCRATCH/soft" && json_is "$EVENT" .file.old_path /etc/shadow "symlink: to what"
"$ACTORS/ring" plain mkdir made >/dev/null
seen mkdir type=create "path=$SCRATCH/made" && json_is "$EVENT" .file.op mkdir "mkdir: the act"
"$ACTORS/ring" silent unlink renamed >/dev/null
seen "no result" type=delete "path=$SCRATCH/renamed" && json_is "$EVENT" .outcome null "no result: none is invented"

setpriv --reuid 65534 --clear-groups "$ACTORS/ring" plain unlink /etc/passwd >/dev/null
seen "a refused one" type=delete path=/etc/passwd && {
	json_is "$EVENT" .errno EACCES "a refused one: errno"
	json_is "$EVENT" .process.user.uid 65534 "a refused one: by whom"
}
ok "a filter finds them" has_event true io_uring=yes type=rename
ok "the daemon lives" daemon_answers
done_testing
