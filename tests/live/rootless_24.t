#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Rootless podman: what a user starts in a container of their own is theirs, and no container that a user can
# name is believed: scenario 24.
. "$(dirname "$0")/../lib/live.sh"
. "$(dirname "$0")/../lib/sshd.sh"
need podman runc tar busybox newuidmap
if ldd "$(command -v busybox)" >/dev/null 2>&1; then skip_all "busybox is not static"; fi

mark=$(marker rootless)
chmod 755 "$SCRATCH"
make_user rl
grep -q "^$TEST_USER:" /etc/subuid || usermod --add-subuids 300000-365535 --add-subgids 300000-365535 "$TEST_USER" ||
	skip_all "no range of uids can be given to a user here"
mkdir -p "$SCRATCH/rootfs/bin" "$SCRATCH/hers"
cp "$(command -v busybox)" "$SCRATCH/rootfs/bin/busybox"
for applet in sh true; do ln -s busybox "$SCRATCH/rootfs/bin/$applet"; done
chown "$TEST_USER" "$SCRATCH/hers"
make_key alice >/dev/null || bail_out "a key can be made"
cp "$SCRATCH/alice.pub" "$SCRATCH/authorized"
start_sshd

# crun refuses hybrid cgroups; the limits are set because raising them may not be allowed here.
cat >"$SCRATCH/pod" <<END
#!/bin/sh
export XDG_RUNTIME_DIR=$SCRATCH/hers/run
mkdir -p -m 700 \$XDG_RUNTIME_DIR
exec podman --root $SCRATCH/hers/storage --runroot $SCRATCH/hers/podrun --storage-driver vfs --cgroup-manager cgroupfs \\
	--events-backend none --runtime runc "\$@"
END
chmod 755 "$SCRATCH/pod"

alice() {
	ssh_as alice "$TEST_USER" "$1"
}

rootless() {
	alice "$SCRATCH/pod run --rm --name docker-nginx --label io.kubernetes.pod.uid=x --network none \
		--ulimit nofile=1024:1024 --ulimit nproc=4096:4096 whodid-test:1 /bin/sh -c '/bin/true $1'"
}

alice "tar -C $SCRATCH/rootfs -c . | $SCRATCH/pod import - whodid-test:1" >"$SCRATCH/podman.log" 2>&1 ||
	skip_all "rootless podman cannot import an image here: $(tail -n 1 "$SCRATCH/podman.log")"
rootless "$mark-try" >"$SCRATCH/podman.log" 2>&1 ||
	skip_all "rootless podman cannot run here: $(tail -n 1 "$SCRATCH/podman.log")"

start_daemon
ok "alice runs a container of her own" rootless "$mark"
event=$(first_event '(.process.argv | index("'"$mark"'")) and (.process.argv[0] == "/bin/true")' type=exec 'exe=*/busybox') ||
	bail_out "the exec in it was seen"
json_is "$event" .identity.who "human:$TEST_USER" "who: she, by lineage"
like "$(jq -r '.identity.via | join(",")' <<<"$event")" '^ssh' "via: her login"
json_is "$event" .identity.assurance.who kernel "as sure as her login is"
json_is "$event" .identity.k8s null "nothing that she wrote makes it a pod"
json_is "$event" .identity.container.image null "nor names an image"
json_is "$event" '.identity.flags | index("userns") != null' true "it is in a user namespace of its own"
json_is "$event" .process.user.uid "$(id -u "$TEST_USER")" "root in there is her uid out here"
done_testing
