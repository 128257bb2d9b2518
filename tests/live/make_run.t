#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `make run` for a bounded time without a terminal: NDJSON on stdout, totals on stderr, nothing left.
. "$(dirname "$0")/../lib/live.sh"
need make "${CC:-cc}"

left() {
	ls -d /run/whodid-run.* "${TMPDIR:-/tmp}"/whodid-run.* 2>/dev/null
}
before=$(left)
mark=$(marker run)
caller() {
	until [ -e "$SCRATCH/stop" ]; do
		/bin/true "$mark"
		sleep 0.2
	done
}
caller &
cleanup touch "$SCRATCH/stop"
make --no-print-directory B="$B" run ARGS='--for 4s' >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null
is "$?" 0 "make run --for 4s ends with 0"
touch "$SCRATCH/stop"
ok "stdout is NDJSON and nothing else" jq -e . "$SCRATCH/out"
ok "it saw what ran" jq -e -n --arg m "$mark" 'any(inputs; .type == "exec" and (.process.argv | index($m)))' "$SCRATCH/out"
like "$(cat "$SCRATCH/err")" '[0-9]+ events seen, [0-9]+ lost' "it says what was seen and lost"
is "$(left)" "$before" "its private directory is gone"

# Interrupted rather than ended: the same.
setsid env --default-signal=INT tools/run type=exec >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null &
runner=$!
something() {
	/bin/true "$mark"
	[ -s "$SCRATCH/out" ]
}
ok "a filter is passed on" wait_until 20 something
kill -INT "$runner"
wait "$runner"
is "$?" 0 "interrupted, it ends with 0"
is "$(jq -r .type "$SCRATCH/out" | sort -u)" exec "only what the filter asked for"
like "$(cat "$SCRATCH/err")" '[0-9]+ events seen, [0-9]+ lost' "and says what was seen and lost"
is "$(left)" "$before" "nothing is left"
is "$(pgrep -f "root [^ ]*whodid-run" -a)" "" "no daemon is left"
tools/run --for nonsense >/dev/null 2>&1
is "$?" 2 "a bad duration is wrong usage"
done_testing
