#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Jobs of cron and at name who wrote them; what a CI job planted there is an alarm: scenario 09.
. "$(dirname "$0")/../lib/live.sh"
need cron crontab

make_user cron
mark=$(marker deferred)
chmod 755 "$SCRATCH"
worker=$SCRATCH/Runner.Worker
install -m 755 "$ACTORS/stub_worker" "$worker"
one=/etc/cron.d/$TEST_USER-one two=/etc/cron.d/$TEST_USER-two # names with dots are ignored by cron
cleanup rm -f "$one" "$two"
cleanup crontab -u "$TEST_USER" -r
printf 'SHELL=/bin/sh\n* * * * * %s /bin/true %s-old\n' "$TEST_USER" "$mark" >"$one"
chmod 644 "$one"
start_daemon --set "identity.ci_supervisors=github=$worker"
start_watch
if ! pgrep -x cron >/dev/null; then
	"$(command -v cron)" -f >"$SCRATCH/cron.log" 2>&1 &
	cleanup kill $!
fi

# A job adds a line to a crontab of the system, installs one for the user, and submits something to at.
printf '@reboot /bin/false\n* * * * * /bin/true %s-user\n' "$mark" >"$SCRATCH/crontab"
{
	cat <<-END
		unset
		env GITHUB_ACTIONS=true
		env GITHUB_REPOSITORY=acme/app
		env GITHUB_JOB=build
		env GITHUB_RUN_ID=77
		env GITHUB_ACTION=__run
		env PATH=$PATH
		step echo '* * * * * $TEST_USER /bin/true $mark-planted; echo 100\\%' >>$one; crontab -u $TEST_USER $SCRATCH/crontab
	END
	if command -v at >/dev/null; then
		echo "step cd /tmp; echo '/bin/true $mark-at' | setpriv --reuid $TEST_USER --regid $TEST_USER --init-groups env -i PATH=$PATH SHELL=/bin/sh HOME=/tmp at now"
	fi
} | "$worker" spawnclient 3 4 >"$SCRATCH/job.log" 2>&1
# Somebody who is no job writes one too, by another name first.
printf '* * * * * %s /bin/true %s-mine\n' "$TEST_USER" "$mark" >"$SCRATCH/two"
chmod 644 "$SCRATCH/two"
mv "$SCRATCH/two" "$two"
mine=$(first_event ".file.path == \"$two\"" type=create,rename) || bail_out "the other crontab was seen"

exec_of() {
	local expr='(.process.argv | index("'"$mark-$1"'")) and (.process.exe | endswith("/true"))'
	wait_until 75 has_event "$expr" type=exec
	first_event "$expr" type=exec
}

if [ -x /usr/sbin/atd ] && command -v at >/dev/null; then
	if ! pgrep -x atd >/dev/null; then
		/usr/sbin/atd -f >"$SCRATCH/atd.log" 2>&1 &
		cleanup kill $!
	fi
	event=$(exec_of at) || bail_out "the at job ran" "$(cat "$SCRATCH/job.log")"
	json_is "$event" .identity.who "at:$TEST_USER" "at: who is the account"
	json_is "$event" .identity.by ci:github/acme/app/build "at: by the job that submitted it"
	ok "at: flag deferred_by_job" jq -e '.identity.flags | index("deferred_by_job")' <<<"$event"
else
	skip "a job of at's names who submitted it" "at is not installed"
fi

for word in planted user; do
	event=$(exec_of "$word") || bail_out "the $word line ran" "$(cat "$SCRATCH/job.log" "$one")"
	json_is "$event" .identity.who "cron:$TEST_USER" "$word: who is the account"
	json_is "$event" .identity.by ci:github/acme/app/build "$word: by the job that wrote the line"
	ok "$word: flag deferred_by_job" jq -e '.identity.flags | index("deferred_by_job")' <<<"$event"
done
ok "id says so" jq -e 'any(.facts[]; .fact == "the crontab was written by ci:github/acme/app/build when this command came into it" and .trust == "worked out, not proven")' \
	<<<"$(wd id "$(jq -r .uid <<<"$event")" -o json)"
ok "by= finds it" test -n "$(events by=ci:github/acme/app/build who=cron:* flag=deferred_by_job)"
ok "it is an anomaly" wait_until 10 has_event \
	'.anomaly.kind == "identity" and (.anomaly.title | test("runs what a CI job has left"))' type=anomaly "who=cron:$TEST_USER"
event=$(exec_of old) || bail_out "the old line ran"
json_is "$event" .identity.by null "a line that was there before is nobody's known"
ok "and not flagged" jq -e '(.identity.flags // []) | index("deferred_by_job") | not' <<<"$event"
event=$(exec_of mine) || bail_out "the other line ran"
json_is "$event" .identity.by "$(jq -r .identity.who <<<"$mine")" "by is who put the file there"
ok "which is no alarm" jq -e '(.identity.flags // []) | index("deferred_by_job") | not' <<<"$event"
done_testing
