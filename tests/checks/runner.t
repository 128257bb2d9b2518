#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The runner tells the truth: about failures, deaths, hangs, missing plans and skips.
. "$(dirname "$0")/../lib/tap.sh"
scratch_dir

# a_test NAME LINE...: one more test of a tree of its own.
a_test() {
	local file=$SCRATCH/tests/checks/$1.t
	shift
	mkdir -p "$SCRATCH/tests/checks"
	printf '%s\n' '#!/bin/sh' "$@" >"$file"
	chmod +x "$file"
}
# expect NAME STATUS LAST-LINE: what the runner says about the tests made since the last time.
expect() {
	local out status
	out=$(tests/run --no-asan --timeout 2 --top "$SCRATCH" checks 2>&1)
	status=$?
	is "$(tail -n 1 <<<"$out")" "$3" "$1: the last line"
	is "$status" "$2" "$1: the exit code"
	rm -rf "$SCRATCH/tests"
	OUT=$out
}

a_test good 'echo 1..2; echo ok 1 - a; echo ok 2 - b'
expect 'all well' 0 '2 passed, 0 failed, 0 skipped'
a_test good 'echo 1..1; echo ok 1 - a'
a_test bad 'echo 1..2; echo ok 1 - a; echo not ok 2 - b; echo "# because"; exit 1'
expect 'one failure' 1 '2 passed, 1 failed, 0 skipped'
like "$OUT" '# because' 'its output is shown'
a_test dies 'echo ok 1 - a; kill -9 $$'
expect 'dies' 1 '1 passed, 1 failed, 0 skipped'
a_test noplan 'echo ok 1 - a'
expect 'no plan' 1 '1 passed, 1 failed, 0 skipped'
a_test short 'echo 1..3; echo ok 1 - a'
expect 'fewer than planned' 1 '1 passed, 1 failed, 0 skipped'
a_test status 'echo 1..1; echo ok 1 - a; exit 7'
expect 'a bad exit code' 1 '1 passed, 1 failed, 0 skipped'
a_test silent 'true'
expect 'silence' 1 '0 passed, 1 failed, 0 skipped'
a_test hangs 'echo 1..1; echo ok 1 - a; exec sleep 60'
expect 'a hang' 1 '1 passed, 1 failed, 0 skipped'
like "$OUT" 'no end within 2 s' 'it says that it hung'
a_test leaves 'echo 1..1; echo ok 1 - a; (exec setsid sleep 20) &'
begun=$SECONDS
expect 'something left behind' 0 '1 passed, 0 failed, 0 skipped'
ok 'is not waited for' test $((SECONDS - begun)) -lt 15
a_test skips 'echo "1..0 # SKIP no such thing here"'
a_test some 'echo 1..2; echo "ok 1 - a # SKIP not here"; echo ok 2 - b'
expect 'skips' 0 '1 passed, 0 failed, 2 skipped'
like "$OUT" 'SKIP: no such thing here' 'with their reasons'
a_test skips 'echo "1..2"; echo "not ok 1 # SKIP test_of_cmocka"; echo "not ok 2 - it is no # SKIP"'
expect 'a skip as cmocka says it, and a failure that mentions one' 1 '0 passed, 1 failed, 1 skipped'
a_test skips 'echo "1..0 # SKIP no such thing here"'
expect 'nothing but skips' 1 '0 passed, 0 failed, 1 skipped'
tests/run nosuchsuite >/dev/null 2>&1
is "$?" 1 'an unknown suite is an error'
done_testing
