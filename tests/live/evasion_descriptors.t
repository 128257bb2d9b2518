#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A file that one program opens and another one uses, through a descriptor that was passed or inherited: who
# opened is told, by its own process; reading through the descriptor is no act of its own. Opening it once
# more is.
. "$(dirname "$0")/../lib/live.sh"

start_daemon
handover=$ACTORS/handover
user=$SCRATCH/$(marker user)
cp "$handover" "$user"

for how in pass inherit; do
	FILE=$SCRATCH/$(marker "$how")
	echo s >"$SCRATCH/plain"
	mv "$SCRATCH/plain" "$FILE" # so that nobody has opened it by its name
	{ read -r opener && read -r reader; } < <("$handover" "$how" "$FILE" "$user") || bail_out "$how: the actor does it"
	event=$(first_event true type=write "path=$FILE" "exe=$handover") || bail_out "$how: the open was seen"
	json_is "$event" .process.pid "$opener" "$how: who opened it"
	ok "$how: the reader's end was seen" first_event true type=exit "pid=$reader"
	want=0
	[ "$how" = pass ] && want=1
	is "$(events "path=$FILE" "pid=$reader" | wc -l)" "$want" "$how: of the reader only what it opens itself"
done
event=$(first_event true type=read "exe=$user" "path=$SCRATCH/*") || bail_out "opened once more: seen"
like "$(jq -r .file.path <<<"$event")" "/whodid-pass-" "opened once more by /proc: by the file's own name"
ok "the daemon lives" daemon_answers
done_testing
