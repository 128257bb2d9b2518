# SPDX-License-Identifier: Apache-2.0
# dockerd: a real Docker engine of the test's own, without network. Source it behind live.sh.
# shellcheck shell=bash
need dockerd containerd docker containerd-shim-runc-v2 runc tar busybox

export DOCKER_HOST=unix://$SCRATCH/docker.sock

dockerd_is_up() {
	docker version
}

end_dockerd() {
	docker ps -aq 2>/dev/null | xargs -r docker rm -f >/dev/null 2>&1
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	# containerd is its child; what it had mounted is not
	awk -v top="$SCRATCH/docker" 'index($2, top) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r umount
}

# start_dockerd GROUP: whose members may use the socket. Skips the test where it does not start.
start_dockerd() {
	local dir=$SCRATCH/docker
	mkdir -p "$dir"
	dockerd -H "$DOCKER_HOST" --group "$1" --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$dir/pid" \
		--storage-driver vfs --iptables=false --ip6tables=false --bridge=none --ip-forward=false \
		--ip-masq=false --userland-proxy=false --exec-opt native.cgroupdriver=cgroupfs >"$SCRATCH/dockerd.log" 2>&1 &
	cleanup end_dockerd "$!"
	wait_until 30 dockerd_is_up || skip_all "dockerd does not start here: $(tail -n 1 "$SCRATCH/dockerd.log")"
}

# make_image NAME: busybox and the names of a few of its programs.
make_image() {
	local root=$SCRATCH/rootfs
	if ldd "$(command -v busybox)" >/dev/null 2>&1; then skip_all "busybox is not static"; fi
	mkdir -p "$root/bin"
	cp "$(command -v busybox)" "$root/bin/busybox"
	for applet in sh true sleep cat; do ln -sf busybox "$root/bin/$applet"; done
	tar -C "$root" -c . | docker import - "$1" >/dev/null || bail_out "an image can be made"
}

# in_container ARGS: docker run without network; the limits are set because raising them may not be allowed.
in_container() {
	docker run --network none --ulimit nofile=1024:1024 "$@"
}
