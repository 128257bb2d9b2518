#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SIGHUP takes over new profiles whole, or not at all; events never stop meanwhile.
. "$(dirname "$0")/../lib/live.sh"
mark=$(marker reload)

# What the daemon says about its last reload.
last_change() {
	events type=profile.change | jq -r '.message' | tail -n 1
}
changed() {
	local now
	now=$(last_change)
	[ -n "$now" ] && [ "$now" != "$before" ]
}
reload() {
	before=$(last_change)
	kill -HUP "$DAEMON"
	wait_until 30 changed
}
bindings() {
	wd status -o json | jq .profiles.bindings
}
forbidden() {
	has_event '(.process.argv | index("'"$1"'")) and .verdict.value == "forbidden"' type=exec
}

start_daemon --set "profiles.vendor_dir=$SCRATCH/none"
is "$(bindings)" 0 "no profile at first"
cat >"$ROOT/profiles.d/test.yaml" <<END
apiVersion: whodid.dev/v1alpha1
kind: Role
metadata: {name: no-true}
spec:
  deny:
    - {id: no-true, exec: ["/**/true"], severity: low}
---
apiVersion: whodid.dev/v1alpha1
kind: RoleBinding
metadata: {name: everybody}
spec:
  mode: audit
  roles: [no-true]
  subjects: [{kind: Any}]
END
ok "a reload is an event" reload
like "$(last_change)" 'reloaded by .*: 1 role.* 1 binding' "which says what is in force" || diag "$(tail -n 3 "$LOG")"
is "$(bindings)" 1 "and it is in force"
judged() {
	/bin/true "$mark-judged"
	forbidden "$mark-judged"
}
ok "acts are judged by it" wait_until 30 judged

printf 'kind: Nonsense\n' >"$ROOT/profiles.d/zz-broken.yaml"
ok "a reload of a broken set is an event too" reload
like "$(last_change)" 'refused.*zz-broken.yaml:1' "which names the place"
like "$(tail -n 5 "$LOG")" 'zz-broken.yaml:1' "and so does the log"
is "$(bindings)" 1 "the old set stays"
rm "$ROOT/profiles.d/zz-broken.yaml"

printf 'sensor.ring_kib: 100\n' >"$ROOT/whodid.yaml"
ok "settings are read again" reload
like "$(tail -n 5 "$LOG")" 'sensor.ring_kib has changed' "what needs a restart is named"
printf 'sensor.rng_kib: 100\n' >"$ROOT/whodid.yaml"
ok "and refused when they are wrong" reload
like "$(last_change)" 'whodid.yaml:1:1.*rng_kib' "with their place"
ok "the daemon answers" daemon_answers
stop_daemon
is "$STATUS" 0 "and stops as ever"
done_testing
