#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The packaged unit, as `make install` puts it there, under a real systemd: start, reload, restart without a gap,
# a crash, stop; what its sandbox leaves and forbids; nothing of that is an attack on the sensor.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/systemd.sh"
[ "${WHODID_GUEST:-}" = 1 ] || skip_all "only in a guest (tests/vm/vm systemd-6.1): it starts and stops this machine's whodid.service"
need jq whodid
unit=whodid.service
mark=whodid-unit-$$-$RANDOM

events() {
	whodid query -o json "$@" 2>/dev/null
}
property() {
	systemctl show -P "$1" $unit
}
log() {
	journalctl -u $unit -o cat --no-pager
}
answers() {
	whodid status -o json
}
running() {
	[ "$(property SubState)" = running ] && answers
}
hooks_tried() {
	whodid status -o json | jq -e .self_test
}

cleanup systemctl stop $unit
ok "systemctl start" systemctl start $unit || bail_out "the unit starts" "$(log)"
is "$(property SubState)" running "it says that it is ready, and systemd heard it"
like "$(log)" 'ready on /run/whodid/whodid.sock' "the journal has its line" || diag "$(log)"
ok "the client talks to it" answers
is "$(stat -c '%U %a' /run/whodid /var/lib/whodid | paste -sd,)" "root 755,root 750" "its folders are made"
ok "it can be enabled" systemctl enable $unit
cleanup systemctl disable $unit
is "$(systemctl is-enabled $unit)" enabled "and is"

# What the sandbox leaves: every hook, each of the daemon's own acts, the rung that the kernel offers.
is "$(whodid status -o json | jq -c '[.hooks[] | select(.attached | not) | .name]')" '[]' "all hooks are attached"
wait_until 60 hooks_tried
is "$(whodid status -o json | jq -c '[.self_test.classes[]? | select(.state == "blind" or .untried)]')" '[]' \
	"its own acts are possible, and seen"
unlike "$(log)" 'are not called' "no hook that the kernel calls is taken for one that it does not"
# ... and forbids.
pid=$(property MainPID)
rights=$(sed -n 's/^CapBnd:\t//p' "/proc/$pid/status")
is "$(sed -n 's/^CapEff:\t//p' "/proc/$pid/status")" "$rights" "it has the rights of its bounding set"
is "$(systemctl show -P CapabilityBoundingSet $unit)" \
	"cap_chown cap_dac_read_search cap_net_admin cap_sys_ptrace cap_sys_admin cap_sys_nice" "which are the unit's"
is "$(sed -n 's/^NoNewPrivs:\t//p' "/proc/$pid/status")" 1 "no new privileges"
is "$(sed -n 's/^Seccomp:\t//p' "/proc/$pid/status")" 2 "a filter of system calls"
is "$(cat "/proc/$pid/oom_score_adj")" -500 "it is killed late where memory runs out"
is "$(cat "/sys/fs/cgroup/system.slice/$unit/memory.max")" $((512 << 20)) "and has a bound of its own"
ok "/usr is read-only to it" grep -E ' /usr ro[ ,]' "/proc/$pid/mountinfo"

# systemctl reload: profiles are read again.
reloaded() {
	events type=profile.change --since 1h | jq -e -s "any(.[]; .message | test(\"$1\"))"
}
cleanup rm -f /etc/whodid/profiles.d/zz-test.yaml
printf 'kind: Nonsense\n' >/etc/whodid/profiles.d/zz-test.yaml
ok "systemctl reload" systemctl reload $unit
ok "what is broken is refused" wait_until 30 reloaded refused || diag "$(events type=profile.change)"
rm /etc/whodid/profiles.d/zz-test.yaml
ok "systemctl reload, again" systemctl reload $unit
ok "and then it is read" wait_until 30 reloaded 'reloaded by'

# A service that acts all the time: over a restart nothing is missing, and it stays who it is.
add_unit "$mark.service" <<END
[Service]
ExecStart=/bin/sh -c 'i=0; while :; do i=\$\$((i + 1)); /bin/true $mark \$\$i; sleep 0.1; done'
END
numbers() {
	events type=exec --since 1h --limit 100000 "who=unit:$mark.service" |
		jq -r "select(.process.argv[1] == \"$mark\") | .process.argv[2]" | sort -n
}
some() {
	[ "$(numbers | wc -l)" -ge "$1" ]
}
systemctl daemon-reload
ok "a service starts" systemctl start "$mark.service"
ok "and is seen as itself" wait_until 30 some 3 || diag "$(events type=exec --limit 20)"
ok "systemctl restart" systemctl restart $unit
like "$(log)" 'took over what the kernel recorded since the run before, nothing is missing' "the next one takes over"
before=$(numbers | wc -l)
ok "the service goes on" wait_until 30 some $((before + 5))
kill -KILL "$(property MainPID)"
ok "killed, it is started again by systemd" wait_until 60 running
is "$(property NRestarts)" 1 "once"
before=$(numbers | wc -l)
ok "and the service goes on" wait_until 30 some $((before + 5))
systemctl stop "$mark.service"
is "$(numbers | awk 'NR > 1 && $1 != last + 1 { n++ } { last = $1 } END { print n + 0 }')" 0 \
	"from the first to the last, no act of the service is missing" || diag "$(numbers | paste -sd' ')"
is "$(whodid status -o json | jq .loss.total)" 0 "nothing was lost"

# What systemd does to start and stop services, this one and others, is no attack.
ok "another service is restarted" systemctl restart cron.service
systemctl daemon-reload
ok "systemctl daemon-reexec" systemctl daemon-reexec
ok "it runs on" running
is "$(events type=agent.tamper --since 1h | jq -r '.message' | grep -v -e SIGKILL -e zz-test)" "" "no anomaly for a manager's work" ||
	diag "$(whodid query type=agent.tamper --since 1h)"

ok "systemctl stop" systemctl stop $unit
is "$(property SubState)" dead "stopped"
is "$(property Result)" success "with success"
is "$(find /sys/fs/bpf -maxdepth 1 -name 'whodid-*')" "" "and nothing is left in the kernel"
not_ok "the client says that there is no daemon" answers
done_testing
