#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every event that is emitted obeys the published schema; the schema refuses what it should.
. "$(dirname "$0")/../lib/live.sh"
need curl
/usr/bin/python3 -c 'import jsonschema' 2>/dev/null || skip_all "python3-jsonschema is not installed"

start_daemon
/bin/true "$(marker schema)"
cat /etc/hostname >/dev/null
echo x >"$SCRATCH/a" && mv "$SCRATCH/a" "$SCRATCH/b" && ln "$SCRATCH/b" "$SCRATCH/c" && ln -s b "$SCRATCH/d"
chmod 600 "$SCRATCH/b" && truncate -s 10 "$SCRATCH/b" && chown 1:1 "$SCRATCH/b" && rm "$SCRATCH/b"
mkdir "$SCRATCH/e" && rmdir "$SCRATCH/e"
(exec 3<>/dev/tcp/127.0.0.1/9) 2>/dev/null
(exec 3<>/dev/udp/::1/9) 2>/dev/null
setpriv --reuid 65534 --regid 65534 --clear-groups cat /etc/shadow >/dev/null 2>&1
first_event '.file.path == "'"$SCRATCH/e"'"' type=file.delete >/dev/null || bail_out "the acts were seen"
curl -s --unix-socket "$SOCKET" http://x/schema/event.json >"$SCRATCH/schema.json"
ok "the daemon serves the schema" jq -e '."$schema"' "$SCRATCH/schema.json"
ok "it is the one that is installed" cmp <(jq -S . "$SCRATCH/schema.json") <(jq -S . "$B/event.schema.json")
events >"$SCRATCH/events"

out=$(/usr/bin/python3 - "$SCRATCH/schema.json" "$SCRATCH/events" <<'END'
import json, sys
import jsonschema
schema = json.load(open(sys.argv[1]))
kind = jsonschema.validators.validator_for(schema)
kind.check_schema(schema)
check = kind(schema)
seen, bad = set(), 0
for line in open(sys.argv[2], encoding="utf-8"):
    event = json.loads(line)
    seen.add(event["type"])
    for error in check.iter_errors(event):
        bad += 1
        if bad < 5:
            print("%s: %s: %s" % (event["type"], "/".join(map(str, error.path)), error.message[:300]))
if check.is_valid({}) or check.is_valid({"schema": "whodid.event/1.0"}):
    print("the schema accepts an empty event")
    bad += 1
print("types: " + " ".join(sorted(seen)))
sys.exit(1 if bad else 0)
END
)
is "$?" 0 "every stored event is valid" || diag "$out"
for type in exec exit file.read file.write file.create file.delete file.rename file.chmod file.link net.connect agent.start; do
	like "$out" "types: .*$type( |\$)" "$type is among them"
done
done_testing
