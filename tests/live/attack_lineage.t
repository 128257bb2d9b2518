#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# People who try to act in another's name on one host: by a login program that they start themselves, a debugger, a
# server that others use, a CI supervisor's own file. Nothing is said to be somebody's who did not do it, unless
# it is flagged, derived, and by who did.
. "$(dirname "$0")/../lib/live.sh"
. "$(dirname "$0")/../lib/sshd.sh"
. "$(dirname "$0")/../lib/units.sh"
need sudo login script socat setpriv
[ "$(cat /proc/self/loginuid)" = 4294967295 ] || skip_all "the test runs in a login session: its login uid is set"
grep -q '^session.*pam_loginuid' /etc/pam.d/login 2>/dev/null || skip_all "login's PAM stack does not set the login uid here"

make_user al
alice=$TEST_USER
make_user bo
bob=$TEST_USER
mark=$(marker attack)
for who in alice bob; do
	make_key "$who" >/dev/null || bail_out "a key can be made"
	cat "$SCRATCH/$who.pub" >>"$SCRATCH/authorized"
done
printf '%s ALL=(ALL) NOPASSWD: ALL\n' "$alice" >"/etc/sudoers.d/$alice"
cleanup rm -f "/etc/sudoers.d/$alice"
chmod 440 "/etc/sudoers.d/$alice"
mkdir "$SCRATCH/bin" "$SCRATCH/hers"
chmod 755 "$SCRATCH" "$SCRATCH/bin"
chmod 1777 "$SCRATCH/hers"
worker=$SCRATCH/bin/Runner.Worker
install -m 755 "$ACTORS/stub_worker" "$worker"
start_units
start_daemon --set "identity.ci_supervisors=github=$worker" --set "identity.service_managers=$MANAGER"
start_sshd
start_watch

did() {
	first_event "$(true_with "$mark-$1")" type=exec || bail_out "what was done by $1 was seen"
}

# is_doubted EVENT WHO BY FLAG NAME
is_doubted() {
	json_is "$1" .identity.who "$2" "$5: who"
	json_is "$1" .identity.by "$3" "$5: by"
	json_is "$1" .identity.assurance.who derived "$5: no more than derived"
	ok "$5: flag $4" jq -e --arg flag "$4" '.identity.flags | index($flag)' <<<"$1"
}

# sudo login -f bob
ssh_as alice "$alice" "printf '/bin/true $mark-login\nexit\n' | script -qec 'sudo login -f $bob' /dev/null" >/dev/null
event=$(did login)
identity_everywhere "$event" anon:login-by-hand "" '.+' "login by hand"
json_is "$event" .identity.by "human:$alice" "login by hand: by"
json_is "$event" .process.user.name "$bob" "login by hand: it is the other account"
ok "login by hand: flag" jq -e '.identity.flags | index("login_by_hand")' <<<"$event"
ok "login by hand: an anomaly" wait_until 30 has_event '.anomaly.title // "" | test("started by hand")' type=anomaly

# An sshd of hers, with her settings: her key lets her in as bob.
port=$((SSH_PORT + 1))
sed "s/^ListenAddress.*/ListenAddress 127.0.0.1:$port/; s|^PidFile.*|PidFile $SCRATCH/hers/pid|" "$SCRATCH/sshd_config" >"$SCRATCH/hers_config"
ssh_as alice "$alice" "sudo $(command -v sshd) -f $SCRATCH/hers_config"
wait_until 10 test -s "$SCRATCH/hers/pid" || bail_out "her sshd starts"
cleanup kill "$(cat "$SCRATCH/hers/pid")"
SSH_PORT=$port ssh_as alice "$bob" "/bin/true $mark-sshd"
is_doubted "$(did sshd)" "human:$bob" "human:$alice" login_by_hand "sshd by hand"

# A debugger on what bob has running.
cat >"$SCRATCH/bin/victim" <<END
#!/bin/bash
/bin/true $mark-before
echo \$\$ >$SCRATCH/hers/victim
while [ ! -e $SCRATCH/hers/go ]; do sleep 0.1; done
/bin/true $mark-after
END
chmod 755 "$SCRATCH/bin/victim"
install -m 755 "$ACTORS/reach" "$SCRATCH/bin/reach"
ssh_as bob "$bob" "$SCRATCH/bin/victim" &
victim=$!
wait_until 20 test -s "$SCRATCH/hers/victim" || bail_out "bob's program runs"
ssh_as alice "$alice" "sudo $SCRATCH/bin/reach open_write $(cat "$SCRATCH/hers/victim")" >/dev/null
ok "a debugger: id says why" jq -e 'any(.facts[]; .fact | contains("got into its memory"))' \
	<<<"$(wd id "$(cat "$SCRATCH/hers/victim")" -o json)"
touch "$SCRATCH/hers/go"
wait "$victim"
event=$(did before)
json_is "$event" .identity.assurance.who kernel "a debugger: sure before"
ok "a debugger: not flagged before" jq -e '(.identity.flags // []) | index("reached_into") | not' <<<"$event"
event=$(did after)
is_doubted "$event" "human:$bob" "human:$alice" reached_into "a debugger"

# A server of hers does what bob tells it.
for family in unix tcp; do
	listen="UNIX-LISTEN:$SCRATCH/hers/socket,mode=666,fork" to="UNIX-CONNECT:$SCRATCH/hers/socket"
	[ $family = unix ] || listen="TCP-LISTEN:$((port + 1)),bind=127.0.0.1,fork" to="TCP:127.0.0.1:$((port + 1))"
	ssh_as alice "$alice" "echo \$\$ >$SCRATCH/hers/$family; exec socat $listen EXEC:/bin/sh" >/dev/null 2>&1 &
	wait_until 20 test -s "$SCRATCH/hers/$family" || bail_out "her server starts"
	cleanup kill "$(cat "$SCRATCH/hers/$family")"
	wait_until 20 runuser -u "$bob" -- sh -c "echo : | socat - $to" || bail_out "her server answers"
	ssh_as bob "$bob" "echo '/bin/true $mark-$family' | socat -t 5 - $to"
	is_doubted "$(did $family)" "human:$alice" "human:$bob" serves_others "a server ($family)"
done

# A service, as an account that is not the runner's, executes the supervisor's file and says whose job it is.
printf '%s\n' unset "env GITHUB_REPOSITORY=victim/app" "env GITHUB_JOB=deploy" "step /bin/true $mark-played" >"$SCRATCH/plan"
chmod 644 "$SCRATCH/plan"
run_unit whodid-plays-$$.service setpriv --reuid "$bob" --regid "$bob" --clear-groups sh -c "$worker spawnclient 3 4 <$SCRATCH/plan"
json_is "$(did played)" .identity.assurance.who derived "a supervisor that everybody can execute, in any unit: derived"
like "$(cat "$LOG")" "Runner.Worker can be executed by everybody" "and the log says so at start"
done_testing
