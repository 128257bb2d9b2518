#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A recording, replayed without kernel, gives the events that were live.
. "$(dirname "$0")/../lib/live.sh"
mark=$(marker replay)

start_daemon --record "$SCRATCH/recording"
/bin/true "$mark" one
/bin/sh -c "/bin/true $mark two; exit 3"
cat /etc/hostname >/dev/null
echo x >"$SCRATCH/$mark"
rm "$SCRATCH/$mark"
(exec 3<>/dev/tcp/127.0.0.1/9) 2>/dev/null
first_event '(.file.path // "") | endswith("'"$mark"'")' type=file.delete >/dev/null || bail_out "the acts were seen"
# What both sides must agree in: all that was decided before stopping, but for numbering of the store,
# and for what is read from files beside the line.
shape() {
	jq -c -S 'select(.type | test("^(exec|exit|file|net)")) | del(.seq, .uid, .host, .anomaly_id) |
		if .exec then .exec |= del(.sha256, .script_sha256, .package, .package_modified) else . end |
		if .exec == {} then del(.exec) else . end'
}
events | shape | sort >"$SCRATCH/live"
stop_daemon
is "$STATUS" 0 "the recording daemon stops"
ok "the recording is private" test "$(stat -c %a "$SCRATCH/recording")" = 600

replay() {
	"$B/whodidd" --replay "$SCRATCH/recording" --set "profiles.vendor_dir=$TOP/userspace/etc/profiles" \
		--set "identity.passwd_file=/etc/passwd" --root "$ROOT" "$@"
}
replay >"$SCRATCH/out" 2>"$SCRATCH/err"
is "$?" 0 "the replay ends with 0" || diag "$(tail -n 5 "$SCRATCH/err")"
shape <"$SCRATCH/out" | sort >"$SCRATCH/replayed"
ok "the live part has events" test "$(wc -l <"$SCRATCH/live")" -gt 8
missing=$(comm -23 "$SCRATCH/live" "$SCRATCH/replayed" | head -n 3)
is "$missing" "" "every live event is replayed exactly"
replay >"$SCRATCH/again" 2>/dev/null
ok "a replay is repeatable" cmp "$SCRATCH/out" "$SCRATCH/again"
if setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null; then
	chmod 755 "$SCRATCH"
	install -m 755 "$B/whodidd" "$SCRATCH/whodidd"
	install -m 644 "$SCRATCH/recording" "$SCRATCH/public"
	ok "it needs no root" setpriv --reuid 65534 --regid 65534 --clear-groups "$SCRATCH/whodidd" --replay "$SCRATCH/public" \
		--root /nonexistent
fi
# Cut and damaged recordings end with an error, never with a crash.
size=$(stat -c %s "$SCRATCH/recording")
head -c $((size / 2 + 3)) "$SCRATCH/recording" >"$SCRATCH/cut"
"$B/whodidd" --replay "$SCRATCH/cut" --root "$ROOT" >/dev/null 2>"$SCRATCH/err"
status=$?
ok "a cut recording: an ordinary error ($status)" test "$status" -gt 0 -a "$status" -lt 126
head -c 40 /dev/zero >"$SCRATCH/zero"
"$B/whodidd" --replay "$SCRATCH/zero" --root "$ROOT" >/dev/null 2>&1
status=$?
ok "no recording at all: an ordinary error ($status)" test "$status" -gt 0 -a "$status" -lt 126
done_testing
