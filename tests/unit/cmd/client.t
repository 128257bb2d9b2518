#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The client on canned events, without a daemon: words, formats, exit codes, what reaches a terminal.
. "$(dirname "$0")/../../lib/tap.sh"
need script jq
W=$B/whodid
EVENTS=$TOP/tests/unit/cmd/events.ndjson
[ -x "$W" ] || bail_out "$W exists"
export LC_ALL=C.UTF-8 TZ=UTC WHODID_PAGER='' TERM=xterm
unset NO_COLOR CLICOLOR_FORCE COLUMNS WHODID_SERVER WHODID_OUTPUT
scratch_dir
ESC=$'\033'

# run CODE NAME ARGS...: sets out and err.
run() {
	local want=$1 name=$2 code
	shift 2
	"$W" "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" <"$EVENTS"
	code=$?
	out=$(<"$SCRATCH/out") err=$(<"$SCRATCH/err")
	is "$code" "$want" "$name: exit code"
}
# on_tty COLUMNS ARGS...: the client's output on a terminal that wide.
on_tty() {
	local columns=$1
	shift
	COLUMNS=$columns script -qec "$(printf '%q ' "$W" "$@") <$(printf '%q' "$EVENTS")" /dev/null </dev/null |
		tr -d '\r'
}
widest() {
	sed "s/$ESC\[[0-9;]*m//g" | wc -L
}

# --- formats
run 0 "a table" query --from -
is "$(head -1 <<<"$out" | awk '{ print $1, $2, $3, $4 }')" "TIME TYPE WHO WHAT" "four columns show"
like "$out" "16:02:13 X +read +ci:github/acme/app/build +/proc/4127/mem" "what is forbidden has its mark"
like "$out" "forbidden by gha-build/runner-memory: secrets live in its memory, T1003.007  A-12" "and its reason"
like "$out" "9 events \(11 acts\), the start to the end\.  Not known whether events are missing\." "the foot says what is known"
like "$out" "3 x /etc/sudoers.d/90-ci" "a folded event shows its count"
like "$out" "212 events lost \(ring_buffer\): read 180, exec 32" "loss shows its kinds"
run 0 "json" query --from - -o json
is "$(cmp "$EVENTS" "$SCRATCH/out" && echo same)" same "json passes on what came, byte by byte"
like "$err" "^9 events" "its foot goes to standard error"
run 0 "names" query --from - -o name type=connect -q
is "$out$err" "01KAQ7V1MSE0TZ4QZ8R1H5W003" "-o name prints ids, -q nothing else"
run 0 "text" query --from - -o text seq=4
like "$out" "ci:github/acme/app/build read /proc/4127/mem with /tmp/.x/run.sh \(pid 4466\), forbidden by" "-o text is a sentence"
run 0 "csv" query --from - -o csv --columns who,argv type=exec
is "$(sed -n 4p <<<"$out")" "human:maya,/tmp/evil\\x1b[2J\\x0aname \\u{202e}gpj =cmd() �" "csv escapes what came from processes"
run 0 "columns" query --from - --columns TIME,pid,network.dst.ip seq=3 -q --no-headers
is "$(head -1 <<<"$out")" "11-23 16:02:12 !     4466  203.0.113.66" "columns by title and by field, without headers"
run 2 "a column that does not exist" query --from - --columns nonsense
run 0 "counting" query --from - --count-by who,dst type=connect -o json
is "$(jq -r '"\(.count) \(.who) \(.dst)"' <<<"$out")" "1 ci:github/acme/app/build 203.0.113.66:443" "--count-by in json"
run 0 "counting acts" query --from - --count-by who -o csv
is "$(head -2 <<<"$out" | paste -sd' ')" "5,ci:github/acme/app/build 4,human:maya" "the largest first, folded acts counted"
run 0 "top" query --from - --count-by type --top 1 -q --no-headers
is "$(wc -l <<<"$out")" 1 "--top keeps one"
run 2 "counting by nothing known" query --from - --count-by nonsens
run 0 "limit" query --from - -n 2 -o json
is "$(jq .seq <<<"$out" | paste -sd' ')" "8 9" "the newest, in order of time"
run 0 "reverse" query --from - -n 2 -r -o json
is "$(jq .seq <<<"$out" | paste -sd' ')" "9 8" "newest first"
run 0 "time" query --from - -S 2026-11-23T16:02:14Z -U 2026-11-23T16:02:16Z -o json
is "$(jq .seq <<<"$out" | paste -sd' ')" "5 6" "since and until"
run 0 "options are filter words" query --from - --type exec --who 'human:*' -o json
is "$(jq .seq <<<"$out")" 6 "--type and --who"
run 0 "a value with blanks" query --from - --path '*secret file.txt' -o json
is "$(jq .seq <<<"$out")" 7 "blanks in a value are kept"
run 0 "a filter word with blanks" query --from - 'path=*secret file.txt' -o json
is "$(jq .seq <<<"$out")" 7 "also in a word"
run 6 "completeness that is not known is not complete" query --from - --require-complete
run 0 "who did that" write /etc/sudoers.d/90-ci --from -
like "$out" "human:maya via ssh,sudo:root" "the answer begins with who"
like "$out" "1 answer \(3 acts\), " "and ends with how many"
unlike "$out" "sure |  by " "a name that is sure needs no more words"
jq -c 'select(.seq == 5) | .identity.assurance.who = "derived" | .identity.flags = ["loopback_ssh", "handoff"] |
	.identity.by = "human:bob"' "$EVENTS" >"$SCRATCH/doubt.ndjson"
run 0 "who did that, perhaps" write /etc/sudoers.d/90-ci --from "$SCRATCH/doubt.ndjson"
like "$out" "sure +derived, flags loopback_ssh,handoff"$'\n'" +by +human:bob" "a name that is doubted has its doubt beside it"
jq -c 'select(.seq == 5) | .identity.assurance.who = "attested" | .identity.ci.job = "build" | .identity.by = "human:bob"' \
	"$EVENTS" >"$SCRATCH/attested.ndjson"
run 0 "why a stored event is whose" id 5 --from "$SCRATCH/attested.ndjson" -o json
is "$(jq -r '.facts[] | select(.fact == "job build" or .fact == "by human:bob" or (.fact | startswith("who "))) | .trust' <<<"$out" |
	paste -sd' ')" "attested recorded derived" "a token does not make surer what others said"
run 0 "exec by name" exec run.sh --from - -o name -q
is "$out" "01KAQ7V1MSE0TZ4QZ8R1H5W002" "a program by its name"
run 0 "who executed that" exec run.sh --from "$EVENTS"
like "$out" "chain +Runner.Worker 4127 > bash 4390 > run.sh 4466" "an exec's chain has its parent and those above"
run 0 "who connected there" connect 203.0.113.66 --from "$EVENTS"
like "$out" "chain +Runner.Worker 4127 > bash 4390 > run.sh 4466" "another act's chain is that of its process's exec"
run 0 "an ancestor is the parent too" query --from - ancestor=bash -o json
is "$(jq .seq <<<"$out" | head -1)" 2 "ancestor= finds children"

# --- the names that a thing had: a script has its own and its interpreter's, a renamed file two
names=$SCRATCH/names.ndjson
{
	sed -n 2p "$EVENTS" | jq -c '.process.exe = "/usr/bin/dash" | .process.filename = "/srv/deploy.sh" |
		.process.argv = ["/bin/sh", "/srv/deploy.sh", "prod"]'
	sed -n 5p "$EVENTS" | jq -c 'del(.count) | .type = "file.rename" | .file.op = "rename" |
		.file.old_path = "/srv/old" | .file.path = "/srv/new"'
	jq -nc --argjson e "$(sed -n 4p "$EVENTS")" '$e | .seq = 20 | .type = "anomaly" | del(.file, .verdict) |
		.anomaly = {id: "A-12", change: "opened", state: "new", kind: "forbidden", severity: "critical", title: "a read"}'
} >"$names"
run 0 "a script by its name" exec deploy.sh --from "$names"
like "$out" "what +exec /srv/deploy.sh prod"$'\n' "its arguments stand once"
run 0 "a script by its interpreter" exec dash --from "$names" -o name -q
is "$(wc -l <<<"$out")" 1 "both names find it"
for path in /srv/old /srv/new; do
	run 0 "a renamed file" write $path --from "$names" -o name -q
	is "$(wc -l <<<"$out")" 1 "$path finds the rename"
done
run 0 "what opened an anomaly stands there already" watch --from "$names"
unlike "$out" "anomaly" "so watch does not say it again"
run 0 "unless all is asked for" watch --all --from "$names"
like "$(tr '\n' ' ' <<<"$out")" "anomaly +ci:github/acme/app/build +A-12 opened, critical +a read" "with severity and title"
run 0 "a session by its number" tree --from <(jq -c '.identity.session = "61"' "$EVENTS") 61 -q
like "$out" "run.sh 4466" "when no process has it"
run 0 "a session as a word" tree --from <(jq -c '.identity.session = "61"' "$EVENTS") session=61 -q
like "$out" "run.sh 4466" "named as such"
run 0 "without a user: any" become --from -
run 0 "without a user: all" login --from -
run 0 "top says that there are more" query --from - --count-by type --top 1
like "$out" "groups, the largest 1 shown, 9 events" "below"

run 0 "watch shows what is notable" watch --from - -o json -q
is "$(jq -r .seq <<<"$out" | paste -sd' ')" "2 3 4 8" "not expected, and loss"
run 0 "watch --all -n" watch --from - --all -n 3 -o json -q
is "$(wc -l <<<"$out")" 3 "-n ends it"
run 0 "show" show 4 --from -
like "$out" "^read  2026-11-23 16:02:13.114203911   forbidden   A-12" "show begins with what and when"
like "$out" "whodid tree b1946ac9.4466.44660" "and ends with what to do next"
run 1 "show what is not there" show 999 --from -
run 0 "tree" tree --from - --ascii 4390 -q
is "$(sed -E 's/(.)  .*/\1/' <<<"$out" | head -3 | paste -sd'|')" "ci:github/acme/app/build|bash 4390|\`- run.sh 4466" "a tree of processes"
like "$out" "X read /proc/4127/mem" "verdicts stand in the tree"
run 0 "tree json" tree --from - -o json A-12
is "$(jq -r '"\(.pid) \(.events | length)"' <<<"$out")" "4466 3" "tree of an anomaly, as json"

# --- hostile text
run 0 "hostile names" query --from - seq=6
unlike "$out" "$ESC" "no escape reaches the output"
like "$out" '/tmp/evil\\x1b\[2J\\x0aname' "it is shown as what it is"
like "$out" '\\u\{202e\}gpj' "so are marks that turn text round"
run 0 "hostile names, wide" query --from - -o wide --color always
unlike "$out" "$ESC\[2J" "also with colour"
out=$(on_tty 200 query --from - -o json seq=6)
unlike "$(grep schema <<<"$out")" $'[\x80-\xff]' "json on a terminal is ASCII"
is "$(grep schema <<<"$out" | jq -r '.process.argv[1]')" $'\u202egpj' "and means the same"
run 2 "a hostile command" $'evil\033[31m\ncommand'
is "$(wc -l <<<"$err")" 2 "an argument with a newline makes no line of its own"
unlike "$err" "$ESC" "nor does its escape reach the terminal"

# --- terminals
for columns in 40 60 80 160; do
	for args in "query" "query -o wide" "watch --all" "write /etc/sudoers.d/90-ci" "show 7" "tree --files" \
		"query --count-by who,path" "query --columns time,who,exe,path,argv"; do
		# shellcheck disable=SC2086 # words
		got=$(on_tty $columns $args --from - | widest)
		[ "$columns" -ge 60 ] || [ "$args" = "query" ] || continue
		ok "$args fits $columns columns (widest: $got)" test "$got" -le "$columns" -a "$got" -gt 20
	done
done
got=$(on_tty 80 query --from -)
like "$got" "/srv/[^ ]*…[^ ]*secret file.txt" "paths are cut in their middle"
like "$(tr -d '\n ' <<<"$got")" "9events" "the foot stands below"
unlike "$("$W" query --from "$EVENTS")" "…" "no terminal, nothing is cut"
like "$(on_tty 80 query --from - -n 1 type=loss)" "$ESC\[" "a terminal has colour"
unlike "$(NO_COLOR=1 on_tty 80 query --from -)" "$ESC" "NO_COLOR"
unlike "$(TERM=dumb on_tty 80 query --from -)" "$ESC" "TERM=dumb"
unlike "$(on_tty 80 query --from - --color never)" "$ESC" "--color never"
unlike "$("$W" query --from "$EVENTS")" "$ESC" "a pipe has none"
like "$(CLICOLOR_FORCE=1 "$W" query --from "$EVENTS")" "$ESC" "unless it is forced"
like "$(LC_ALL=C "$W" tree --from "$EVENTS" 4390)" '`- ' "other than UTF-8: ASCII"
unlike "$(LC_ALL=C "$W" query --from "$EVENTS")" $'[\x80-\xff]' "and nothing else"
paged=$(WHODID_PAGER='sed s/^/paged:/' on_tty 80 query --from -)
like "$paged" "paged:" "a terminal has a pager"
unlike "$(WHODID_PAGER='sed s/^/paged:/' on_tty 80 query --from - --no-pager)" "paged:" "unless it is not wanted"

# --- mistakes
run 2 "an unknown command" qurey
like "$err" "did you mean query\?" "the nearest command is suggested"
run 2 "an unknown option" query --form -
like "$err" "did you mean --from\?" "the nearest option is suggested"
run 2 "an option of another command" status --count-by who
run 2 "an option without its value" query --since
run 2 "a time that is none" query --since tomorow --from -
like "$err" "help time" "with where to read about it"
run 2 "since behind until" query --from - -S 2026-11-24 -U 2026-11-23
run 2 "a filter that is none" query --from - 'nonsens=1'
run 2 "a format that is none" query -o xml
run 2 "a format that status has not" status -o csv
run 2 "too few arguments" show
run 2 "too many arguments" show 1 2
run 2 "a server that is no socket" --server http://localhost status
run 5 "no daemon" --server "$SCRATCH/none" status
is "$(wc -l <<<"$err")" 3 "one line and two of help"
run 1 "a file that is not there" query --from "$SCRATCH/none"
echo '{' >"$SCRATCH/bad"
run 1 "a file that is no JSON" query --from "$SCRATCH/bad"
like "$err" "line 1 is not JSON" "with its line"
WHODID_OUTPUT=csv run 0 "WHODID_OUTPUT" query --from - seq=1 -q
like "$out" "^time,type,who" "is the default of -o"
WHODID_OUTPUT=csv run 5 "WHODID_OUTPUT" --server "$SCRATCH/none" status
"$W" query --from "$EVENTS" -o json 2>"$SCRATCH/err" | :
"$W" watch --all -o json --from <(while cat "$EVENTS"; do :; done 2>/dev/null) 2>"$SCRATCH/err" | head -1 >/dev/null
is "${PIPESTATUS[0]}" 141 "a closed pipe ends it as SIGPIPE does"
is "$(<"$SCRATCH/err")" "" "and quietly"
"$W" query --from "$EVENTS" >/dev/full 2>"$SCRATCH/err"
is "$?" 1 "a full disk is a failure"

# --- help, completion, pages
for c in $("$W" help | awk '/^  [a-z]/ { print $1 }'); do
	ok "help $c" "$W" help "$c"
	is "$("$W" "$c" -h)" "$("$W" help "$c")" "$c -h is the same"
	ok "help $c fits 80 columns" test "$("$W" help "$c" | wc -L)" -le 100
done
for t in filters time exit-codes environment formats; do
	ok "help $t" "$W" help "$t"
	ok "help $t fits 80 columns" test "$("$W" help "$t" | wc -L)" -le 80
done
is "$("$W" completion bash)" "$(<"$TOP/userspace/etc/bash_completion")" "the completion that is installed is what the client prints"
ok "it is bash" bash -n "$TOP/userspace/etc/bash_completion"
complete_words() {
	bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _whodid; echo "${COMPREPLY[*]}"' - \
		"$TOP/userspace/etc/bash_completion" "$@"
}
is "$(complete_words whodid anom)" anomalies "commands complete"
is "$(complete_words whodid --server /x query --type conn)" connect "values complete"
is "$(complete_words whodid anomalies sh)" show "words complete"
is "$(complete_words whodid status --exit)" --exit-code "options of the command complete"
if [ -x "$B/tools/print-document" ]; then
	missing=''
	for f in $("$B/tools/print-document" schema | jq -r '
		def names(p): .properties // {} | to_entries[] | (p + .key) as $n | $n, (.value | names($n + "."));
		names("")' | grep -v '_b64$'); do
		grep -qE "^\.It Li $f(\..*)?\$" "$TOP/userspace/man/whodid-events.7" || missing+=" $f"
	done
	is "$missing" "" "whodid-events.7 has every field of the schema"
fi
done_testing
