# SPDX-License-Identifier: Apache-2.0
# live: a daemon of the test's own under a private root, and questions to it. Needs root and BPF.
# shellcheck shell=bash
# shellcheck source=tests/lib/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
[ -r /sys/kernel/btf/vmlinux ] || skip_all "this kernel has no BTF"
for program in whodidd whodid; do
	[ -x "$B/$program" ] || bail_out "$B/$program exists"
done
need jq

# shellcheck disable=SC2034 # for the tests
ACTORS=$B/tests/live/actors
DAEMON=''
scratch_dir
ROOT=$SCRATCH/root
mkdir -m 700 "$ROOT"
mkdir "$ROOT/profiles.d"
SOCKET=$ROOT/whodid.sock
LOG=$SCRATCH/whodidd.log

# The client, speaking to this test's daemon.
wd() {
	"$B/whodid" --server "$SOCKET" "$@"
}

daemon_answers() {
	kill -0 "$DAEMON" 2>/dev/null && wd status -o json
}

# Killed, and what the kernel would record on without it is taken out.
end_daemon() {
	kill -KILL "$1" && wait_until 10 pid_gone "$1"
	"$B/whodidd" --root "$ROOT" --unload
}

# pins_of STORE: the folder in bpffs of the daemon with that store, as collect/pins.c names it (FNV-1a).
pins_of() {
	local hash=$((0xcbf29ce484222325)) i
	for ((i = 0; i < ${#1}; i++)); do
		hash=$(((hash ^ $(printf '%d' "'${1:i:1}")) * 0x100000001b3))
	done
	printf '/sys/fs/bpf/whodid-%016x\n' "$hash"
}

pid_gone() {
	! kill -0 "$1" 2>/dev/null
}

# start_daemon [ARGS...]: returns when the socket answers; ends the test when it does not.
start_daemon() {
	"$B/whodidd" --root "$ROOT" --set "profiles.vendor_dir=$TOP/userspace/etc/profiles" "$@" \
		>>"$LOG" 2>&1 &
	DAEMON=$!
	cleanup end_daemon "$DAEMON"
	wait_until 20 daemon_answers || bail_out "the daemon starts and answers" "$(tail -n 30 "$LOG")"
}

daemon_gone() {
	! kill -0 "$DAEMON" 2>/dev/null
}

# stop_daemon [SIGNAL]: leaves the exit status in STATUS.
stop_daemon() {
	kill "-${1:-TERM}" "$DAEMON" 2>/dev/null
	wait_until 20 daemon_gone || kill -KILL "$DAEMON"
	wait "$DAEMON" 2>/dev/null
	# shellcheck disable=SC2034 # read by the tests
	STATUS=$?
	DAEMON=''
}

# events FILTER...: history as one JSON object per line. Talk goes to stderr of the client.
events() {
	wd query -o json "$@" 2>/dev/null
}

# has_event JQ FILTER...: whether some event makes the jq expression true.
has_event() {
	local expr=$1
	shift
	events "$@" | jq -e -s "any(.[]; $expr)" >/dev/null
}

# first_event JQ FILTER...: waits for the first event that makes the expression true; prints it.
first_event() {
	local expr=$1
	shift
	wait_until 30 has_event "$expr" "$@" || return 1
	events "$@" | jq -c -s "first(.[] | select($expr))"
}

# true_with WORD: the jq expression for the exec of /bin/true with that word.
true_with() {
	printf '(.process.argv | index("%s")) and (.process.exe | endswith("/true"))' "$1"
}

# json_is EVENT JQ WANT NAME: a field of one JSON object.
json_is() {
	local got
	got=$(jq -r "$2" <<<"$1" 2>&1)
	if [ "$got" = "$3" ]; then pass "$4"; else fail "$4" "$2
got:  $got
want: $3
in:   $1"; fi
}

# A name that nothing else on this machine uses.
marker() {
	printf 'whodid-%s-%s-%s' "$1" "$$" "$RANDOM$RANDOM"
}

user_gone() {
	! pgrep -U "$1"
}

remove_user() {
	pkill -KILL -U "$1"
	wait_until 20 user_gone "$1"
	userdel -r "$1" || userdel "$1"
}

# make_user: creates a user of this test's own in TEST_USER, removed at the end.
make_user() {
	TEST_USER=wd$1$$
	useradd -m -s /bin/bash "$TEST_USER" || bail_out "a test user can be made"
	cleanup remove_user "$TEST_USER"
}

# start_watch: `watch --all` as NDJSON into $WATCH, for tests that ask for the live stream too.
start_watch() {
	WATCH=$SCRATCH/watch.ndjson
	: >"$WATCH"
	"$B/whodid" --server "$SOCKET" watch --all -o json >"$WATCH" 2>"$SCRATCH/watch.err" &
	WATCHER=$!
	cleanup kill -KILL "$WATCHER"
	# It has subscribed when an act made after its start comes through.
	wait_until 30 watch_subscribed || bail_out "watch shows something" "$(cat "$SCRATCH/watch.err")"
}

watch_subscribed() {
	/bin/true "$(marker subscribe)"
	[ -s "$WATCH" ]
}

stop_watch() {
	kill -INT "$WATCHER" 2>/dev/null
	wait "$WATCHER" 2>/dev/null
}

watched() {
	jq -e -n "any(inputs; $1)" "$WATCH" >/dev/null 2>&1
}

# watched_as UID WHO: the stream has that event, of that actor. Only its line is parsed: the host may be busy.
watched_as() {
	grep -F -m 1 "\"uid\":\"$1\"" "$WATCH" | jq -e --arg who "$2" '.identity.who == $who'
}

# identity_everywhere EXEC-EVENT WHO VIA AS NAME: query (the event), watch (the line of the same uid) and
# `id` name the same actor. VIA is a comma list, AS a regular expression ('.' = any).
identity_everywhere() {
	local event=$1 who=$2 via=$3 as=$4 name=$5 uid explained
	uid=$(jq -r .uid <<<"$event")
	json_is "$event" .identity.who "$who" "$name: who, by query"
	json_is "$event" '.identity.via // [] | join(",")' "$via" "$name: via, by query"
	like "$(jq -r .identity.as <<<"$event")" "^$as\$" "$name: as, by query"
	if wait_until 30 watched_as "$uid" "$who"; then
		pass "$name: the same by watch"
	else
		fail "$name: the same by watch" "$(tail -n 3 "$WATCH")"
	fi
	explained=$(wd id "$uid" -o json 2>&1)
	is "$(jq -r .identity.who <<<"$explained" 2>/dev/null)" "$who" "$name: the same by id"
	ok "$name: id gives facts with source and trust" \
		jq -e '(.facts | length > 0) and all(.facts[]; .source and .fact and .trust)' <<<"$explained"
}
