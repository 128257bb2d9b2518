#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Files in an overlay, as in containers: told where they are seen, also when writing copies them up.
. "$(dirname "$0")/../lib/live.sh"
need unshare mount

start_daemon
base=$SCRATCH/$(marker overlay)
mkdir -p "$base/lower" "$base/upper" "$base/work" "$base/merged"
echo one >"$base/lower/read"
echo two >"$base/lower/written"
cp /bin/true "$base/lower/program"
# A mount of its own, so that nothing is left. shellcheck disable=SC2016 # for the other shell
unshare --mount bash -c '
	mount -n -t overlay overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" "$1/merged" || exit 77
	cd "$1/merged" && head -c 1 read && stat -c %i read && echo more >>written && ./program && rm read && head -c 1 written
' - "$base" >"$SCRATCH/out" 2>"$SCRATCH/err"
case $? in
0) ;;
77) skip_all "no overlay can be mounted here: $(cat "$SCRATCH/err")" ;;
*) bail_out "the shell works in the overlay" "$(cat "$SCRATCH/err")" ;;
esac
at=$base/merged
event=$(first_event true type=mount "path=$at") || bail_out "the mount was seen"
json_is "$event" .file.fs_type overlay "mount: the type"
event=$(first_event true type=read "path=$at/read" "exe=*/head") || bail_out "a read was seen" "$(events type=read "exe=*/head")"
json_is "$event" .file.path_source null "read: by the kernel's word"
is "o$(jq -r .file.inode <<<"$event")" "$(head -n 1 "$SCRATCH/out")" "read: the inode that stat shows"
event=$(first_event true type=write "path=$at/written" "exe=*/bash") || bail_out "a write was seen"
json_is "$event" .outcome ok "write: outcome"
is "$(events "path=$base/lower/*" "exe=*/bash" type=write | jq -s '[.[] | select(.time > "'"$(jq -r .time <<<"$event")"'")] | length')" 0 "write: what is below was not written"
event=$(first_event true type=exec "exe=$at/program") || bail_out "an exec was seen"
json_is "$event" .process.exe "$at/program" "exec: where it is seen"
event=$(first_event true type=delete "exe=*/rm" "path=$at/read") || bail_out "an unlink was seen"
json_is "$event" .outcome ok "unlink: outcome"
ok "the daemon lives" daemon_answers
done_testing
