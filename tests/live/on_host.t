#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Files that somebody uses in another mount namespace: where they are on the host, and found by that name:
# bind mounts, files as mounts, what is over-mounted, what the host has nowhere, and podman's containers.
. "$(dirname "$0")/../lib/live.sh"
need unshare mount umount busybox python3
busybox=$(command -v busybox)
ldd "$busybox" >/dev/null 2>&1 && skip_all "busybox is not static, so it does not run in a bare folder"
unshare --mount --propagation private mount -n -t tmpfs none /mnt 2>/dev/null || skip_all "nothing can be mounted here"

start_daemon
data=$SCRATCH/$(marker data)
mkdir -p "$data"/{volume/sub,over,jail/bin,jail/v,mnt,tmp}
cp "$busybox" "$data/jail/bin/busybox"

# on_host WANT NAME FILTER...: the first event has that path_on_host, or none (null).
on_host() {
	local want=$1 name=$2
	shift 2
	EVENT=$(first_event true "$@") || bail_out "$name: seen" "$(wd query -o json "path=$data*" 2>&1 | tail -n 5)"
	json_is "$EVENT" .file.path_on_host "$want" "$name"
}

# inside SCRIPT: in a mount namespace of its own, with $1 the folder.
inside() {
	unshare --mount --propagation private bash -c "$1" - "$data" || bail_out "the other namespace works: $1"
}

# --- mounts of its own
# shellcheck disable=SC2016 # for the other shell
inside 'mount -n --bind "$1/volume" "$1/mnt" && echo >"$1/mnt/w" && mkdir "$1/mnt/d" && cat "$1/mnt/w" >/dev/null'
on_host "$data/volume/w" "a folder that is mounted elsewhere in there" type=create "file.path=$data/mnt/w"
is "$(events type=read "path=$data/volume/w" | jq -r .file.path)" "$data/mnt/w" "path= finds it by the host's name"
is "$(events type=read "file.path=$data/volume/w" | wc -l)" 0 "and file.path= does not"
like "$(wd write "$data/volume/w" 2>&1)" "on host +$data/volume/w" "whodid write finds it by the host's name, and says both"
like "$(wd write "$data/volume/w" 2>&1)" "what +create $data/mnt/w" "the name in there as well"

# shellcheck disable=SC2016
inside 'echo >"$1/volume/sub/f" && : >"$1/tmp/f" && mount -n --bind "$1/volume/sub/f" "$1/tmp/f" && cat "$1/tmp/f" >/dev/null'
on_host "$data/volume/sub/f" "a single file that is mounted" type=read "file.path=$data/tmp/f"

# shellcheck disable=SC2016
inside 'mount -n -t tmpfs none "$1/tmp" && echo >"$1/tmp/nowhere"'
on_host null "a tmpfs of its own is not on the host" type=create "file.path=$data/tmp/nowhere"

# shellcheck disable=SC2016
inside 'mount -n --bind "$1/volume" "$1/jail/v" && cd "$1/jail" && exec chroot . /bin/busybox sh -c "echo >/v/jailed && exec /bin/busybox true"'
on_host "$data/volume/jailed" "chroot in a namespace" type=create "file.path=$data/jail/v/jailed"
json_is "$EVENT" .file.path_in_root /v/jailed "chroot in a namespace: and as it names it"
EVENT=$(first_event '.exec.path_on_host != null' type=exec "exe=$data/jail/bin/busybox") || bail_out "the exec in the chroot"
json_is "$EVENT" .exec.path_on_host "$data/jail/bin/busybox" "of an executable"

# --- from the host into such a namespace
mkfifo "$SCRATCH/go"
# shellcheck disable=SC2016
unshare --mount --propagation private bash -c 'mount -n --bind "$1/volume" "$1/mnt" && echo >"$1/mnt/shadow" && echo "$$" >"$2" && read -r _ <"$2"' - "$data" "$SCRATCH/go" &
read -r inner <"$SCRATCH/go"
ns=$(stat -L -c %i "/proc/$inner/ns/mnt")
cat "/proc/$inner/root$data/mnt/shadow" >/dev/null
"/proc/$inner/root$data/jail/bin/busybox" true "$data"
echo >"$SCRATCH/go"
wait $!
on_host "$data/volume/shadow" "by /proc/PID/root: the file that it is" type=read "file.path=$data/mnt/shadow" "exe=*/cat"
json_is "$EVENT" .file.mount_namespace "$ns" "by /proc/PID/root: the namespace that the path is in"
EVENT=$(first_event "(.process.argv | index(\"$data\")) and (.process.exe | endswith(\"busybox\"))" type=exec) || bail_out "an executable by /proc/PID/root"
json_is "$EVENT" .exec.path_on_host "$data/jail/bin/busybox" "an executable by /proc/PID/root"

# --- by name, where the kernel's objects are not at hand
cat >"$SCRATCH/names.py" <<'END'
import os, sys
d = sys.argv[1]
os.chdir(d + "/mnt/sub")
fd = os.open("old", os.O_CREAT | os.O_RDWR)
os.rename("old", "new")
os.unlink("new")
os.close(os.open("/proc/self/fd/%d" % fd, os.O_RDONLY))
END
# shellcheck disable=SC2016
inside 'mount -n --bind "$1/volume" "$1/mnt" && exec python3 '"$SCRATCH/names.py"' "$1"'
on_host "$data/volume/sub/new" "a rename in the working directory" type=rename "file.path=$data/mnt/sub/new"
on_host "$data/volume/sub/new" "an unlink there" type=delete "file.path=$data/mnt/sub/new"
EVENT=$(first_event .file.deleted type=read "file.path=$data/mnt/sub/new") || bail_out "the deleted one is seen"
json_is "$EVENT" .file.path_on_host "$data/volume/sub/new" "a deleted file: where it was"

# --- the host's side
cat "$data/volume/w" >/dev/null
on_host null "who is in the host's namespace needs none" type=read "file.path=$data/volume/w" exe=*/cat
mount -n -t tmpfs none "$data/over" 2>/dev/null && cleanup umount -l "$data/over"
if grep -qF " $data/over " /proc/1/mountinfo; then
	cat >"$SCRATCH/under.py" <<'END'
import os, sys
d = sys.argv[1]
os.open(d + "/mnt/under", os.O_CREAT | os.O_WRONLY)
END
	# shellcheck disable=SC2016
	inside 'umount -n "$1/over" && mount -n --bind "$1/over" "$1/mnt" && exec python3 '"$SCRATCH/under.py"' "$1"'
	on_host null "what the host has mounted something over has no name there" type=create "file.path=$data/mnt/under"
	# shellcheck disable=SC2016
	inside 'mount -n --bind "$1/over" "$1/mnt" && echo >"$1/mnt/shared"'
	on_host "$data/over/shared" "a tmpfs that the host has mounted" type=create "file.path=$data/mnt/shared"
else
	skip "what is over-mounted" "this is not the first process's namespace"
	skip "a tmpfs that the host has mounted" "the same"
fi

# --- podman
pod() {
	podman --root "$SCRATCH/storage" --runroot "$SCRATCH/podrun" --storage-driver "$driver" --cgroup-manager cgroupfs \
		--events-backend none --runtime runc "$@"
}
mkdir -p "$SCRATCH/rootfs/bin"
cp "$busybox" "$SCRATCH/rootfs/bin/busybox"
data_name=$(marker ctr)
run_podman() {
	tar -C "$SCRATCH/rootfs" -c . | pod import - whodid-test:1 >"$SCRATCH/podman.log" 2>&1 || return 1
	pod run -d --network none --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 -v "$data/volume:/srv/v" --tmpfs /scratch \
		--name "$data_name" whodid-test:1 /bin/busybox sleep 300 >"$SCRATCH/id" 2>>"$SCRATCH/podman.log"
}
podman_works() {
	command -v podman >/dev/null && command -v runc >/dev/null || return 1
	for driver in overlay vfs; do
		run_podman && return
		pod rm -f -t 0 "$data_name" >/dev/null 2>&1
		rm -rf "$SCRATCH/storage" "$SCRATCH/podrun"
	done
	return 1
}
if podman_works; then
	cleanup pod rm -f -t 0 "$data_name"
	diag "podman with driver $driver"
	pod exec "$data_name" /bin/busybox sh -c "echo >/srv/v/$data_name; echo >/scratch/$data_name; echo >/$data_name; exec /bin/busybox cat /$data_name" >/dev/null
	on_host "$data/volume/$data_name" "podman: a volume" type=create "file.path=/srv/v/$data_name"
	on_host null "podman: a tmpfs" type=create "file.path=/scratch/$data_name"
	merged=$(pod mount "$data_name" 2>/dev/null)
	on_host "$merged/$data_name" "podman: a file of the container's own ($driver)" type=create "file.path=/$data_name"
	like "$(wd read "$merged/$data_name" 2>&1)" "on host +$merged/$data_name" "podman: whodid read finds it"
	EVENT=$(first_event '.exec.path_on_host != null' type=exec exe=/bin/busybox who=ctr:*) || bail_out "podman: the exec"
	json_is "$EVENT" .exec.path_on_host "$merged/bin/busybox" "podman: the executable"
	like "$(wd exec "$merged/bin/busybox" 2>&1)" "on host +$merged/bin/busybox" "podman: whodid exec finds it"
else
	for what in "a volume" "a tmpfs" "a file of the container's own" "whodid read" "the executable" "whodid exec"; do
		skip "podman: $what" "podman runs none here: $(tail -n 1 "$SCRATCH/podman.log" 2>/dev/null)"
	done
fi
done_testing
