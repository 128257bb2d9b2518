#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the verifier makes of each program, compared with cost.tsv: its steps are the time that a start
# takes, and a million of them are the end. More than a fifth above the figure is a failure, and so is a
# program without one: look for the loop that grew, or write the new figure down and say why. The
# stack of a chain of calls ends at 512 bytes; what comes close is told before one variable is too many.
. "$(dirname "$0")/../lib/tap.sh"
[ "$(id -u)" = 0 ] || skip_all "loading programs needs root"
scratch_dir

ok "each program is accepted, or its kind of hook is not to be had here" \
	sh -c '"$1/tests/bpf/cost" >"$2"' - "$B" "$SCRATCH/now"
is "$(cut -f1 "$SCRATCH/now" | sort)" "$(grep -v '^#' "$TOP/tests/bpf/cost.tsv" | cut -f1 | sort)" \
	"cost.tsv has a figure for each program, and no others"
over=$(awk -F'\t' '/^#/ { next } NR == FNR { most[$1] = $2; next }
	$2 != "-" && $2 > most[$1] * 1.2 { print $1 ": " $2 ", should be at most " most[$1] }' \
	"$TOP/tests/bpf/cost.tsv" "$SCRATCH/now")
is "$over" "" "no program costs the verifier more than a fifth above its figure"
deep=$(awk -F'\t' '$3 != "-" && $3 > 448 { print $1 ": " $3 " of 448 bytes: " $4 }' "$SCRATCH/now")
is "$deep" "" "no program's stack comes near its end"
echo "# the deepest: $(sort -t "$(printf '\t')" -k3,3n "$SCRATCH/now" | tail -1 | cut -f1,3,4 | tr '\t' ' ')"
unknown=$(awk -F'\t' '$2 == "-" { n++ } END { print n + 0 }' "$SCRATCH/now")
[ "$unknown" = 0 ] || skip "$unknown programs" "this kernel refuses their kind of hook"
done_testing
