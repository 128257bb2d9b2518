#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A job that the real cron daemon starts is cron's, not a person's, although it has a login uid:
# scenario 08; and the same for at: scenario 10.
. "$(dirname "$0")/../lib/live.sh"
need cron

make_user cron
mark=$(marker cron)
start_daemon
start_watch
if ! pgrep -x cron >/dev/null; then
	# An init script or unit may not work here, so the daemon is started by hand.
	"$(command -v cron)" -f >"$SCRATCH/cron.log" 2>&1 &
	cleanup kill $!
fi
# Meanwhile nothing is lost, so a watch for losses stays quiet, longer than a silent daemon is waited for.
wd watch type=loss --for 40s -q >"$SCRATCH/quiet" 2>&1 &
quiet=$!
job=/etc/cron.d/$TEST_USER # names with dots are ignored by cron
cleanup rm -f "$job"
printf 'SHELL=/bin/sh\n* * * * * %s /bin/true %s\n' "$TEST_USER" "$mark" >"$job"
chmod 644 "$job"

# at runs at once, so it fills the minute until cron's turn.
if [ -x /usr/sbin/atd ] && command -v at >/dev/null; then
	if ! pgrep -x atd >/dev/null; then
		/usr/sbin/atd -f >"$SCRATCH/atd.log" 2>&1 &
		cleanup kill $!
		wait_until 30 test -s /run/atd.pid
	fi
	setpriv --reuid "$TEST_USER" --regid "$TEST_USER" --init-groups env -i PATH="$PATH" GITHUB_REPOSITORY=x/y \
		SHELL=/bin/sh HOME=/tmp sh -c "cd /tmp && echo '/bin/true $mark-at' | at now" >"$SCRATCH/at.log" 2>&1
	if wait_until 70 has_event '(.process.argv | index("'"$mark-at"'")) and (.process.exe | endswith("/true"))' type=exec; then
		event=$(first_event '(.process.argv | index("'"$mark-at"'")) and (.process.exe | endswith("/true"))' type=exec)
		identity_everywhere "$event" "at:$TEST_USER" at '.+' "at job"
		ok "the submitter's environment names nobody" jq -e '.identity.ci == null' <<<"$event"
	else
		fail "the at job was seen" "$(cat "$SCRATCH/at.log")"
	fi
else
	skip "at job" "at is not installed"
fi

expr='(.process.argv | index("'"$mark"'")) and (.process.exe | endswith("/true"))'
wait_until 75 has_event "$expr" type=exec || bail_out "the cron job was seen" "$(cat "$SCRATCH/cron.log" 2>/dev/null)"
event=$(first_event "$expr" type=exec)
identity_everywhere "$event" "cron:$TEST_USER" cron '.+' "cron job"
json_is "$event" .identity.assurance.who kernel "who rests on the kernel"
wait "$quiet"
is "$?" 0 "a watch lives through 40 s in which nothing is to be shown"
done_testing
