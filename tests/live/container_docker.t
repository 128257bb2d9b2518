#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A real Docker engine: whose a container is, and whose a program put into one: scenarios 21, 22 and 36.
. "$(dirname "$0")/../lib/live.sh"
. "$(dirname "$0")/../lib/sshd.sh"
. "$(dirname "$0")/../lib/dockerd.sh"
need curl socat

mark=$(marker docker)
make_user doc
group=$(id -gn "$TEST_USER")
chmod 755 "$SCRATCH"
start_dockerd "$group"
make_image whodid-test:1
make_key alice >/dev/null || bail_out "a key can be made"
cp "$SCRATCH/alice.pub" "$SCRATCH/authorized"
# A runner that the settings pin, with the call that GitLab Runner makes.
install -m 755 "$(command -v curl)" "$SCRATCH/gitlab-runner"
start_daemon --record "$SCRATCH/recording" --set "identity.ci_supervisors=gitlab=$SCRATCH/gitlab-runner" \
	--set "identity.container_runtimes=$(command -v containerd-shim-runc-v2)"
start_watch
start_sshd

alice() {
	ssh_as alice "$TEST_USER" "DOCKER_HOST=$DOCKER_HOST; export DOCKER_HOST; PATH=$PATH; $1"
}

# exec_with WORD: the exec in a container with that argument.
exec_with() {
	first_event '(.process.argv | index("'"$1"'")) and (.process.exe | test("busybox"))' type=exec ||
		bail_out "the exec of $1 was seen" "$(wd status -o json | jq -c .loss)"
}

# What nobody is known to have asked for is the container's own; what is in it keeps its image and name.
in_container -d --name "$mark-own" whodid-test:1 /bin/sh -c "/bin/true $mark-own; exec /bin/sleep 600" >"$SCRATCH/id" ||
	bail_out "a container starts" "$(tail -n 3 "$SCRATCH/dockerd.log")"
id=$(cat "$SCRATCH/id")
own=$(exec_with "$mark-own")
identity_everywhere "$own" ctr:whodid-test:1 container-run "ctr:docker/${id:0:12}" "its own"
json_is "$own" .identity.container.name "$mark-own" "its own: name"
json_is "$own" .identity.container.image whodid-test:1 "its own: image"
json_is "$own" .identity.by null "its own: nobody is known to have asked"

# 22: docker exec.
ok "22: alice puts a program into it" alice "docker exec $mark-own /bin/true $mark-exec"
execd=$(exec_with "$mark-exec")
identity_everywhere "$execd" "human:$TEST_USER" ssh,docker-exec "ctr:docker/${id:0:12}" "22: docker exec"
json_is "$execd" .identity.assurance.who recorded "22: as sure as a request is"
json_is "$execd" .identity.login.ip 127.0.0.1 "22: with where she came from"
like "$(wd id "$(jq -r .process.pid <<<"$execd")" 2>&1)" "asked the engine" "22: id says who asked"
docker exec "$mark-own" /bin/true "$mark-nobody" || bail_out "docker exec works"
json_is "$(exec_with "$mark-nobody")" .identity.who anon:docker-exec "22: somebody who is not known is not guessed"
json_is "$(exec_with "$mark-nobody")" .identity.as "ctr:docker/${id:0:12}" "22: where it went is"

# 21: docker run: the very first program, and what outlives the session.
ok "21: alice runs a container" alice "docker run --rm --network none --ulimit nofile=1024:1024 whodid-test:1 /bin/true $mark-run"
run=$(exec_with "$mark-run")
json_is "$run" .identity.who "human:$TEST_USER" "21: docker run: who"
json_is "$run" '.identity.via | join(",")' ssh,container-run "21: docker run: via"
like "$(jq -r .identity.as <<<"$run")" "^ctr:docker/" "21: docker run: as"
id_says_ended() {
	[ "$(wd id "$(jq -r .uid <<<"$run")" -o json | jq -r '.identity | .who + " " + .by')" = "ctr:whodid-test:1 human:$TEST_USER" ]
}
ok "21: docker run: id says what it is now that her session is over" wait_until 20 id_says_ended
json_is "$run" .identity.container.image whodid-test:1 "21: its first exec has the image"
json_is "$run" .process.ns_pid 1 "21: it is the container's first program"
ok "21: and one that stays" alice "docker run -d --name $mark-stay --network none --ulimit nofile=1024:1024 whodid-test:1 \
	/bin/sh -c '/bin/true $mark-begins; while [ ! -e /go ]; do sleep 0.1; done; /bin/true $mark-stays; exec sleep 600' && sleep 1"
json_is "$(exec_with "$mark-begins")" .identity.who "human:$TEST_USER" "21: hers while her session lasts"
ended() {
	has_event ".identity.person == \"$TEST_USER\"" type=session.end
}
wait_until 20 ended || bail_out "the session ends"
docker cp "$SCRATCH/authorized" "$mark-stay:/go" >/dev/null || bail_out "docker cp works"
stays=$(exec_with "$mark-stays")
json_is "$stays" .identity.who ctr:whodid-test:1 "21: then the container's own"
json_is "$stays" .identity.by "human:$TEST_USER" "21: by her"
json_is "$stays" .identity.person null "21: and she is not the person behind it any more"

# By name, and by restart.
docker create --network none --ulimit nofile=1024:1024 --name "$mark-named" whodid-test:1 /bin/true "$mark-named" >/dev/null
ok "docker start by name" alice "docker start -a $mark-named"
json_is "$(exec_with "$mark-named")" .identity.who "human:$TEST_USER" "docker start: who asked by name"

# What was hers a moment ago is started again by a request in pieces, which is not seen: it is not hers, though she
# is there and her own request is young.
alice "docker run -d --name $mark-twice --network none --ulimit nofile=1024:1024 whodid-test:1 \
	/bin/sh -c '/bin/true $mark-twice; exec sleep 600'; sleep 60" >/dev/null 2>&1 9>&- &
session=$!
exec_with "$mark-twice" >/dev/null
again() {
	[ "$(events type=exec 'exe=*busybox*' | jq -c 'select(.process.argv | index("'"$mark-twice"'")) | select(.process.argv[0] == "/bin/true")' | wc -l)" = 2 ]
}
{
	printf 'PO'
	sleep 0.3
	printf 'ST /v1.41/containers/%s/restart?t=0 HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\n\r\n' "$mark-twice"
	sleep 5
} | socat -t 5 - "UNIX-CONNECT:$SCRATCH/docker.sock" >"$SCRATCH/answer" 2>&1
wait_until 30 again || bail_out "it starts once more" "$(cat "$SCRATCH/answer")"
mapfile -t twice < <(events type=exec 'exe=*busybox*' | jq -c 'select(.process.argv | index("'"$mark-twice"'")) | select(.process.argv[0] == "/bin/true")')
json_is "${twice[0]}" '.identity | "\(.who) by \(.by)"' "human:$TEST_USER by human:$TEST_USER" "asked for once: hers"
json_is "${twice[1]}" '.identity | "\(.who) by \(.by)"' "ctr:whodid-test:1 by null" "started again unseen: not hers"
kill "$session" 2>/dev/null
wait "$session"

# 36: labels.
labels=(--label com.gitlab.gitlab-runner.job.id=4711 --label com.gitlab.gitlab-runner.project.id=12
	--label com.gitlab.gitlab-runner.job.url=https://gitlab.example.com/grp/proj/-/jobs/4711)
docker create --network none --ulimit nofile=1024:1024 "${labels[@]}" -e CI_PROJECT_PATH=evil/x whodid-test:1 \
	/bin/true "$mark-job" >"$SCRATCH/job"
"$SCRATCH/gitlab-runner" run -s --unix-socket "$SCRATCH/docker.sock" -X POST \
	"http://docker/v1.25/containers/$(cat "$SCRATCH/job")/start" || bail_out "the stub asks"
job=$(exec_with "$mark-job")
json_is "$job" .identity.who ci:gitlab/grp/proj/- "36: labels name the job where the runner asked"
json_is "$job" .identity.ci.repository_id 12 "36: and its number"
json_is "$job" .identity.flags null "36: nothing is odd about it"
ok "36: alice plays a runner" alice "docker run --rm --network none --ulimit nofile=1024:1024 ${labels[*]} whodid-test:1 /bin/true $mark-forged"
forged=$(exec_with "$mark-forged")
json_is "$forged" .identity.who "human:$TEST_USER" "36: it stays hers"
json_is "$forged" '.identity.flags | index("forged_label") != null' true "36: and is flagged"
json_is "$forged" '.anomaly_id != null' true "36: as an anomaly"

# Nothing of a request but its first line leaves the kernel.
printf 'X-Registry-Auth: %s\n' "$mark-secret" >"$SCRATCH/header"
curl -s --unix-socket "$SCRATCH/docker.sock" -H "@$SCRATCH/header" -X POST \
	"http://docker/v1.25/containers/$mark-asked/start?token=$mark-secret" >/dev/null
asked() {
	grep -aq "POST /v1.25/containers/$mark-asked/start" "$SCRATCH/recording"
}
/bin/true "$mark-last"
first_event '.process.argv | index("'"$mark-last"'")' type=exec >/dev/null
stop_daemon
ok "the line of a request is recorded" asked
is "$(tr '\0' '\n' <"$SCRATCH/recording" | grep -a "$mark-secret" | grep -avc '^http:')" 0 "nothing behind it is"
done_testing
