# SPDX-License-Identifier: Apache-2.0
# sshd: a real sshd of the test's own on a loopback port, that tells its log as it would anywhere.
# Source it behind live.sh. Tests that use it take turns: there is one /dev/log.
# shellcheck shell=bash
need sshd ssh ssh-keygen flock

SSH_PORT=$((20000 + RANDOM % 20000))

# Somebody has to listen at /dev/log, else syslog(3) sends nothing.
start_log() {
	exec 9>/run/lock/whodid-test-log || return 1
	flock 9
	[ ! -S /dev/log ] || return 0
	"$ACTORS/log_sink" /dev/log >"$SCRATCH/log_sink" 2>&1 9>&- &
	cleanup end_log "$!"
	wait_until 5 grep -q ready "$SCRATCH/log_sink"
}

end_log() {
	kill "$1"
	wait "$1"
}

# make_key NAME: an ssh key $SCRATCH/NAME; prints its fingerprint.
make_key() {
	ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$SCRATCH/$1" && ssh-keygen -lf "$SCRATCH/$1.pub" | awk '{ print $2 }'
}

# share_account: two people, who log in to one account: the fingerprints of their keys in $alice and $bob.
share_account() {
	# shellcheck disable=SC2034 # for the test
	alice=$(make_key alice) bob=$(make_key bob)
	if [ -z "$alice" ] || [ -z "$bob" ]; then
		bail_out "keys can be made"
	fi
	cat "$SCRATCH/alice.pub" "$SCRATCH/bob.pub" >"$SCRATCH/authorized"
}

sshd_is_up() {
	[ -s "$SCRATCH/sshd.pid" ]
}

# start_sshd [SETTING...]: who may log in stands in $SCRATCH/authorized.
start_sshd() {
	chmod 755 "$SCRATCH"
	[ -e "$SCRATCH/host_key" ] || make_key host_key >/dev/null
	touch "$SCRATCH/authorized"
	chmod 644 "$SCRATCH/authorized"
	{
		printf '%s\n' "ListenAddress 127.0.0.1:$SSH_PORT" "HostKey $SCRATCH/host_key" \
			"PidFile $SCRATCH/sshd.pid" "AuthorizedKeysFile $SCRATCH/authorized" "StrictModes no" \
			"UsePAM yes" "PasswordAuthentication no" "PrintMotd no" "$@"
	} >"$SCRATCH/sshd_config"
	mkdir -p /run/sshd
	start_log || bail_out "somebody listens at /dev/log"
	"$(command -v sshd)" -f "$SCRATCH/sshd_config" 9>&- || bail_out "sshd starts"
	wait_until 10 sshd_is_up || bail_out "sshd starts"
	cleanup kill "$(cat "$SCRATCH/sshd.pid")"
}

# SSH_OPTIONS KEY: what the client needs to log in with that key, one word a line.
ssh_options() {
	printf '%s\n' -F none -i "$SCRATCH/$1" -p "$SSH_PORT" -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o BatchMode=yes -o LogLevel=ERROR -o IdentitiesOnly=yes
}

# ssh_as KEY USER COMMAND: runs the command there.
ssh_as() {
	local options
	mapfile -t options < <(ssh_options "$1")
	# shellcheck disable=SC2029 # the command is made here
	ssh "${options[@]}" "$2@127.0.0.1" "$3" </dev/null
}
