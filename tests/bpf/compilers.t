#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Code that the verifier accepts from one compiler it may refuse from another: the kernel programs of
# clang 19 are loaded and tested like those of the usual one. For arm64 they are compiled and linked.
. "$(dirname "$0")/../lib/tap.sh"
need make clang bpftool
scratch_dir

# object DIR CLANG ARCH
object() {
	make --no-print-directory B="$SCRATCH/$1" CLANG="$2" BPF_ARCH="$3" bpf-clang
}
for clang in clang clang-19; do
	if ! command -v "$clang" >/dev/null; then
		skip "$clang for arm64" "$clang is not installed"
		continue
	fi
	ok "$clang compiles and links for arm64" object "arm64-$clang" "$clang" arm64
done

[ "$(id -u)" = 0 ] || { skip "clang-19: load" "needs root"; done_testing; }
command -v clang-19 >/dev/null || { skip "clang-19: load" "clang-19 is not installed"; done_testing; }
# All but the kernel programs and what embeds them is the same: take it from the usual build.
other=$SCRATCH/clang-19
mkdir "$other"
cp -a "$B/userspace" "$B/libwhodid.a" "$other/" || bail_out "the usual build is there"
rm -rf "$other/userspace/collect"
programs=(test_boundary test_calls test_exec test_file test_names test_net test_seed test_uring)
ok "clang-19 compiles and links" make --no-print-directory -j2 B="$other" CLANG=clang-19 "${programs[@]/#/$other/tests/bpf/}"
for program in "${programs[@]}"; do
	ok "clang-19: $program" "$other/tests/bpf/$program"
done
done_testing
