#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A user calls a cgroup below their own like a container and moves in (scenario 19); root moves itself into
# another unit's (20): where it runs and who it is stay what they were, and it is flagged.
. "$(dirname "$0")/../lib/live.sh"
. "$(dirname "$0")/../lib/units.sh"
need setpriv
[ "$(cat /proc/self/loginuid)" = 4294967295 ] || skip_all "the test runs in a login session: its login uid is set"

make_user mov
mark=$(marker move)
uid=$(id -u "$TEST_USER")
start_units
start_daemon --set "identity.service_managers=$MANAGER"
start_watch

# A user's own manager, in a part of the tree that is handed to them.
id=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
own=user.slice/user-$uid.slice/user@$uid.service
mkdir -p "$CGROUPS/$own/init.scope"
cleanup rm_cgroup "$own"
chown "$TEST_USER" "$CGROUPS/$own" "$CGROUPS/$own/init.scope" "$CGROUPS/$own/cgroup.procs" "$CGROUPS/$own/init.scope/cgroup.procs"
export CGROUPS
run_unit "$own/init.scope" setpriv --reuid "$TEST_USER" --regid "$TEST_USER" --clear-groups sh -c "
	/bin/true $mark-before
	mkdir '$CGROUPS/$own/docker-$id.scope' && echo \$\$ >'$CGROUPS/$own/docker-$id.scope/cgroup.procs' && cat /proc/self/cgroup
	/bin/true $mark-after" >"$SCRATCH/cgroup"
like "$(cat "$SCRATCH/cgroup")" "0::/$own/docker-$id.scope" "19: a user moves into a cgroup that is called like a container"
before=$(first_event "$(true_with "$mark-before")" type=exec) || bail_out "what they did before was seen"
after=$(first_event "$(true_with "$mark-after")" type=exec) || bail_out "what they did after it was seen"
as=$(jq -r .identity.as <<<"$before")
identity_everywhere "$after" "$(jq -r .identity.who <<<"$before")" "$(jq -r '.identity.via // [] | join(",")' <<<"$before")" "${as//./\\.}" \
	"19: after the move"
json_is "$after" .identity.container null "19: no container"
ok "19: not flagged before" jq -e '(.identity.flags // []) | index("self_moved") | not' <<<"$before"
ok "19: flag self_moved" jq -e '.identity.flags | index("self_moved")' <<<"$after"
json_is "$after" .identity.assurance.as claimed "19: and where it runs is the user's word"

# The victim's cgroup is there, with the victim in it.
one=whodid-one-$$.service two=whodid-two-$$.service
cleanup rm_cgroup "system.slice/$two" # what run_unit would clean up, it leaves to the subshell
run_unit "$two" sleep 600 &
there() {
	grep -q . "$CGROUPS/system.slice/$two/cgroup.procs"
}
gone() {
	! there
}
end_victim() {
	xargs kill -KILL <"$CGROUPS/system.slice/$two/cgroup.procs"
	wait_until 10 gone
}
cleanup end_victim
wait_until 20 there || bail_out "the other service runs"
run_unit "$one" sh -c "/bin/true $mark-home; echo \$\$ >'$CGROUPS/system.slice/$two/cgroup.procs' && cat /proc/self/cgroup; /bin/true $mark-away" >"$SCRATCH/cgroup"
like "$(cat "$SCRATCH/cgroup")" "0::/system.slice/$two" "20: root moves itself into another unit's cgroup"
home=$(first_event "$(true_with "$mark-home")" type=exec) || bail_out "what it did before was seen"
away=$(first_event "$(true_with "$mark-away")" type=exec) || bail_out "what it did after it was seen"
json_is "$home" .identity.who "unit:$one" "20: before, it is its unit"
identity_everywhere "$away" "unit:$one" "" "unit:$one" "20: after the move"
ok "20: flag self_moved" jq -e '.identity.flags | index("self_moved")' <<<"$away"
json_is "$away" .identity.assurance.as derived "20: and where it runs is no more than derived"
ok "it is an anomaly" wait_until 30 has_event '.anomaly.kind == "identity" and (.anomaly.title // "" | test("cgroup|moved"))' type=anomaly
done_testing
