#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whoever reaches for what the sensor has in the kernel is told: descriptors that are taken, maps that are
# changed, links that are detached, by bpftool as anybody has it; objects of others are nobody's business.
. "$(dirname "$0")/../lib/live.sh"
need bpftool setpriv
PATH=$PATH:/usr/sbin

# What a link is called is the name of its program at that moment.
# fields EVENT: op object name id
fields() {
	jq -r '[.tamper.op, .tamper.object, .tamper.name // "-", .tamper.id] | join(" ")' <<<"$1"
}
tampering() {
	first_event "$1" type=agent.tamper tamper=bpf
}
# told OP OBJECT NAME SEVERITY: sets event to the last that says so.
told() {
	event=$(first_event ".tamper.op == \"$1\" and .tamper.object == \"$2\" and .tamper.name == \"$3\"" \
		type=agent.tamper tamper=bpf) || {
		fail "$1 of the $2 $3 is told" "$(events type=agent.tamper | tail -n 5)"
		return
	}
	json_is "$event" .identity.who "$me" "$1 of the $2 $3: who"
	json_is "$event" .verdict.severity "$4" "$1 of the $2 $3: how grave"
}
number() { # KIND NAME
	bpftool -j "$1" show pinned "$pins/$2" | jq '.id // .[0].id'
}

start_daemon
me=$(wd id $$ -o json | jq -r .identity.who)
pins=$(pins_of "$ROOT/store")
is "$(events type=agent.tamper | wc -l)" 0 "the daemon's own work is none"

# --- what is not ours
own=$SCRATCH/bpffs
mkdir "$own"
if mount -t bpf bpf "$own"; then
	cleanup umount "$own"
	bpftool map create "$own/foreign" type hash key 4 value 4 entries 4 name foreign
	bpftool map update pinned "$own/foreign" key 1 0 0 0 value 2 0 0 0
	bpftool map delete pinned "$own/foreign" key 1 0 0 0
	/bin/true "$$-foreign"
	ok "(an act behind it was seen)" first_event ".process.argv // [] | index(\"$$-foreign\")" type=exec
	is "$(events type=agent.tamper | wc -l)" 0 "a map of somebody else is none"
else
	skip "a map of somebody else is none" "no file system for its name"
fi

# --- listing
bpftool prog show >"$SCRATCH/programs"
event=$(tampering '.tamper.op == "open" and .tamper.object == "program"') || bail_out "who lists all programs is told"
json_is "$event" .identity.who "$me" "a list: who"
json_is "$event" .verdict.severity medium "a list: by root, so it is of medium severity"
like "$(jq -r .process.exe <<<"$event")" '/bpftool$' "a list: by which program"
like "$(jq -r .message <<<"$event")" '^a descriptor taken of the program on_[a-z0-9_]+ \(number [0-9]+\)$' "a list: in words"
ok "a list: an anomaly" has_event ".anomaly.kind == \"tamper\" and .identity.who == \"$me\"" type=anomaly
pid=$(jq .process.pid <<<"$event")
is "$(events type=agent.tamper | jq -s --argjson p "$pid" \
	'[.[] | select(.process.pid == $p and .tamper.object == "program")] | length')" 1 \
	"a list: told once, not for each of $(grep -c ' name on_' "$SCRATCH/programs") programs"

# --- changes
link=$(number link link_on_send4)
told open link on_send4 medium
is "$(fields "$event")" "open link on_send4 $link" "by a name in bpffs"
bpftool link detach id "$link"
told detach link on_send4 high
is "$(fields "$event")" "detach link on_send4 $link" "which link"
like "$(jq -r .message <<<"$event")" "^a detachment of the link on_send4 \\(number $link\\)\$" "in words"
key='0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0'
# shellcheck disable=SC2086 # bytes
bpftool map update pinned "$pins/map_trusted_exes" key $key value 0 0 0 0
told update map trusted_exes high
# shellcheck disable=SC2086
bpftool map delete pinned "$pins/map_trusted_exes" key $key
told delete map trusted_exes high
bpftool map freeze pinned "$pins/map_hellos"
told freeze map hellos high
like "$(wd anomalies)" 'tamper' "all of it stands among the anomalies"
wd query type=agent.tamper >"$SCRATCH/table"
ok "and in the list of events" grep -q 'a detachment of the link on_send4' "$SCRATCH/table"

# --- refused
chmod 755 "$SCRATCH"
map=$(number map map_hellos)
setpriv --reuid 65534 --regid 65534 --clear-groups bpftool map show id "$map" >/dev/null 2>&1
event=$(tampering '.outcome == "failed" and .process.user.uid == 65534') || bail_out "an attempt is told" "$(events type=agent.tamper | tail -n 3)"
is "$(fields "$event")" "open map - $map" "an attempt: at what, as it was asked for"
json_is "$event" .errno EPERM "an attempt: refused"
json_is "$event" .verdict.severity high "an attempt by others than root is of high severity"

# --- what was mended, and while nobody looks
sees_again() {
	has_event '.message | startswith("on_send4 (send over IPv4) sees again")' type=agent.blind
}
ok "the self-test attaches the link anew" wait_until 60 sees_again
link=$(number link link_on_send4)
is "$("$ACTORS/blind" "$DAEMON" replace)" 1 "another program is put into a link, by the daemon's own descriptor"
event=$(tampering '.tamper.op == "replace"') || bail_out "that is told" "$(events type=agent.tamper | tail -n 3)"
is "$(fields "$event")" "replace link - $link" "by the name of the other program, which has none"
json_is "$event" .verdict.severity high "how grave"
kill -KILL "$DAEMON"
wait_until 20 daemon_gone
wait "$DAEMON" 2>/dev/null
bpftool link detach id "$link"
start_daemon
event=$(tampering ".tamper.op == \"detach\" and .tamper.id == $link") ||
	bail_out "the next daemon tells of it" "$(events type=agent.tamper | tail -n 3)"
json_is "$event" .identity.who "$me" "the new link is known as well, and the next daemon says who detached it"
is "$(events type=agent.tamper | jq -r 'select(.process.exe // "" | endswith("/whodidd")) | .message')" '' "no daemon tells of itself"
stop_daemon
done_testing
