#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Code that is brought into a program as a mapping: planted libraries, memory, descriptors that a second
# thread turns. What only root can have written (the libraries of every program) is not told.
. "$(dirname "$0")/../lib/live.sh"

start_daemon
mapper=$ACTORS/map
library=$(ldd "$(command -v bash)" | awk '$1 ~ /^libc\.so/ {print $3}')
[ -n "$library" ] || library=$(ldd "$(command -v bash)" | awk '$3 ~ /^\// {print $3; exit}')

# planted NAME: a copy of a library that belongs to somebody else than root; in FILE, its inode in INODE.
planted() {
	FILE=$SCRATCH/$(marker "$1").so
	cp "$library" "$FILE"
	chown 65534 "$FILE"
	INODE=$(stat -c %i "$FILE")
}

# told_of PATH: how often it was told that it was mapped
told_of() {
	events type=map "path=$1" | jq -s '[.[] | .count // 1] | add // 0'
}

planted dlopen
"$mapper" dlopen "$FILE" || bail_out "dlopen: the actor maps it"
event=$(first_event true type=map "path=$FILE") || bail_out "dlopen: seen" "$(events type=map | tail -n 3)"
json_is "$event" .type file.map "dlopen: the type"
json_is "$event" .file.op mmap "dlopen: by which call"
json_is "$event" .file.inode "$INODE" "dlopen: the file"
json_is "$event" .file.path_source null "dlopen: by the kernel's word"
json_is "$event" .outcome ok "dlopen: outcome"
json_is "$event" .process.exe "$mapper" "dlopen: by whom"

planted mprotect
"$mapper" mprotect "$FILE" || bail_out "mprotect: the actor maps it"
event=$(first_event true type=map "path=$FILE") || bail_out "mprotect: seen"
json_is "$event" .file.op mprotect "mprotect: by which call"
json_is "$event" .file.inode "$INODE" "mprotect: the file"

planted deleted
"$mapper" deleted "$FILE" || bail_out "deleted: the actor maps it"
event=$(first_event true type=map "path=$FILE") || bail_out "deleted: seen by the name that it had"
json_is "$event" .file.deleted true "deleted: it has none any more"

planted memfd
"$mapper" memfd "$FILE" || bail_out "memfd: the actor maps it"
event=$(first_event true type=map path=memfd:planted "exe=$mapper") || bail_out "memfd: seen"
json_is "$event" .file.op mmap "memfd: by which call"

loader=$(find /lib64/ /lib/ -maxdepth 1 -name 'ld-linux*.so*' 2>/dev/null | head -n 1)
if [ -n "$loader" ]; then
	FILE=$SCRATCH/$(marker program)
	cp /bin/true "$FILE"
	chown 65534 "$FILE"
	"$loader" "$FILE" || bail_out "the loader runs a program"
	event=$(first_event true type=map "path=$FILE") || bail_out "a program that the loader runs: seen"
	json_is "$event" .process.exe "$(readlink -f "$loader")" "a program that the loader runs: mapped by the loader"
else
	skip "a program run by the loader" "no loader found"
fi

planted roots
chown 0 "$FILE"
"$mapper" dlopen "$FILE" || bail_out "the actor maps root's"
planted after
"$mapper" dlopen "$FILE" || bail_out "the actor maps one more"
ok "the one after root's: seen" first_event true type=map "path=$FILE"
is "$(told_of "$SCRATCH/$(marker roots).so")" 0 "what only root can have written is not told"
is "$(events type=map "path=$library" "exe=$mapper" | wc -l)" 0 "nor the libraries of every program"

# The descriptor is another one by the end of the call: as often as the file itself was mapped, it is told.
planted swap
printf x >"$SCRATCH/other"
chown 65534 "$SCRATCH/other"
hits=$("$mapper" swap "$FILE" "$SCRATCH/other") || bail_out "swap: the actor turns the descriptor"
all_told() { [ "$(told_of "$FILE")" = "$hits" ]; }
ok "a descriptor that is turned: as often as the file was mapped ($hits)" wait_until 10 all_told
is "$(events type=map "path=$FILE" file.path_source=descriptor | wc -l)" 0 "not by the descriptor"

planted busy
hits=$("$mapper" busy "$FILE") || bail_out "busy: the actor maps it"
ok "while other threads change the memory map: each ($hits)" wait_until 10 all_told

ok "the daemon lives" daemon_answers
done_testing
