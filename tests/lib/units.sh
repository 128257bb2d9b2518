# SPDX-License-Identifier: Apache-2.0
# units: services without systemd: a manager of the test's own, and the cgroups it makes. Source it behind
# live.sh, call start_units, and give the daemon identity.service_managers=$MANAGER.
# shellcheck shell=bash
CGROUPS=/sys/fs/cgroup
[ -d $CGROUPS/unified ] && CGROUPS=/sys/fs/cgroup/unified
MANAGER=$SCRATCH/manager

need_cgroups() {
	[ -e $CGROUPS/cgroup.procs ] || skip_all "no cgroup v2 here"
}

start_units() {
	need_cgroups
	chmod 755 "$SCRATCH" # trusted executables lie where only root can write
	install -m 755 "$B/tests/lib/service-manager" "$MANAGER"
}

# rm_cgroup PATH: below the root, with what is in it, and the empty ones above it.
rm_cgroup() {
	[ ! -d "$CGROUPS/$1" ] || find "$CGROUPS/$1" -depth -type d -exec rmdir {} +
	(cd $CGROUPS && rmdir -p --ignore-fail-on-non-empty "$(dirname "$1")")
}

# run_unit UNIT COMMAND...: runs it as that service, and waits for it. UNIT may have slices before it.
run_unit() {
	local path=$1
	shift
	[[ $path == */* ]] || path=system.slice/$path
	mkdir -p "$CGROUPS/$path"
	cleanup rm_cgroup "$path"
	"$MANAGER" "$CGROUPS/$path" "$(command -v "$1")" "${@:2}"
}
