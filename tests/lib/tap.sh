# SPDX-License-Identifier: Apache-2.0
# tap: assertions for shell tests, printed as TAP. Source it, assert, end with done_testing.
# A test that dies before done_testing prints no plan, which the runner counts as a failure.
# shellcheck shell=bash
set -uo pipefail

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$TOP" || exit 1
B=${B:-build}
case $B in /*) ;; *) B=$TOP/$B ;; esac
# How many times slower than a real machine this one is: an emulated one sets it.
SLOW=${WHODID_TEST_SLOW:-1}
tap_count=0 tap_failed=0 tap_finished=0
cleanups=()

# The tree may belong to somebody else than who tests it.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=$TOP

# tree_files PATTERN...: the tree's own files, also where the tree came without git.
tree_files() {
	local f
	if git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files -- "$@"
	else
		for f in "$@"; do find . -path ./build -prune -o -type f -path "./$f" -printf '%P\n'; done
	fi | while read -r f; do [ ! -f "$f" ] || echo "$f"; done
}

# Text that a test shows but that is no result.
diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

pass() {
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s\n' "$tap_count" "$1"
}

# fail NAME [DIAGNOSTIC]: returns 1, so that `... || return` works.
fail() {
	tap_count=$((tap_count + 1)) tap_failed=$((tap_failed + 1))
	printf 'not ok %d - %s\n' "$tap_count" "$1"
	[ $# -lt 2 ] || diag "$2"
	return 1
}

# ok NAME COMMAND...: passes when the command succeeds; shows its output when it does not.
ok() {
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then pass "$name"; else fail "$name" "$(printf '%s: %s' "$*" "$out" | head -n 60)"; fi
}

# not_ok NAME COMMAND...: passes when the command fails.
not_ok() {
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then fail "$name" "succeeded: $* $(head -n 20 <<<"$out")"; else pass "$name"; fi
}

# is GOT WANT NAME
is() {
	if [ "$1" = "$2" ]; then pass "$3"; else fail "$3" "got:  $1
want: $2"; fi
}

# like GOT REGEX NAME (extended regular expression)
like() {
	if [[ $1 =~ $2 ]]; then pass "$3"; else fail "$3" "got: $(head -c 3000 <<<"$1")
want a match of: $2"; fi
}

unlike() {
	if [[ $1 =~ $2 ]]; then fail "$3" "got: $(head -c 3000 <<<"$1")
want no match of: $2"; else pass "$3"; fi
}

# skip NAME REASON: one test that this machine cannot run.
skip() {
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tap_count" "$1" "$2"
}

# skip_all REASON: the whole file.
skip_all() {
	tap_finished=1
	printf '1..0 # SKIP %s\n' "$1"
	exit 0
}

done_testing() {
	tap_finished=1
	printf '1..%d\n' "$tap_count"
	[ "$tap_failed" = 0 ]
	exit
}

# bail_out REASON: nothing more can be said; counts as a failure.
bail_out() {
	fail "$1" "${2:-}"
	done_testing
}

# cleanup COMMAND...: to be run at the end, last one first, however the test ends.
cleanup() {
	cleanups+=("$(printf '%q ' "$@")")
}

run_cleanups() {
	local status=$? i
	trap - EXIT
	for ((i = ${#cleanups[@]} - 1; i >= 0; i--)); do
		eval "${cleanups[i]}" >/dev/null 2>&1
	done
	[ "$tap_finished" = 1 ] || status=1
	exit "$status"
}
trap run_cleanups EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# wait_until SECONDS COMMAND...: waits for a condition, not for time. 1 when it did not come true.
wait_until() {
	local end=$((SECONDS + $1 * SLOW + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# need COMMAND...: skips the file when a program is missing.
need() {
	local c
	for c in "$@"; do
		PATH=$PATH:/usr/sbin command -v "$c" >/dev/null || skip_all "$c is not installed"
	done
}

scratch_dir() {
	SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/whodid-test.XXXXXX") || exit 1
	cleanup rm -rf "$SCRATCH"
}
