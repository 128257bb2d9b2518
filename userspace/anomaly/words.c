/* SPDX-License-Identifier: Apache-2.0 */
/* words: events in plain sentences. Text of watched processes is escaped and cut. */
#include "anomaly/table.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "event_fields.h"

/* Room for a path or name in a sentence, in bytes. */
#define OBJECT_MAX 180

/* The longest head that fits with "..." behind it, whole characters only. */
void copy_text(char *out, size_t size, struct str s)
{
	uint32_t low = 0, high = s.n;

	if (escape_terminal(s, false, out, size) < size)
		return;
	while (low < high) {
		uint32_t half = low + (high - low + 1) / 2;

		if (escape_terminal(str_sub(s, 0, half), false, out, size) + 3 < size)
			low = half;
		else
			high = half - 1;
	}
	while (low > 0 && ((unsigned char)s.p[low] & 0xc0) == 0x80)
		low--;
	escape_terminal(str_sub(s, 0, low), false, out, size);
	strcat(out, "...");
}

/* Verbs for what was done, and for what was only tried. */
static const struct act_words {
	enum event_type type;
	const char *op; /* NULL = any other */
	const char *class, *past, *infinitive;
} acts[] = {
	{EVENT_EXEC, NULL, "exec", "ran", "run"},
	{EVENT_FILE_READ, NULL, "read", "read", "read"},
	{EVENT_FILE_WRITE, "truncate", "write", "truncated", "truncate"},
	{EVENT_FILE_WRITE, NULL, "write", "wrote", "write"},
	{EVENT_FILE_CREATE, NULL, "write", "created", "create"},
	{EVENT_FILE_DELETE, NULL, "write", "deleted", "delete"},
	{EVENT_FILE_RENAME, NULL, "write", "renamed a file to", "rename a file to"},
	{EVENT_FILE_LINK, NULL, "write", "linked", "link"},
	{EVENT_FILE_CHMOD, "chown", "chmod", "changed the owner of", "change the owner of"},
	{EVENT_FILE_CHMOD, "setxattr", "chmod", "set an extended attribute of",
	 "set an extended attribute of"},
	{EVENT_FILE_CHMOD, "removexattr", "chmod", "removed an extended attribute of",
	 "remove an extended attribute of"},
	{EVENT_FILE_CHMOD, NULL, "chmod", "changed the mode of", "change the mode of"},
	{EVENT_NET_CONNECT, NULL, "connect", "connected to", "connect to"},
	{EVENT_NET_LISTEN, NULL, "listen", "listened on", "listen on"},
	{EVENT_CRED_BECOME, NULL, "become", "became user", "become user"},
	{EVENT_FILE_MOUNT, "umount", "mount", "unmounted", "unmount"},
	{EVENT_FILE_MOUNT, "mount_setattr", "mount", "changed the flags of the mount",
	 "change the flags of the mount"},
	{EVENT_FILE_MOUNT, "pivot_root", "mount", "changed the root to", "change the root to"},
	{EVENT_FILE_MOUNT, NULL, "mount", "mounted something at", "mount something at"},
	{EVENT_FILE_MAP, NULL, "map", "mapped as code", "map as code"},
	{EVENT_MODULE_LOAD, NULL, "load module", "loaded the kernel module",
	 "load the kernel module"},
	{EVENT_BPF_LOAD, NULL, "load bpf", "loaded the BPF program", "load the BPF program"},
	{EVENT_CRED_CAPABILITY, NULL, "capability", "gained", "gain"},
	{EVENT_NAMESPACE, NULL, "namespace",
	 "made or entered a namespace:", "make or enter a namespace:"},
	{EVENT_PTRACE, NULL, "ptrace", "reached into the process", "reach into the process"},
	{EVENT_AUTH_LOG, NULL, "log", "told the log of a login", "tell the log of a login"},
	{EVENT_SIGNAL, NULL, "signal", "sent a signal to", "send a signal to"},
	{EVENT_AGENT_TAMPER, NULL, "tamper", "reached for the sensor:", "reach for the sensor:"},
	{EVENT_AGENT_BLIND, NULL, "hook", NULL, NULL}, /* nobody's act */
};

static const struct act_words *words_of(const struct event *ev)
{
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++)
		if (acts[i].type == ev->what.type &&
		    (!acts[i].op || str_is(ev->what.file.op, acts[i].op)))
			return &acts[i];
	return NULL;
}

const char *object_class(const struct event *ev)
{
	const struct act_words *w = words_of(ev);

	return w ? w->class : event_type_name(ev->what.type);
}

static void describe_address(char *out, size_t size, const struct event *ev)
{
	char ip[INET6_ADDRSTRLEN] = "?";
	bool v6 = ev->what.net.family == AF_INET6;

	if (ev->what.net.family == AF_UNIX) {
		copy_text(out, size, ev->what.net.path);
		return;
	}
	if (ev->what.net.family == AF_VSOCK) {
		snprintf(out, size, "vsock:%u:%u", ev->what.net.cid, ev->what.net.vsock_port);
		return;
	}
	inet_ntop(v6 ? AF_INET6 : AF_INET, ev->what.net.dst, ip, sizeof(ip));
	snprintf(out, size, v6 ? "[%s]:%u" : "%s:%u", ip, ev->what.net.dst_port);
}

/* "/usr/sbin/cron (pid 812)" */
static void describe_target(char *out, size_t size, const struct event *ev)
{
	char exe[OBJECT_MAX - 24];

	copy_text(exe, sizeof(exe), ev->what.target.exe);
	if (exe[0])
		snprintf(out, size, "%s (pid %u)", exe, ev->what.target.pid);
	else if (ev->what.target.pid)
		snprintf(out, size, "pid %u", ev->what.target.pid);
	else
		snprintf(out, size, "a process that is not known");
}

/* "net_admin, sys_admin", cut where it is long. */
static void describe_bits(char *out, size_t size, uint64_t bits, const char *(*name_of)(unsigned))
{
	size_t n = 0;

	out[0] = '\0';
	for (unsigned bit = 0; bit < 64 && n + 24 < size; bit++)
		if (bits >> bit & 1)
			n += (size_t)snprintf(out + n, size - n, "%s%s", n ? ", " : "",
					      name_of(bit) ? name_of(bit) : "?");
}

static void describe_load(char *out, size_t size, const struct event *ev)
{
	const char *type = program_type_name(ev->what.load.type);

	if (ev->what.load.name.n)
		copy_text(out, size, ev->what.load.name);
	else if (ev->what.load.path.n)
		copy_text(out, size, ev->what.load.path);
	else if (ev->what.type == EVENT_BPF_LOAD && type)
		snprintf(out, size, "of type %s", type);
	else
		snprintf(out, size, "without a name");
}

/* The line that plays sshd, in quotes. */
static void describe_line(char *out, size_t size, const struct event *ev)
{
	char line[OBJECT_MAX - 2];

	copy_text(line, sizeof(line), ev->what.auth.text);
	snprintf(out, size, "\"%s\"", line);
}

static void describe_object(char *out, size_t size, const struct event *ev)
{
	struct str path = ev->what.type == EVENT_EXEC ? ev->what.exec.exe
			  : words_of(ev)	      ? ev->what.file.path
						      : ev->who.exe;

	if (ev->what.type >= EVENT_NET_CONNECT && ev->what.type <= EVENT_NET_CLOSE)
		describe_address(out, size, ev);
	else if (ev->what.type == EVENT_MODULE_LOAD || ev->what.type == EVENT_BPF_LOAD)
		describe_load(out, size, ev);
	else if (ev->what.type == EVENT_CRED_CAPABILITY)
		describe_bits(out, size, ev->what.cred.caps_gained, capability_name);
	else if (ev->what.type == EVENT_NAMESPACE)
		describe_bits(out, size, ev->what.cred.namespaces, namespace_name);
	else if (ev->what.type == EVENT_AUTH_LOG)
		describe_line(out, size, ev);
	else if (ev->what.type == EVENT_AGENT_TAMPER || ev->what.type == EVENT_AGENT_BLIND)
		copy_text(out, size, ev->what.message);
	else if (ev->what.type == EVENT_PTRACE || ev->what.type == EVENT_SIGNAL)
		describe_target(out, size, ev);
	else if (ev->what.type == EVENT_CRED_BECOME && ev->what.uid == ev->what.crossing.to_uid &&
		 ev->who.user_name.n)
		copy_text(out, size, ev->who.user_name);
	else if (ev->what.type == EVENT_CRED_BECOME)
		snprintf(out, size, "%u", ev->what.crossing.to_uid);
	else if (path.n)
		copy_text(out, size, path);
	else
		snprintf(out, size, "something whose name is not known");
}

void describe_act(char *out, size_t size, const struct event *ev)
{
	char object[OBJECT_MAX];

	describe_object(object, sizeof(object), ev);
	snprintf(out, size, "%s %s", object_class(ev), object);
}

static const struct who_words {
	const char *prefix, *before, *after;
} whos[] = {
	{"human:", "", ""},
	{"cron:", "cron job of ", ""},
	{"at:", "at job of ", ""},
	{"ci:", "build job ", ""},
	{"unit:", "service ", ""},
	{"sa:", "service account ", ""},
	{"ctr:", "container ", ""},
	{"gw:", "gateway user ", ""},
	{"anon:", "somebody unknown (", ")"},
	{"kernel", "the kernel", ""},
};

static void describe_who(char *out, size_t size, const struct event *ev)
{
	char name[120];
	struct str who = ev->who.id.who;

	for (size_t i = 0; i < ARRAY_SIZE(whos); i++) {
		if (!str_starts(who, whos[i].prefix))
			continue;
		copy_text(name, sizeof(name),
			  str_sub(who, (uint32_t)strlen(whos[i].prefix), who.n));
		snprintf(out, size, "%s%s%s", whos[i].before, name, whos[i].after);
		return;
	}
	copy_text(name, sizeof(name), who);
	snprintf(out, size, "%s", name[0] ? name : "somebody unknown");
}

/* What somebody did, the executable in between where joint is not NULL. */
static const struct {
	unsigned flag;
	const char *before, *joint, *after;
} flags[] = {
	{ID_SELF_LOGINUID, "set its own login uid", " in ", ", which then names nobody"},
	{ID_SELF_MOVED, "moved itself out of its control group", " with ", ""},
	{ID_LOOPBACK_SSH, "logged in to its own host over ssh", NULL, ""},
	{ID_FAKE_SUPERVISOR, "plays the supervisor of jobs", " with ", ", which opens no job"},
	{ID_AFTER_JOB_END, "goes on after its job has ended", " in ", ""},
	{ID_PRELOAD_ENV, "was started with an environment that puts code into programs", ": ", ""},
	{ID_ENV_DUPLICATE, "was started with an environment that names something twice", ": ", ""},
	{ID_SUPERVISOR_TAMPERED, "reached for its supervisor, or runs after a job did", " with ",
	 ""},
	{ID_DEFERRED_BY_JOB, "runs what a CI job has left to it", ": ", ""},
	{ID_FORGED_AUTH_LOG, "told the log of a login that was none", " with ", ""},
	{ID_ENV_MISMATCH, "was started with an environment that names another job", ": ", ""},
	{ID_TOKEN_REPLAY, "showed a token that was shown elsewhere too", NULL, ""},
	{ID_CLAIMS_MISMATCH, "showed a token that names another job or pod", NULL, ""},
	{ID_BIND_CONFLICT, "showed tokens of two identities", NULL, ""},
	{ID_SHARED_RING, "acted by a ring that several can use", " of ", ""},
	{ID_LOGIN_BY_HAND, "was let in by a login program that somebody had started by hand", NULL,
	 ""},
	{ID_REACHED_INTO, "acts in a process that somebody else has got into", ": ", ""},
	{ID_SERVES_OTHERS, "goes on in a server that other jobs ask", ": ", ""},
};

static void describe_flag(char *out, size_t size, const char *who, const struct event *ev,
			  unsigned flag)
{
	char exe[OBJECT_MAX];

	copy_text(exe, sizeof(exe), ev->who.exe);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		bool named = exe[0] && flags[i].joint;

		if (flags[i].flag == flag)
			snprintf(out, size, "%s %s%s%s%s", who, flags[i].before,
				 named ? flags[i].joint : "", named ? exe : "", flags[i].after);
	}
}

void describe_title(char *out, size_t size, const struct event *ev, enum anomaly_kind kind,
		    unsigned flag)
{
	const struct act_words *w = words_of(ev);
	char who[160], object[OBJECT_MAX];
	bool tried = ev->what.outcome == OUTCOME_FAILED || ev->what.outcome == OUTCOME_BLOCKED;

	describe_who(who, sizeof(who), ev);
	if (kind == KIND_IDENTITY) {
		describe_flag(out, size, who, ev, flag);
		return;
	}
	describe_object(object, sizeof(object), ev);
	if (ev->what.type == EVENT_AGENT_BLIND) {
		snprintf(out, size, "the sensor's hook %s", object);
		return;
	}
	snprintf(out, size, "%s %s%s %s%s", who, tried ? "tried to " : "",
		 !w	 ? object_class(ev)
		 : tried ? w->infinitive
			 : w->past,
		 object, kind == KIND_UNEXPECTED ? ", which nothing in its profile expects" : "");
}
