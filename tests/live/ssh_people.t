#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Who logs in over ssh is told by key, certificate and address, as sshd itself says it: scenarios 01, 02, 03,
# 06, 14 and 15.
. "$(dirname "$0")/../lib/live.sh"
. "$(dirname "$0")/../lib/sshd.sh"
need setsid logger

# exit_is CODE COMMAND...
exit_is() {
	local want=$1
	shift
	"$@"
	[ $? = "$want" ]
}

make_user ssh
mark=$(marker people)
alice=$(make_key alice) bob=$(make_key bob) carol=$(make_key carol) ca=$(make_key ca)
for key in "$alice" "$bob" "$carol" "$ca"; do
	[ -n "$key" ] || bail_out "keys can be made"
done
cat "$SCRATCH/alice.pub" "$SCRATCH/bob.pub" >"$SCRATCH/authorized"
# An id that looks like the tail of the line that it will stand in.
hostile="bob@example.com (serial 1) CA ED25519 SHA256:$(printf 'A%.0s' {1..43}) from 6.6.6.6 port 1 ssh2"
ssh-keygen -q -s "$SCRATCH/ca" -I "$hostile" -z 4711 -n "$TEST_USER" "$SCRATCH/carol.pub" ||
	bail_out "a certificate can be made"

start_daemon
start_watch
start_sshd "TrustedUserCAKeys $SCRATCH/ca.pub"

# 01: key and address are on the first program of the session.
ok "alice logs in by key" ssh_as alice "$TEST_USER" "exec /bin/true $mark-alice"
first=$(first_event '.identity.login.key_fingerprint == "'"$alice"'"' type=exec) ||
	bail_out "an exec of the session names the key" "$(events type=session.start; wd status -o json)"
json_is "$first" .identity.who "human:$TEST_USER" "01: who is the account"
json_is "$first" .identity.assurance.who kernel "01: which the kernel says"
json_is "$first" .identity.login.ip 127.0.0.1 "01: the address that it came from"
json_is "$first" .identity.login.method publickey "01: how it logged in"
json_is "$first" .identity.login.key_type ED25519 "01: type of the key"
session=$(jq -r .identity.session <<<"$first")
unnamed=$(events type=exec "session=$session" | jq -s 'map(select(.identity.login.key_fingerprint == null)) | length')
is "$unnamed" 0 "01: no exec of the session is without the key"
event=$(first_event "$(true_with "$mark-alice")" type=exec) || bail_out "what alice ran was seen"
identity_everywhere "$event" "human:$TEST_USER" ssh '.+' "01"
start=$(first_event '.identity.session == "'"$session"'"' type=session.start) || bail_out "the session's start is an event"
json_is "$start" .identity.login.key_fingerprint "$alice" "01: the start of the session names the key"
ok "01: and the port" jq -e '.identity.login.port > 1023' <<<"$start"
explained=$(wd id "$(jq -r .uid <<<"$event")" -o json)
ok "01: id has the canonical form" jq -e --arg key "$alice" --arg user "$TEST_USER" \
	'.identity.form | startswith("wid1 who=human:\($user);ses=") and contains(";key=" + ($key | gsub("="; "%3D")) + ";src=127.0.0.1") and contains(" via=ssh as=")' <<<"$explained"
ok "01: and it is searched by" test -n "$(events type=exec "subject=who=human:$TEST_USER;key=*" "form=*ses=$session;*")"
ok "01: id explains the key and who says so" jq -e --arg key "$alice" \
	'any(.facts[]; (.fact | contains($key)) and .source == "sshd" and .trust == "recorded: written by sshd")' <<<"$explained"

# Filter words.
is "$(events "key=$alice" "login.ip=127.0.0.1" type=exec | jq -s --arg m "$mark-alice" \
	'any(.[]; .process.argv | index($m) != null)')" true "key= and login.ip= find it"
is "$(events "key=$alice" login.ip=192.0.2.1 | wc -l)" 0 "another address finds nothing"

# 02: a certificate, with an id that lies about what stands behind it.
ok "carol logs in by certificate" ssh_as carol "$TEST_USER" "exec /bin/true $mark-carol"
event=$(first_event "$(true_with "$mark-carol")" type=exec) || bail_out "what carol ran was seen"
json_is "$event" .identity.login.cert_id "$hostile" "02: the id is the id and no more"
json_is "$event" .identity.login.cert_serial 4711 "02: the serial is the certificate's own"
json_is "$event" .identity.login.ca_fingerprint "$ca" "02: signed by the real authority"
json_is "$event" .identity.login.ip 127.0.0.1 "02: the address is the real one"
json_is "$event" .identity.login.key_type ED25519-CERT "02: it was a certificate"
json_is "$event" .identity.login.key_fingerprint "$carol" "02: of carol's key"
is "$(events 'cert_id=bob@example.com*' type=session.start | wc -l)" 1 "02: cert_id= finds it"

# 03: two people, one account, at the same time: alice's session ends after bob's has let it.
mkfifo "$SCRATCH/met"
chmod 666 "$SCRATCH/met"
ssh_as alice "$TEST_USER" "/bin/true $mark-both-alice; read x < $SCRATCH/met; /bin/true $mark-late-alice" &
one=$!
ssh_as bob "$TEST_USER" "/bin/true $mark-both-bob; echo go > $SCRATCH/met; /bin/true $mark-late-bob" &
wait "$one" "$!"
for who in alice bob; do
	for word in both late; do
		event=$(first_event "$(true_with "$mark-$word-$who")" type=exec) || bail_out "what $who ran was seen"
		json_is "$event" .identity.login.key_fingerprint "${!who}" "03: $who's key is on what $who does ($word)"
		json_is "$event" .identity.who "human:$TEST_USER" "03: the account is shared ($word)"
		sessions+=("$(jq -r .identity.session <<<"$event")")
	done
done
is "${sessions[0]}" "${sessions[1]}" "03: one session of alice"
unlike "${sessions[0]}" "^${sessions[2]}\$" "03: and another of bob"

# 06: what outlives the login stays its own: double fork, setsid, no terminal, no parent.
mkfifo "$SCRATCH/go"
chmod 666 "$SCRATCH/go"
ok "06: a login leaves something running" ssh_as bob "$TEST_USER" \
	"nohup setsid sh -c '(read x < $SCRATCH/go; exec /bin/true $mark-after) &' >/dev/null 2>&1 </dev/null"
left=$(first_event '(.process.exe | endswith("/setsid")) and (.process.argv | join(" ") | contains("'"$mark-after"'"))' type=exec) ||
	bail_out "what is left was seen"
gone() {
	! pgrep -u "$TEST_USER" -f 'sshd:'
}
ok "06: the login has ended" wait_until 10 gone
left_session=$(jq -r .identity.session <<<"$left")
ok "06: sessions says that something still runs" jq -e '.live > 0' <<<"$(wd sessions show "$left_session" -o json)"
ok "06: and that its login has ended" jq -e '.login_live == false' <<<"$(wd sessions show "$left_session" -o json)"
ok "06: the session has not" jq -e '.end_time == null' <<<"$(wd sessions show "$left_session" -o json)"
echo go >"$SCRATCH/go"
event=$(first_event "$(true_with "$mark-after")" type=exec) || bail_out "what ran later was seen"
json_is "$event" .identity.login.key_fingerprint "$bob" "06: it is still bob's key"
json_is "$event" .identity.session "$left_session" "06: in the same session"
end=$(first_event '.identity.session == "'"$left_session"'"' type=session.end) || bail_out "06: the session's end is an event"
json_is "$end" .identity.login.key_fingerprint "$bob" "06: the end is that of bob's session"
ok "06: the login ended before the session" jq -e '.session.begin_time < .session.login_end_time and .session.login_end_time < .time' <<<"$end"
is "$(events type=session.end "session=$left_session" | wc -l)" 1 "06: it ends once"
ok "06: sessions show has both ends" jq -e '.end_time > .login_end_time' <<<"$(wd sessions show "$left_session" -o json)"
ok "06: and says so" grep -q "Login ended" <<<"$(wd sessions show "$left_session")"

# sessions: one for each login, with key and address, and what is left of it.
of_key() {
	wd sessions list "key=$1" -o json 2>/dev/null
}
row=$(of_key "$alice" | head -n 1)
json_is "$row" .id "$session" "sessions: alice's first is the first with her key"
json_is "$row" .who "human:$TEST_USER" "sessions: who"
json_is "$row" .login.ip 127.0.0.1 "sessions: from where"
json_is "$row" .live 0 "sessions: nothing of it runs any more"
ok "sessions: it did something" jq -e '.execs > 0 and .events > .execs and .last_time > .start_time' <<<"$row"
json_is "$row" .execs "$(events type=exec "session=$session" | wc -l)" "sessions: as many execs as the history has"
is "$(of_key "$carol" | jq -r .login.cert_id)" "$hostile" "sessions: the certificate's id"
is "$(wd sessions list "key=$alice" -o name -q | paste -sd' ')" "$(of_key "$alice" | jq -r .id | paste -sd' ')" "sessions: -o name prints the numbers"
ok "sessions: a table" grep -qE "^$session +.*human:$TEST_USER +.*127[.]0[.]0[.]1" <<<"$(wd sessions 2>&1)"
ok "sessions show: the key" grep -qF "ED25519 $alice" <<<"$(wd sessions show "$session")"
ok "sessions show refuses what is no number" exit_is 2 wd sessions show 'x;y'
ok "sessions show says when there is none" exit_is 1 wd sessions show 4294967290
events >"$SCRATCH/events.ndjson"
is "$(wd sessions show "$session" --from "$SCRATCH/events.ndjson" -o json | jq -c '[.id, .execs, .login]')" \
	"$(jq -c '[.id, .execs, .login]' <<<"$row")" "sessions: the same from a copy"

# 14: anybody can write such a line; it is no login.
forged="Accepted publickey for root from 203.0.113.9 port 4242 ssh2: ED25519 $alice"
before=$(events type=session.start | wc -l)
ok "14: root writes the line" logger -t "sshd[$$]" -p auth.info "$forged"
ok "14: and so does a user" su -s /bin/sh "$TEST_USER" -c "logger -t 'sshd' '$forged'; /bin/true $mark-forged"
event=$(first_event "$(true_with "$mark-forged")" type=exec) || bail_out "what the forger ran was seen"
json_is "$event" '.identity.login // "none"' none "14: no login for who forged the line"
is "$(events type=session.start | wc -l)" "$before" "14: no session begins"
is "$(events login.ip=203.0.113.9 | wc -l)" 0 "14: the address is nobody's"
event=$(first_event '.process.exe | endswith("/logger")' type=auth_log) || bail_out "14: the forged line is an event"
ok "14: flag forged_auth_log" jq -e '.identity.flags | index("forged_auth_log")' <<<"$event"
ok "14: with the line" jq -e '.auth_log.text | contains("203.0.113.9")' <<<"$event"
is "$(events type=auth_log | jq -r .process.uid | sort -u | wc -l)" 2 "14: both forgeries, and nothing of the real sshd"
ok "14: it is an anomaly" wait_until 10 has_event \
	'.anomaly.kind == "identity" and .anomaly.severity == "high" and (.anomaly.title | test("told the log of a login"))' type=anomaly
like "$(wd anomalies 2>&1)" 'log .*Accepted publickey for root' "14: and the list quotes the line"
ok "14: another line about sshd is none" logger -t "sshd[$$]" "Connection closed by $mark"

# 15: the environment is the user's own word.
ok "15: a login that rewrites its environment" ssh_as bob "$TEST_USER" \
	"export SSH_CONNECTION='203.0.113.7 1 203.0.113.8 22' SSH_CLIENT='203.0.113.7 1 22' SSH_USER_AUTH=/tmp/none; /bin/true $mark-env"
event=$(first_event "$(true_with "$mark-env")" type=exec) || bail_out "what it ran was seen"
json_is "$event" .identity.login.ip 127.0.0.1 "15: the address is sshd's word"
json_is "$event" .identity.login.key_fingerprint "$bob" "15: and so is the key"
done_testing
