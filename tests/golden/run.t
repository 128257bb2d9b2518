#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each folder is a case: input (read by tests/lib/mkrecording.c) and profiles/ give expected.jsonl.
# WRITE_GOLDEN=1 tests/golden/run.t rewrites what is expected: read the difference before it is committed.
. "$(dirname "$0")/../lib/tap.sh"
scratch_dir

make_tool() {
	${CC:-cc} -std=gnu11 -D_GNU_SOURCE -O1 -I. -o "$SCRATCH/mkrecording" tests/lib/mkrecording.c
}

# copy_host CASE: what its host keeps of containers, not writable by others whatever the checkout did.
copy_host() {
	cp -r "tests/golden/$1/host" "$SCRATCH/$1/host" && chmod -R go-w "$SCRATCH/$1/host"
}

# replay CASE: its events as JSON lines, with the names of this folder's passwd file and no shipped roles.
# But for the identity's one line and its two keys, which are made of the other fields: tests/unit/event.
replay() {
	local host=()
	mkdir -p "$SCRATCH/$1" "$SCRATCH/none"
	if [ -d "tests/golden/$1/host" ]; then
		copy_host "$1" || return
		host=(--set "identity.host_root=$SCRATCH/$1/host")
	fi
	[ ! -d "tests/golden/$1/profiles" ] || cp -r "tests/golden/$1/profiles" "$SCRATCH/$1/profiles.d"
	"$SCRATCH/mkrecording" "tests/golden/$1/input" "$SCRATCH/$1/recording" &&
		"$B/whodidd" --replay "$SCRATCH/$1/recording" --root "$SCRATCH/$1" \
			--set "identity.passwd_file=$TOP/tests/golden/passwd" \
			--set "profiles.vendor_dir=$SCRATCH/none" "${host[@]}" |
		sed 's/,"form":"wid1 [^"]*","subject":"who=[^"]*","instance":"who=[^"]*"//'
}

run_case() {
	local expected=tests/golden/$1/expected.jsonl
	replay "$1" >"$SCRATCH/$1.jsonl" 2>"$SCRATCH/$1.err" ||
		fail "$1: replay" "$(cat "$SCRATCH/$1.err")" || return
	[ "${WRITE_GOLDEN:-0}" != 1 ] || cp "$SCRATCH/$1.jsonl" "$expected"
	if cmp -s "$expected" "$SCRATCH/$1.jsonl"; then
		pass "$1"
	else
		fail "$1" "$(difference "$expected" "$SCRATCH/$1.jsonl" | head -n 40)"
	fi
}

# A field a line, so that the difference can be read.
difference() {
	if command -v jq >/dev/null; then
		diff -U 1 --label expected --label got <(jq . "$1") <(jq . "$2")
	else
		diff -U 0 "$1" "$2" | cut -c 1-1000
	fi
}

[ -x "$B/whodidd" ] || bail_out "whodidd is built" "make first"
make_tool || bail_out "the recording tool is built"
for input in tests/golden/*/input; do
	case=${input#tests/golden/}
	run_case "${case%/input}"
done
done_testing
