#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Pods by a real containerd, asked as a kubelet asks it: scenarios 25 and 26.
. "$(dirname "$0")/../lib/live.sh"
. "$(dirname "$0")/../lib/containerd.sh"

mark=$(marker pod)
image=docker.io/library/whodid-test:1
start_containerd "$image"
import_image "$image"

new_uid() {
	cat /proc/sys/kernel/random/uuid
}

# pod_file NAME UID CGROUP-UID: the author of that pod writes what they like into labels and annotations.
pod_file() {
	POD_UIDS+=("$2" "$3")
	jq -n --arg name "$1" --arg uid "$2" --arg parent "/kubepods/besteffort/pod$3" '{$name, namespace: "shop", $uid,
		cgroup_parent: $parent, labels: {app: "web", "io.kubernetes.cri.sandbox-name": "other"},
		annotations: {"io.kubernetes.cri.sandbox-namespace": "kube-system", "io.kubernetes.cri.image-name": "evil:1"}}' \
		>"$SCRATCH/$1.json"
}

# run_pod NAME WORD: a pod with one container that executes /bin/true WORD and stays; sets pod and id.
run_pod() {
	pod=$(cri pod "$SCRATCH/$1.json") || bail_out "a pod starts" "$(tail -n 3 "$SCRATCH/cri.log")"
	id=$(cri container "$SCRATCH/$1.json" "$pod" web "$image" /bin/sh -c "/bin/true $2; exec /bin/sleep 600")
	cri start "$id" || bail_out "its container starts" "$(tail -n 3 "$SCRATCH/cri.log")"
}

exec_with() {
	first_event '.process.argv | index("'"$1"'")' type=exec 'container=*' exe=*/busybox ||
		bail_out "the exec of $1 was seen" "$(wd status -o json | jq -c .loss)"
}

part() {
	base64 -w 0 | tr '+/' '-_' | tr -d '='
}

# remove_token UID: and of kubelet's folders those that this test made.
remove_token() {
	rm -rf "/var/lib/kubelet/pods/$1"
	rmdir /var/lib/kubelet/pods /var/lib/kubelet
}

# give_token NAME UID ACCOUNT: as kubelet projects it; nobody checks its signature here.
give_token() {
	local data=/var/lib/kubelet/pods/$2/volumes/kubernetes.io~projected/kube-api-access-x1/..2026_01_01
	cleanup remove_token "$2"
	mkdir -p "$data"
	ln -s ..2026_01_01 "${data%/*}/..data"
	printf '%s.%s.c2ln' "$(printf '{"alg":"RS256"}' | part)" "$(jq -nj --arg pod "$1" --arg uid "$2" --arg sa "$3" \
		'{"kubernetes.io": {namespace: "shop", pod: {name: $pod, $uid}, serviceaccount: {name: $sa}}} | tojson' | part)" \
		>"$data/token"
}

all='.identity | .who + " " + (.via // [] | join(",")) + " " + .as'
start_daemon --set "identity.container_runtimes=$(command -v containerd-shim-runc-v2)"

# 25: a pod, its service account by kubelet's token, and nothing by what its author wrote.
uid=$(new_uid)
give_token web-1 "$uid" builder
pod_file web-1 "$uid" "$uid"
run_pod web-1 "$mark-web"
event=$(exec_with "$mark-web")
json_is "$event" "$all" "sa:shop/builder container-run pod:shop/web-1/web" "25: a pod"
json_is "$(wd id "$(jq -r .uid <<<"$event")" -o json)" "$all" "sa:shop/builder container-run pod:shop/web-1/web" "25: by id too"
json_is "$event" .identity.assurance.who recorded "25: as sure as kubelet's file is"
json_is "$event" .identity.k8s.pod_uid "$uid" "25: its uid"
json_is "$event" .identity.container.image "$image" "25: its image, whatever annotations say"
json_is "$event" .identity.container.id "$id" "25: the whole id of its container"
json_is "$event" .identity.flags null "25: nothing is odd about it"
json_is "$event" .identity.ci null "25: labels make no job: containerd keeps them from the node"
first=$(first_event '.identity.container.id == "'"$id"'"' type=exec 'container=*')
json_is "$first" '.process.argv[0]' /bin/sh "25: its very first program has all of it"
json_is "$first" .process.ns_pid 1 "25: which is number 1 in the pod"
sandbox=$(first_event '.identity.container.id == "'"$pod"'"' type=exec 'container=*')
json_is "$sandbox" '.identity | .who + " " + .as' "sa:shop/builder pod:shop/web-1/-" "25: the sandbox is the pod's"

# 26: what is put into it, by somebody who asks over gRPC.
cri exec "$id" /bin/true "$mark-exec" || bail_out "exec works" "$(tail -n 3 "$SCRATCH/cri.log")"
execd=$(exec_with "$mark-exec")
json_is "$execd" "$all" "anon:cri-exec cri-exec pod:shop/web-1/web" "26: an exec into it"
json_is "$execd" .identity.assurance.who unknown "26: who asked is not known"
like "$(wd id "$(jq -r .uid <<<"$execd")" 2>&1)" "who asked for that is not known" "26: id says so"

# A pod without a token is what its image is; one in the cgroup of another is not that other.
uid2=$(new_uid)
pod_file plain "$uid2" "$uid2"
run_pod plain "$mark-plain"
json_is "$(exec_with "$mark-plain")" '.identity | .who + " " + .as' "ctr:$image pod:shop/plain/web" "without a token: no account is guessed"
pod_file guest "$(new_uid)" "$uid"
run_pod guest "$mark-guest"
guest=$(exec_with "$mark-guest")
json_is "$guest" .identity.who "ctr:$image" "in the cgroup of another pod: not that pod's account"
json_is "$guest" '.identity.flags | index("cgroup_parent_mismatch") != null' true "in the cgroup of another pod: flagged"
done_testing
