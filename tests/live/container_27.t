#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Containers of a real docker in the cgroups of pods: by anybody who names one (scenario 27), and by a kubelet
# that works with docker. And docker-compose, which asks docker like anybody else.
. "$(dirname "$0")/../lib/live.sh"
. "$(dirname "$0")/../lib/sshd.sh"
. "$(dirname "$0")/../lib/dockerd.sh"
. "$(dirname "$0")/../lib/units.sh"
need curl
need_cgroups

mark=$(marker parent)
uid=$(cat /proc/sys/kernel/random/uuid)
parent=/kubepods/besteffort/pod$uid
# Behind dockerd's end, which is registered later.
remove_cgroups() {
	rmdir "$CGROUPS/system.slice/cri-docker.service" "$CGROUPS/system.slice"
	rmdir /sys/fs/cgroup{,/*}"$parent"
	rmdir /sys/fs/cgroup{,/*}/kubepods/besteffort /sys/fs/cgroup{,/*}/kubepods # of others they are not empty
}
cleanup remove_cgroups
make_user doc
chmod 755 "$SCRATCH"
start_dockerd "$(id -gn "$TEST_USER")"
make_image whodid-test:1
make_key alice >/dev/null || bail_out "a key can be made"
cp "$SCRATCH/alice.pub" "$SCRATCH/authorized"
start_units

start_daemon --set "identity.service_managers=$MANAGER" \
	--set "identity.container_runtimes=$(command -v containerd-shim-runc-v2)"
start_sshd
all='.identity | .who + " " + (.via // [] | join(","))'

alice() {
	ssh_as alice "$TEST_USER" "DOCKER_HOST=$DOCKER_HOST; export DOCKER_HOST; PATH=$PATH; $1"
}

exec_with() {
	first_event '.process.argv | index("'"$1"'")' type=exec 'container=*' ||
		bail_out "the exec of $1 was seen" "$(wd status -o json | jq -c .loss)"
}

flag='.identity.flags // [] | index("cgroup_parent_mismatch") != null'
labels="--label io.kubernetes.pod.uid=$uid --label io.kubernetes.pod.name=web-1 --label io.kubernetes.pod.namespace=shop
	--label io.kubernetes.container.name=web --label io.kubernetes.docker.type=container"
run="docker run --rm --network none --ulimit nofile=1024:1024 --cgroup-parent=$parent"

# 27: in the cgroup of a pod, and none.
ok "27: alice names a pod's cgroup" alice "$run whodid-test:1 /bin/true $mark-plain"
event=$(exec_with "$mark-plain")
json_is "$event" "$all" "human:$TEST_USER ssh,container-run" "27: it is hers"
like "$(jq -r .identity.as <<<"$event")" "^ctr:docker/" "27: and docker's, no pod's"
json_is "$event" .identity.k8s null "27: nothing of the pod is taken"
json_is "$event" "$flag" true "27: flagged"
json_is "$event" '.anomaly_id != null' true "27: as an anomaly"
ok "27: with labels of a pod too" alice "$run ${labels//$'\n'/ } whodid-test:1 /bin/true $mark-labels"
event=$(exec_with "$mark-labels")
json_is "$event" '.identity | [.who, .k8s]' "$(jq -n --arg who "human:$TEST_USER" '[$who, null]')" "27: labels are what she wrote"
json_is "$event" "$flag" true "27: flagged all the same"
like "$(wd id "$(jq -r .uid <<<"$event")" 2>&1)" "labels do not count" "27: id says why"

# A kubelet's container: cri-dockerd asks for it.
# shellcheck disable=SC2086 # words
id=$(docker create --network none --ulimit nofile=1024:1024 --cgroup-parent="$parent" $labels whodid-test:1 \
	/bin/sh -c "/bin/true $mark-pod; exec /bin/sleep 600") || bail_out "a container is made"
ok "cri-dockerd starts a container" "$MANAGER" "$CGROUPS/system.slice/cri-docker.service" "$(command -v curl)" -sf \
	--unix-socket "$SCRATCH/docker.sock" -X POST "http://docker/v1.41/containers/$id/start"
event=$(exec_with "$mark-pod")
json_is "$event" .identity.as pod:shop/web-1/web "by cri-dockerd: that pod"
json_is "$event" .identity.who ctr:whodid-test:1 "by cri-dockerd: without a token, its image"
json_is "$event" .identity.by unit:cri-docker.service "by cri-dockerd: who asked"
json_is "$event" .identity.flags null "by cri-dockerd: nothing is odd about it"
ok "alice puts a program into it" alice "docker exec $id /bin/true $mark-into"
json_is "$(exec_with "$mark-into")" '.identity | .who + " " + .as' "human:$TEST_USER pod:shop/web-1/web" "docker exec into a pod is hers"

# docker-compose speaks the same to the same socket.
if ! command -v docker-compose >/dev/null; then
	skip "docker-compose" "docker-compose is not installed"
else
	cat >"$SCRATCH/compose.yaml" <<-END
		services:
		  job:
		    image: whodid-test:1
		    network_mode: none
		    ulimits: {nofile: 1024}
		    command: [/bin/true, $mark-compose]
	END
	ok "alice brings up services" alice "docker-compose -p wd$$ -f $SCRATCH/compose.yaml up 2>&1"
	event=$(exec_with "$mark-compose")
	json_is "$event" "$all" "human:$TEST_USER ssh,container-run" "docker-compose: hers"
	json_is "$event" .identity.container.image whodid-test:1 "docker-compose: its image"
fi
done_testing
