#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A process that sets its own unset login uid becomes nobody else by that: scenario 11.
. "$(dirname "$0")/../lib/live.sh"
[ "$(cat /proc/self/loginuid)" = 4294967295 ] || skip_all "the test runs in a login session: its login uid is set"

mark=$(marker loginuid)
start_daemon
sh -c "exec /bin/true $mark-before"
sh -c "echo 0 > /proc/self/loginuid; /bin/true $mark-after; exec /bin/true $mark-self" || bail_out "the login uid can be set"

before=$(first_event '(.process.argv | index("'"$mark-before"'")) and (.process.exe | endswith("/true"))' type=exec) ||
	bail_out "the exec before was seen"
for word in after self; do
	event=$(first_event '(.process.argv | index("'"$mark-$word"'")) and (.process.exe | endswith("/true"))' type=exec) ||
		bail_out "the exec $word was seen"
	json_is "$event" .identity.who "$(jq -r .identity.who <<<"$before")" "$word: who is unchanged"
	ok "$word: flag self_loginuid" jq -e '.identity.flags | index("self_loginuid")' <<<"$event"
	unlike "$(jq -r '.identity.who + " " + (.identity.person // "")' <<<"$event")" 'root' "$word: root is not claimed"
done
ok "no flag before" jq -e '(.identity.flags // []) | index("self_loginuid") | not' <<<"$before"
ok "it is an anomaly" wait_until 30 has_event '.anomaly.kind == "identity" or (.anomaly.title // "" | test("login"))' type=anomaly
done_testing
