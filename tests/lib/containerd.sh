# SPDX-License-Identifier: Apache-2.0
# containerd: a real containerd with its CRI, asked as a kubelet asks it. Source it behind live.sh.
# shellcheck shell=bash
need containerd ctr containerd-shim-runc-v2 runc tar busybox curl python3 sha256sum

CONTAINERD_SOCK=$SCRATCH/containerd.sock
POD_UIDS=() # whose cgroups are removed at the end

containerd_is_up() {
	ctr -a "$CONTAINERD_SOCK" version
}

end_containerd() {
	local uid
	ctr -a "$CONTAINERD_SOCK" -n k8s.io tasks ls -q | xargs -r ctr -a "$CONTAINERD_SOCK" -n k8s.io tasks rm -f
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	for uid in "${POD_UIDS[@]}"; do rmdir /sys/fs/cgroup{,/*}/kubepods/besteffort/pod"$uid"; done
	rmdir /sys/fs/cgroup{,/*}/kubepods/besteffort /sys/fs/cgroup{,/*}/kubepods # of others they are not empty
	awk -v top="$SCRATCH/containerd" 'index($2, top) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r umount
}

# start_containerd IMAGE: whose sandboxes are of that image. Skips the test where it does not start.
start_containerd() {
	local dir=$SCRATCH/containerd
	mkdir -p "$dir/none"
	cat >"$dir/config.toml" <<-END
		version = 2
		root = "$dir/root"
		state = "$dir/state"
		[grpc]
		  address = "$CONTAINERD_SOCK"
		[ttrpc]
		  address = "$CONTAINERD_SOCK.ttrpc"
		[plugins."io.containerd.grpc.v1.cri"]
		  sandbox_image = "$1"
		  disable_apparmor = true
		  restrict_oom_score_adj = true
		  [plugins."io.containerd.grpc.v1.cri".containerd]
		    snapshotter = "native"
		  [plugins."io.containerd.grpc.v1.cri".cni]
		    bin_dir = "$dir/none"
		    conf_dir = "$dir/none"
	END
	containerd -c "$dir/config.toml" >"$SCRATCH/containerd.log" 2>&1 &
	cleanup end_containerd "$!"
	wait_until 30 containerd_is_up || skip_all "containerd does not start here: $(tail -n 1 "$SCRATCH/containerd.log")"
}

# import_image NAME: busybox and the names of a few of its programs; by itself it sleeps.
import_image() {
	local dir=$SCRATCH/image sum
	if ldd "$(command -v busybox)" >/dev/null 2>&1; then skip_all "busybox is not static"; fi
	mkdir -p "$dir/rootfs/bin"
	cp "$(command -v busybox)" "$dir/rootfs/bin/busybox"
	for applet in sh true sleep cat; do ln -sf busybox "$dir/rootfs/bin/$applet"; done
	tar -C "$dir/rootfs" -c . >"$dir/layer.tar"
	sum=$(sha256sum <"$dir/layer.tar" | cut -d' ' -f1)
	jq -n --arg sum "sha256:$sum" '{architecture: "amd64", os: "linux", config: {Cmd: ["/bin/sleep", "600"]},
		rootfs: {type: "layers", diff_ids: [$sum]}, history: [{}]}' >"$dir/config.json"
	jq -n --arg name "$1" '[{Config: "config.json", RepoTags: [$name], Layers: ["layer.tar"]}]' >"$dir/manifest.json"
	tar -C "$dir" -c manifest.json config.json layer.tar >"$dir/image.tar"
	ctr -a "$CONTAINERD_SOCK" -n k8s.io images import --snapshotter native "$dir/image.tar" >"$SCRATCH/import.log" 2>&1 ||
		bail_out "an image can be imported" "$(cat "$SCRATCH/import.log")"
}

# cri COMMAND ARGS: see cri.py.
cri() {
	/usr/bin/python3 "$TOP/tests/lib/cri.py" "$CONTAINERD_SOCK" "$@" 2>>"$SCRATCH/cri.log"
}
