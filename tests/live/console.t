#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Somebody logs in at a console (agetty, login): a person, also after `sudo -i` and `su -`. A password that is
# wrong makes nobody a person.
. "$(dirname "$0")/../lib/live.sh"
need agetty login sudo su python3
[ "$(cat /proc/self/loginuid)" = 4294967295 ] || skip_all "the test runs in a login session: its login uid is set"
grep -q '^session.*pam_loginuid' /etc/pam.d/login 2>/dev/null || skip_all "login's PAM stack does not set the login uid here"

make_user con
mark=$(marker console)
printf '%s:%s\n' "$TEST_USER" "$mark" | chpasswd || bail_out "a password can be set"
printf '%s ALL=(root) NOPASSWD: ALL\n' "$TEST_USER" >"/etc/sudoers.d/$TEST_USER"
cleanup rm -f "/etc/sudoers.d/$TEST_USER"
chmod 440 "/etc/sudoers.d/$TEST_USER"
start_daemon
start_watch

# console [LINE...]: somebody at a terminal who does that; prints what they saw.
console() {
	printf '%s\n' "$@" | TERM=dumb tests/live/actors/console.py agetty --noclear --noissue - dumb 2>&1
}

seen=$(console 'wait login:' "say $TEST_USER" 'wait assword:' 'say wrong' 'wait ncorrect') || true
like "$seen" 'ncorrect' "a wrong password is refused"
login=$(first_event ".process.argv | index(\"$TEST_USER\")" type=exec 'exe=*/login') || bail_out "login's exec was seen"
unlike "$(jq -r .identity.who <<<"$login")" "human:" "login itself is nobody's yet"

seen=$(console 'wait login:' "say $TEST_USER" 'wait assword:' "say $mark" 'wait $' \
	"say /bin/true $mark-direct; sudo -i /bin/true $mark-sudo; sudo -i su - $TEST_USER -c '/bin/true $mark-su'; exit") || diag "$seen"
event=$(first_event "$(true_with "$mark-direct")" type=exec) || bail_out "the command at the console was seen" "$seen"
identity_everywhere "$event" "human:$TEST_USER" console '.+' "at the console"
json_is "$event" .identity.assurance.who kernel "which the kernel says"
json_is "$event" .identity.person "$TEST_USER" "a person"
session=$(jq -r .identity.session <<<"$event")
like "$session" '^[0-9]+$' "with a session of their own"
json_is "$event" '.identity.login' null "of whom no sshd said anything"

event=$(first_event "$(true_with "$mark-sudo")" type=exec) || bail_out "sudo -i was seen" "$seen"
identity_everywhere "$event" "human:$TEST_USER" console,sudo:root '.+' "sudo -i"
json_is "$event" .process.user.uid 0 "as root"
event=$(first_event "$(true_with "$mark-su")" type=exec) || bail_out "su - was seen" "$seen"
identity_everywhere "$event" "human:$TEST_USER" "console,sudo:root,su:$TEST_USER" '.+' "su - in sudo -i"
json_is "$event" .process.user.name "$TEST_USER" "as the user again"
json_is "$event" .identity.session "$session" "in the same session"

is "$(events type=session.start "who=human:$TEST_USER" | jq -r .identity.session)" "$session" "one login: the wrong password was none"
has_ended() {
	has_event true type=session.end "who=human:$TEST_USER" "session=$session"
}
ok "and it ends" wait_until 30 has_ended
done_testing
