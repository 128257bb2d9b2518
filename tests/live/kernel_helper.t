#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A program that the kernel starts because a setting names it (here the agent of a cgroup that has become empty)
# acts as nobody who is known, and not as the kernel: whoever may write the setting chose it.
. "$(dirname "$0")/../lib/live.sh"
grep -qw cgroup /proc/filesystems || skip_all "the kernel has no cgroup v1, whose agents it starts"

mark=$(marker helper)
start_daemon
start_watch
top=$SCRATCH/agents
mkdir "$top"
mount -t cgroup -o "none,name=whodid$$" none "$top" || skip_all "no hierarchy of its own can be mounted"
cleanup umount "$top"
cat >"$SCRATCH/agent" <<-END
	#!/bin/sh
	/bin/true $mark "\$1"
END
chmod 755 "$SCRATCH/agent"
echo "$SCRATCH/agent" >"$top/release_agent"
mkdir "$top/job"
cleanup rmdir "$top/job"
echo 1 >"$top/job/notify_on_release"
sh -c "echo \$\$ >'$top/job/cgroup.procs'; /bin/true $mark-inside"

inside=$(first_event "$(true_with "$mark-inside")" type=exec) || bail_out "what ran in the cgroup was seen"
event=$(first_event "$(true_with "$mark")" type=exec) || bail_out "the kernel started the agent"
identity_everywhere "$event" anon:kernel-helper "" host "the agent"
like "$(jq -r .identity.reason <<<"$event")" 'the kernel started it' "with the reason"
json_is "$event" .identity.assurance.who unknown "nothing is known of who"
unlike "$(jq -r .identity.who <<<"$inside")" 'kernel' "who left the cgroup keeps their name"
ok "its interpreter and what it starts are one boundary's" jq -e -s 'length > 1 and (map(.identity.boundary) | unique | length) == 1' \
	<<<"$(events type=exec who=anon:kernel-helper "boundary=$(jq -r .identity.boundary <<<"$event")")"
done_testing
