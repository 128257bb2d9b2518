#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make help lists every target that people may call; what README tells people to type exists.
. "$(dirname "$0")/../lib/tap.sh"
scratch_dir

help=$(make --no-print-directory help)
for target in all run test quick check bench fuzz soak install uninstall clean format help lint vm vm-all; do
	like "$help" "(^|"$'\n'")$target +[^ ]" "make help explains $target"
done
targets=$(sed -n 's/^\([a-z_-]*\):.*/\1/p' Makefile | sort -u)
while read -r word; do
	ok "README: make $word exists" grep -qx "$word" <<<"$targets"
done < <(grep -oE '(`|sudo |^    )make [a-z][a-z_-]*' README.md | awk '{ print $NF }' | sort -u)
while read -r path; do
	ok "README: $path exists" test -e "$path"
done < <(grep -oE '(tools|tests|userspace|bpf)/[A-Za-z0-9_./-]*[A-Za-z0-9_/-]' README.md | sort -u)

for distro in debian ubuntu fedora; do
	like "$(WHODID_DISTRO=$distro tools/install-deps dev --print)" 'libbpf' "install-deps knows $distro"
done
not_ok "install-deps refuses an unknown distribution" env WHODID_DISTRO=plan9 tools/install-deps --print
not_ok "install-deps refuses an unknown word" tools/install-deps everything
# A purpose includes those before it.
is "$(comm -23 <(tools/install-deps build --print) <(tools/install-deps test --print))" "" "test includes build"

# A machine without compiler: make says what to run, rather than failing inside a rule.
mkdir "$SCRATCH/bin"
for c in bash sh sed awk sort mkdir touch env dirname head cat id find printf tr grep; do
	ln -s "$(command -v "$c")" "$SCRATCH/bin/$c"
done
out=$(PATH=$SCRATCH/bin "$(command -v make)" --no-print-directory B="$SCRATCH/build" "$SCRATCH/build/.deps" 2>&1)
like "$out" 'Run: sudo tools/install-deps build' "make on a bare machine says what to run"

if [ "$(id -u)" = 0 ]; then
	out=$(setpriv --reuid 65534 --regid 65534 --clear-groups tools/run --for 1s 2>&1)
	is "$?" 4 "tools/run without root ends with 4"
	like "$out" 'sudo make run' "and says what to do"
else
	skip "tools/run without root" "needs root to become somebody else"
fi
done_testing
