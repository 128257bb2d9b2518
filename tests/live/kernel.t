#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Kernels: one that has what the programs need runs them; one that has not is named, with what it lacks.
. "$(dirname "$0")/../lib/live.sh"

doctor=$(wd doctor 2>&1)
release="kernel $(uname -r | sed 's/[.+]/\\&/g')"
if grep -q BPF_FUNC_loop /sys/kernel/btf/vmlinux; then
	like "$doctor" "$release" "doctor names the kernel"
	unlike "$doctor" '5\.17' "and has nothing to say against it"
	start_daemon
	status=$(wd status -o json)
	ok "every hook is attached" jq -e '.hooks | length > 0 and all(.[]; .attached)' <<<"$status"
	mark=$(marker kernel)
	/bin/true "$mark"
	ok "and an exec is seen" wait_until 10 has_event '(.process.argv | index("'"$mark"'"))' type=exec
	stop_daemon
	is "$STATUS" 0 "it ends well"
else
	like "$doctor" "$release" "doctor names the kernel"
	like "$doctor" '5\.17' "and what is needed"
	said=$("$B/whodidd" --root "$ROOT" 2>&1)
	is "$?" 1 "the daemon does not start"
	like "$said" 'too old.*bpf_loop.*5\.17' "and says what the kernel lacks"
fi
done_testing
