#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The same with screen: a window in somebody else's is the owner's of the server, flagged: scenario 07.
. "$(dirname "$0")/../lib/live.sh"
. "$(dirname "$0")/../lib/sshd.sh"
need screen

make_user scr
mark=$(marker screen)
share_account
start_daemon
start_watch
start_sshd
mkfifo "$SCRATCH/end"
chmod 666 "$SCRATCH/end"

# Of what screen keeps under a directory that only its owner may see.
screen="SCREENDIR=\$HOME/.screens TERM=xterm screen"
ok "alice starts a server" ssh_as alice "$TEST_USER" \
	"mkdir -m 700 \$HOME/.screens && $screen -dmS $mark /bin/sh -c '/bin/true $mark-alice; read x <$SCRATCH/end'"
cleanup ssh_as alice "$TEST_USER" "$screen -S $mark -X quit"
event=$(first_event "$(true_with "$mark-alice")" type=exec) || bail_out "alice's window was seen"
session=$(jq -r .identity.session <<<"$event")
identity_everywhere "$event" "human:$TEST_USER" ssh,screen '.+' "alice's own window"
json_is "$event" .identity.login.key_fingerprint "$alice" "it is alice's key"
ok "no flag: nobody else was there" jq -e '(.identity.flags // []) | index("handoff") | not' <<<"$event"

ok "bob opens a window in it" ssh_as bob "$TEST_USER" "$screen -S $mark -X screen /bin/true $mark-bob"
event=$(first_event "$(true_with "$mark-bob")" type=exec) || bail_out "bob's window was seen"
identity_everywhere "$event" "human:$TEST_USER" ssh,screen '.+' "bob's window"
json_is "$event" .identity.session "$session" "in the session of the server"
json_is "$event" .identity.by "human:$TEST_USER" "by who had just come"
json_is "$event" .identity.assurance.who derived "no more than worked out"
ok "flag handoff" jq -e '.identity.flags | index("handoff")' <<<"$event"
ok "id names his key" jq -e --arg key "$bob" 'any(.facts[]; .fact | contains("key " + $key))' \
	<<<"$(wd id "$(jq -r .uid <<<"$event")" -o json)"
done_testing
