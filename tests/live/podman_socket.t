#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# podman as a service behind its socket: whose a container is, and whose a program put into one.
. "$(dirname "$0")/../lib/live.sh"
. "$(dirname "$0")/../lib/sshd.sh"
. "$(dirname "$0")/../lib/units.sh"
need podman runc tar busybox curl
if ldd "$(command -v busybox)" >/dev/null 2>&1; then skip_all "busybox is not static"; fi
need_cgroups

mark=$(marker podsock)
socket=$SCRATCH/podman.sock
chmod 755 "$SCRATCH"
make_user pod

# crun refuses hybrid cgroups.
pod() {
	podman --root "$SCRATCH/storage" --runroot "$SCRATCH/podrun" --storage-driver vfs --cgroup-manager cgroupfs \
		--events-backend none --runtime runc "$@"
}

ask() {
	curl -s --unix-socket "$socket" "$@"
}

service_answers() {
	[ "$(ask http://podman/_ping)" = OK ]
}

remove_unit() {
	rmdir "$CGROUPS/system.slice/podman.service" && rmdir "$CGROUPS/system.slice"
}

stop_service() {
	pkill -P "$service" # of the manager
	kill "$service" 2>/dev/null
	wait "$service" 2>/dev/null
}

# start_service COMMAND...: podman's service, started by COMMAND.
start_service() {
	"$@" "$(command -v podman)" --root "$SCRATCH/storage" --runroot "$SCRATCH/podrun" --storage-driver vfs --cgroup-manager cgroupfs \
		--events-backend none --runtime runc system service -t 0 "unix://$socket" >"$SCRATCH/service.log" 2>&1 &
	service=$!
	cleanup stop_service
	wait_until 20 service_answers || skip_all "podman's service does not start here: $(tail -n 1 "$SCRATCH/service.log")"
	chgrp "$(id -gn "$TEST_USER")" "$socket"
	chmod 660 "$socket"
}

# create NAME SCRIPT: by somebody else, beforehand; the limits are set because raising them may not be allowed.
create() {
	pod create --name "$1" --network host --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 whodid-test:1 \
		/bin/sh -c "$2" >/dev/null 2>"$SCRATCH/create.log" || bail_out "a container is made" "$(cat "$SCRATCH/create.log")"
	cleanup pod rm -f -t 0 "$1"
}

exec_with() {
	first_event '.process.argv | index("'"$1"'")' type=exec 'container=*' ||
		bail_out "the exec of $1 was seen" "$(wd status -o json | jq -c .loss)"
}

alice() {
	ssh_as alice "$TEST_USER" "$1"
}

mkdir -p "$SCRATCH/rootfs/bin"
cp "$(command -v busybox)" "$SCRATCH/rootfs/bin/busybox"
for applet in sh true sleep; do ln -s busybox "$SCRATCH/rootfs/bin/$applet"; done
tar -C "$SCRATCH/rootfs" -c . | pod import - whodid-test:1 >"$SCRATCH/podman.log" 2>&1 ||
	skip_all "podman cannot import an image here: $(tail -n 1 "$SCRATCH/podman.log")"
create "$mark-hers" "/bin/true $mark-run; exec /bin/sleep 600"
create "$mark-byhand" "/bin/true $mark-byhand; exec /bin/sleep 600"
make_key alice >/dev/null || bail_out "a key can be made"
cp "$SCRATCH/alice.pub" "$SCRATCH/authorized"
start_units
cleanup remove_unit
start_daemon --set "identity.service_managers=$MANAGER"
start_sshd
all='.identity | .who + " " + (.via // [] | join(","))'

# As systemd runs it: the container is hers, and what she puts into it.
start_service "$MANAGER" "$CGROUPS/system.slice/podman.service"
alice "curl -sf --unix-socket $socket -X POST http://d/v4.0.0/libpod/containers/$mark-hers/start || exit 1
	while [ ! -e $SCRATCH/seen ]; do sleep 0.05; done" &
hers=$!
run=$(exec_with "$mark-run")
touch "$SCRATCH/seen"
wait "$hers"
is $? 0 "alice starts a container"
json_is "$run" "$all" "human:$TEST_USER ssh,container-run" "podman run: whose"
json_is "$run" .identity.container.name "$mark-hers" "podman run: its name"
json_is "$run" .identity.container.image localhost/whodid-test:1 "podman run: its image"
like "$(jq -r .identity.as <<<"$run")" "^ctr:podman/" "podman run: as"
ok "alice puts a program into it" alice "id=\$(curl -sf --unix-socket $socket -H content-type:application/json \
	-d '{\"Cmd\":[\"/bin/true\",\"$mark-exec\"]}' http://d/v4.0.0/libpod/containers/$mark-hers/exec | cut -d'\"' -f4) &&
	curl -sf --unix-socket $socket -H content-type:application/json -d '{\"Detach\":true}' http://d/v4.0.0/libpod/exec/\$id/start"
execd=$(exec_with "$mark-exec")
json_is "$execd" "$all" "human:$TEST_USER ssh,podman-exec" "podman exec: whose"
json_is "$execd" .identity.assurance.who recorded "podman exec: as sure as a request is"
stop_service

# Started by hand it is whose it was by lineage, and what is asked there by number is the asker's all the same.
rm -f "$socket"
start_service env
ok "alice starts one more" alice "curl -sf --unix-socket $socket -X POST http://d/v4.0.0/libpod/containers/$mark-byhand/start"
json_is "$(exec_with "$mark-byhand")" .identity.who ctr:localhost/whodid-test:1 "by hand: the container's own"
ok "alice puts a program into that" alice "id=\$(curl -sf --unix-socket $socket -H content-type:application/json \
	-d '{\"Cmd\":[\"/bin/true\",\"$mark-late\"]}' http://d/v4.0.0/libpod/containers/$mark-byhand/exec | cut -d'\"' -f4) &&
	curl -sf --unix-socket $socket -H content-type:application/json -d '{\"Detach\":true}' http://d/v4.0.0/libpod/exec/\$id/start"
json_is "$(exec_with "$mark-late")" "$all" "human:$TEST_USER ssh,podman-exec" "by hand: an exec has a number of its own, so it is hers"
done_testing
