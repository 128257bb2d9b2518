#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Who acts with another root than the host's: where a file is for the host, where for them, and in which
# mount namespace: chroot, descriptors and links that lead out of it, bind mounts, pivot_root, a container.
. "$(dirname "$0")/../lib/live.sh"
need chroot unshare mount pivot_root busybox python3
ldd "$(command -v busybox)" >/dev/null 2>&1 && skip_all "busybox is not static, so it does not run in a bare folder"

start_daemon
jail=$SCRATCH/jail
mkdir -p "$jail"/{bin,data,old}
cp "$(command -v busybox)" "$jail/bin/busybox"

# Absent in JSON is null.
views() {
	local event
	event=$(first_event true type=read "path=$1" "exe=${4:-*}") || bail_out "$5: seen" "$(events type=read exe=*busybox | tail -n 3)"
	json_is "$event" .file.path_in_root "$2" "$5: for the process"
	json_is "$event" .file.mount_namespace "$3" "$5: mount namespace"
}

# secret NAME: a file of that name in the jail; its name for who is in there is in IN.
secret() {
	IN=/data/$(marker "$1")
	printf s >"$jail$IN"
}

secret chroot
chroot "$jail" /bin/busybox cat "$IN" >/dev/null
views "$jail$IN" "$IN" null "$jail/bin/busybox" "chroot"
event=$(first_event true type=exec "exe=$jail/bin/busybox") || bail_out "chroot: the exec is seen"
json_is "$event" .exec.path_in_root /bin/busybox "chroot: the executable, for the process"
is "$(events type=read "path_in_root=$IN" | jq -r .file.path)" "$jail$IN" "and is found by that name"

secret link
ln -s "$IN" "$jail/data/link"
chroot "$jail" /bin/busybox cat /data/link >/dev/null
views "$jail$IN" "$IN" null "*/busybox" "an absolute link means what it means in there"

secret up
chroot "$jail" /bin/busybox cat "/../../..$IN" >/dev/null
views "$jail$IN" "$IN" null "*/busybox" "there is nothing above the root"

# chroot, and then a file by a descriptor from before, and one by a relative name in the new root
outside=$SCRATCH/$(marker outside)
printf s >"$outside"
secret python
python3 - "$jail" "$outside" "$IN" <<'END'
import os, sys
jail, outside, inside = sys.argv[1:]
before = os.open(os.path.dirname(outside), os.O_RDONLY)
os.chroot(jail)
os.chdir("/data")
os.open(os.path.basename(outside), os.O_RDONLY, dir_fd=before)
os.open(os.path.basename(inside), os.O_RDONLY)
os.unlink(os.path.basename(inside))
END
views "$outside" null null "*/python3*" "a descriptor from outside"
views "$jail$IN" "$IN" null "*/python3*" "a relative name"
event=$(first_event true type=delete "path=$jail$IN") || bail_out "unlink by a relative name: seen"
json_is "$event" .file.path_in_root "$IN" "unlink by a relative name: for the process"

ns=''
# in_namespace SCRIPT ARGS...: says the namespace's number in NS; false where nothing can be mounted.
in_namespace() {
	# shellcheck disable=SC2016 # for the other shell
	NS=$(unshare --mount --propagation private bash -c 'stat -L -c %i /proc/self/ns/mnt; eval "$1"' - "$@" 2>/dev/null)
	ns=$?
	NS=${NS%%$'\n'*}
	return "$ns"
}

secret bind
mkdir "$SCRATCH/alias"
# shellcheck disable=SC2016
if in_namespace 'mount -n --bind "$2" "$3" && cat "$3/data/$4" >/dev/null' "$jail" "$SCRATCH/alias" "${IN##*/}"; then
	views "$SCRATCH/alias$IN" null "$NS" "*/cat" "a bind mount of its own"
else
	skip "a bind mount of its own" "nothing can be mounted here"
fi

secret pivot
# shellcheck disable=SC2016
if in_namespace 'mount -n --bind "$2" "$2" && cd "$2" && pivot_root . old && /bin/busybox cat "$3"' "$jail" "$IN"; then
	views "$IN" null "$NS" /bin/busybox "pivot_root: the path is the namespace's"
	event=$(first_event true type=exec exe=/bin/busybox "process.namespaces.mnt=$NS") || bail_out "pivot_root: the exec is seen"
	json_is "$event" .exec.path_in_root null "pivot_root: and of the executable as well"
else
	skip "pivot_root" "not possible here"
fi

secret both
# shellcheck disable=SC2016
if in_namespace 'mount -n --bind "$2" "$3" && chroot "$3" /bin/busybox cat "$4" >/dev/null' "$jail" "$SCRATCH/alias" "$IN"; then
	views "$SCRATCH/alias$IN" "$IN" "$NS" "*/busybox" "chroot in a namespace"
else
	skip "chroot in a namespace" "nothing can be mounted here"
fi

if ! command -v podman >/dev/null; then
	skip "a container" "podman is not installed"
elif ! podman --root "$SCRATCH/store" --runroot "$SCRATCH/run" --storage-driver vfs --cgroup-manager cgroupfs \
	--events-backend none --runtime runc run --rm --network none --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 \
	--rootfs "$jail" /bin/busybox cat "$IN" >/dev/null 2>"$SCRATCH/podman"; then
	skip "a container" "podman runs none here: $(tail -n 1 "$SCRATCH/podman")"
else
	event=$(first_event '.file.mount_namespace != null' type=read "path=$IN" who=ctr:*) || bail_out "a container: seen"
	json_is "$event" .file.path_in_root null "a container: the path is its own"
	ok "a container: in its own namespace" test "$(jq .file.mount_namespace <<<"$event")" != "$(stat -L -c %i /proc/self/ns/mnt)"
fi
done_testing
