#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A signed token names the job or session that shows it, and nobody else: scenario 39. The issuer is this
# test's own, the supervisor a stub; sshd is real.
. "$(dirname "$0")/../lib/live.sh"
. "$(dirname "$0")/../lib/sshd.sh"
need openssl python3 setpriv

mark=$(marker attest)
chmod 755 "$SCRATCH"
mkdir -p "$SCRATCH/bin" "$SCRATCH/t"
worker=$SCRATCH/bin/Runner.Worker
install -m 700 "$ACTORS/stub_worker" "$worker" # nobody else can play it
install -m 755 "$ACTORS/attest_odd" "$SCRATCH/bin/odd"
install -m 755 "$B/whodid" "$SCRATCH/bin/whodid"
token() {
	"$TOP/tests/lib/token.py" "$@"
}

# The issuer: three kinds of keys, and a stranger's that it does not have.
issuers=$ROOT/issuers.d
mkdir "$issuers"
token key "$SCRATCH/rsa" rsa
token key "$SCRATCH/ec" ec
token key "$SCRATCH/ed" ed25519
token key "$SCRATCH/stranger" rsa
token jwks "k1=$SCRATCH/rsa:RS256" "k2=$SCRATCH/ec" "k3=$SCRATCH/ed" "k4=$SCRATCH/rsa" >"$issuers/test.jwks"
cat >"$issuers/test.yaml" <<END
issuer: https://issuer.test
provider: github
keys: test.jwks
algorithms: [RS256, PS256, ES256, EdDSA]
audiences: [whodid, deploy.test]
lifetime: 15m
require:
  repository_owner_id: "77"
END
cat >"$issuers/pods.yaml" <<END
issuer: https://cluster.test
provider: kubernetes
keys: $issuers/test.jwks
algorithms: [ES256]
audiences: [whodid]
END

start_daemon --set "identity.ci_supervisors=github=$worker"
start_watch
wait_until 10 test -S "$ROOT/attest.sock" || bail_out "the socket is there"
is "$(stat -c %a "$ROOT/attest.sock")" 666 "everybody may speak to the socket"
chmod 755 "$ROOT" # as /run/whodid is

# mint NAME [KEY ALG KID] CLAIM...: a token of the issuer in $SCRATCH/t/NAME, of job 1 unless it says more.
mint() {
	local name=$1 key=rsa alg=RS256 kid=k1
	shift
	case ${1:-} in rsa | ec | ed | stranger) key=$1 alg=$2 kid=$3; shift 3 ;; esac
	token sign "$SCRATCH/$key" "$alg" "$kid" aud=whodid sub=repo:acme/app:ref:refs/heads/main \
		repository=acme/app repository_id=4711 repository_owner_id=77 run_id=1 run_attempt=1 \
		workflow_ref=acme/app/.github/workflows/build.yml@refs/heads/main actor=maya \
		ref=refs/heads/main sha=9f31c0a7 event_name=push "$@" >"$SCRATCH/t/$name"
}

# job RUN: what the Worker writes for a step of that run.
job() {
	printf 'unset\n'
	printf 'env %s\n' CI=true GITHUB_ACTIONS=true GITHUB_REPOSITORY=acme/app GITHUB_REPOSITORY_ID=4711 \
		GITHUB_WORKFLOW_REF=acme/app/.github/workflows/build.yml@refs/heads/main GITHUB_JOB=build \
		"GITHUB_RUN_ID=$1" GITHUB_RUN_ATTEMPT=1 GITHUB_ACTION=__run "WHODID_SERVER=$SOCKET"
}

# in_job RUN COMMAND: in a job of its own; prints what the command said.
in_job() {
	{
		job "$1"
		echo "step { $2; } >$SCRATCH/out 2>&1"
	} | "$worker" spawnclient 3 4
	cat "$SCRATCH/out"
}
attest="$SCRATCH/bin/whodid attest"

exec_of() {
	first_event "(.process.argv // [] | index(\"$1\")) and (.process.exe | endswith(\"/true\"))" type=exec ||
		bail_out "the exec of $1 was seen"
}

# The good one: before it the job is recorded, afterwards attested, also in what ran already.
mint good
{
	job 1
	echo "background while [ ! -e $SCRATCH/go ]; do sleep 0.05; done; /bin/true $mark-beside"
	echo "step /bin/true $mark-before; setpriv --reuid=65534 --clear-groups $attest --token-file - <$SCRATCH/t/good >$SCRATCH/out 2>&1; /bin/true $mark-after; touch $SCRATCH/go"
	echo "step /bin/true $mark-next"
} | "$worker" spawnclient 3 4
is "$(cat "$SCRATCH/out")" "bound to ci:github/acme/app/build" "39 good: taken, from an account without rights"
event=$(exec_of "$mark-before")
json_is "$event" .identity.assurance.who recorded "39 good: recorded before"
json_is "$event" '.identity.attested // "none"' none "39 good: no token before"
event=$(exec_of "$mark-after")
identity_everywhere "$event" ci:github/acme/app/build ci-step ".*" "39 good"
json_is "$event" .identity.assurance.who attested "39 good: attested afterwards"
json_is "$event" '.identity.attested | del(.expires_time) | tojson' \
	'{"issuer":"https://issuer.test","subject":"repo:acme/app:ref:refs/heads/main","audience":"whodid"}' "39 good: by which token"
json_is "$event" '.identity.ci | [.job, .step, .run_id, .sha, .actor] | tojson' '["build","__run","1","9f31c0a7","maya"]' \
	"39 good: signed facts beside the supervisor's"
uid=$(jq -r .uid <<<"$event")
like "$(wd id "$uid" | tr '\n' ' ')" "token .*https://issuer.test says it is repo:acme/app" "39 good: id explains it"
# The step beside is another boundary: a token names the one that it was shown in, with all inside.
json_is "$(exec_of "$mark-beside")" .identity.assurance.who recorded "39 good: the step beside is not touched"
json_is "$(exec_of "$mark-next")" .identity.assurance.who recorded "39 good: nor is the next"
event=$(first_event '.outcome == "ok"' type=session.attest)
json_is "$event" .identity.who ci:github/acme/app/build "39 good: an event tells of it"
is "$(events issuer=https://issuer.test type=exec | jq -r '.process.argv | join(" ")' | grep -c -- "$mark-after")" 1 "39 good: filters know the issuer"

# refused NAME CODE SAYING [ARGS]: of the tokens that are shown one after another in one job.
refusals=()
refused() {
	refusals+=("$1|$2|$3|${4:-}")
}
now=$(date +%s)
mint aud aud=sigstore
refused aud wrong_audience "audience of somebody else"
mint audlist 'aud:=["a","b"]'
refused audlist wrong_audience "a list without ours"
mint none rsa none k1
refused none algorithm_refused "alg none"
mint hs rsa HS256 k1
refused hs algorithm_refused "HS256 with the public key"
mint expired "exp:=$((now - 120))" "iat:=$((now - 300))" "nbf:=$((now - 300))"
refused expired expired "expired"
mint early "nbf:=$((now + 600))" "exp:=$((now + 800))"
refused early not_yet_valid "not yet valid"
mint long "exp:=$((now + 4000))"
refused long too_long_lived "lives too long"
mint old "iat:=$((now - 500))" "nbf:=$((now - 500))"
refused old not_fresh "issued before the daemon ran"
mint kid rsa RS256 nokey
refused kid unknown_key "a key that the set has not"
mint forged stranger RS256 k1
refused forged bad_signature "signed by a stranger"
mint issuer iss=https://other.test
refused issuer unknown_issuer "another issuer"
mint owner repository_owner_id=78
refused owner claim_refused "not the owner that the file requires"
mint lacks run_id=
refused lacks claims_missing "without a run"
mint wrongalg rsa PS256 k1
refused wrongalg bad_signature "another algorithm than the key is for"
mint other run_id=999
echo not.a.token >"$SCRATCH/t/junk"
refused junk malformed "no token"
mint want
refused want wrong_audience "not the audience that was meant" "--audience deploy.test"
head -c 20000 /dev/zero | tr '\0' a >"$SCRATCH/t/large"
refused large too_large "20 kB"

# show_all: all of them in one job, then what became of each.
show_all() {
	local row name code saying args plan='' told
	for row in "${refusals[@]}"; do
		IFS='|' read -r name code saying args <<<"$row"
		plan+="echo == $name; $attest --token-file $SCRATCH/t/$name $args; echo exit \$?; "
	done
	in_job 1 "$plan /bin/true $mark-refused" >"$SCRATCH/told"
	unlike "$(jq -r .identity.assurance.who <<<"$(exec_of "$mark-refused")")" attested "39 refused tokens: nothing is bound"
	for row in "${refusals[@]}"; do
		IFS='|' read -r name code saying args <<<"$row"
		told=$(sed -n "/^== $name$/,/^exit/p" "$SCRATCH/told" | tr '\n' ' ')
		like "$told" "refused: .*\($code\).*exit 3" "39 $saying: refused as $code"
		ok "39 $saying: an event says so" has_event "(.attest.error == \"$code\") and .outcome == \"failed\" and (.identity.who == \"ci:github/acme/app/build\")" type=session.attest
	done
}
show_all
like "$(in_job 24 "$attest --token-file $SCRATCH/t/other; /bin/true $mark-other")" "\(claims_mismatch\)" "39 another run: refused"
ok "39 another run: an anomaly" wait_until 10 has_event '.anomaly.title | test("names another job")' type=anomaly
json_is "$(exec_of "$mark-other")" '.identity | [.assurance.who, (.flags | index("claims_mismatch") != null)] | tojson' '["derived",true]' \
	"39 another run: flagged and lowered"

# Other algorithms, the immutable form of sub, and a list of audiences.
mint es ec ES256 k2 run_id=30
mint ed ed EdDSA k3 run_id=31
mint ps rsa PS256 k4 run_id=32
mint sub run_id=33 "sub=repo:acme@77/app@4711:ref:refs/heads/main" 'aud:=["x","whodid"]'
mint want2 run_id=34 aud=deploy.test
for row in "30 es" "31 ed" "32 ps" "33 sub" "34 want2 --audience deploy.test"; do
	read -r run name args <<<"$row"
	like "$(in_job "$run" "$attest --token-file $SCRATCH/t/$name $args")" "^bound to ci:github/acme/app/build$" "39 $name: taken"
done

# The same token elsewhere: neither of the two is believed more than before.
mint twice run_id=40
out=$(in_job 40 "$attest --token-file $SCRATCH/t/twice; $attest --token-file $SCRATCH/t/twice; while [ ! -e $SCRATCH/stolen ]; do sleep 0.05; done; /bin/true $mark-first" &
	in_job() { { job 40; echo "step { $1; } >$SCRATCH/out2 2>&1"; } | "$worker" spawnclient 3 4; }
	wait_until 20 grep -q "bound.*" "$SCRATCH/out"
	wait_until 20 eval "[ \$(grep -c bound $SCRATCH/out) = 2 ]"
	in_job "$attest --token-file $SCRATCH/t/twice; /bin/true $mark-second"
	touch "$SCRATCH/stolen"
	wait)
is "$(grep -c "bound to" "$SCRATCH/out")" 2 "39 replay: the same place may show it again"
like "$(cat "$SCRATCH/out2")" "refused: .*\(token_replay\)" "39 replay: another may not"
for word in first second; do
	json_is "$(exec_of "$mark-$word")" '.identity | [.assurance.who, (.flags | index("token_replay") != null)] | tojson' '["derived",true]' \
		"39 replay: $word is flagged"
done
ok "39 replay: an anomaly" wait_until 10 has_event '.anomaly.title | test("shown elsewhere")' type=anomaly

# Who sends counts, at every message.
n=50
for row in "passed sender_changed" "gone (sender_gone|sender_changed)" "unasked bad_request" "other bad_request" \
	"forged sender_changed" "large too_large" "rights OK"; do
	read -r what want <<<"$row"
	n=$((n + 1))
	mint "$what" "run_id=$n"
	out=$(in_job "$n" "$SCRATCH/bin/odd $ROOT/attest.sock $what <$SCRATCH/t/$what; /bin/true $mark-odd-$what")
	like "$out" "^(ERROR )?$want" "39 $what: $want"
	got=$(jq -r .identity.assurance.who <<<"$(exec_of "$mark-odd-$what")")
	case $what in rights) is "$got" attested "39 $what: bound" ;; *) unlike "$got" attested "39 $what: not bound" ;; esac
done

# A nonce of the daemon's in the audience; a token made for the last one is not taken.
cat >"$SCRATCH/bin/mint" <<END
#!/bin/bash
echo "\$WHODID_AUDIENCE" >>$SCRATCH/audiences
exec $TOP/tests/lib/token.py sign $SCRATCH/rsa RS256 k1 "aud=\$WHODID_AUDIENCE" repository=acme/app repository_owner_id=77 \
	run_id=60 "iat:=$((now - 400))" sub=x
END
chmod 755 "$SCRATCH/bin/mint"
like "$(in_job 60 "$attest --token-command $SCRATCH/bin/mint")" "^bound to" "39 challenge: taken, however old"
like "$(cat "$SCRATCH/audiences")" "^whodid:[0-9a-f]*:[0-9a-f]{32}$" "39 challenge: of this host, with a nonce"
mint stale run_id=61 "aud=$(cat "$SCRATCH/audiences")"
like "$(in_job 61 "$attest --token-file $SCRATCH/t/stale")" "\(wrong_audience\)" "39 challenge: of another call"

# An ssh session: the token says which job it works for; another one's is a conflict.
make_user tok
make_key key >/dev/null
cat "$SCRATCH/key.pub" >"$SCRATCH/authorized"
start_sshd
mint ssh1 run_id=70
mint ssh2 run_id=71 repository=acme/other
out=$(ssh_as key "$TEST_USER" "export WHODID_SERVER=$SOCKET; $attest --token-file $SCRATCH/t/ssh1 && /bin/true $mark-ssh" 2>&1)
like "$out" "bound to ci:github/acme/app/-" "39 session: taken"
event=$(exec_of "$mark-ssh")
json_is "$event" '.identity | [.who, .kind, .person, (.via | join(",")), .assurance.who] | tojson' \
	"[\"ci:github/acme/app/-\",\"ci\",\"$TEST_USER\",\"ssh\",\"attested\"]" "39 session: the job, and the person whose session it is"
mint ssh3 run_id=72
out=$(ssh_as key "$TEST_USER" "export WHODID_SERVER=$SOCKET; $attest --token-file $SCRATCH/t/ssh3; $attest --token-file $SCRATCH/t/ssh2; /bin/true $mark-conflict" 2>&1)
like "$out" "bind_conflict" "39 second token: refused"
json_is "$(exec_of "$mark-conflict")" '.identity | [.who, .assurance.who, (.flags | index("bind_conflict") != null)] | tojson' \
	'["ci:github/acme/app/-","derived",true]' "39 second token: the first stays, flagged and lowered"

# Who is in no such place, and tokens of workloads in a job.
mint nowhere run_id=80
like "$("$B/whodid" --server "$SOCKET" attest --token-file "$SCRATCH/t/nowhere" 2>&1)" "no_boundary" "39 nowhere: refused"
token sign "$SCRATCH/ec" ES256 k2 iss=https://cluster.test aud=whodid 'kubernetes.io:={"namespace":"ci","serviceaccount":{"name":"builder"}}' >"$SCRATCH/t/pod"
like "$(in_job 81 "$attest --token-file $SCRATCH/t/pod")" "\(no_boundary\)" "39 a pod's token in a job: refused"

# Wrong files change nothing.
reload() {
	kill -HUP "$DAEMON"
	wait_until 10 grep -q "$1" "$LOG"
}
token jwks "k1=$SCRATCH/rsa" "k1=$SCRATCH/ec" >"$issuers/twice.jwks"
sed 's/test.jwks/twice.jwks/; s/issuer.test/twice.test/' "$issuers/test.yaml" >"$issuers/z.yaml"
ok "a key set with one kid twice is named" reload "twice.jwks.*kid that another key has"
sed 's/^lifetime.*/lifetime: soon/; s/issuer.test/twice.test/' "$issuers/test.yaml" >"$issuers/z.yaml"
ok "a mistake has its place" reload "z.yaml:6:11.*lifetime"
chmod 666 "$issuers/z.yaml"
ok "files that others can write are refused" reload "z.yaml.*others than root can change it"
"$B/whodidd" --root "$ROOT" --set "profiles.vendor_dir=$TOP/userspace/etc/profiles" -t >"$SCRATCH/t.out" 2>&1
is $? 1 "whodidd -t looks at them too"
mint still run_id=90
like "$(in_job 90 "$attest --token-file $SCRATCH/t/still")" "^bound to" "the old issuers stay"
rm "$issuers"/*.yaml
ok "without issuers" reload "reloaded.*: .*"
mint off run_id=91
like "$(in_job 91 "$attest --token-file $SCRATCH/t/off")" "no_issuers|bound to" "nobody is believed, or not yet"

# Tokens are secrets.
stop_daemon
for name in good twice ssh1; do
	part=$(cut -d. -f3 "$SCRATCH/t/$name" | tail -n 1)
	is "$(grep -rlF -- "${part:0:40}" "$ROOT" "$LOG" "$WATCH" 2>/dev/null)" "" "the token $name is in no file of ours"
done
done_testing
