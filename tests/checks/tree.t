#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What every file and folder of the tree owes: licence line, README, clean text, no foreign paths.
. "$(dirname "$0")/../lib/tap.sh"
need codespell

mapfile -t files < <(tree_files '*')

# Text files that have comments start with the licence; kernel programs have their own.
unlicensed=$(for f in "${files[@]}"; do
	case $f in
	*.c | *.h | *.sh | *.t | *.mk | Makefile | tools/* | tests/run | tests/bench/* | userspace/man/*)
		case $f in */README.md | tests/*/corpus/* | *.json | *.dict | *.tsv) continue ;; esac
		head -n 3 "$f" | grep -q 'SPDX-License-Identifier: ' || echo "$f" ;;
	esac
done)
is "$unlicensed" "" "each source has an SPDX line"
is "$(printf '%s\n' "${files[@]}" | grep '^bpf/.*bpf\.c$' | xargs grep -L 'GPL-2.0-only')" "" "kernel programs are GPL-2.0-only"
ok "LICENSE has the Apache text" grep -q 'Apache License' LICENSE
ok "the GPL text is there" grep -q 'GNU GENERAL PUBLIC LICENSE' bpf/LICENSE

# Folders: a README of at most 15 lines.
bad=$(for d in bpf userspace/*/ tests/*/ tools; do
	d=${d%/}
	case $d in userspace/man | */corpus) continue ;; esac
	[ -n "$(tree_files "$d/*" | head -n 1)" ] || continue
	if [ ! -f "$d/README.md" ]; then echo "$d has no README.md"
	elif [ "$(wc -l <"$d/README.md")" -gt 15 ]; then echo "$d/README.md is longer than 15 lines"; fi
done)
is "$bad" "" "each folder says what it is for, in at most 15 lines"

# matching REGEX: the tree's files of that name.
matching() {
	printf '%s\n' "${files[@]}" | grep -E "$1"
}
is "$(matching '\.(c|h|mk|yaml)$|^Makefile$' | xargs grep -lE '[[:space:]]$')" "" "no blanks at line ends"
is "$(matching '\.(c|h|sh|mk)$' | xargs grep -nE '\b(TODO|FIXME|XXX)\b')" "" "no loose ends in the sources"
mapfile -t prose < <(printf '%s\n' "${files[@]}" | grep -vE '^(LICENSE|bpf/LICENSE|tests/(fuzz/corpus|golden|unit/profile/broken)/)')
is "$(codespell --quiet-level=2 -L 'nd,te,fo,ba,ot,ans,hist,ser,creat,doas,uint,passin,whos,opne,nonsens' "${prose[@]}" 2>&1)" "" "spelling (codespell)"
is "$(awk 'END { print (NR <= 250) ? "short" : NR }' Makefile)" short "the Makefile is under 250 lines"
version=$(sed -n 's/^#define WHODID_VERSION "\(.*\)"/\1/p' userspace/base/version.h)
is "$(awk 'NR == 1 { print $2 }' CHANGES)" "$version" "CHANGES begins with the version in the sources"
done_testing
