#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# With no more rights than the systemd unit leaves it, the daemon starts, attaches all and sees all. (What
# the unit forbids by other means is up to systemd, and not tried here.)
. "$(dirname "$0")/../lib/live.sh"
need setpriv
unit=$TOP/userspace/etc/whodid.service

bounding=-all
read -ra granted < <(sed -n 's/^CapabilityBoundingSet=//p' "$unit")
for cap in "${granted[@]}"; do
	cap=${cap#CAP_}
	bounding+=,+${cap,,}
done
setpriv --bounding-set "$bounding" --no-new-privs "$B/whodidd" --root "$ROOT" \
	--set "profiles.vendor_dir=$TOP/userspace/etc/profiles" >"$LOG" 2>&1 &
DAEMON=$!
cleanup end_daemon "$DAEMON"
ok "it starts with $(sed -n 's/^CapabilityBoundingSet=//p' "$unit")" wait_until 20 daemon_answers ||
	bail_out "the daemon starts and answers" "$(tail -n 30 "$LOG")"
is "$(wd status -o json | jq -c '[.hooks[] | select(.attached | not) | .name]')" '[]' "all hooks are attached"
tested() {
	wd status -o json | jq -e '.self_test' >/dev/null
}
wait_until 30 tested
is "$(wd status -o json | jq -c '[.self_test.classes[] | select(.state == "blind" or .untried)]')" '[]' \
	"its own acts are possible and seen"
mark=$(marker confined)
/bin/true "$mark"
event=$(first_event ".process.argv // [] | index(\"$mark\")" type=exec) || bail_out "an exec is seen"
json_is "$event" .identity.who "$(wd id $$ -o json | jq -r .identity.who)" "with its identity"
for family in UNIX INET INET6; do
	ok "and the unit lets it have its sockets: AF_$family" \
		grep -Eq "^RestrictAddressFamilies=.*AF_$family( |\$)" "$unit"
done
stop_daemon
is "$STATUS" 0 "it ends well"
done_testing
