#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Includes go one way; and the checker sees it when one does not.
. "$(dirname "$0")/../lib/tap.sh"
scratch_dir

ok "includes of this tree point one way" tools/check-layers

# expect_bad FILE INCLUDE-LINE WORDS: a tree with that one line is refused, in those words.
expect_bad() {
	local tree=$SCRATCH/tree out
	rm -rf "$tree"
	mkdir -p "$tree"/userspace/{base,decode,identity,profile,store,collect,api,cmd,sink} "$tree/bpf"
	printf '%s\n' "$2" >"$tree/$1"
	if out=$(tools/check-layers "$tree" 2>&1); then
		fail "refused: $1 with $2" "accepted"
	else
		like "$out" "$1:1: .*$3" "refused: $1 with $2"
	fi
}
expect_bad userspace/base/log.c '#include "event.h"' 'base may not include event'
expect_bad userspace/decode/decode.c '#include "identity/identity.h"' 'decode may not include identity'
expect_bad userspace/profile/match.c '  #  include "store/store.h"' 'profile may not include store'
expect_bad userspace/store/store.c '#include "sink/stream.h"' 'store may not include sink'
expect_bad userspace/api/api.c '#include <bpf/libbpf.h>' 'only userspace/collect'
expect_bad userspace/cmd/watch.c '#include "api/api.h"' 'cmd may not include api'
expect_bad userspace/identity/table.c '#include "bpf/maps.bpf.h"' 'only event.h may be included'
expect_bad userspace/decode/decode.c '#include "bpf/whodid.skel.h"' 'the skeleton by collect'
expect_bad bpf/exec.bpf.c '#include "userspace/event.h"' 'bpf/ may include only bpf/'
expect_bad userspace/store/store.c '#include "newfolder/x.h"' 'has no place in the line'

good=$SCRATCH/good
mkdir -p "$good"/userspace/{collect,decode} "$good/bpf"
printf '#include <bpf/libbpf.h>\n#include "bpf/whodid.skel.h"\n#include "bpf/event.h"\n' >"$good/userspace/collect/kernel.c"
printf '#include "decode/decode.h"\n#include "event.h"\n#include "base/str.h"\n' >"$good/userspace/decode/decode.c"
ok "accepted: includes that point the right way" tools/check-layers "$good"
done_testing
