#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Calls that are made to wait in the middle: their name is not in memory yet (userfaultfd), so that who looks
# when they begin sees nothing; or their file system takes its time to answer (FUSE).
. "$(dirname "$0")/../lib/live.sh"

start_daemon
for how in open unlink; do
	FILE=$SCRATCH/$(marker "$how")
	printf s >"$FILE"
	"$ACTORS/stall" "$how" "$FILE" 2>"$SCRATCH/err"
	case $? in
	0) ;;
	77) skip "$how" "$(cat "$SCRATCH/err")" && continue ;;
	*) bail_out "$how: the actor waits" "$(cat "$SCRATCH/err")" ;;
	esac
	type="read"
	[ "$how" = unlink ] && type="delete"
	event=$(first_event true "type=$type" "path=$FILE" "exe=*/actors/stall") ||
		bail_out "$how: seen" "$(events "exe=*/actors/stall" | tail -n 3)"
	json_is "$event" .file.op "$how" "$how: seen, whole"
	json_is "$event" .outcome ok "$how: outcome"
done
mkdir "$SCRATCH/slow"
"$ACTORS/slow_fs" "$SCRATCH/slow" 2>"$SCRATCH/err"
case $? in
0)
	event=$(first_event true type=read "path=$SCRATCH/slow/late" "exe=*/actors/slow_fs") ||
		bail_out "late: seen" "$(events "exe=*/actors/slow_fs" | tail -n 3)"
	json_is "$event" .file.op open "a file system that answers late: the open, whole"
	json_is "$event" .file.path_source null "late: by the kernel's word"
	event=$(first_event true type=map "path=$SCRATCH/slow/late" "exe=*/actors/slow_fs") || bail_out "late: mapped"
	json_is "$event" .file.op mmap "late: what it says is root's is told when it is mapped as code"
	;;
77) skip "a file system that answers late" "$(cat "$SCRATCH/err")" ;;
*) bail_out "late: the actor reads and maps the file" "$(cat "$SCRATCH/err")" ;;
esac
ok "the daemon lives" daemon_answers
done_testing
