#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Programs that are started in other ways than by their name: what ran, with which arguments, by whom.
. "$(dirname "$0")/../lib/live.sh"

start_daemon
evade=$ACTORS/evade
program=$SCRATCH/$(marker program)
cp /bin/echo "$program"

# run HOW [ARGUMENT...]: the actor's way, with a marker; the event of the program's exec in EVENT.
run() {
	local how=$1
	shift
	MARK=$(marker "$how")
	OUT=$("$evade" "$how" "$program" "$MARK" "$@" 2>"$SCRATCH/err")
	case $? in
	0) ;;
	77) skip "$how" "$(cat "$SCRATCH/err")" && return 1 ;;
	*) bail_out "$how: the actor runs it" "$(cat "$SCRATCH/err")" ;;
	esac
	is "${OUT%% *}" "$MARK" "$how: it ran"
	EVENT=$(first_event '.process.argv[1] == "'"$MARK"'" and (.process.exe | test("/actors/evade$") | not)' type=exec "argv=*$MARK*") ||
		bail_out "$how: the exec was seen" "$(events type=exec "argv=*$MARK*" | cut -c1-600)"
	json_is "$EVENT" '.process.argv[0]' "$program" "$how: the name it was given"
}

run execveat && json_is "$EVENT" .process.exe "$program" "execveat: the executable"
run memfd && {
	json_is "$EVENT" .process.exe memfd:innocent "memfd: memory has no path"
	json_is "$EVENT" .process.exe_deleted true "memfd: and no name"
	like "$(jq -r .process.filename <<<"$EVENT")" '^/dev/fd/[0-9]+$' "memfd: what was asked for"
	json_is "$EVENT" .verdict.rule baseline/program-without-a-file "memfd: forbidden by the vendor's rule"
}
run deleted && {
	json_is "$EVENT" .process.exe "$program.gone" "deleted: the name that it had"
	json_is "$EVENT" .process.exe_deleted true "deleted: it has none any more"
	json_is "$EVENT" .verdict.rule baseline/program-without-a-file "deleted: forbidden by the vendor's rule"
}
run thread && {
	json_is "$EVENT" .process.exe "$program" "thread: the executable"
	is "$(events type=exec "exe=$program" "argv=*$MARK*" | wc -l)" 1 "thread: one exec of one process"
}
run traced && json_is "$EVENT" .process.exe "$program" "traced: what ran, not what the call was made with"
ok "traced: not the decoy" test "$(events type=exec exe=/usr/bin/false "argv=*$MARK*" | wc -l)" = 0

MARK=$(marker rewrite)
OUT=$("$evade" rewrite "$program" CCCCCCCC "$MARK") || bail_out "rewrite: the actor runs it"
EVENT=$(first_event true type=exec "exe=$program" "argv=*$MARK*") || bail_out "rewrite: seen"
json_is "$EVENT" '.process.argv[1:3] | join(" ")' "$OUT" "an argument that another thread rewrites: as the program got it"

"$evade" empty "$program" || bail_out "empty: the actor runs it"
EVENT=$(first_event '.process.argv | length < 2 and all(. == "")' type=exec "exe=$program") || bail_out "no arguments: seen"
json_is "$EVENT" .process.exe "$program" "no arguments: the executable"

# One that runs here: another architecture's may lie beside it.
loader=$(find /lib64/ /lib/ -maxdepth 1 -name 'ld-linux*.so*' -exec {} --version \; -print 2>/dev/null | grep '^/lib' | head -n 1)
if [ -n "$loader" ]; then
	MARK=$(marker loader)
	is "$("$loader" "$program" "$MARK")" "$MARK" "the loader runs a program"
	EVENT=$(first_event true type=exec "argv=*$MARK*" "exe=$(readlink -f "$loader")") || bail_out "loader: seen"
	json_is "$EVENT" .process.loader true "loader: said to be one"
	json_is "$EVENT" '.process.argv[1]' "$program" "loader: the program is among the arguments"
else
	skip "a program run by the loader" "no loader found"
fi
ok "others are no loaders" test "$(events type=exec process.loader=1 "exe=$program" | wc -l)" = 0

if [ -w /proc/sys/fs/binfmt_misc/register ]; then
	skip "binfmt_misc" "registering a format would change the whole host"
else
	skip "binfmt_misc" "not mounted here"
fi
ok "the daemon lives" daemon_answers
done_testing
