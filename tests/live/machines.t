#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# LXC and systemd-nspawn: root gives a machine its name, and its runtime makes the cgroup that says it.
. "$(dirname "$0")/../lib/live.sh"
. "$(dirname "$0")/../lib/units.sh"
need busybox
if ldd "$(command -v busybox)" >/dev/null 2>&1; then skip_all "busybox is not static"; fi
need_cgroups

mark=$(marker machine)
name=wd$$
root=$SCRATCH/rootfs
mkdir -p "$root"/{bin,usr,proc,sys,dev,etc,sbin,tmp,run}
cp "$(command -v busybox)" "$root/bin/busybox"
for applet in sh true sleep; do ln -s busybox "$root/bin/$applet"; done
start_units
unit=$CGROUPS/machine.slice/systemd-nspawn@$name.service

remove_cgroups() {
	find "$unit" -depth -type d -exec rmdir {} +
	rmdir "$CGROUPS/machine.slice"
	# what the runtimes leave behind, in each hierarchy; only what is empty goes
	rmdir /sys/fs/cgroup{,/*}/{lxc.pivot,payload,supervisor}
}
cleanup remove_cgroups
start_daemon --set "identity.service_managers=$MANAGER"
all='.identity | .who + " " + (.via // [] | join(",")) + " " + .as'

exec_with() {
	first_event '(.process.argv | index("'"$1"'")) and (.process.exe | endswith("/busybox"))' type=exec 'exe=*/busybox'
}

lxc() {
	printf '%s\n' "lxc.uts.name = $name" "lxc.rootfs.path = dir:$root" "lxc.net.0.type = none" \
		"lxc.apparmor.profile = unconfined" >"$SCRATCH/lxc.conf"
	timeout 30 lxc-execute -P "$SCRATCH" -n "$name" -f "$SCRATCH/lxc.conf" -o "$SCRATCH/lxc.log" -- /bin/true "$mark-lxc" \
		>"$SCRATCH/lxc.out" 2>&1
}

nspawn() {
	timeout 30 "$@" "$(command -v systemd-nspawn)" -q -D "$root" -M "$name" --register=no --keep-unit \
		/bin/true "$mark-$kind" >"$SCRATCH/nspawn.out" 2>&1
}

if ! command -v lxc-execute >/dev/null; then
	skip "LXC" "lxc is not installed"
elif ! lxc; then
	skip "LXC" "it does not start here: $(tail -n 1 "$SCRATCH/lxc.log")"
else
	event=$(exec_with "$mark-lxc") || bail_out "the exec in LXC was seen"
	json_is "$event" "$all" "ctr:lxc/$name container-run ctr:lxc/$name" "LXC: by its name"
	json_is "$event" .identity.assurance.who kernel "LXC: lxc made the cgroup of that name"
	json_is "$event" .identity.container.runtime lxc "LXC: its runtime"
	json_is "$event" .identity.container.image null "LXC: of no image"
	like "$(wd id "$(jq -r .uid <<<"$event")" 2>&1)" "ctr:lxc/$name" "LXC: id says it"
fi

kind=unit
if ! command -v systemd-nspawn >/dev/null; then
	skip "nspawn" "systemd-nspawn is not installed"
elif ! nspawn "$MANAGER" "$unit"; then
	skip "nspawn" "it does not start here: $(tail -n 1 "$SCRATCH/nspawn.out")"
else
	event=$(exec_with "$mark-unit") || bail_out "the exec in nspawn was seen"
	json_is "$event" "$all" "ctr:nspawn/$name container-run machine:$name" "nspawn as a unit: by the name in its unit"
	json_is "$event" .identity.assurance.who kernel "nspawn as a unit: the manager made the cgroup of that name"
	json_is "$event" .identity.unit "systemd-nspawn@$name.service" "nspawn as a unit: the unit"
	# A machine's name in arguments is the caller's word: only what the cgroup says counts.
	kind=bare
	nspawn env
	bare=$(exec_with "$mark-bare") || bail_out "the exec in nspawn by hand was seen"
	unlike "$(jq -r '.identity | .who + " " + .as' <<<"$bare")" "$name" "nspawn by hand: not the machine that the caller says"
	like "$(jq -r .identity.who <<<"$bare")" '^anon:|^human:' "nspawn by hand: of whoever started it, or nobody"
fi
done_testing
