#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Who asked systemd for a service: scenario 18. What systemd-run makes is its asker's while their session lasts;
# a service with a file of its own is itself, by its asker; whoever could not have had their way is not named.
. "$(dirname "$0")/../lib/live.sh"
. "$(dirname "$0")/../lib/systemd.sh"
need agetty login sudo python3

chmod 755 "$SCRATCH"
mkdir -m 1777 "$SCRATCH/signs" # that anybody may leave
mark=$(marker run)
make_person a
alice=$PERSON
make_person b
bob=$PERSON
for name in file denied twice; do
	add_unit "$mark-$name.service" <<-END
		[Service]
		ExecStart=/bin/sh -c '/bin/true $mark-$name; exec sleep 1000'
	END
done
# fails at once, and is started again by systemd when nobody has asked for it for a while
printf '[Service]\nExecStart=/bin/sh -c "/bin/true %s-later \$\$\$\$; exit 1"\nRestart=on-failure\nRestartSec=11\n' "$mark" |
	add_unit "$mark-later.service"
# is there, and not running when somebody asks for a new one of that name
printf '[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/true %s-loop\nRestart=always\nRestartSec=3\n' "$mark" |
	add_unit "$mark-loop.service"
systemctl daemon-reload
for name in new bus; do cleanup remove_unit "$mark-$name.service"; done
start_daemon
start_watch

cat >"$SCRATCH/alice" <<END
systemctl --no-ask-password start $mark-denied.service || touch $SCRATCH/signs/refused
sudo systemctl start $mark-denied.service
sudo systemd-run --unit=$mark-new sh -c "/bin/true $mark-new; until [ -e $SCRATCH/signs/go ]; do sleep 0.2; done; /bin/true $mark-over; exec sleep 1000"
sudo systemd-run --unit=$mark-bus --pipe --wait sh -c "/bin/true $mark-bus"
sudo systemctl start $mark-file.service $mark-later.service
sudo systemctl restart $mark-twice.service
sudo systemd-run --unit=$mark-loop /bin/true $mark-forged && touch $SCRATCH/signs/forged
touch $SCRATCH/signs/alice-done
until [ -e $SCRATCH/signs/leave ]; do sleep 0.2; done
END
cat >"$SCRATCH/bob" <<END
until [ -e $SCRATCH/signs/alice-done ]; do sleep 0.1; done
sudo systemctl restart $mark-twice.service
END
systemctl start "$mark-loop.service"
at_console "$bob" "sh $SCRATCH/bob" >"$SCRATCH/bob.seen" 2>&1 &
bob_pid=$!
at_console "$alice" "sh $SCRATCH/alice" >"$SCRATCH/alice.seen" 2>&1 &
alice_pid=$!
wait_until 30 test -e "$SCRATCH/signs/alice-done" || bail_out "alice does it" "$(cat "$SCRATCH/alice.seen")"

# --- a unit that the call has made
way=console,sudo:root,systemd-run
event=$(true_of "$mark-new")
identity_everywhere "$event" "human:$alice" "$way" "unit:$mark-new.service" "systemd-run"
json_is "$event" '[.identity.assurance.who, .identity.assurance.via, .identity.assurance.as] | join(",")' \
	derived,derived,kernel "by the asker's own word, in a place of the kernel's"
json_is "$event" .identity.by "human:$alice" "by whom"
json_is "$event" .identity.person "$alice" "a person"
like "$(wd id "$(jq -r .uid <<<"$event")")" "asked systemd for it over its socket: human:$alice" "id says why"
event=$(true_of "$mark-bus")
identity_everywhere "$event" "human:$alice" "$way" "unit:$mark-bus.service" "systemd-run over the bus"

# --- a unit that is there
event=$(true_of "$mark-file")
identity_everywhere "$event" "unit:$mark-file.service" "" "unit:$mark-file.service" "systemctl start"
json_is "$event" .identity.by "human:$alice" "by whom"
json_is "$event" .identity.assurance.who kernel "it is itself for sure"

# --- two askers within seconds, and one whom nobody need have obeyed
wait "$bob_pid"
twice() {
	[ "$(events type=exec | jq -c "select($(true_with "$mark-twice"))" | wc -l)" = 2 ]
}
ok "restarted by alice, and by bob" wait_until 30 twice || diag "$(cat "$SCRATCH/bob.seen")"
event=$(events type=exec | jq -c "select($(true_with "$mark-twice"))" | tail -n 1)
json_is "$event" '.identity.who + "," + (.identity.by // "nobody") + "," + (.identity.flags // [] | join(" "))' \
	"unit:$mark-twice.service,nobody,several_asked" "asked for by two: by nobody, and it says so"
ok "who is not root is refused" test -e "$SCRATCH/signs/refused"
event=$(true_of "$mark-denied")
json_is "$event" '.identity.who + "," + (.identity.by // "nobody") + "," + (.identity.flags // [] | join(" "))' \
	"unit:$mark-denied.service,nobody,several_asked" "what was asked for by another than root, too, is by nobody"

# --- the name of somebody else's unit
not_ok "systemd refuses a new unit of a name that is taken" test -e "$SCRATCH/signs/forged"
loops() {
	[ "$(events type=exec --limit all | jq -c "select($(true_with "$mark-loop"))" | wc -l)" -ge "$1" ]
}
before=$(events type=exec --limit all | jq -c "select($(true_with "$mark-loop"))" | wc -l)
wait_until 30 loops $((before + 2)) || bail_out "the taken unit goes on"
is "$(events type=exec --limit all | jq -c "select($(true_with "$mark-loop"))" | grep -c "human:$alice")" 0 \
	"asking for it has made it nobody else's"
systemctl stop "$mark-loop.service"

# --- afterwards
later() {
	[ "$(events type=exec --limit all | jq -c "select($(true_with "$mark-later"))" | wc -l)" -ge 2 ]
}
ok "a service is started again by systemd" wait_until 60 later
is "$(events type=exec --limit all | jq -r "select($(true_with "$mark-later")) | .identity.by // \"nobody\"" | head -n 2 | paste -sd,)" \
	"human:$alice,nobody" "first by alice, then by nobody"
touch "$SCRATCH/signs/leave"
wait "$alice_pid"
over() {
	has_event true type=session.end "who=human:$alice" || wd query -o json type=exit "who=human:$alice" 'exe=*/login' | jq -e -s 'length > 0'
}
wait_until 30 over
touch "$SCRATCH/signs/go"
event=$(true_of "$mark-over")
identity_everywhere "$event" "unit:$mark-new.service" systemd-run "unit:$mark-new.service" "after the session"
json_is "$event" .identity.by "human:$alice" "still by whom"
json_is "$event" '.identity.person // "none"' none "it is no person's any more"
done_testing
