/* SPDX-License-Identifier: Apache-2.0 */
/* act: which verb an event is, and the objects that rules are asked about. */
#include "profile/act.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/glob.h"
#include "bpf/event.h"
#include "event_fields.h"

static const enum verb verbs[EVENT_TYPE_MAX] = {
	[EVENT_EXEC] = VERB_EXEC,	    [EVENT_FILE_READ] = VERB_READ,
	[EVENT_FILE_WRITE] = VERB_WRITE,    [EVENT_FILE_CREATE] = VERB_WRITE,
	[EVENT_FILE_DELETE] = VERB_WRITE,   [EVENT_FILE_RENAME] = VERB_WRITE,
	[EVENT_FILE_LINK] = VERB_WRITE,	    [EVENT_FILE_CHMOD] = VERB_CHMOD,
	[EVENT_NET_CONNECT] = VERB_CONNECT, [EVENT_CRED_BECOME] = VERB_BECOME,
	[EVENT_PTRACE] = VERB_PTRACE,	    [EVENT_SIGNAL] = VERB_SIGNAL,
	[EVENT_NET_LISTEN] = VERB_LISTEN,   [EVENT_NET_DNS] = VERB_DNS,
	[EVENT_MODULE_LOAD] = VERB_LOAD,    [EVENT_BPF_LOAD] = VERB_LOAD,
	[EVENT_FILE_MOUNT] = VERB_MOUNT,    [EVENT_CRED_CAPABILITY] = VERB_CAPABILITY,
	[EVENT_NAMESPACE] = VERB_NAMESPACE,
};

const char *verb_name(enum verb verb)
{
	static const char *const names[VERB_COUNT] = {
		"none",	  "exec",	"read",	  "write",  "chmod", "connect",	  "listen", "dns",
		"become", "capability", "ptrace", "signal", "mount", "namespace", "load",
	};

	return names[verb];
}

static void add_path(struct act *a, struct str path, bool decides, bool whole)
{
	struct act_path *p = &a->paths[a->path_count++];

	p->path = path;
	p->decides = decides;
	p->sure = whole && path.n && path.p[0] != '\0' && strchr("/@", path.p[0]);
}

/* Whether text at *i is the number; steps over it. */
static bool eat_number(struct str s, uint32_t *i, uint32_t *out)
{
	uint64_t v = 0;
	uint32_t from = *i;

	while (*i < s.n && s.p[*i] >= '0' && s.p[*i] <= '9' && v < UINT32_MAX)
		v = v * 10 + (uint64_t)(s.p[(*i)++] - '0');
	*out = (uint32_t)v;
	return *i > from;
}

/* In a container's own /proc the numbers are those of its pid namespace. */
static bool is_self(const struct event *ev, struct str path)
{
	uint32_t i = 6, n;

	/* as a failed open was asked for; what was opened has its number */
	if (str_starts(path, "/proc/self/") || str_starts(path, "/proc/thread-self/"))
		return true;
	if (!str_starts(path, "/proc/") || !eat_number(path, &i, &n) ||
	    (i < path.n && path.p[i] != '/'))
		return false;
	return n == ev->what.pid || n == ev->what.tid || (ev->what.ns_pid && n == ev->what.ns_pid);
}

/* cwd + "/" + name without "." and "..": a script is asked for by a relative name as a rule. */
static struct str join(struct act *a, struct str cwd, struct str name)
{
	uint32_t n = 0;

	if (!cwd.n || cwd.p[0] != '/' || (size_t)cwd.n + name.n + 2 > sizeof(a->join))
		return STR_NONE;
	if (cwd.n > 1) {
		memcpy(a->join, cwd.p, cwd.n);
		n = cwd.n;
	}
	for (uint32_t i = 0; i < name.n;) {
		int64_t slash = str_index(name, i, '/');
		struct str part = str_sub(name, i, (slash < 0 ? name.n : (uint32_t)slash) - i);

		i += part.n + 1;
		if (!part.n || str_is(part, "."))
			continue;
		if (str_is(part, "..")) {
			while (n && a->join[--n] != '/')
				;
			continue;
		}
		a->join[n++] = '/';
		memcpy(a->join + n, part.p, part.n);
		n += part.n;
	}
	return (struct str){a->join, n};
}

/*
 * The program is what the kernel resolved. The name that was asked for (a script, a symbolic link)
 * is the caller's word: a deny rule may match it too, an allow rule never rests on it.
 */
static void fill_exec(struct act *a)
{
	const struct event *ev = a->ev;
	struct str asked = ev->what.exec.filename;

	a->exe = ev->what.exec.exe;
	add_path(a, ev->what.exec.exe, true, !(ev->what.truncated & CUT_EXE));
	if (asked.n && asked.p[0] != '/')
		asked = join(a, ev->what.exec.cwd, asked);
	if (asked.n && !str_equal(asked, ev->what.exec.exe))
		add_path(a, asked, false, true);
}

static void fill_file(struct act *a)
{
	const struct event *ev = a->ev;
	bool whole = !(ev->what.truncated & CUT_PATH);
	struct str old = ev->what.file.old_path;

	add_path(a, ev->what.file.path, true, whole);
	a->self = is_self(ev, ev->what.file.path);
	if (ev->what.type == EVENT_FILE_RENAME)
		add_path(a, old, true, whole);
	else if (ev->what.file.requested.n) /* as fill_exec(): the caller's word */
		add_path(a, ev->what.file.requested, false, whole);
	else if (ev->what.type == EVENT_FILE_LINK && str_is(ev->what.file.op, "link"))
		add_path(a, old, false, whole); /* a second name for what may not be touched */
}

/* By its name in place of an address; one that the caller told is not sure. */
static void fill_named(struct act *a)
{
	const struct event_what *what = &a->ev->what;
	bool sure = !what->net.address_source && !(what->truncated & CUT_PATH);

	if (what->net.family == AF_UNIX) {
		add_path(a, what->net.path, true, sure);
		return;
	}
	snprintf(a->join, sizeof(a->join), "vsock:%u:%u", what->net.cid, what->net.vsock_port);
	add_path(a, str_of(a->join), true, sure);
	a->paths[0].sure = sure;
}

/* More names than there is room for make none of them sure. */
static void fill_names(struct act *a)
{
	struct str list = a->ev->what.net.dst_other_names;

	if (!a->ev->what.net.dst_name.p)
		return;
	a->names[a->name_count++] = a->ev->what.net.dst_name;
	a->names_sure = a->ev->what.net.dst_name_source == NAME_OF_RESOLVER;
	for (uint32_t at = 0; at < list.n;) {
		int64_t comma = str_index(list, at, ',');
		struct str one = str_sub(list, at, (comma < 0 ? list.n : (uint32_t)comma) - at);

		at += one.n + 1;
		if (a->name_count == ACT_NAMES_MAX) {
			a->names_sure = false;
			return;
		}
		a->names[a->name_count++] = one;
	}
}

static void fill_connect(struct act *a)
{
	const uint8_t *d = a->ev->what.net.dst;

	if (a->ev->what.net.family == AF_UNIX || a->ev->what.net.family == AF_VSOCK) {
		fill_named(a);
		return;
	}
	a->unsure = a->ev->what.net.address_source == PATH_OF_PROCESS;
	if (a->verb == VERB_CONNECT)
		fill_names(a);
	a->port = a->ev->what.net.dst_port;
	a->proto = a->ev->what.net.proto;
	if (a->ev->what.net.family == AF_INET) {
		a->addr[1] = 0xffffull << 32 | (uint64_t)d[0] << 24 | (uint64_t)d[1] << 16 |
			     (uint64_t)d[2] << 8 | d[3];
		return;
	}
	for (unsigned i = 0; i < 16; i++)
		a->addr[i / 8] = a->addr[i / 8] << 8 | d[i];
}

static void fill_become(struct act *a)
{
	uint32_t to = a->ev->what.crossing.to_uid;

	/* the event is of the task after the change, so its user is the target's, when uids agree */
	if (a->ev->what.uid == to)
		a->words[0] = a->ev->who.user_name;
	a->words[1].n = (uint32_t)snprintf(a->number, sizeof(a->number), "%u", to);
	a->words[1].p = a->number;
}

/* What a rule may call it: the access or the signal, the executable, who it is, that it is another. */
static void fill_target(struct act *a)
{
	const struct event *ev = a->ev;
	static const char *const ops[] = {[PTRACE_OP_ATTACH] = "attach",
					  [PTRACE_OP_SEIZE] = "seize",
					  [PTRACE_OP_READ] = "read",
					  [PTRACE_OP_WRITE] = "write",
					  [PTRACE_OP_GETFD] = "getfd",
					  /* through /proc/PID/mem: the same to a rule */
					  [PTRACE_OP_OPEN_READ] = "read",
					  [PTRACE_OP_OPEN_WRITE] = "write"};
	const char *word = NULL;

	if (a->verb == VERB_SIGNAL)
		word = signal_name(ev->what.target.signal);
	else if (ev->what.target.op < ARRAY_SIZE(ops))
		word = ops[ev->what.target.op];
	if (word)
		a->words[0] = str_of(word);
	a->words[1] = ev->what.target.exe;
	a->words[2] = ev->who.target;
	if (ev->who.target.n && !str_equal(ev->who.target, ev->who.id.who))
		a->words[3] = STR_LIT("other");
}

/* Where, what, of which type, and the call: a rule may name it by any of them. */
static void fill_mount(struct act *a)
{
	a->words[0] = a->ev->what.file.path;
	a->words[1] = a->ev->what.file.old_path;
	a->words[2] = a->ev->what.file.fs_type;
	a->words[3] = a->ev->what.file.op;
}

bool act_from_event(struct act *a, const struct event *ev)
{
	enum verb verb = ev->what.type < EVENT_TYPE_MAX ? verbs[ev->what.type] : VERB_NONE;

	if (verb == VERB_NONE || str_is(ev->what.file.op, "memfd"))
		return false; /* memory with a name: no path, nothing that rules could name */
	/* not the big buffers: this runs per event */
	memset(a, 0, offsetof(struct act, join));
	a->ev = ev;
	a->id = &ev->who.id;
	a->verb = verb;
	a->exe = ev->who.exe;
	a->parent = ev->who.parent.exe;
	if (verb == VERB_EXEC)
		fill_exec(a);
	else if (verb == VERB_CONNECT || verb == VERB_LISTEN)
		fill_connect(a);
	else if (verb == VERB_DNS)
		a->words[0] = ev->what.dns.name;
	else if (verb == VERB_BECOME)
		fill_become(a);
	else if (verb == VERB_LOAD)
		a->words[0] = ev->what.type == EVENT_BPF_LOAD ? STR_LIT("bpf") : STR_LIT("module");
	else if (verb == VERB_MOUNT)
		fill_mount(a);
	else if (verb == VERB_CAPABILITY)
		a->bits = ev->what.cred.caps_gained;
	else if (verb == VERB_NAMESPACE)
		a->bits = ev->what.cred.namespaces;
	else if (verb == VERB_PTRACE || verb == VERB_SIGNAL)
		fill_target(a);
	else
		fill_file(a);
	return true;
}

bool comma_list_has(struct str list, struct str word_glob)
{
	for (uint32_t i = 0; i < list.n;) {
		int64_t comma = str_index(list, i, ',');
		struct str word = str_sub(list, i, (comma < 0 ? list.n : (uint32_t)comma) - i);

		if (glob_match_word(word_glob, word))
			return true;
		i += word.n + 1;
	}
	return false;
}

struct str who_part(struct str who, const char *prefix)
{
	uint32_t n = (uint32_t)strlen(prefix);

	return str_starts(who, prefix) ? str_sub(who, n, who.n) : STR_NONE;
}
