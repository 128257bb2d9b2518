#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A file that is reached by another name is told by its own: aliases in /proc, descriptors, handles, other
# roots, names that a second thread rewrites. Other names of the same file (hard links, mounts) show its inode.
. "$(dirname "$0")/../lib/live.sh"
need unshare mount

start_daemon
evade=$ACTORS/evade

# secret NAME: a file of that name that nobody has opened; in FILE, its inode in INODE.
secret() {
	FILE=$SCRATCH/$(marker "$1")
	printf s >"$FILE"
	INODE=$(stat -c %i "$FILE")
}

for how in root fd dev_fd handle chroot; do
	secret "$how"
	"$evade" "$how" "$FILE" 2>/dev/null
	case $? in
	0) ;;
	77) skip "$how" "not possible here" && continue ;;
	*) bail_out "$how: the actor reads the file" ;;
	esac
	event=$(first_event true type=read "path=$FILE" "exe=*/actors/evade") ||
		bail_out "$how: seen by its own name" "$(events type=read "exe=*/actors/evade" | tail -n 3)"
	json_is "$event" .file.inode "$INODE" "$how: the file, by its own name"
	json_is "$event" .file.path_source null "$how: by the kernel's word"
	json_is "$event" .outcome ok "$how: outcome"
done

secret link
ln -s "$FILE" "$FILE-soft"
ln "$FILE" "$FILE-hard"
cat "$FILE-soft" >/dev/null
json_is "$(first_event true type=read "path=$FILE" "exe=*/cat")" .file.inode "$INODE" "a symbolic link: the file, by its own name"
cat "$FILE-hard" >/dev/null
# folded with the open before, which was of the same file; its record has the first name
ok "a hard link: the same inode" has_event ".file.inode == \"$INODE\" or .file.inode == $INODE" type=read "exe=*/cat"

secret mounted
: >"$FILE-alias"
# shellcheck disable=SC2016 # for the other shell
if unshare --mount bash -c 'mount -n --bind "$1" "$1-alias" && head -c 1 "$1-alias"' - "$FILE" >/dev/null 2>&1; then
	event=$(first_event true type=read "path=$FILE-alias" "exe=*/head") || bail_out "a mount over another name: seen"
	json_is "$event" .file.inode "$INODE" "a mount over another name: the inode of what is below"
else
	skip "a mount over another name" "nothing can be mounted here"
fi

secret $'new\nline\e[31m'
cat "$FILE" >/dev/null
ok "a name with a newline and an escape is whole" first_event ".file.path == $(jq -Rs . <<<"$FILE" | sed 's/\\n"$/"/')" type=read "exe=*/cat" file.op=open

# 20,000 opens of a name that turns between two files: as many are told of each as there were.
secret swap
hits=$("$evade" swap "$FILE") || bail_out "the actor turns the name"
told() {
	events type=read "path=$FILE" "exe=*/actors/evade" | jq -s '[.[] | .count // 1] | add // 0'
}
all_told() {
	[ "$(told)" = "$hits" ]
}
wait_until 30 all_told
is "$(told)" "$hits" "a name that another thread rewrites: $hits opens were of the file, and so many are told"
ok "the daemon lives" daemon_answers
done_testing
