/* SPDX-License-Identifier: Apache-2.0 */
/* event: names of the enumerations, facts of the host, uids. */
#include "event.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

static const char *const type_names[EVENT_TYPE_MAX] = {
	[EVENT_FORK] = "fork",
	[EVENT_EXEC] = "exec",
	[EVENT_EXIT] = "exit",
	[EVENT_BOUNDARY] = "boundary",
	[EVENT_SESSION_START] = "session.start",
	[EVENT_SESSION_ATTEST] = "session.attest",
	[EVENT_CRED_BECOME] = "cred.become",
	[EVENT_PROCESS] = "process",
	[EVENT_AUTH_LOG] = "auth_log",
	[EVENT_SESSION_END] = "session.end",
	[EVENT_REQUEST] = "request",
	[EVENT_FILE_READ] = "file.read",
	[EVENT_FILE_WRITE] = "file.write",
	[EVENT_FILE_CREATE] = "file.create",
	[EVENT_FILE_DELETE] = "file.delete",
	[EVENT_FILE_RENAME] = "file.rename",
	[EVENT_FILE_CHMOD] = "file.chmod",
	[EVENT_FILE_LINK] = "file.link",
	[EVENT_PTRACE] = "ptrace",
	[EVENT_SIGNAL] = "signal",
	[EVENT_CRED_CAPABILITY] = "cred.capability",
	[EVENT_NAMESPACE] = "namespace",
	[EVENT_FILE_MOUNT] = "file.mount",
	[EVENT_MODULE_LOAD] = "module.load",
	[EVENT_BPF_LOAD] = "bpf.load",
	[EVENT_FILE_MAP] = "file.map",
	[EVENT_NET_CONNECT] = "net.connect",
	[EVENT_NET_LISTEN] = "net.listen",
	[EVENT_NET_ACCEPT] = "net.accept",
	[EVENT_NET_CLOSE] = "net.close",
	[EVENT_NET_SOCKET] = "net.socket",
	[EVENT_NET_DNS] = "net.dns",
	[EVENT_NET_TLS] = "net.tls",
	[EVENT_LOSS] = "loss",
	[EVENT_ANOMALY] = "anomaly",
	[EVENT_AGENT_START] = "agent.start",
	[EVENT_AGENT_STOP] = "agent.stop",
	[EVENT_PROFILE_CHANGE] = "profile.change",
	[EVENT_AGENT_TAMPER] = "agent.tamper",
	[EVENT_AGENT_BLIND] = "agent.blind",
};

static const char *const outcome_names[] = {
	[OUTCOME_OK] = "ok",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_BLOCKED] = "blocked",
};

static const char *const assurance_names[] = {
	[ASSURANCE_UNKNOWN] = "unknown", [ASSURANCE_CLAIMED] = "claimed",
	[ASSURANCE_DERIVED] = "derived", [ASSURANCE_RECORDED] = "recorded",
	[ASSURANCE_KERNEL] = "kernel",	 [ASSURANCE_ATTESTED] = "attested",
};

static const char *const verdict_names[] = {
	[VERDICT_EXPECTED] = "expected",     [VERDICT_UNEXPECTED] = "unexpected",
	[VERDICT_FORBIDDEN] = "forbidden",   [VERDICT_EXCEPTED] = "excepted",
	[VERDICT_UNPROFILED] = "unprofiled", [VERDICT_LEARNING] = "learning",
};

static const char *const severity_names[] = {
	[SEVERITY_INFO] = "info", [SEVERITY_LOW] = "low",	    [SEVERITY_MEDIUM] = "medium",
	[SEVERITY_HIGH] = "high", [SEVERITY_CRITICAL] = "critical",
};

/* bit order of ID_* */
static const char *const flag_names[ID_FLAG_MAX] = {
	"self_loginuid",
	"self_moved",
	"seeded",
	"repaired",
	"thread_loginuid",
	"boundary_lost",
	"userns",
	"fake_supervisor",
	"after_job_end",
	"preload_env",
	"env_truncated",
	"env_duplicate",
	"env_mismatch",
	"loopback_ssh",
	"handoff",
	"deferred_by_job",
	"supervisor_tampered",
	"forged_auth_log",
	"cgroup_parent_mismatch",
	"forged_label",
	"shared_ring",
	[21] = "several_asked",
	[22] = "bind_conflict",
	[23] = "claims_mismatch",
	[24] = "token_replay",
	[25] = "login_by_hand",
	[26] = "reached_into",
	[27] = "serves_others",
};

static const char *name_in(const char *const *names, size_t n, unsigned value)
{
	return value < n ? names[value] : NULL;
}

static int value_in(const char *const *names, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (names[i] && str_is(name, names[i]))
			return (int)i;
	return -1;
}

const char *event_type_name(enum event_type type)
{
	return name_in(type_names, ARRAY_SIZE(type_names), (unsigned)type);
}

enum event_type event_type_parse(struct str name)
{
	int value = value_in(type_names, ARRAY_SIZE(type_names), name);

	if (value >= 0)
		return (enum event_type)value;
	for (unsigned i = 0; i < ARRAY_SIZE(type_names); i++) {
		const char *dot = type_names[i] ? strchr(type_names[i], '.') : NULL;

		/* "start", "stop" and "load" would be ambiguous, "change" and "end" too vague */
		if (dot && i < EVENT_LOSS && i != EVENT_SESSION_START && i != EVENT_SESSION_END &&
		    i != EVENT_MODULE_LOAD && i != EVENT_BPF_LOAD && str_is(name, dot + 1))
			return (enum event_type)i;
	}
	return EVENT_NONE;
}

const char *outcome_name(enum outcome outcome)
{
	return name_in(outcome_names, ARRAY_SIZE(outcome_names), (unsigned)outcome);
}

const char *assurance_name(enum assurance assurance)
{
	return name_in(assurance_names, ARRAY_SIZE(assurance_names), (unsigned)assurance);
}

int assurance_parse(struct str name)
{
	return value_in(assurance_names, ARRAY_SIZE(assurance_names), name);
}

const char *verdict_name(enum verdict verdict)
{
	return name_in(verdict_names, ARRAY_SIZE(verdict_names), (unsigned)verdict);
}

int verdict_parse(struct str name)
{
	return value_in(verdict_names, ARRAY_SIZE(verdict_names), name);
}

const char *severity_name(enum severity severity)
{
	return name_in(severity_names, ARRAY_SIZE(severity_names), (unsigned)severity);
}

int severity_parse(struct str name)
{
	return value_in(severity_names, ARRAY_SIZE(severity_names), name);
}

const char *identity_flag_name(unsigned bit)
{
	return name_in(flag_names, ARRAY_SIZE(flag_names), bit);
}

static void read_line(const char *path, char *out, size_t size)
{
	_cleanup_free_ char *text = NULL;
	size_t n;

	out[0] = '\0';
	if (file_read(path, 4096, &text, &n))
		return;
	text[strcspn(text, "\n")] = '\0';
	if (strlen(text) < size)
		snprintf(out, size, "%s", text);
}

void host_read(struct host *out)
{
	memset(out, 0, sizeof(*out));
	gethostname(out->name, sizeof(out->name) - 1);
	read_line("/proc/sys/kernel/random/boot_id", out->boot_id, sizeof(out->boot_id));
	read_line("/etc/machine-id", out->machine_id, sizeof(out->machine_id));
}

void process_uid_format(char out[static PROCESS_UID_MAX], const struct host *host, uint32_t pid,
			uint64_t start_ns)
{
	snprintf(out, PROCESS_UID_MAX, "%.8s.%" PRIu32 ".%" PRIu64, host->boot_id, pid,
		 start_ns / 1000);
}

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The first four digits of the boot id. */
static uint16_t boot_tag(const struct host *host)
{
	char digits[5] = {0};

	memcpy(digits, host->boot_id, 4);
	return (uint16_t)strtoul(digits, NULL, 16);
}

/* 48 bits of milliseconds, 16 of the boot id, 64 of seq: 128 bits in 26 digits of 5 bits. */
void event_uid_format(char out[static EVENT_UID_MAX], const struct host *host,
		      const struct event *ev)
{
	unsigned __int128 v =
		(unsigned __int128)((uint64_t)(ev->what.wall_ns / 1000000) & 0xffffffffffffull)
		<< 80;

	v |= (unsigned __int128)boot_tag(host) << 64 | ev->what.seq;
	for (int i = 25; i >= 0; i--, v >>= 5)
		out[i] = crockford[(unsigned)v & 31];
	out[26] = '\0';
}

int event_uid_parse(struct str uid, uint64_t *seq)
{
	unsigned __int128 v = 0;

	if (uid.n != 26 || uid.p[0] > '7')
		return -EINVAL;
	for (uint32_t i = 0; i < uid.n; i++) {
		char c = uid.p[i] >= 'a' && uid.p[i] <= 'z' ? (char)(uid.p[i] - 32) : uid.p[i];
		const char *digit = c ? strchr(crockford, c) : NULL;

		if (!digit)
			return -EINVAL;
		v = v << 5 | (unsigned)(digit - crockford);
	}
	*seq = (uint64_t)v;
	return 0;
}

bool event_is_notable(const struct event *ev)
{
	switch (ev->what.type) {
	case EVENT_SESSION_START:
	case EVENT_SESSION_END:
	case EVENT_CRED_BECOME:
	case EVENT_LOSS:
	case EVENT_ANOMALY:
	case EVENT_AGENT_START:
	case EVENT_AGENT_STOP:
	case EVENT_PROFILE_CHANGE:
	case EVENT_AGENT_TAMPER:
	case EVENT_AGENT_BLIND:
		return true;
	default:
		return ev->verdict.value == VERDICT_FORBIDDEN ||
		       ev->verdict.value == VERDICT_UNEXPECTED ||
		       ev->verdict.value == VERDICT_EXCEPTED;
	}
}
