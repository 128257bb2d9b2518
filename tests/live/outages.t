#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What keeps the sensor from its work without touching it is told as well: its control group is frozen, the wall
# clock is stepped, the disk of its store is full.
. "$(dirname "$0")/../lib/live.sh"

tampering() {
	first_event "$1" type=agent.tamper
}

# --- the control group
# frozen VERSION HIERARCHY FILE ON OFF
frozen() {
	local group=$2/whodid-outages-$$ event me
	if ! mkdir "$group" 2>/dev/null || ! [ -e "$group/$3" ]; then
		skip "frozen, cgroup $1" "no such hierarchy that can freeze"
		return
	fi
	cleanup wait_until 10 rmdir "$group"
	cleanup eval "echo $5 >$group/$3"
	echo $BASHPID >"$group/cgroup.procs"
	start_daemon
	echo $BASHPID >"$2/cgroup.procs"
	me=$(wd id $$ -o json | jq -r .identity.who)
	tee "$group/$3" <<<"$4" >/dev/null
	sleep 6 # what is tested is time itself
	tee "$group/$3" <<<"$5" >/dev/null
	event=$(tampering '.tamper.what == "pause"') || bail_out "the pause is told" "$(events type=agent.tamper)"
	like "$(jq -r .message <<<"$event")" 'did not run for [5-9]' "frozen, cgroup $1: told, with the time"
	event=$(tampering ".file.path == \"$group/$3\"") || bail_out "who froze it is told" "$(events type=agent.tamper)"
	json_is "$event" .tamper.what file "frozen, cgroup $1: by what"
	json_is "$event" .identity.who "$me" "frozen, cgroup $1: by whom"
	json_is "$event" .verdict.severity high "frozen, cgroup $1: how grave"
	like "$(jq -r .message <<<"$event")" 'the control group' "frozen, cgroup $1: in words"
	stop_daemon
	rm -r "$ROOT/store"
}
v2=/sys/fs/cgroup
[ -d $v2/unified ] && v2=$v2/unified
frozen v2 "$v2" cgroup.freeze 1 0
frozen v1 /sys/fs/cgroup/freezer freezer.state FROZEN THAWED

# --- the clock: for this daemon alone, so that the host's stays what it is
cat >"$SCRATCH/clock.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* The real time, some seconds off once a file is there. */
int clock_gettime(clockid_t clock, struct timespec *ts)
{
	static int (*real)(clockid_t, struct timespec *);
	const char *file = getenv("STEPPED");

	if (!real)
		real = dlsym(RTLD_NEXT, "clock_gettime");
	if (real(clock, ts))
		return -1;
	if (clock == CLOCK_REALTIME && file && access(file, F_OK) == 0)
		ts->tv_sec -= 90;
	return 0;
}
C
if cc -shared -fPIC -o "$SCRATCH/clock.so" "$SCRATCH/clock.c" -ldl 2>"$SCRATCH/cc"; then
	export LD_PRELOAD=$SCRATCH/clock.so STEPPED=$SCRATCH/stepped
	start_daemon
	unset LD_PRELOAD
	is "$(events type=agent.tamper tamper=clock | wc -l)" 0 "a clock that runs is none"
	touch "$STEPPED"
	back() {
		tampering '.tamper.what == "clock" and (.message | contains("-90."))'
	}
	event=$(back) || event=$(back) || bail_out "the step is told" "$(events type=agent.tamper)"
	like "$(jq -r .message <<<"$event")" '^the wall clock was stepped by -90\.[0-9]+ s$' "a step back is told, with its size"
	json_is "$event" .verdict.severity low "as of low severity"
	json_is "$event" '.identity.who // .process.pid // "nobody"' nobody "and as nobody's act"
	/bin/true "$$-back"
	json=$(first_event ".process.argv // [] | index(\"$$-back\")" type=exec)
	ahead=$(($(date +%s) - $(date -d "$(jq -r .time <<<"$json")" +%s)))
	ok "events follow the clock ($ahead s behind)" test "$ahead" -ge 85 -a "$ahead" -le 100
	rm "$STEPPED"
	forth() {
		has_event '.message | contains("+90.") or contains("+89.")' type=agent.tamper tamper=clock
	}
	ok "and the step forth" wait_until 40 forth
	stop_daemon
else
	skip "a step of the clock" "no C compiler"
fi

# --- the disk
full=$SCRATCH/full
mkdir "$full"
if mount -t tmpfs -o size=1500k none "$full"; then
	cleanup umount "$full"
	start_daemon --set store.dir="$full/store"
	mark=$(marker full)
	"$B/tests/bench/storm" open 15000 15000 "$SCRATCH" >"$SCRATCH/storm" 2>&1 &
	storm=$!
	cleanup kill "$storm"
	told() {
		wd status -o json | jq -e '.store.error' >/dev/null
	}
	ok "a full disk is in the status" wait_until 60 told
	wait "$storm"
	like "$(wd status -o json | jq -r .store.error)" 'full' "with the reason"
	not_ok "status --exit-code says so" wd status --exit-code -q
	like "$(cat "$LOG")" 'the store: .*full' "and the log"
	mount -o remount,size=64m "$full"
	written() {
		! told
	}
	ok "with room again it is written to" wait_until 30 written
	/bin/true "$mark"
	ok "and goes on" first_event ".process.argv // [] | index(\"$mark\")" type=exec
	lost=$(wd status -o json | jq .loss.stages.store)
	complete() { # what did not fit into memory meanwhile is missing, and said to be; else nothing is
		if [ "$lost" -gt 0 ]; then has_event '.loss.stage == "store"' type=loss; else ! wd loss | grep -q store; fi
	}
	ok "what was lost meanwhile ($lost) is an event" wait_until 20 complete
	stop_daemon
else
	skip "a full disk" "no tmpfs can be mounted"
fi
done_testing
