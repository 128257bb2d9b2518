#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Names of connections: what real clients ask real name servers, what a connect is called, and what TLS
# says. In a network of the test's own, so that nothing of the host's is in the way.
. "$(dirname "$0")/../lib/live.sh"
. "$(dirname "$0")/../lib/units.sh"
need ip nsenter dnsmasq dig getent curl openssl python3 unshare
need_cgroups

net=wd-names-$$
names=$TOP/tests/live/actors/names.py
ip netns add "$net" || skip_all "no network namespace can be made here"
cleanup ip netns delete "$net"
ip -n "$net" link set lo up
inside() { nsenter --net="/run/netns/$net" "$@"; }
# what goes on meanwhile: as the shell's own child, so that it can be ended
background() {
	(exec nsenter --net="/run/netns/$net" "$@") &
	cleanup kill -KILL $!
}
# the resolver of what runs inside: the first server
printf 'nameserver 127.0.53.1\noptions timeout:1 attempts:1\n' >"$SCRATCH/resolv.conf"
client() {
	inside unshare --mount bash -c 'mount --bind "$0" /etc/resolv.conf && exec "$@"' "$SCRATCH/resolv.conf" "$@"
}
serve() { # ADDRESS ARGS...
	background dnsmasq -k --conf-file=/dev/null --pid-file= --user=root --no-resolv --no-hosts --bind-interfaces \
		--listen-address="$1" "${@:2}" >>"$SCRATCH/dnsmasq.log" 2>&1
}
serve 127.0.53.1 --local-ttl=60 --local=/test/ --cname=alias.test,middle.test --cname=middle.test,web.test \
	--host-record=web.test,127.0.0.66,::1 --host-record=two.test,127.0.0.66 \
	--host-record=short.test,127.0.0.68,1 --txt-record=big.test,"$(printf '%0200d' 1)","$(printf '%0200d' 2)" \
	--txt-record=big.test,"$(printf '%0220d' 3)","$(printf '%0220d' 4)"
serve 127.0.53.2 --address=/github.test/127.0.0.66
wait_until 10 inside dig +short +time=1 +tries=1 @127.0.53.1 web.test || bail_out "dnsmasq answers" "$(cat "$SCRATCH/dnsmasq.log")"
wait_until 10 inside dig +short +time=1 +tries=1 @127.0.53.2 github.test || bail_out "the other one too" "$(cat "$SCRATCH/dnsmasq.log")"
background python3 -m http.server --bind 127.0.0.66 8080 >/dev/null 2>&1
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=web.test -days 1 -keyout "$SCRATCH/key" -out "$SCRATCH/cert" 2>/dev/null
background openssl s_server -quiet -accept 127.0.0.66:8443 -key "$SCRATCH/key" -cert "$SCRATCH/cert" >/dev/null 2>&1
tcp_open() { inside bash -c "exec 3<>/dev/tcp/127.0.0.66/$1"; }
wait_until 10 tcp_open 8080 || bail_out "the web server listens"
wait_until 10 tcp_open 8443 || bail_out "the TLS server listens"

start_units
cat >"$ROOT/profiles.d/names.yaml" <<'END'
apiVersion: whodid.dev/v1alpha1
kind: Role
metadata: {name: names}
spec:
  allow:
    - {id: web, connect: ["web.test:8080"]}
    - {id: all-else, connect: ["0.0.0.0/0:53", "127.0.0.66:8443"], dns: ["*.test"]}
    - {id: github, connect: ["github.test"]}
  deny:
    - {id: no-asking, severity: low, dns: ["big.*"]}
    - {id: no-two, severity: low, connect: ["TWO.test:9"]}
---
apiVersion: whodid.dev/v1alpha1
kind: RoleBinding
metadata: {name: names}
spec:
  mode: audit
  roles: [names]
  subjects: [{kind: Service, match: {unit: ["wd-*"]}}]
END
# In a unit of its own, so with an identity of its own, and with the resolver above.
in_unit() { # UNIT COMMAND...
	cleanup rmdir "$CGROUPS/system.slice/$1"
	# shellcheck disable=SC2016 # for the shell inside
	inside "$MANAGER" "$CGROUPS/system.slice/$1" /usr/bin/unshare --mount /bin/bash -c \
		'mount --bind "$0" /etc/resolv.conf && "$@"' "$SCRATCH/resolv.conf" "${@:2}"
}
cleanup rmdir "$CGROUPS/system.slice"
start_daemon --set sensor.resolvers=127.0.53.1 --set "identity.service_managers=$MANAGER"
dns() { first_event ".dns.name == \"$1\" and .dns.type == \"$2\" and ${3:-true}" type=net.dns; }

# --- questions and answers

client getent ahosts alias.test >/dev/null
event=$(dns alias.test A) || bail_out "getent's question was seen" "$(events type=net.dns)"
json_is "$event" '.dns.answers | join(",")' 127.0.0.66 "getent: the address"
json_is "$event" '.dns.cnames | join(",")' middle.test,web.test "getent: the aliases on the way"
json_is "$event" .dns.rcode NOERROR "getent: the code"
json_is "$event" .outcome ok "getent: the outcome"
json_is "$event" .network.dst.ip 127.0.53.1 "getent: the server"
json_is "$event" .network.dst.port 53 "getent: its port"
json_is "$event" .network.proto udp "getent: over udp"
like "$(jq -r .process.exe <<<"$event")" '/getent$' "getent: who asked"
ok "getent: the duration" jq -e '.network.duration_ms > 0 and .network.duration_ms < 5000' <<<"$event"
json_is "$(dns alias.test AAAA)" '.dns.answers | join(",")' ::1 "getent: both questions in flight"
inside dig +tcp @127.0.53.1 web.test >/dev/null
json_is "$(dns web.test A '.network.proto == "tcp"')" '.dns.answers[0]' 127.0.0.66 "dig over tcp"
in_unit "wd-dig-$$.service" dig +noedns +ignore +notcp @127.0.53.1 big.test TXT >/dev/null
event=$(dns big.test TXT) || bail_out "dig's question was seen"
json_is "$event" .dns.truncated true "an answer that does not fit is truncated"
json_is "$event" .verdict.rule names/no-asking "a rule on dns"
inside dig +bufsize=4096 @127.0.53.1 big.test TXT >/dev/null
json_is "$(dns big.test TXT '(.dns.truncated | not)')" .dns.rcode NOERROR "and with EDNS it fits"
inside dig @127.0.53.1 nowhere.test >/dev/null
event=$(dns nowhere.test A)
json_is "$event" .dns.rcode NXDOMAIN "no such name: the code"
json_is "$event" .outcome failed "no such name: the outcome"
inside dig +time=1 +tries=1 @127.0.53.7 silent.test >/dev/null
inside "$names" pieces 127.0.53.1 two.test
json_is "$(dns two.test A '.network.proto == "tcp"')" '.dns.answers[0]' 127.0.0.66 "a question over tcp byte by byte"
inside "$names" ask 127.0.53.1 $'a\n\e[2J,\xff<b>.test' >/dev/null 2>&1
json_is "$(dns 'a\\010\\027[2j\\044\\255<b>.test' A)" .dns.rcode NXDOMAIN "a hostile name is printable"
unlike "$(wd query type=net.dns 2>/dev/null)" $'\e' "and so is the table"
for _ in {1..20}; do inside dig +short @127.0.53.1 web.test; done >/dev/null
sum_is() { [ "$(events type=net.dns dns.name=web.test | jq -s 'map(select(.process.exe | endswith("/dig")) | .count // 1) | add')" = "$1" ]; }
ok "equal questions are counted, none is lost" wait_until 20 sum_is 21

# --- names of connections

in_unit "wd-curl-$$.service" curl -s -o /dev/null http://web.test:8080/
event=$(first_event '.process.exe | endswith("/curl")' type=connect dst=127.0.0.66:8080) ||
	bail_out "curl's connection was seen"
json_is "$event" .network.dst.name web.test "curl: the name"
json_is "$event" .network.dst.name_source resolver "curl: by the resolver"
json_is "$event" .network.dst.other_names null "curl: no other name"
json_is "$event" .verdict.rule names/web "curl: a rule on the name allows it"
event=$(first_event '.process.exe | endswith("/curl")' type=net.close dst=127.0.0.66:8080) || bail_out "its end was seen"
json_is "$event" .network.dst.name web.test "curl: the end has the name, too"
like "$(wd status)" "Names +[0-9,]+ questions, [0-9,]+ answers" "status says how many were heard"
like "$(wd connect web.test 2>&1)" "web.test:8080 \(127.0.0.66\)" "connect NAME finds it, the address beside it"
like "$(wd connect WEB.test:8080 2>&1)" "web.test:8080" "with a port, in any case"
like "$(wd connect web.test:8081 2>&1)" "^0 answers|No " "and not with another port"
like "$(wd query dst.name=web.test 2>&1)" "web.test:8080" "the filter dst.name"

in_unit "wd-ask-$$.service" "$names" ask 127.0.53.2 github.test
event=$(first_event true type=connect dst.name=github.test) || bail_out "the other server's name was seen"
json_is "$event" .network.dst.name_source server "a server that was asked past the resolver: said so"
json_is "$event" .verdict.value unexpected "and no allow rule rests on it"
like "$(wd query dst.name=github.test 2>&1)" "127.0.0.66:9 \(called github.test by another server\)" "the table says so too"

background "$names" forge 127.0.53.3 >"$SCRATCH/forge"
wait_until 10 grep -q ready "$SCRATCH/forge"
before=$(wd status -o json | jq .names.unasked)
inside "$names" ask 127.0.53.3 forged.test
event=$(first_event true type=connect dst.name=forged.test) || bail_out "the connection after a forgery"
json_is "$event" .network.dst.ip 127.0.0.67 "forged answers: the one that was asked for counts"
event=$(first_event true type=connect dst=127.0.0.66 pid="$(jq .process.pid <<<"$event")")
json_is "$event" .network.dst.name null "the others name nothing"
is "$(($(wd status -o json | jq .names.unasked) - before))" 4 "and are counted"

# two workloads, two names, one address
workload() { # UNIT NAME...
	# shellcheck disable=SC2016 # for the shell inside
	in_unit "$1" bash -c 'for name in "$@"; do
			getent ahosts "$name" >/dev/null
			bash -c "exec 3<>/dev/tcp/127.0.0.66/9"
		done 2>/dev/null; true' - "${@:2}"
}
of() { first_event "${2:-true}" type=connect dst=127.0.0.66:9 "who=unit:$1"; }
workload "wd-one-$$.service" web.test
workload "wd-two-$$.service" two.test
one=$(of "wd-one-$$.service") || bail_out "the first workload connected" "$(events type=connect | tail -5)"
two=$(of "wd-two-$$.service") || bail_out "the second workload connected"
json_is "$one" .network.dst.name web.test "two workloads: the first one's name, asked by another process of it"
json_is "$two" .network.dst.name two.test "two workloads: the second one's"
json_is "$one" .network.dst.other_names null "neither has heard of the other's"
json_is "$two" .verdict.rule names/no-two "a deny rule on a name, in any case"
workload "wd-both-$$.service" web.test two.test
both=$(of "wd-both-$$.service" '.network.dst.other_names') || bail_out "the third workload connected twice"
json_is "$both" '[.network.dst.name, .network.dst.other_names[0]] | sort | join(",")' two.test,web.test "one workload, two names: both are shown"

# a name's time
background "$names" again 127.0.53.1 short.test 127.0.0.68
short=$(first_event true type=connect dst=127.0.0.68) || bail_out "the connection to short.test"
json_is "$short" .network.dst.name short.test "a short-lived name is there at once"
expired() { has_event '.network.dst.name | not' type=connect dst=127.0.0.68; }
ok "and gone when its time is over" wait_until 40 expired

# --- TLS

tls() { client bash -c "echo | timeout 5 openssl s_client -connect $1:8443 -servername $2" >/dev/null 2>&1; }
tls web.test web.test
event=$(first_event true type=net.tls sni=web.test) || bail_out "openssl's hello was seen" "$(events type=net.tls)"
json_is "$event" .network.dst.ip 127.0.0.66 "tls: the address"
json_is "$event" .network.dst.port 8443 "tls: the port"
json_is "$event" .network.dst.name web.test "tls: the name by DNS"
json_is "$event" .tls.mismatch null "tls: both agree"
like "$(jq -r .process.exe <<<"$event")" '/openssl$' "tls: who"
tls web.test evil.test
event=$(first_event true type=net.tls sni=evil.test) || bail_out "the second hello was seen"
json_is "$event" .tls.mismatch true "tls: another name than DNS gave"
like "$(wd connect evil.test 2>&1)" "evil.test at web.test:8443 \(127.0.0.66\), which DNS does not call so" "connect NAME finds it by what TLS says"
inside "$names" hello 127.0.0.66 8443 pieces.test
event=$(first_event true type=net.tls sni=pieces.test) || bail_out "a hello in six segments" "$(wd status -o json | jq .names)"
json_is "$event" .network.dst.name null "tls: nobody asked for that address"
json_is "$event" .tls.mismatch null "tls: so there is nothing to compare with"

silent=$(dns silent.test A) || bail_out "the question without answer was told" "$(wd status -o json | jq .names)"
json_is "$silent" .dns.rcode null "no answer: no code"
json_is "$silent" .errno ETIMEDOUT "no answer: the error"
is "$(wd status -o json | jq '.names.unowned')" 0 "every sender was found"
ok "the daemon lives" daemon_answers
done_testing
