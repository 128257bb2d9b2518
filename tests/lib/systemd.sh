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
