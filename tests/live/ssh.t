#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An ssh login by key, and what it does through sudo, belong to the person: scenario 04.
. "$(dirname "$0")/../lib/live.sh"
need sshd ssh ssh-keygen sudo

make_user ssh
mark=$(marker ssh)
printf '%s ALL=(root) NOPASSWD: ALL\n' "$TEST_USER" >"/etc/sudoers.d/$TEST_USER"
cleanup rm -f "/etc/sudoers.d/$TEST_USER"
chmod 440 "/etc/sudoers.d/$TEST_USER"

# A real sshd on a loopback port, with host key and settings of its own.
chmod 755 "$SCRATCH"
ssh-keygen -q -t ed25519 -N '' -f "$SCRATCH/host_key"
ssh-keygen -q -t ed25519 -N '' -f "$SCRATCH/user_key"
cp "$SCRATCH/user_key.pub" "$SCRATCH/authorized"
chmod 644 "$SCRATCH/authorized"
port=$((20000 + RANDOM % 20000))
cat >"$SCRATCH/sshd_config" <<END
ListenAddress 127.0.0.1:$port
HostKey $SCRATCH/host_key
PidFile $SCRATCH/sshd.pid
AuthorizedKeysFile $SCRATCH/authorized
StrictModes no
UsePAM yes
PasswordAuthentication no
PrintMotd no
END
mkdir -p /run/sshd

start_daemon
start_watch
"$(command -v sshd)" -f "$SCRATCH/sshd_config" -E "$SCRATCH/sshd.log" || bail_out "sshd starts" "$(cat "$SCRATCH/sshd.log")"
sshd_pid() {
	[ -s "$SCRATCH/sshd.pid" ]
}
wait_until 30 sshd_pid || bail_out "sshd starts" "$(cat "$SCRATCH/sshd.log")"
cleanup kill "$(cat "$SCRATCH/sshd.pid")"

login() {
	ssh -F none -i "$SCRATCH/user_key" -p "$port" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-o BatchMode=yes -o LogLevel=ERROR "$TEST_USER@127.0.0.1" "$@" </dev/null
}
ok "the login works" login "/bin/true $mark-direct; sudo -n /bin/true $mark-root; sudo -n su - $TEST_USER -c '/bin/true $mark-su'"

# by_arg WORD: the jq expression for the exec of /bin/true with that word.
by_arg() {
	printf '(.process.argv | index("%s")) and (.process.exe | endswith("/true"))' "$1"
}
direct=$(first_event "$(by_arg "$mark-direct")" type=exec) || bail_out "the exec in the session was seen" "$(cat "$LOG")"
identity_everywhere "$direct" "human:$TEST_USER" ssh '.+' "ssh login"
json_is "$direct" .identity.assurance.who kernel "who rests on the kernel"
json_is "$direct" .identity.person "$TEST_USER" "the person is named"
ok "the session has its number" jq -e '.identity.session | length > 0' <<<"$direct"
json_is "$direct" .process.user.name "$TEST_USER" "it runs as the user"

root=$(first_event "$(by_arg "$mark-root")" type=exec) || bail_out "the exec under sudo was seen"
identity_everywhere "$root" "human:$TEST_USER" ssh,sudo:root '.+' "under sudo"
json_is "$root" .process.user.uid 0 "it runs as root"
json_is "$root" .identity.session "$(jq -r .identity.session <<<"$direct")" "in the same session"

su=$(first_event "$(by_arg "$mark-su")" type=exec) || bail_out "the exec under su was seen"
is "$(jq -r '.identity.via | join(",")' <<<"$su")" "ssh,sudo:root,su:$TEST_USER" "su adds its edge"
json_is "$su" .identity.who "human:$TEST_USER" "who stays the person"

# The become and session events themselves.
ok "the session start is an event" wait_until 30 has_event '.identity.who == "human:'"$TEST_USER"'"' type=session.start
ok "becoming root is an event" wait_until 30 has_event '.identity.who == "human:'"$TEST_USER"'"' type=cred.become
# The filter grammar finds the same.
is "$(events type=exec "who=human:$TEST_USER" via=sudo:root | jq -s --arg m "$mark-root" \
	'map(select(.process.argv | index($m))) | length > 0')" true "who= and via= find it"
# The harness itself is no person.
harness=$(first_event '(.process.argv | index("'"$SCRATCH/sshd_config"'")) != null' type=exec)
unlike "$(jq -r .identity.who <<<"$harness")" "human:$TEST_USER" "sshd's starter is somebody else"
done_testing
