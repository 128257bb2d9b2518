#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Shell scripts pass shellcheck, Python compiles.
. "$(dirname "$0")/../lib/tap.sh"
need shellcheck

mapfile -t scripts < <(tree_files '*' | while read -r f; do
	head -c 64 "$f" | head -n 1 | grep -qaE '^#!.*\b(ba)?sh\b' && echo "$f"
done; ls tests/lib/*.sh)
[ "${#scripts[@]}" -gt 10 ] || bail_out "the tree has shell scripts" "${#scripts[@]} found"
for f in "${scripts[@]}"; do
	ok "shellcheck $f" shellcheck -S style "$f"
done
while read -r f; do
	head -c 64 "$f" | head -n 1 | grep -qa '^#!.*python3' || continue
	ok "python3 accepts $f" /usr/bin/python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$f"
done < <(tree_files '*')
done_testing
