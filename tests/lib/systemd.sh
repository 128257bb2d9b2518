# SPDX-License-Identifier: Apache-2.0
# systemd: for tests on a machine whose PID 1 it is. Source it behind live.sh or tap.sh.
# shellcheck shell=bash
[ -d /run/systemd/system ] || skip_all "PID 1 is not systemd here"
need systemctl systemd-run
[ -e /sys/fs/cgroup/cgroup.procs ] || skip_all "no cgroup v2 alone here"

remove_unit() {
	systemctl stop "$1"
	systemctl reset-failed "$1"
	rm -f "/run/systemd/system/$1"
	systemctl daemon-reload
}

# add_unit NAME: its text on standard input; gone again at the end.
add_unit() {
	cleanup remove_unit "$1"
	cat >"/run/systemd/system/$1"
}

# make_person NAME: an account of this test's own, which may sudo; its name in $PERSON, its password $SECRET.
SECRET=pw$RANDOM$RANDOM
make_person() {
	make_user "$1"
	# shellcheck disable=SC2034 # for the tests
	PERSON=$TEST_USER
	printf '%s:%s\n' "$TEST_USER" "$SECRET" | chpasswd || bail_out "a password can be set"
	cleanup rm -f "/etc/sudoers.d/$TEST_USER"
	printf '%s ALL=(root) NOPASSWD: ALL\n' "$TEST_USER" >"/etc/sudoers.d/$TEST_USER"
	chmod 440 "/etc/sudoers.d/$TEST_USER"
}

# at_console PERSON COMMAND: somebody logs in at a terminal and does that; prints what they saw.
at_console() {
	printf '%s\n' 'wait login:' "say $1" 'wait assword:' "say $SECRET" 'wait $' "say $2; exit" |
		TERM=dumb tests/live/actors/console.py agetty --noclear --noissue - dumb 2>&1
}

# true_of WORD: the event of /bin/true with that word; ends the test where there is none.
true_of() {
	first_event "$(true_with "$1")" type=exec || bail_out "the exec of $1 was seen" "$(tail -n 5 "$LOG")"
}
