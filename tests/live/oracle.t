#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Completeness against a witness that shares nothing with us: strace(1) follows a real build, and every
# exec, every exit, every connect and every distinct file opened must be in both accounts. A difference
# is named and fails, unless tests/lib/oracle.py knows the reason for it and prints that.
. "$(dirname "$0")/../lib/live.sh"
. "$(dirname "$0")/../lib/units.sh"
need strace make cc python3
need_cgroups
strace -o /dev/null /bin/true 2>/dev/null || skip_all "strace may not trace here"

unit=whodid-oracle-$$.service
start_units
cleanup rm_cgroup "system.slice/$unit"

# A project with what builds do: a configure script, objects, a library, generated code, tests, install.
project=$SCRATCH/project
mkdir -p "$project/src" "$SCRATCH/trace"
for i in 1 2 3 4 5 6; do
	printf '#include <stdio.h>\n#include "config.h"\n#include "generated.h"\nint f%s(int x) { printf("%%d\\n", x); return x + SHIFT; }\n' \
		"$i" >"$project/src/f$i.c"
done
cp -r userspace/base "$project/base" # and some of our own
printf 'int f1(int); int main(void) { return f1(1) - 1 - 41; }\n' >"$project/src/main.c"
cat >"$project/configure" <<'END'
#!/bin/sh
# What configure scripts do: programs tried, features looked for, a file left behind.
for tool in cc ar sed awk install; do command -v $tool >/dev/null || exit 1; done
printf 'int main(void) { return 0; }\n' >conftest.c
cc -o conftest conftest.c && ./conftest || exit 1
rm -f conftest conftest.c
sed 's/@SHIFT@/41/' >config.h <<X
#define SHIFT @SHIFT@
X
END
chmod 755 "$project/configure"
cat >"$project/Makefile" <<'END'
OBJ = src/f1.o src/f2.o src/f3.o src/f4.o src/f5.o src/f6.o
BASE = $(patsubst %.c,%.o,$(wildcard base/*.c))
all: prog check libbase.a
config.h: configure
	./configure
generated.h: src/main.c
	awk 'END { print "/* " NR " lines */" }' $< > $@
src/%.o: src/%.c config.h generated.h
	cc -I. -O1 -c -o $@ $<
base/%.o: base/%.c
	cc -D_GNU_SOURCE -I. -O2 -MMD -c -o $@ $<
libbase.a: $(BASE)
	ar rcs $@ $(BASE)
libf.a: $(OBJ)
	ar rcs $@ $(OBJ)
prog: src/main.c libf.a
	cc -o $@ src/main.c libf.a
check: prog
	./prog > out
	mkdir -p inst && install -m 755 prog inst/ && ln -sf prog inst/alias && inst/alias >> out
	-cat /proc/1/mem >/dev/null 2>&1
	-bash -c 'exec 3<>/dev/tcp/127.0.0.1/$(PORT) && echo hello >&3'
	-bash -c 'exec 3<>/dev/tcp/127.0.0.1/1' 2>/dev/null
	-bash -c 'exec 3<>/dev/udp/127.0.0.1/53000'
	-bash -c 'exec 3<>/dev/tcp/::1/1' 2>/dev/null
END
python3 - "$SCRATCH/port" <<'END' &
import socket, sys, os
s = socket.create_server(("127.0.0.1", 0))
with open(sys.argv[1] + ".new", "w") as f:
    f.write(str(s.getsockname()[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
while True:
    s.accept()
END
cleanup kill $!
wait_until 10 test -s "$SCRATCH/port" || bail_out "the server listens"

start_daemon --set "identity.service_managers=$MANAGER"
cd "$project" || exit 1
strace -ff -y -s 100000 -o "$SCRATCH/trace/t" \
	-e trace=execve,execveat,connect,open,openat,openat2,creat -e signal=none \
	"$MANAGER" "$CGROUPS/system.slice/$unit" /usr/bin/make -j2 "PORT=$(cat "$SCRATCH/port")" >"$SCRATCH/make.log" 2>&1 ||
	bail_out "the build succeeds" "$(tail "$SCRATCH/make.log")"
cd "$TOP" || exit 1
is_quiet() {
	has_event '.process.exe | endswith("/make")' type=exit "who=unit:$unit"
}
wait_until 30 is_quiet || bail_out "the end of make was seen"
stop_daemon # the counts of folded opens come with the end of their window, at the latest with ours
"$B/whodid" query --from "$ROOT/store" -n all -o json "who=unit:$unit" >"$SCRATCH/events" 2>"$SCRATCH/answer"
like "$(cat "$SCRATCH/answer")" "No loss in this period|events" "the answer says how complete it is"
is "$(jq -s 'map(select(.type == "loss")) | length' "$SCRATCH/events")" 0 "nothing was lost"

python3 tests/lib/oracle.py "$SCRATCH/trace" "$SCRATCH/events" "$MANAGER" >"$SCRATCH/compared" ||
	bail_out "both accounts can be read" "$(cat "$SCRATCH/compared")"
grep '^#' "$SCRATCH/compared"
for what in execs exits connects "files read" "files written" "refused opens"; do
	line=$(grep "^$what:" "$SCRATCH/compared")
	like "$line" " 0 missing, 0 more\$" "$what: the same in both accounts" "$(grep "^  $what" "$SCRATCH/compared")"
done
# The comparison itself finds what is missing.
jq -c 'select((.type == "exec" and (.process.exe | endswith("/sed"))) | not)' "$SCRATCH/events" >"$SCRATCH/fewer"
like "$(python3 tests/lib/oracle.py "$SCRATCH/trace" "$SCRATCH/fewer" "$MANAGER")" "execs: [0-9]+ in both, [1-9][0-9]* missing" \
	"without one of its events the difference would show"
done_testing
