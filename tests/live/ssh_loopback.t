#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A service that logs in to its own host over ssh stays that service, whatever account it gets: scenario 38.
. "$(dirname "$0")/../lib/live.sh"
. "$(dirname "$0")/../lib/sshd.sh"
. "$(dirname "$0")/../lib/units.sh"
need sudo
need_cgroups

make_user ssh
mark=$(marker loopback)
key=$(make_key job) || bail_out "a key can be made"
cp "$SCRATCH/job.pub" "$SCRATCH/authorized"
printf '%s ALL=(root) NOPASSWD: ALL\n' "$TEST_USER" >"/etc/sudoers.d/$TEST_USER"
cleanup rm -f "/etc/sudoers.d/$TEST_USER"
chmod 440 "/etc/sudoers.d/$TEST_USER"

unit=whodid-job-$$.service
start_units
cleanup rm_cgroup "system.slice/$unit"
start_daemon --set "identity.service_managers=$MANAGER"
start_watch
start_sshd

mapfile -t options < <(ssh_options job)
ok "the service logs in to its own host" "$MANAGER" "$CGROUPS/system.slice/$unit" /usr/bin/ssh "${options[@]}" \
	"$TEST_USER@127.0.0.1" "/bin/true $mark-over; sudo -n /bin/true $mark-root"

event=$(first_event "$(true_with "$mark-over")" type=exec) || bail_out "what it ran over there was seen"
identity_everywhere "$event" "unit:$unit" ssh '.+' "over ssh"
json_is "$event" .identity.by "unit:$unit" "by says who asked for it"
json_is "$event" .identity.person null "no person is named"
json_is "$event" .identity.login.key_fingerprint "$key" "the key is known"
json_is "$event" .process.user.name "$TEST_USER" "it runs as the account"
ok "flag loopback_ssh" jq -e '.identity.flags | index("loopback_ssh")' <<<"$event"
ok "the session has its number" jq -e '.identity.session | length > 0' <<<"$event"
json_is "$(first_event "$(true_with "$mark-root")" type=exec)" '.identity.via | join(",")' ssh,sudo:root "sudo adds its edge"
ok "id says how that is known" jq -e 'any(.facts[]; .fact | contains("a connection from this host by"))' \
	<<<"$(wd id "$(jq -r .uid <<<"$event")" -o json)"
ok "it is an anomaly" wait_until 10 has_event \
	'.anomaly.kind == "identity" and .anomaly.severity == "medium" and .identity.who == "unit:'"$unit"'"' type=anomaly

# The test itself is nobody known, so what it does over ssh is the account's, with a word on where it came from.
ok "somebody unknown logs in" ssh_as job "$TEST_USER" "/bin/true $mark-mine"
event=$(first_event "$(true_with "$mark-mine")" type=exec) || bail_out "what ran was seen"
harness=$(first_event '(.process.exe | endswith("/ssh")) and (.process.argv | index("/bin/true '"$mark-mine"'"))' type=exec)
by=$(jq -r .identity.who <<<"$harness")
json_is "$event" .identity.by "$by" "by is who ran ssh"
case $by in
anon:*) json_is "$event" .identity.who "human:$TEST_USER" "who is the account" ;;
*) json_is "$event" .identity.who "$by" "who is who ran ssh" ;;
esac
ok "flag loopback_ssh there too" jq -e '.identity.flags | index("loopback_ssh")' <<<"$event"
done_testing
