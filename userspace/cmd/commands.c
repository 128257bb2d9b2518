/* SPDX-License-Identifier: Apache-2.0 */
/* commands: the one table that makes the help, dispatch and completion, and is checked against man. */
#include "cmd/options.h"

#define EVENT_OPTIONS (OPTIONS_FILTER | OPTIONS_TIME | OPTION_BIT(LIMIT))
#define WHO_DID(verb_, target_, least_, help_, e1, e2)                                       \
	{                                                                                    \
		verb_, "Look", target_ " [FILTER...]", help_, {e1, e2, NULL},                \
			EVENT_OPTIONS | OPTION_BIT(REQUIRE_COMPLETE), FORMATS_EVENTS, false, \
			least_, 64, NULL, run_who_did                                        \
	}

/* clang-format off */
const struct command commands[] = {
	{"status", "Look", "[--exit-code]", "health, rate, loss, profiles, store",
	 {"whodid status", "whodid status --exit-code -q || echo degraded", "whodid status -o json | jq .loss"},
	 OPTION_BIT(EXIT_CODE), FORMATS_ONE, false, 0, 0, NULL, run_status},
	{"watch", "Look", "[FILTER...]", "live; notable events, --all for everything",
	 {"whodid watch", "whodid watch --all type=connect who=ci:*", "whodid watch --all --for 10s -o json > events.ndjson"},
	 OPTIONS_FILTER | OPTION_BIT(ALL) | OPTION_BIT(LIMIT) | OPTION_BIT(FOR), FORMATS_EVENTS, true, 0, 0, NULL, run_watch},
	{"query", "Look", "[FILTER...]", "history; --follow, --count-by, --top",
	 {"whodid query who=human:alice -S today", "whodid query type=connect dst.port!=443 -S 7d --count-by who,dst",
	  "whodid query verdict=forbidden,unexpected -o json --require-complete"},
	 EVENT_OPTIONS | OPTION_BIT(REVERSE) | OPTION_BIT(FOLLOW) | OPTION_BIT(COUNT_BY) | OPTION_BIT(TOP) | OPTION_BIT(REQUIRE_COMPLETE),
	 FORMATS_EVENTS, true, 0, 0, NULL, run_query},
	WHO_DID("read", "PATH", 1, "who read that file", "whodid read /etc/shadow", "whodid read '/home/*/.ssh/*' -S 7d"),
	WHO_DID("write", "PATH", 1, "who wrote, made, removed or changed it", "whodid write /etc/sudoers.d/90-ci", "whodid write '/etc/*' -S today"),
	WHO_DID("exec", "PROGRAM", 1, "who executed that program or script", "whodid exec curl", "whodid exec '/tmp/*' who=ci:*"),
	WHO_DID("connect", "ADDR|NAME[:PORT]", 1, "who connected there", "whodid connect 203.0.113.66", "whodid connect example.com -S 2h"),
	WHO_DID("become", "[USER]", 0, "who became that user; without USER, any", "whodid become root", "whodid become root -S yesterday"),
	WHO_DID("login", "[USER]", 0, "when and how that user logged in; without USER, all", "whodid login alice", "whodid login -S 7d"),
	{"show", "Look", "ID", "one event or anomaly in full",
	 {"whodid show 01KAQ7V1MSE0TZ4QZ8R1H5WJ3D", "whodid show A-12", "whodid show 8190334 -o json"},
	 0, FORMATS_ONE, false, 1, 1, NULL, run_show},
	{"tree", "Look", "[PID|PROCESS|A-n|SESSION|WHO]", "process tree with verdicts",
	 {"whodid tree", "whodid tree 4466 --files --net", "whodid tree A-12"},
	 OPTIONS_TIME | OPTION_BIT(ALL) | OPTION_BIT(DEPTH) | OPTION_BIT(FILES) | OPTION_BIT(NET),
	 1u << FORMAT_TABLE | 1u << FORMAT_WIDE | 1u << FORMAT_JSON | 1u << FORMAT_NAME, false, 0, 1, NULL, run_tree},
	{"sessions", "Look", "[list [FILTER...]|show ID]", "logins: who, from where, which key, what they did",
	 {"whodid sessions", "whodid sessions list key=SHA256:* -S 7d", "whodid sessions show 26"},
	 OPTIONS_TIME | OPTION_BIT(WHO) | OPTION_BIT(ALL) | OPTION_BIT(LIMIT) | OPTION_BIT(REQUIRE_COMPLETE),
	 FORMATS_LIST, false, 0, 64, "list show", run_sessions},
	{"id", "Look", "PID|BOUNDARY|EVENT", "whose is it, and why we think so",
	 {"whodid id $$", "whodid id b281474976710657", "whodid id 01KAQ7V1MSE0TZ4QZ8R1H5WJ3D"},
	 0, FORMATS_ONE, false, 1, 1, NULL, run_id},
	{"loss", "Look", "", "when, where and how many events were lost",
	 {"whodid loss", "whodid loss -S today", "whodid loss -o json"},
	 OPTIONS_TIME | OPTION_BIT(EXIT_CODE), FORMATS_ONE, false, 0, 0, NULL, run_loss},
	{"anomalies", "Judge", "[list|show ID...]", "open ones first; one in full",
	 {"whodid anomalies", "whodid anomalies list --state all", "whodid anomalies show A-12"},
	 OPTION_BIT(STATE) | OPTION_BIT(SINCE) | OPTION_BIT(SEVERITY) | OPTION_BIT(WHO) | OPTION_BIT(EXIT_CODE),
	 FORMATS_LIST, false, 0, 64, "list show", run_anomalies},
	{"attest", "Run", "", "show a token: this job, session or container is who it says",
	 {"whodid attest --token-file /run/secrets/whodid", "whodid attest --token-file - < token",
	  "whodid attest --token-command 'fetch-token \"$WHODID_AUDIENCE\"'"},
	 OPTION_BIT(TOKEN_FILE) | OPTION_BIT(TOKEN_COMMAND) | OPTION_BIT(AUDIENCE), FORMATS_ONE, false, 0, 0, NULL, run_attest},
	{"doctor", "Run", "", "can this host run it, is it running well",
	 {"sudo whodid doctor", "whodid doctor -o json", "whodid doctor -q && echo fit"},
	 0, FORMATS_ONE, false, 0, 0, NULL, run_doctor},
	{"completion", "Run", "bash", "completion for the shell",
	 {"whodid completion bash > /etc/bash_completion.d/whodid", "source <(whodid completion bash)", NULL},
	 0, 1u << FORMAT_TABLE, false, 1, 1, "bash", run_completion},
	{"version", "Run", "", "version of client and daemon",
	 {"whodid version", "whodid version -o json", NULL},
	 0, FORMATS_ONE, false, 0, 0, NULL, run_version},
	{"help", "Run", "[COMMAND|TOPIC]", "commands; filters, time, exit-codes, environment, formats",
	 {"whodid help query", "whodid help filters", NULL},
	 0, 1u << FORMAT_TABLE, false, 0, 1, "filters time exit-codes environment formats", run_help},
	{NULL, NULL, NULL, NULL, {NULL, NULL, NULL}, 0, 0, false, 0, 0, NULL, NULL},
};
/* clang-format on */

const struct command *command_find(const char *name)
{
	for (const struct command *k = commands; k->name; k++)
		if (strcmp(k->name, name) == 0)
			return k;
	return NULL;
}

unsigned edit_distance(const char *a, const char *b)
{
	unsigned rows[3][64]; /* this one, the one before, the one before that */
	size_t n = strlen(b), m = strlen(a);

	if (n >= ARRAY_SIZE(rows[0]) || m >= ARRAY_SIZE(rows[0]))
		return 99;
	for (unsigned j = 0; j <= n; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= m; i++) {
		unsigned *now = rows[i % 3], *last = rows[(i + 2) % 3], *older = rows[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= n; j++) {
			unsigned best = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    older[j - 2] + 1 < best)
				best = older[j - 2] + 1; /* two letters exchanged */
			now[j] = best;
		}
	}
	return rows[m % 3][n];
}

const char *command_nearest(const char *name)
{
	const char *near = NULL;
	unsigned best = 3;

	for (const struct command *k = commands; k->name; k++) {
		unsigned d = edit_distance(name, k->name);

		if (strlen(name) >= 3 && strncmp(name, k->name, strlen(name)) == 0)
			d = 1; /* a beginning: "anom" */
		if (d < best && d < strlen(k->name)) {
			best = d;
			near = k->name;
		}
	}
	return near;
}
