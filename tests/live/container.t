#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What runs in a podman container is tied to that container from its first exec: scenario 23.
. "$(dirname "$0")/../lib/live.sh"
need podman runc tar
busybox=$(command -v busybox) || skip_all "busybox is not installed"
if ldd "$busybox" >/dev/null 2>&1; then skip_all "busybox is not static"; fi

# crun refuses hybrid cgroups; the limits are set because raising them may not be allowed here.
pod() {
	podman --root "$SCRATCH/storage" --runroot "$SCRATCH/podrun" --storage-driver vfs --cgroup-manager cgroupfs \
		--events-backend none --runtime runc "$@"
}
pod_run() {
	pod run --network none --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 --name "$mark" "$@"
}
mark=$(marker ctr)
mkdir -p "$SCRATCH/rootfs/bin"
cp "$busybox" "$SCRATCH/rootfs/bin/busybox"
for applet in sh true sleep cat; do ln -s busybox "$SCRATCH/rootfs/bin/$applet"; done
tar -C "$SCRATCH/rootfs" -c . | pod import - whodid-test:1 >"$SCRATCH/podman.log" 2>&1 ||
	skip_all "podman cannot import an image here: $(tail -n 1 "$SCRATCH/podman.log")"
pod_run --rm whodid-test:1 /bin/true >"$SCRATCH/podman.log" 2>&1 ||
	skip_all "podman cannot run here: $(tail -n 1 "$SCRATCH/podman.log")"

start_daemon
start_watch
pod_run -d whodid-test:1 /bin/sh -c "/bin/true $mark; exec /bin/sleep 300" >"$SCRATCH/id" 2>"$SCRATCH/podman.log" ||
	bail_out "the container starts" "$(cat "$SCRATCH/podman.log")"
cleanup pod rm -f -t 0 "$mark"
id=$(tail -n 1 "$SCRATCH/id")

inner=$(first_event '(.process.argv | index("'"$mark"'")) and (.process.exe | test("busybox|true"))' type=exec) ||
	bail_out "the exec in the container was seen"
who=$(jq -r .identity.who <<<"$inner")
unlike "$who" '^human:|^unit:|^cron:' "who is nobody wrong ($who)"
identity_everywhere "$inner" "$who" "$(jq -r '.identity.via // [] | join(",")' <<<"$inner")" "ctr:podman/${id:0:12}" "container"
json_is "$inner" .identity.container.id "$id" "the container's whole id"
json_is "$inner" .identity.container.image localhost/whodid-test:1 "its image"
json_is "$inner" .identity.container.name "$mark" "its name"
json_is "$inner" .identity.assurance.as kernel "as rests on the kernel"
first=$(first_event '.identity.container.id == "'"$id"'" and (.process.argv[0] == "/bin/sh")' type=exec)
ok "the container's first program has it too" test -n "$first"

# What is exec'd into it later, and what is not in it.
pod exec "$mark" /bin/true "$mark-exec" >/dev/null 2>"$SCRATCH/podman.log" || diag "podman exec: $(cat "$SCRATCH/podman.log")"
execd=$(first_event '(.process.argv | index("'"$mark-exec"'")) and (.process.exe | test("busybox"))' type=exec) ||
	bail_out "the exec into the container was seen"
like "$(jq -r .identity.as <<<"$execd")" "^ctr:podman/${id:0:12}" "podman exec: as"
/bin/true "$mark-outside"
outside=$(first_event '(.process.argv | index("'"$mark-outside"'")) and (.process.exe | endswith("/true"))' type=exec)
unlike "$(jq -r .identity.as <<<"$outside")" '^ctr:' "the host's processes are not in the container"

# The live container, asked by its pid.
pid=$(pod inspect -f '{{.State.Pid}}' "$mark")
json_is "$(wd id "$pid" -o json)" .identity.as "ctr:podman/${id:0:12}" "id PID says the same"
like "$(wd id "$pid" 2>&1)" "named $mark, is made of image localhost/whodid-test:1" "and where its name is from"
like "$(wd id "$pid" 2>&1)" "ctr:podman/${id:0:12}" "and in words"
done_testing
