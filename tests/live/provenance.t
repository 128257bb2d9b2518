#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Who wrote what is executed: a deploy service executes what a CI job left behind, in each way that
# files come to be, and what nobody is known to have written names nobody.
. "$(dirname "$0")/../lib/live.sh"
. "$(dirname "$0")/../lib/units.sh"
need_cgroups

mark=$(marker prov)
job=ci:github/acme/app/build
unit=whodid-deploy-$$.service
chmod 755 "$SCRATCH" # trusted executables lie where only root can write
mkdir "$SCRATCH/bin" "$SCRATCH/w"
worker=$SCRATCH/bin/Runner.Worker
manager=$SCRATCH/bin/manager
install -m 755 "$ACTORS/stub_worker" "$worker"
install -m 755 "$B/tests/lib/service-manager" "$manager"
install -m 755 /bin/true "$SCRATCH/w/before"
cleanup rm_cgroup "system.slice/$unit"
cat >"$ROOT/profiles.d/deploy.yaml" <<END
apiVersion: whodid.dev/v1alpha1
kind: Role
metadata: {name: deploy}
spec:
  deny:
    - id: what-a-job-wrote
      severity: high
      reason: A deploy service runs releases, and not what a build job left behind.
      exec: [{writtenBy: ["ci:*"]}]
---
apiVersion: whodid.dev/v1alpha1
kind: RoleBinding
metadata: {name: deploy}
spec:
  mode: audit
  roles: [deploy]
  subjects: [{kind: Service, match: {unit: "$unit"}}]
END
start() {
	start_daemon --set "identity.ci_supervisors=github=$worker" --set "identity.service_managers=$manager"
}
start
cd "$SCRATCH/w" || exit 1

# ci COMMAND: one step of a build job.
ci() {
	printf '%s\n' unset "env GITHUB_ACTIONS=true" "env GITHUB_REPOSITORY=acme/app" \
		"env GITHUB_WORKFLOW_REF=acme/app/.github/workflows/build.yml@refs/heads/main" \
		"env GITHUB_JOB=build" "env GITHUB_RUN_ID=1" "env GITHUB_ACTION=__run" \
		"step $1" | "$worker" spawnclient 3 4
}
deploy() {
	"$manager" "$CGROUPS/system.slice/$unit" "$@"
}
# ran PROGRAM: the deploy service's exec of it.
ran() {
	first_event ".process.exe == \"$SCRATCH/w/$1\" or .exec.script == \"$SCRATCH/w/$1\"" type=exec "who=unit:$unit" ||
		bail_out "the exec of $1 was seen" "$(events type=exec "who=unit:$unit" | tail -n 3)"
}
wrote() {
	local event
	event=$(ran "$1")
	json_is "$event" '.exec.written_by // [] | join(",")' "$2" "$3"
}

# Each way that a build leaves a program behind, and a move afterwards.
cat >prog.c <<'END'
int main(void) { return 0; }
END
tar cf in.tar -C /bin true
mkdir -p pkg/DEBIAN pkg/opt
install -m 755 /bin/true pkg/opt/packed
printf 'Package: whodid-test\nVersion: 1\nArchitecture: all\nMaintainer: t <t@t>\nDescription: t\n' >pkg/DEBIAN/control
dpkg-deb -b pkg in.deb >/dev/null 2>&1
ci "cd $SCRATCH/w; cp /bin/true copied; cp /bin/true x; mv x moved; ln copied linked; install /bin/true installed; tar xf in.tar; mv true unpacked; dpkg-deb -x in.deb out && mv out/opt/packed packed; cc -o compiled prog.c 2>/dev/null; cp /bin/true aside; cat aside >before; printf '#!/bin/sh\nexit 0\n' >script; chmod +x script; cp --preserve=all /bin/dash interpreter; printf '#!$SCRATCH/w/interpreter\n' >started; chmod +x started; dd if=/bin/true of=sparse conv=sparse 2>/dev/null; chmod 755 sparse; rsync -a /bin/true synced 2>/dev/null || cp /bin/true synced; exec 3>held" ||
	bail_out "the job runs"
programs="copied moved linked installed unpacked packed before script sparse synced"
if command -v cc >/dev/null; then programs+=" compiled"; else skip "compiled by the job" "no compiler here"; fi
for program in $programs; do
	deploy "./$program" || bail_out "$program runs"
	wrote "$program" $job "$program by the job"
done
event=$(ran copied)
json_is "$event" .identity.who "unit:$unit" "executed by the deploy service"
ok "with the time of it" jq -e '.exec.written_time < .time' <<<"$event"
json_is "$event" .verdict.rule deploy/what-a-job-wrote "one rule finds it"
json_is "$event" .verdict.value forbidden "and forbids it"
json_is "$(ran script)" .verdict.rule deploy/what-a-job-wrote "of scripts too"
json_is "$(ran script)" .exec.script "$SCRATCH/w/script" "the script by the kernel's own object"
n=$(events type=exec "exec.written_by=ci:*" "who=unit:$unit" | jq -s length)
is "$n" "$(wc -w <<<"$programs")" "one query finds all of them"
like "$(wd exec "$SCRATCH/w/moved" 2>&1)" "written by $job, 20" "exec says it in words"

ci "cp /bin/sleep $SCRATCH/w/sleeper"
deploy ./sleeper 300 &
wait_until 10 has_event ".process.exe == \"$SCRATCH/w/sleeper\"" type=exec
pid=$(ran sleeper | jq .process.pid)
cleanup kill "$pid"
like "$(wd id "$pid" 2>&1)" "opened for writing last by $job" "id says whose program it is"

# Both, where the interpreter is the job's as well.
deploy ./started
json_is "$(ran started)" '.exec.interpreter_written_by // [] | join(",")' $job "an interpreter of the job's"
# A file that the job did not write anew: not the job's.
deploy /bin/true "$mark-plain"
plain=$(first_event ".process.argv // [] | index(\"$mark-plain\")" type=exec) || bail_out "plain was seen"
json_is "$plain" '.exec.written_by' null "what was there before names nobody"
unlike "$(jq -r .verdict.rule <<<"$plain")" what-a-job "and breaks no rule"

# Content: the first exec is completed in answers, the next has it at once, rules ask for it.
sum=$(sha256sum <copied | cut -d ' ' -f 1)
is_complete() {
	has_event ".process.exe == \"$SCRATCH/w/copied\" and .exec.sha256 == \"$sum\"" type=exec "sha256=$sum"
}
ok "the first exec is found by its content afterwards" wait_until 10 is_complete
like "$(wd exec "$SCRATCH/w/copied" 2>&1)" "file +sha256 $sum" "exec says it"
json_is "$(ran copied)" .exec.package null "a copy is of no package"
version=$(dpkg-query -W -f '${Version}' coreutils 2>/dev/null)
if [ -n "$version" ]; then
	ok "a program of the distribution has its package" wait_until 10 has_event \
		".exec.package == \"coreutils $version\" and (.exec.package_modified | not)" type=exec "package=coreutils*" exe=true
else
	pass "a program of the distribution has its package # SKIP no dpkg here"
fi
want=$(sha256sum <script | cut -d ' ' -f 1)
ok "a script's own content" wait_until 10 has_event \
	".exec.script == \"$SCRATCH/w/script\" and .exec.script_sha256 == \"$want\"" type=exec
deploy ./sparse
deploy ./sparse
is "$(wd status -o json | jq '.programs.read > 5 and .programs.busy == 0')" true "status counts what was read"

# Written anew by somebody else: no longer the job's. Opened without a change: still the job's.
ci "cd $SCRATCH/w; cp /bin/true again; cp /bin/true touched; cp /bin/true appended"
# A change time is that of a tick of the clock.
ticks_passed() {
	[ $(($(date +%s%N) - $(stat -c %.9Z "$1" | tr -d .))) -gt 100000000 ]
}
chmod 755 again touched appended
wait_until 5 ticks_passed touched
cat /bin/true >again
: <>touched
deploy ./again
deploy ./touched
unlike "$(jq -r '.exec.written_by // [] | join(",")' <<<"$(ran again)")" "ci:" "written anew: not the job's"
wrote touched $job "opened and left as it was: still the job's"

# Two at once: either can be the last, so both are named. Folding hides no change of hands.
ci "cd $SCRATCH/w; cp /bin/true both; cp /bin/true mine" && exec 4>>both
ci "cd $SCRATCH/w; for i in 1 2 3; do : >>both; : >>mine; done"
exec 4>&-
cat /bin/true >both
exec 4>>both
ci "cd $SCRATCH/w; printf x >>both"
exec 4>&-
deploy ./both
like "$(jq -r '.exec.written_by // [] | join(",")' <<<"$(ran both)")" "^$job,." "held open by another: both"
wait_until 5 ticks_passed mine
ci "cd $SCRATCH/w; : >>mine"
: >>mine
ci "cd $SCRATCH/w; : >>mine; : >>mine"
printf x >>mine
wait_until 5 ticks_passed mine
ci "cd $SCRATCH/w; printf x >>mine"
deploy ./mine
wrote mine $job "who came back after another is the last again"

# A name that is another file now, an inode number that is used again.
ci "cd $SCRATCH/w; cp /bin/true reused"
install -m 755 /bin/true other
mv other reused
deploy ./reused
unlike "$(jq -r '.exec.written_by // [] | join(",")' <<<"$(ran reused)")" "ci:" "replaced by a rename: not the job's"

# What was written before a restart: known from the store, unless it can have changed unseen.
ci "cd $SCRATCH/w; for p in killed kept stopped replaced probe1 probe2 emptied; do cp /bin/true \$p; done"
# recalled PROGRAM: what the store says is taken over; until then nobody is named.
recalled() {
	deploy "./$1"
	events type=exec "exe=$SCRATCH/w/$1" | tail -n 1 | jq -e .exec.written_by
}
is_kept() {
	has_event ".file.path == \"$SCRATCH/w/emptied\"" type=create "who=$job"
}
wait_until 10 is_kept || bail_out "what the job wrote is kept"
kill -KILL "$DAEMON"
wait_until 20 daemon_gone
wait "$DAEMON" 2>/dev/null
deploy ./killed
start
wait_until 20 recalled probe1 || bail_out "the store is read after a kill"
wrote killed $job "written before a kill, executed before the next start"
deploy ./kept
wrote kept $job "written before a kill, executed after the next start"
json_is "$(ran kept)" .verdict.rule deploy/what-a-job-wrote "and the rule finds it"
kept=$(ran kept | jq -r .uid)
stop_daemon TERM
like "$(wd id "$kept" --from "$ROOT/store" 2>&1)" "opened for writing last by $job" "id says it of a stored event"
cat /bin/true >replaced
start
wait_until 20 recalled probe2 || bail_out "the store is read after a stop"
deploy ./stopped
deploy ./replaced
wrote stopped $job "written before a stop"
wrote replaced "" "changed while nothing looked: nobody's"
json_is "$(ran replaced)" .exec.writer_unknown missed "and it says why"
cat /bin/true >emptied
deploy ./emptied
unlike "$(jq -r '.exec.written_by // [] | join(",")' <<<"$(ran emptied)")" "ci:" "written anew since: not the job's"

# A store that cannot be read any more: nobody is named, and that is not silence.
ci "cd $SCRATCH/w; cp /bin/true lost"
is_lost_kept() {
	has_event ".file.path == \"$SCRATCH/w/lost\"" type=create "who=$job"
}
wait_until 10 is_lost_kept || bail_out "what the job wrote is kept"
stop_daemon TERM
python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("UPDATE batch SET d = zeroblob(length(d))")
db.commit()' "$ROOT/store/hot.db"
start
given_up() {
	grep -q "who wrote files before this start is not known" "$LOG"
}
wait_until 20 given_up || bail_out "the daemon says that it could not read its store"
deploy ./lost
wrote lost "" "of a store that cannot be read nobody is named"
json_is "$(ran lost)" .exec.writer_unknown missed "and it says why"
done_testing
