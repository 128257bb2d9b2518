#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# whodidd's command line: exit codes, what it says about mistakes, -t, -T, and the shipped settings file.
. "$(dirname "$0")/../lib/tap.sh"
scratch_dir
daemon=$B/whodidd
[ -x "$daemon" ] || skip_all "$daemon is not built"
root=$SCRATCH/root
mkdir -p "$root/profiles.d"

# run WANT-STATUS NAME [ARGS...]: leaves stdout and stderr in OUT and ERR.
run() {
	local want=$1 name=$2 got
	shift 2
	"$daemon" "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null
	got=$?
	OUT=$(cat "$SCRATCH/out") ERR=$(cat "$SCRATCH/err")
	is "$got" "$want" "$name" || diag "$ERR"
}

run 0 "--help" --help
like "$OUT" '^Examples:.*Usage: whodidd' "help begins with examples"
is "$ERR" "" "help goes to stdout"
for option in config set root hooks for record replay print-default-config verbose help version; do
	like "$OUT" "--$option" "help names --$option"
done
run 0 "--version" --version
like "$OUT" '^whodidd [0-9]+\.[0-9]+\.[0-9]+$' "and prints it"

run 2 "an unknown option is wrong usage" --nonsense
like "$ERR" 'whodidd --help' "and it says where help is"
run 2 "so is an argument too many" --root "$root" -t extra
run 2 "and a duration that is none" --for soon
run 2 "and no time at all" --for 0s
run 2 "and an unknown rung" --hooks kprobe
like "$ERR" 'auto lsm fentry tracepoint' "the rungs are named"
run 2 "and an unknown setting" --set sensor.ring_kb=5
like "$ERR" 'Did you mean sensor\.ring_kib\?' "the nearest one is named"
run 2 "and a value out of its limits" --set sensor.ring_kib=1
run 2 "recording a replay makes no sense" --record "$SCRATCH/a" --replay "$SCRATCH/b"
run 1 "a replay of nothing fails" --replay "$SCRATCH/none"
like "$ERR" 'none' "and names the file"

run 0 "-T prints what is in force" --root "$root" -T --set store.max_mib=99
like "$OUT" 'max_mib: 99 +# --set' "with what --set said"
like "$OUT" "socket: [^ ]*/root/whodid.sock +# --root" "with what --root moved"
like "$OUT" 'ring_kib: 8192 +# default' "and with defaults"
printf '%s\n' "$OUT" >"$SCRATCH/printed.yaml"
run 0 "what -T prints can be read back" -c "$SCRATCH/printed.yaml" -T
like "$OUT" 'max_mib: 99 +# .*printed.yaml:[0-9]+' "with its line"

run 0 "-t accepts an empty root" --root "$root" --set "profiles.vendor_dir=$SCRATCH/none" -t
like "$ERR" 'right: 0 roles' "and says what it found"
printf 'sensor:\n  ring_kib: 100\n  rng_kib: 5\n' >"$root/whodid.yaml"
run 1 "-t refuses a setting that does not exist" --root "$root" -t
like "$ERR" "whodid.yaml:3:3: .*sensor.rng_kib.*sensor.ring_kib" "with line, column and the nearest"
rm "$root/whodid.yaml"
printf 'kind: Role\n' >"$root/profiles.d/broken.yaml"
run 1 "-t refuses a broken profile" --root "$root" --set "profiles.vendor_dir=$SCRATCH/none" -t
like "$ERR" 'broken.yaml' "and names the file"
run 1 "-c FILE must exist" -c "$SCRATCH/missing.yaml" -t

ok "userspace/etc/whodid.yaml is what --print-default-config prints" \
	diff userspace/etc/whodid.yaml <("$daemon" --print-default-config)
run 0 "and -t accepts it" -c userspace/etc/whodid.yaml --set "profiles.dir=$SCRATCH/none" --set "profiles.vendor_dir=$SCRATCH/none" -t

if [ "$(id -u)" = 0 ] && setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null; then
	chmod 755 "$SCRATCH"
	install -m 755 "$daemon" "$SCRATCH/whodidd"
	setpriv --reuid 65534 --regid 65534 --clear-groups "$SCRATCH/whodidd" --root "$root" >/dev/null 2>"$SCRATCH/err"
	is "$?" 4 "who is not root may not watch"
	like "$(cat "$SCRATCH/err")" 'root.*sudo' "and is told what to do"

	# Places that others can change are not used: nothing is made there.
	mkdir "$SCRATCH/theirs" "$SCRATCH/ours" "$SCRATCH/open"
	ln -s "$SCRATCH/ours" "$SCRATCH/link"
	chmod 777 "$SCRATCH/open"
	chown -h 65534 "$SCRATCH/theirs" "$SCRATCH/link"
	for place in theirs theirs/below link link/below open open/below; do
		run 1 "--root $place is refused" --root "$SCRATCH/$place" --for 1s
		like "$ERR" "others than root can change .*/${place%/*}" "and the part is named"
	done
	run 1 "so is a socket there" --root "$SCRATCH/ours" --set "api.socket=$SCRATCH/theirs/a.sock" --for 1s
	run 1 "and a store" --root "$SCRATCH/ours" --set "store.dir=$SCRATCH/open/store" --for 1s
	is "$(find "$SCRATCH/theirs" "$SCRATCH/open" "$SCRATCH/ours" -mindepth 1)" "" "nothing was made there"
else
	skip "who is not root may not watch" "needs root to become somebody else"
fi
done_testing
