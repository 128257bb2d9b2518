#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# doas and pkexec change the account and not the person: scenario 05.
. "$(dirname "$0")/../lib/live.sh"
. "$(dirname "$0")/../lib/sshd.sh"

make_user ssh
mark=$(marker switch)
[ -n "$(make_key alice)" ] || bail_out "a key can be made"
cp "$SCRATCH/alice.pub" "$SCRATCH/authorized"
start_daemon
start_watch
start_sshd

# is_edge WORD EDGE: what ran as root is still the person's, through ssh and that program.
is_edge() {
	local event
	event=$(first_event "$(true_with "$mark-$1")" type=exec) || bail_out "what ran under $1 was seen"
	identity_everywhere "$event" "human:$TEST_USER" "ssh,$2" '.+' "$1"
	json_is "$event" .process.user.uid 0 "$1: it runs as root"
	json_is "$event" .identity.assurance.via kernel "$1: the way is the kernel's word"
	ok "$1: id says so" jq -e --arg who "$1" 'any(.facts[]; .fact | test($who + " .pid [0-9]+. turned uid [0-9]+ "))' \
		<<<"$(wd id "$(jq -r .uid <<<"$event")" -o json)"
	ok "$1: cred.become is an event" has_event ".cred.via == \"$1\" and .identity.who == \"human:$TEST_USER\"" type=become
}

if ! command -v doas >/dev/null; then
	skip "doas" "doas is not installed"
elif [ -e /etc/doas.conf ]; then
	skip "doas" "this host has rules of its own in /etc/doas.conf"
else
	cleanup rm -f /etc/doas.conf
	echo "permit nopass $TEST_USER as root" >/etc/doas.conf
	ok "doas runs it" ssh_as alice "$TEST_USER" "doas -n /bin/true $mark-doas"
	is_edge doas doas:root
fi

# pkexec asks polkitd over the system's bus; where there is none, this test runs both.
rules=/etc/polkit-1/rules.d/00-$TEST_USER.rules
bus_is_up() {
	[ -S /run/dbus/system_bus_socket ]
}
end_bus() {
	kill "$1"
	wait "$1"
	rm -f /run/dbus/system_bus_socket
}
start_bus() {
	mkdir -p /run/dbus
	dbus-daemon --system --nofork --nopidfile >"$SCRATCH/dbus.log" 2>&1 9>&- &
	cleanup end_bus "$!"
	wait_until 10 bus_is_up
}
asks_polkit() {
	ssh_as alice "$TEST_USER" "SHELL=/bin/sh pkexec /bin/true $mark-pkexec"
}
if ! command -v pkexec >/dev/null || ! command -v dbus-daemon >/dev/null; then
	skip "pkexec" "pkexec or dbus-daemon is not installed"
elif ! bus_is_up && ! start_bus; then
	skip "pkexec" "no system bus can be started: $(head -c 200 "$SCRATCH/dbus.log" | tr '\n' ' ')"
else
	cleanup rm -f "$rules"
	cat >"$rules" <<-END
		polkit.addRule(function(action, subject) {
			if (action.id == "org.freedesktop.policykit.exec" && subject.user == "$TEST_USER")
				return polkit.Result.YES;
		});
	END
	chmod 644 "$rules"
	for polkitd in /usr/lib/polkit-1/polkitd /usr/libexec/polkitd; do
		if [ -x $polkitd ] && ! pgrep -x polkitd >/dev/null; then
			"$polkitd" --no-debug >"$SCRATCH/polkitd.log" 2>&1 9>&- &
			cleanup kill "$!"
		fi
	done
	if wait_until 15 asks_polkit; then
		is_edge pkexec pkexec:root
	else
		skip "pkexec" "polkitd does not let it: $(asks_polkit 2>&1 | head -c 200 | tr '\n' ' ')"
	fi
fi
done_testing
