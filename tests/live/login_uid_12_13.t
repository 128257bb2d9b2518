#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A login uid that one thread sets for itself (scenario 12), or that is set in a user namespace (13), where only
# the namespace's uids can be written: who it is stays who it was, a service here, and it is flagged.
. "$(dirname "$0")/../lib/live.sh"
. "$(dirname "$0")/../lib/units.sh"
need python3 unshare setpriv
[ "$(cat /proc/self/loginuid)" = 4294967295 ] || skip_all "the test runs in a login session: its login uid is set"

make_user uid
mark=$(marker uid)
unit=whodid-uid-$$.service
start_units
start_daemon --set "identity.service_managers=$MANAGER"

# What one thread says of itself holds for that thread; its process goes on as it was.
cat >"$SCRATCH/thread.py" <<'END'
import socket, threading
def ask(port):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("127.0.0.1", port))
def pretend():
    with open("/proc/thread-self/loginuid", "w") as f:
        f.write("777")
    ask(7771)
t = threading.Thread(target=pretend)
t.start()
t.join()
ask(7772)
with open("/proc/self/loginuid") as f, open("/proc/self/comm") as g:
    print(f.read())
END
is "$(run_unit "$unit" python3 "$SCRATCH/thread.py" "$mark")" 4294967295 "12: a thread sets its own login uid, and not its process's"
acts() { printf 'any(.process.argv[]?; . == "%s")' "$mark"; }
exec=$(first_event "$(acts)" type=exec 'exe=*python*') || bail_out "the program was seen"
pid=$(jq -r .process.pid <<<"$exec")
json_is "$exec" .identity.who "unit:$unit" "12: the program is the service's"
for port in 7771 7772; do
	event=$(first_event ".process.pid == $pid" type=connect "dst.port=$port") || bail_out "the connect to $port was seen"
	json_is "$event" .identity.who "unit:$unit" "12: to port $port: who is unchanged"
	json_is "$event" .identity.session null "12: to port $port: no session is believed"
	unlike "$(jq -r '.identity.person // ""' <<<"$event")" . "12: to port $port: no person"
	if [ $port = 7771 ]; then
		ok "12: the thread is flagged" jq -e '.identity.flags | index("self_loginuid")' <<<"$event"
	fi
done

# 0 is the namespace's name of the user, and that is who it is set to.
namespaced() {
	setpriv --reuid "$TEST_USER" --regid "$TEST_USER" --clear-groups unshare -U -r "$@"
}
if namespaced true; then
	export -f namespaced
	export TEST_USER
	run_unit "$unit" bash -c "namespaced sh -c 'echo 0 >/proc/self/loginuid; cat /proc/self/loginuid; exec /bin/true $mark-ns'" >"$SCRATCH/ns"
	is "$(cat "$SCRATCH/ns")" 0 "13: it is written in a user namespace"
	event=$(first_event "$(true_with "$mark-ns")" type=exec) || bail_out "the program in the namespace was seen"
	json_is "$event" .process.login_uid "$(id -u "$TEST_USER")" "13: which is the user's own uid outside"
	json_is "$event" .identity.who "unit:$unit" "13: who is unchanged"
	json_is "$event" .identity.person null "13: no person"
	for flag in self_loginuid userns; do
		ok "13: flag $flag" jq -e --arg f $flag '.identity.flags | index($f)' <<<"$event"
	done
else
	skip "13: a login uid in a user namespace" "users may not make user namespaces here"
fi
ok "it is an anomaly" wait_until 30 has_event '.anomaly.kind == "identity"' type=anomaly
done_testing
