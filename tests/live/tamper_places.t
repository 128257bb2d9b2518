#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What takes the sensor's places from it without touching them: a mount over a folder above them; the daemon moved
# to another control group, which is watched from then on; limits of its group; the store by another name, in a
# mount namespace where it lies elsewhere.
. "$(dirname "$0")/../lib/live.sh"

start_daemon
me=$(wd id $$ -o json | jq -r .identity.who)

# told JQ MESSAGE SEVERITY NAME: an agent.tamper of this shell's people.
told() {
	EVENT=$(first_event "$1" type=agent.tamper) || {
		fail "$4: told" "$(events type=agent.tamper | jq -c '[.message, .process.exe]')"
		return
	}
	like "$(jq -r .message <<<"$EVENT")" "$2" "$4: told"
	json_is "$EVENT" .verdict.severity "$3" "$4: how grave"
	json_is "$EVENT" .identity.who "$me" "$4: by whom"
}

# --- mounts
if mount -n -t tmpfs none "$ROOT" 2>/dev/null; then
	umount -n "$ROOT"
	told '.file.op == "mount"' "^mount above the store: $ROOT\$" high "a mount over the folder with the store"
	told '.file.op == "umount"' "^umount above the store: $ROOT\$" high "and it is taken away"
	mkdir "$SCRATCH/beside"
	mount -n -t tmpfs none "$SCRATCH/beside" && umount -n "$SCRATCH/beside"
	ok "beside it: seen" first_event true type=mount "path=$SCRATCH/beside" op=umount
	is "$(events type=agent.tamper "file.path=$SCRATCH/beside" | wc -l)" 0 "beside it: none"
	# shellcheck disable=SC2016 # for the other shell
	unshare --mount --propagation private bash -c 'mount -n -t tmpfs none "$1" && touch "$1/mark"' - "$ROOT"
	ok "in a namespace of its own: seen" first_event .file.mount_namespace type=create "path=$ROOT/mark"
	is "$(events type=agent.tamper op=mount | wc -l)" 1 "in a namespace of its own: hides nothing of the host's"
	# shellcheck disable=SC2016
	unshare --mount --propagation private bash -c 'mount -n --bind "$1/store" "$2" && touch "$2/mark"' - "$ROOT" "$SCRATCH/beside"
	told '.file.path_on_host == "'"$ROOT/store/mark"'"' "of the store: $ROOT/store/mark\$" high "the store by another name"
	rm -f "$ROOT/store/mark"

	# by a link: where the kernel's objects are not at hand it is seen by its effect
	sleep 6 # FRESH_NS and one: a mount that was told just now explains the effect of the next
	ln -s "$ROOT" "$SCRATCH/alias"
	mount -n -c -t tmpfs none "$SCRATCH/alias"
	sleep 4 # the socket of the daemon is hidden as well, so there is nobody to ask
	umount -n "$ROOT"
	seen_by_effect() {
		has_event '.message | test("hidden by a mount.*root/store$")' type=agent.tamper || [ "$(events type=agent.tamper op=mount | wc -l)" = 2 ]
	}
	ok "a mount by a link is told" wait_until 20 seen_by_effect
	ok "once, and as high" jq -e -s 'map(select(.message | test("hidden by a mount.*root/store$"))) | length <= 1 and all(.[]; .verdict.severity == "high")' \
		<(events type=agent.tamper)
else
	skip "mounts" "nothing can be mounted here"
fi

# --- the control group
v2=/sys/fs/cgroup
[ -d $v2/unified ] && v2=$v2/unified
group=$v2/whodid-tamper-$$
old=$v2$(sed -n 's/^0:://p' /proc/self/cgroup)
if mkdir "$group" 2>/dev/null && [ -e "$group/cgroup.freeze" ]; then
	cleanup wait_until 10 rmdir "$group"
	cleanup eval "echo $DAEMON >${old%/}/cgroup.procs"
	tee "$group/cgroup.procs" <<<"$DAEMON" >/dev/null
	told '.tamper.what == "group"' "^the daemon was moved to another control group: $group\$" high "moved"
	json_is "$EVENT" .process.exe "$(readlink -f "$(command -v tee)")" "moved: by which program"
	ok "moved: an anomaly" has_event '.anomaly.kind == "tamper" and (.anomaly.title | contains("control group"))' type=anomaly
	tee "$group/cgroup.freeze" <<<0 >/dev/null
	told ".file.path == \"$group/cgroup.freeze\"" "the control group" high "the new group is watched"
	tee "${old%/}/cgroup.procs" <<<"$DAEMON" >/dev/null
	told ".tamper.what == \"group\" and (.message | endswith(\"$group\") | not)" "moved to another control group: ${old%/}\$" high "moved back"
	before=$(events type=agent.tamper "path=$group/*" | wc -l)
	tee "$group/cgroup.freeze" <<<0 >/dev/null
	ok "the group that it has left: seen" first_event true type=write "path=$group/cgroup.freeze" "exe=*/tee"
	is "$(events type=agent.tamper "path=$group/*" | wc -l)" "$before" "the group that it has left is nobody's business"
else
	skip "moved to another group" "no cgroup v2 that can freeze"
fi
stop_daemon

# --- limits, where a hierarchy has them
limits() {
	local hierarchy=$1 file=$2 group=$1/whodid-limits-$$
	if ! mkdir "$group" 2>/dev/null || ! [ -e "$group/$file" ]; then
		rmdir "$group" 2>/dev/null
		return 1
	fi
	cleanup wait_until 10 rmdir "$group"
	echo $BASHPID >"$group/cgroup.procs"
	start_daemon
	echo $BASHPID >"$hierarchy/cgroup.procs"
	limit=$(cat "$group/$file")
	echo "$limit" >"$group/$file"
	told ".file.path == \"$(realpath "$group")/$file\"" "the control group" medium "$file of its group, by root"
	stop_daemon
}
limits "$v2" cpu.max || limits "$v2" pids.max || limits /sys/fs/cgroup/pids pids.max || limits /sys/fs/cgroup/memory memory.limit_in_bytes ||
	skip "limits" "no hierarchy with them"
done_testing
