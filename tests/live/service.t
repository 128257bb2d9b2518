#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A service that its manager starts in its unit's cgroup is that unit: scenario 16, with a manager
# of the test's own that the settings name.
. "$(dirname "$0")/../lib/live.sh"
. "$(dirname "$0")/../lib/units.sh"
need_cgroups

mark=$(marker svc)
unit=whodid-demo-$$.service
start_units
cleanup rm_cgroup "system.slice/$unit"

start_daemon --set "identity.service_managers=$MANAGER"
start_watch
"$MANAGER" "$CGROUPS/system.slice/$unit" /bin/sh -c "/bin/true $mark; /bin/sleep 300 & echo \$! >$SCRATCH/pid; wait" &
cleanup kill -KILL $!
wait_until 30 test -s "$SCRATCH/pid" || bail_out "the service starts"
pid=$(cat "$SCRATCH/pid")
cleanup kill -KILL "$pid"

event=$(first_event '(.process.argv | index("'"$mark"'")) and (.process.exe | endswith("/true"))' type=exec) ||
	bail_out "the service's exec was seen"
identity_everywhere "$event" "unit:$unit" "" "unit:$unit" "service"
json_is "$event" .identity.assurance.who kernel "who rests on the kernel"
json_is "$(wd id "$pid" -o json)" .identity.who "unit:$unit" "id PID says the same"

# A copy that the settings do not name is no manager: the cgroup's name makes nobody a unit.
install -m 755 "$B/tests/lib/service-manager" "$SCRATCH/pretender"
cleanup rmdir "$CGROUPS/system.slice/fake-$unit"
"$SCRATCH/pretender" "$CGROUPS/system.slice/fake-$unit" /bin/true "$mark-fake"
fake=$(first_event '(.process.argv | index("'"$mark-fake"'")) and (.process.exe | endswith("/true"))' type=exec) ||
	bail_out "the pretender's exec was seen"
unlike "$(jq -r .identity.who <<<"$fake")" "fake-" "a process that moves itself is not the unit it moves to"
ok "and is flagged self_moved" jq -e '.identity.flags | index("self_moved")' <<<"$fake"
done_testing
