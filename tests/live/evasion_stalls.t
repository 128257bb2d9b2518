#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Calls that are made to wait in the middle: their name is not in memory yet (userfaultfd), so that who looks
# when they begin sees nothing.
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
if [ -e /dev/fuse ]; then
	skip "a file system that answers late (FUSE)" "needs a server for FUSE, which these tests do not have"
else
	skip "a file system that answers late (FUSE)" "this kernel has no /dev/fuse"
fi
ok "the daemon lives" daemon_answers
done_testing
