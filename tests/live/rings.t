#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A ring of which a thread of the kernel takes requests (SQPOLL) acts for its maker, as long as nobody else can
# put something into it. When another service has taken its descriptor, what it does is nobody's: never in the
# maker's name, which is told beside it.
. "$(dirname "$0")/../lib/live.sh"
. "$(dirname "$0")/../lib/units.sh"

start_units
start_daemon --set "identity.service_managers=$MANAGER"
one=whodid-maker-$$.service two=whodid-thief-$$.service
touch "$SCRATCH/first" "$SCRATCH/second"
mkfifo "$SCRATCH/in"
cleanup rm_cgroup "system.slice/$one" # what run_unit would clean up, it leaves to the subshell
run_unit "$one" "$ACTORS/ring" hold "$SCRATCH/first" "$SCRATCH/second" <"$SCRATCH/in" >"$SCRATCH/out" &
held=$!
exec 3>"$SCRATCH/in"
is_held() {
	[ -s "$SCRATCH/out" ] || ! kill -0 "$held"
}
wait_until 20 is_held
read -r pid fd <"$SCRATCH/out" || skip_all "this kernel makes no such ring"

event=$(first_event true type=delete "path=$SCRATCH/first") || bail_out "what the ring does is seen"
if [ "$(jq -r .identity.who <<<"$event")" = anon:shared-ring ]; then
	skip_all "sockets carry rings on this kernel: none is its maker's for sure"
fi
json_is "$event" .identity.who "unit:$one" "alone: its maker"
json_is "$event" .identity.assurance.who kernel "alone: for sure"
json_is "$event" .identity.flags null "alone: no flag"
json_is "$event" .process.pid "$pid" "alone: which process"

ok "another service takes the descriptor" run_unit "$two" "$ACTORS/ring" rob "$pid" "$fd"
taken=$(first_event true type=ptrace "target_pid=$pid" ptrace.op=getfd) || bail_out "that is seen"
json_is "$taken" .identity.who "unit:$two" "taken: by whom"
event=$(first_event '.io_uring' type=net.socket "pid=$pid") || bail_out "what it asks for is seen" "$(events "pid=$pid")"
json_is "$event" .identity.who anon:shared-ring "shared: nobody is named"
json_is "$event" .identity.assurance.who unknown "shared: and surely nobody"
json_is "$event" .identity.by "unit:$one" "shared: the maker is told beside it"
json_is "$event" .identity.as null "shared: from where is not known"
json_is "$event" '.identity.flags | join(",")' shared_ring "shared: flag"
said=$(wd id "$(jq -r .uid <<<"$event")")
like "$said" "others can use than who made" "id says why"
like "$said" "by unit:$one" "id says whose the ring is"
unlike "$said" "belongs to unit:" "id names nobody"

exec 3>&-
wait "$held"
event=$(first_event true type=delete "path=$SCRATCH/second") || bail_out "what the ring does later is seen"
json_is "$event" .identity.who anon:shared-ring "later: who wrote it is not known"
event=$(first_event true type=exit "pid=$pid")
json_is "$event" .identity.who "unit:$one" "the process itself is who it was"
json_is "$event" .identity.flags null "and not flagged"
ok "a filter finds them" has_event true flag=shared_ring type=delete
ok "it is an anomaly" wait_until 30 has_event '.anomaly.title // "" | test("ring that several can use")' type=anomaly
done_testing
