#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Kernels: one that has what the programs need runs them; one that has not is named, with what it lacks.
. "$(dirname "$0")/../lib/live.sh"

doctor=$(wd doctor 2>&1)
release="kernel $(uname -r | sed 's/[.+]/\\&/g')"
if grep -q BPF_FUNC_loop /sys/kernel/btf/vmlinux; then
	like "$doctor" "$release" "doctor names the kernel"
	unlike "$doctor" 'too old|5\.17' "and has nothing to say against it"
	start_daemon
	status=$(wd status -o json)
	ok "every hook is attached" jq -e '.hooks | length > 0 and all(.[]; .attached)' <<<"$status"
	mark=$(marker kernel)
	/bin/true "$mark"
	ok "and an exec is seen" wait_until 10 has_event '(.process.argv | index("'"$mark"'"))' type=exec
	stop_daemon
	is "$STATUS" 0 "it ends well"
else
	# doctor breaks lines, so its words are asked for one by one
	like "$doctor" "$release" "doctor names the kernel"
	like "$doctor" 'Linux 5\.17 or later' "and what is needed"
	lacks=(bpf_loop bpf_find_vma)
	[[ $(uname -r) != 5.10.* ]] || lacks+=(bpf_task_pt_regs bpf_task_storage_get bpf_get_current_task_btf)
	said=$("$B/whodidd" --root "$ROOT" 2>&1)
	is "$?" 1 "the daemon does not start"
	like "$said" "$release is too old: it has no bpf_" "and says which kernel is too old"
	for name in "${lacks[@]}"; do
		like "$doctor" "$name" "doctor says that it has no $name"
		like "$said" "$name \\(Linux 5\." "so does the daemon"
	done
fi
done_testing
