#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A thousand threads, of which one that is not the leader executes a program: each exec and each end is told
# once, of the right process, with the identity that it had before.
. "$(dirname "$0")/../lib/live.sh"

start_daemon
rounds=20
program=$SCRATCH/$(marker program)
cp /bin/true "$program"
MARK=$(marker threads)
"$ACTORS/threads" "$rounds" 1000 "$program" "$MARK" >"$SCRATCH/pids"
case $? in
0) ;;
77) skip_all "a thousand threads cannot be started here" ;;
*) bail_out "the actor runs" ;;
esac
execs() { events type=exec "exe=$program" -n all; }
all_told() { [ "$(execs | wc -l)" -ge "$rounds" ]; }
ok "each exec is told" wait_until 30 all_told
is "$(execs | jq -r .process.pid)" "$(cat "$SCRATCH/pids")" "once, of the right process, in their order"
is "$(execs | jq -r '.process.argv[1]' | sort -u)" "$MARK" "with the right arguments"
parent=$(first_event true type=exec "exe=$ACTORS/threads" "argv=*$MARK*") || bail_out "the actor's exec was seen"
for field in .identity.who .identity.boundary .identity.as; do
	is "$(execs | jq -r "$field" | sort -u)" "$(jq -r "$field" <<<"$parent")" "$field: the same as before"
done
is "$(execs | jq -r .process.parent.pid | sort -u)" "$(jq -r .process.pid <<<"$parent")" "the parent is the actor"
ends() { events type=exit "exe=$program" -n all; }
all_ended() { [ "$(ends | wc -l)" -ge "$rounds" ]; }
ok "each end is told" wait_until 30 all_ended
is "$(ends | jq -r .process.pid)" "$(cat "$SCRATCH/pids")" "once, of the right process: the other threads are no ends"
ok "the daemon lives" daemon_answers
done_testing
