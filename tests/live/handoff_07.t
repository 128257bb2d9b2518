#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two people share an account, and one opens a window in the other's tmux: what runs there is the owner's of the
# server, flagged, by whoever had just come, and never silently: scenario 07.
. "$(dirname "$0")/../lib/live.sh"
. "$(dirname "$0")/../lib/sshd.sh"
need tmux

make_user ssh
mark=$(marker tmux)
share_account
start_daemon
start_watch
start_sshd

mkfifo "$SCRATCH/go" "$SCRATCH/end"
chmod 666 "$SCRATCH/go" "$SCRATCH/end"
tmux="tmux -L $mark"
ok "alice starts a server" ssh_as alice "$TEST_USER" \
	"$tmux -f /dev/null new-session -d 'read x <$SCRATCH/go; /bin/true $mark-pane; read x <$SCRATCH/end' && $tmux new-window -d '/bin/true $mark-alice'"
cleanup ssh_as alice "$TEST_USER" "$tmux kill-server"
event=$(first_event "$(true_with "$mark-alice")" type=exec) || bail_out "alice's window was seen"
session=$(jq -r .identity.session <<<"$event")
identity_everywhere "$event" "human:$TEST_USER" ssh,tmux '.+' "alice's own window"
json_is "$event" .identity.login.key_fingerprint "$alice" "it is alice's key"
json_is "$event" .identity.assurance.who kernel "which the kernel says"
ok "no flag: nobody else was there" jq -e '(.identity.flags // []) | index("handoff") | not' <<<"$event"

# Whoever has asked for something within the last second may be the one who asked.
second_since() {
	[ "$(date +%s%N)" -gt $(($1 + 1100000000)) ]
}
wait_until 5 second_since "$(date +%s%N)"
ok "alice comes again and opens a window" ssh_as alice "$TEST_USER" "$tmux new-window -d '/bin/true $mark-again'"
event=$(first_event "$(true_with "$mark-again")" type=exec) || bail_out "alice's second window was seen"
identity_everywhere "$event" "human:$TEST_USER" ssh,tmux '.+' "alice's second window"
json_is "$event" .identity.login.key_fingerprint "$alice" "with the one key that was ever here"
unlike "$(jq -r .identity.session <<<"$event")" "^$session\$" "so it is in the session that asked for it"
json_is "$event" .identity.assurance.who derived "which is worked out"
ok "flag handoff" jq -e '.identity.flags | index("handoff")' <<<"$event"
ok "id says how" jq -e 'any(.facts[]; .fact | test("a client of human:.*had connected to it a moment before: the same person"))' \
	<<<"$(wd id "$(jq -r .uid <<<"$event")" -o json)"

# Her server does what she has told it, also when it is bob who comes.
ok "alice sets a trap" ssh_as alice "$TEST_USER" "$tmux set-hook -g after-new-window \"run-shell '/bin/true $mark-trap'\""
wait_until 5 second_since "$(date +%s%N)"
ok "bob opens a window in it" ssh_as bob "$TEST_USER" "$tmux new-window -d '/bin/true $mark-bob'"
for word in bob trap; do
	event=$(first_event "$(true_with "$mark-$word")" type=exec) || bail_out "the window of $word was seen"
	identity_everywhere "$event" "human:$TEST_USER" ssh,tmux '.+' "$word"
	json_is "$event" .identity.session "$session" "$word: in the session of the server"
	json_is "$event" .identity.login.key_fingerprint "$alice" "$word: and its key"
	json_is "$event" .identity.by "human:$TEST_USER" "$word: by who had just come"
	json_is "$event" .identity.assurance.who derived "$word: no more than worked out"
	ok "$word: flag handoff" jq -e '.identity.flags | index("handoff")' <<<"$event"
	explained=$(wd id "$(jq -r .uid <<<"$event")" -o json)
	ok "$word: id names the key of who had come" jq -e --arg key "$bob" \
		'any(.facts[]; .fact | contains("key " + $key + " had connected to it a moment before, and may have asked"))' <<<"$explained"
done

# What alice had there before may be bob's as well from now on: he could have typed into it.
echo >"$SCRATCH/go"
event=$(first_event "$(true_with "$mark-pane")" type=exec) || bail_out "the first window went on"
json_is "$event" .identity.session "$session" "the first window is in alice's session"
ok "but flagged" jq -e '.identity.flags | index("handoff")' <<<"$event"
json_is "$event" .identity.assurance.who derived "and no more than derived"
echo >"$SCRATCH/end"

# Another server is not touched by that.
ok "bob starts one of his own" ssh_as bob "$TEST_USER" "$tmux-own -f /dev/null new-session -d '/bin/true $mark-own'"
event=$(first_event "$(true_with "$mark-own")" type=exec) || bail_out "his own was seen"
json_is "$event" .identity.login.key_fingerprint "$bob" "bob's own is his"
json_is "$event" .identity.assurance.who kernel "for sure"
done_testing
