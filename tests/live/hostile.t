#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Text of watched processes reaches neither the terminal nor the JSON grammar: newlines, escapes,
# invalid UTF-8, huge arguments, very long paths.
. "$(dirname "$0")/../lib/live.sh"

program=$SCRATCH/noop
cp "$B/tests/bench/noop" "$program"
start_daemon
mark=$(marker hostile)
"$program" "$mark-text" $'line\nbreak' $'\e[31mred\e]0;title\a' $'\xff\xfe' $'\u202eright' 'quote"back\slash'
"$program" "$mark-big" "$(head -c 131000 /dev/zero | tr '\0' A)" "behind"
"$program" "$mark-many" $(seq 20000)
"$program"

event=$(first_event '.process.argv[1] == "'"$mark-text"'"' type=exec "exe=$program") || bail_out "the exec was seen"
is "$(jq -r '.process.argv[2]' <<<"$event")" $'line\nbreak' "a newline stays inside its argument"
is "$(jq -r '.process.argv[3]' <<<"$event")" $'\e[31mred\e]0;title\a' "escapes are kept as data"
is "$(jq -r '.process.argv[4]' <<<"$event")" $'\ufffd\ufffd' "invalid UTF-8 becomes U+FFFD"
is "$(jq -r '.process.argv[6]' <<<"$event")" 'quote"back\slash' "quotes and backslashes"
is "$(jq '.process.argv | length' <<<"$event")" 7 "seven arguments"
# However it is shown, nothing that a terminal would obey comes out.
uid=$(jq -r .uid <<<"$event")
for how in "query -o table" "query -o wide" "show $uid" "tree"; do
	# shellcheck disable=SC2086 # words
	out=$(wd $how --color never 2>&1 | LC_ALL=C tr -d '\n -~\200-\377' | od -An -c | tr -d ' \n')
	is "$out" "" "whodid $how prints no control characters"
	# shellcheck disable=SC2086
	unlike "$(wd $how --color never 2>&1)" $'\u202e' "whodid $how prints no direction override"
done
unlike "$(wd query -o json type=exec "exe=$program")" $'\e' "JSON has no raw escapes"

big=$(first_event '.process.argv[1] == "'"$mark-big"'"' type=exec "exe=$program") || bail_out "the big exec was seen"
ok "128 KiB of arguments are cut" jq -e '(.process.argv | map(length) | add) < 70000' <<<"$big"
ok "and marked as cut" jq -e '.truncated | index("process.argv")' <<<"$big"
many=$(first_event '.process.argv[1] == "'"$mark-many"'"' type=exec "exe=$program") || bail_out "20,000 arguments were seen"
ok "20,000 arguments: the first ones are whole" jq -e '.process.argv[2:5] == ["1","2","3"]' <<<"$many"

# A path near the limit, reached by steps, since no single call takes it.
deep=$SCRATCH/deep
mkdir "$deep"
(
	cd "$deep" || exit
	step=$(head -c 200 /dev/zero | tr '\0' d)
	for _ in $(seq 19); do
		mkdir "$step" && cd "$step" || exit
	done
	: >"$mark-file"
	cp "$program" run && ./run "$mark-deep"
) 2>/dev/null
file=$(first_event '(.file.path // "") | endswith("'"$mark-file"'")' type=file.create,file.write) || bail_out "the deep file was seen"
path=$(jq -r .file.path <<<"$file")
if [ "${path:0:1}" = / ] && [ "${path:0:${#deep}}" = "$deep" ]; then
	pass "a path of ${#path} bytes is whole"
else
	ok "a path that was cut says so (${#path} bytes)" jq -e '.truncated | index("file.path")' <<<"$file"
fi
ok "the program down there was seen" first_event '.process.argv[1] == "'"$mark-deep"'"' type=exec

ok "every line is one JSON object" jq -e . <(wd query -o json)
ok "the daemon lives" daemon_answers
done_testing
