/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkrecording: makes a recording from text, so that a golden case can be read. mkrecording IN OUT
 *
 *     task 10 parent=1 uid=0 cgroup_id=7          facts of a task; no record
 *     boundary 10 id=2 kind=seed exe=/usr/sbin/sshd cgroup=/system.slice/ssh.service
 *     fork 10 child=11                            the child copies the task's facts
 *     exec 11 exe=/bin/sh argv="sh\0-c\0true"     words as they are, or "quoted": \n \e \0 \\ \" \xNN
 *     open 11 path="/a"*2000 flags=wronly,creat result=EACCES
 *     connect 11 dst=10.0.0.1 port=443
 *     exit 11 code=1
 *     loss exec=5 file.read=2
 *     host name=golden boot=000102030405060708090a0b0c0d0e0f wall_offset=1700000000000000000
 *     clock 5000000000                            boot time of the next record, ns; else 1 ms later
 *
 * Names of fields are those of bpf/event.h. A boundary becomes the task's own, a login its login uid,
 * a become its uid. # begins a comment.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/event.h"

#define TASKS_MAX 256
#define WORDS_MAX 64
#define UNSET	  UINT32_MAX
#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))

enum type { U16, U32, U64, TEXT, ADDRESS, ERRNO, WORD };

struct name {
	const char *word;
	uint64_t value;
};

static const struct name boundary_kinds[] = {
	{"seed", BOUNDARY_SEED},       {"kernel", BOUNDARY_KERNEL}, {"login", BOUNDARY_LOGIN},
	{"become", BOUNDARY_BECOME},   {"cgroup", BOUNDARY_CGROUP}, {"ci", BOUNDARY_CI},
	{"handoff", BOUNDARY_HANDOFF}, {"helper", BOUNDARY_HELPER}, {NULL, 0}};
static const struct name ci_systems[] = {{"github", CI_GITHUB},	    {"gitlab", CI_GITLAB},
					 {"jenkins", CI_JENKINS},   {"buildkite", CI_BUILDKITE},
					 {"circleci", CI_CIRCLECI}, {"azure", CI_AZURE},
					 {"teamcity", CI_TEAMCITY}, {"woodpecker", CI_WOODPECKER},
					 {"drone", CI_DRONE},	    {"gitea", CI_GITEA},
					 {"weak", CI_WEAK},	    {NULL, 0}};
static const struct name roles[] = {{"sshd", ROLE_SSHD},
				    {"login", ROLE_LOGIN},
				    {"cron", ROLE_CRON},
				    {"at", ROLE_AT},
				    {"service_manager", ROLE_SERVICE_MANAGER},
				    {"container_runtime", ROLE_CONTAINER_RUNTIME},
				    {"sudo", ROLE_SUDO},
				    {"su", ROLE_SU},
				    {"doas", ROLE_DOAS},
				    {"pkexec", ROLE_PKEXEC},
				    {"runuser", ROLE_RUNUSER},
				    {"ci_supervisor", ROLE_CI_SUPERVISOR},
				    {"multiplexer", ROLE_MULTIPLEXER},
				    {"none", ROLE_NONE},
				    {NULL, 0}};
static const struct name task_flags[] = {{"self_loginuid", TASK_SELF_LOGINUID},
					 {"self_moved", TASK_SELF_MOVED},
					 {"repaired", TASK_REPAIRED},
					 {"seeded", TASK_SEEDED},
					 {"kthread", TASK_KTHREAD},
					 {"in_container", TASK_IN_CONTAINER},
					 {"thread_loginuid", TASK_THREAD_LOGINUID},
					 {"userns", TASK_USERNS},
					 {"in_job", TASK_IN_JOB},
					 {"fake_supervisor", TASK_FAKE_SUPERVISOR},
					 {"shared_ring", TASK_SHARED_RING},
					 {"none", 0},
					 {NULL, 0}};
static const struct name record_flags[] = {{"argv_cut", RECORD_ARGV_CUT},
					   {"path_cut", RECORD_PATH_CUT},
					   {"user_path", RECORD_USER_PATH},
					   {"io_uring", RECORD_IO_URING},
					   {"request_path", RECORD_REQUEST_PATH},
					   {"no_result", RECORD_NO_RESULT},
					   {"path_deleted", RECORD_PATH_DELETED},
					   {"path_escaped", RECORD_PATH_ESCAPED},
					   {"folded", RECORD_FOLDED},
					   {"argv_fault", RECORD_ARGV_FAULT},
					   {"sent", RECORD_SENT},
					   {"user_address", RECORD_USER_ADDRESS},
					   {"ia32", RECORD_IA32},
					   {"env_cut", RECORD_ENV_CUT},
					   {"env_fault", RECORD_ENV_FAULT},
					   {"exec_late", RECORD_EXEC_LATE},
					   {"co_writers", RECORD_CO_WRITERS},
					   {"by_descriptor", RECORD_BY_DESCRIPTOR},
					   {NULL, 0}};
static const struct name open_flags[] = {
	{"rdonly", O_RDONLY},	{"wronly", O_WRONLY},	    {"rdwr", O_RDWR},
	{"creat", O_CREAT},	{"excl", O_EXCL},	    {"trunc", O_TRUNC},
	{"append", O_APPEND},	{"directory", O_DIRECTORY}, {"nofollow", O_NOFOLLOW},
	{"cloexec", O_CLOEXEC}, {"tmpfile", O_TMPFILE},	    {NULL, 0}};
static const struct name families[] = {{"inet", AF_INET},     {"inet6", AF_INET6},
				       {"unix", AF_UNIX},     {"vsock", AF_VSOCK},
				       {"packet", AF_PACKET}, {NULL, 0}};
static const struct name socket_types[] = {
	{"stream", SOCK_STREAM}, {"dgram", SOCK_DGRAM}, {"raw", SOCK_RAW}, {NULL, 0}};
static const struct name protos[] = {{"tcp", IPPROTO_TCP}, {"udp", IPPROTO_UDP}, {NULL, 0}};
static const struct name loss_kinds[] = {{"fork", RECORD_FORK},
					 {"exec", RECORD_EXEC},
					 {"exit", RECORD_EXIT},
					 {"file.read", RECORD_FILE_READ},
					 {"file.write", RECORD_FILE_WRITE},
					 {"net.connect", RECORD_NET_CONNECT},
					 {NULL, 0}};

/* A field that a line can set. */
struct field {
	const char *key;
	enum type type;
	size_t offset;
	const struct name *names; /* of numbers that have words; joined by commas */
};

#define TASK_FIELD(type, member, names)                                    \
	{                                                                  \
#member, type, offsetof(struct record_task, member), names \
	}
static const struct field task_fields[] = {
	TASK_FIELD(U64, boundary, NULL),
	TASK_FIELD(U64, start_ns, NULL),
	TASK_FIELD(U64, parent_start_ns, NULL),
	TASK_FIELD(U64, cgroup_id, NULL),
	TASK_FIELD(U32, tid, NULL),
	{"parent", U32, offsetof(struct record_task, parent_pid), NULL},
	TASK_FIELD(U32, ns_pid, NULL),
	TASK_FIELD(U32, uid, NULL),
	TASK_FIELD(U32, euid, NULL),
	TASK_FIELD(U32, gid, NULL),
	TASK_FIELD(U32, egid, NULL),
	TASK_FIELD(U32, login_uid, NULL),
	TASK_FIELD(U32, session_id, NULL),
	TASK_FIELD(U32, flags, task_flags),
	TASK_FIELD(U32, exec_count, NULL),
	{NULL, U32, 0, NULL},
};

#define FORK(key, type, member)                                       \
	{                                                             \
		key, type, offsetof(struct record_fork, member), NULL \
	}
static const struct field fork_fields[] = {
	FORK("child", U32, child_pid),
	FORK("child_start_ns", U64, child_start_ns),
	FORK("child_boundary", U64, child_boundary),
	{NULL, U32, 0, NULL},
};
#define EXEC(type, member)                                                \
	{                                                                 \
#member, type, offsetof(struct record_exec, member), NULL \
	}
static const struct field exec_fields[] = {
	EXEC(TEXT, exe),	   EXEC(TEXT, filename),      EXEC(TEXT, cwd),
	EXEC(TEXT, argv),	   EXEC(U32, argc),	      EXEC(U64, caps_effective),
	EXEC(U64, caps_permitted), EXEC(U64, exe_inode),      EXEC(U64, exe_dev),
	EXEC(U32, exe_mode),	   EXEC(U32, exe_uid),	      EXEC(U32, exe_nlink),
	EXEC(U64, exe_ctime_ns),   EXEC(U32, exe_generation), {NULL, U32, 0, NULL},
};
static const struct field exit_fields[] = {
	{"code", U32, offsetof(struct record_exit, exit_code), NULL},
	{"signal", U32, offsetof(struct record_exit, exit_signal), NULL},
	{"user_ns", U64, offsetof(struct record_exit, user_ns), NULL},
	{"system_ns", U64, offsetof(struct record_exit, system_ns), NULL},
	{"max_rss_bytes", U64, offsetof(struct record_exit, max_rss_bytes), NULL},
	{NULL, U32, 0, NULL},
};
#define FILE_FIELD(type, member)                                          \
	{                                                                 \
#member, type, offsetof(struct record_file, member), NULL \
	}
static const struct field file_fields[] = {
	FILE_FIELD(TEXT, path),
	FILE_FIELD(TEXT, path2),
	FILE_FIELD(TEXT, base),
	FILE_FIELD(TEXT, base2),
	FILE_FIELD(U64, inode),
	FILE_FIELD(U64, dev),
	FILE_FIELD(U64, count),
	FILE_FIELD(U64, first_ns),
	FILE_FIELD(U64, last_ns),
	FILE_FIELD(ERRNO, result),
	FILE_FIELD(U32, mode),
	FILE_FIELD(U32, new_uid),
	FILE_FIELD(U32, new_gid),
	FILE_FIELD(U32, mnt_inum),
	FILE_FIELD(U64, size),
	FILE_FIELD(U32, generation),
	FILE_FIELD(U64, ctime_ns),
	{"flags", U32, offsetof(struct record_file, open_flags), open_flags},
	{NULL, U32, 0, NULL},
};
static const struct field net_fields[] = {
	{"dst", ADDRESS, offsetof(struct record_net, dst), NULL},
	{"src", ADDRESS, offsetof(struct record_net, src), NULL},
	{"port", U16, offsetof(struct record_net, dst_port), NULL},
	{"src_port", U16, offsetof(struct record_net, src_port), NULL},
	{"family", U16, offsetof(struct record_net, family), families},
	{"proto", U16, offsetof(struct record_net, proto), protos},
	{"result", ERRNO, offsetof(struct record_net, result), NULL},
	{"count", U64, offsetof(struct record_net, count), NULL},
	{"first_ns", U64, offsetof(struct record_net, first_ns), NULL},
	{"last_ns", U64, offsetof(struct record_net, last_ns), NULL},
	{"duration_ns", U64, offsetof(struct record_net, duration_ns), NULL},
	{"net_ns", U32, offsetof(struct record_net, net_inum), NULL},
	{NULL, U32, 0, NULL},
};
static const struct field unix_fields[] = {
	{"family", U16, offsetof(struct record_net, family), families},
	{"result", ERRNO, offsetof(struct record_net, result), NULL},
	{"type", U16, offsetof(struct record_unix, type), socket_types},
	{"abstract", U16, offsetof(struct record_unix, abstract), NULL},
	{"inode", U64, offsetof(struct record_unix, inode), NULL},
	{"dev", U64, offsetof(struct record_unix, dev), NULL},
	{"peer", U32, offsetof(struct record_unix, peer_pid), NULL},
	{"peer_boundary", U64, offsetof(struct record_unix, peer_boundary), NULL},
	{"path", TEXT, offsetof(struct record_unix, path), NULL},
	{"base", TEXT, offsetof(struct record_unix, base), NULL},
	{"peer_exe", TEXT, offsetof(struct record_unix, peer_exe), NULL},
	{NULL, U32, 0, NULL},
};
#define FLOW(key, type, member, names)                                  \
	{                                                               \
		key, type, offsetof(struct record_flows, member), names \
	}
/* Several, with header=folded; one has the same fields in front. */
static const struct field flow_fields[] = {
	FLOW("src", ADDRESS, flow.src, NULL),
	FLOW("src_port", U16, flow.src_port, NULL),
	FLOW("dst", ADDRESS, flow.dst, NULL),
	FLOW("port", U16, flow.dst_port, NULL),
	FLOW("family", U16, flow.family, families),
	FLOW("proto", U16, flow.proto, protos),
	FLOW("inbound", U32, flow.inbound, NULL),
	FLOW("bytes_in", U64, flow.bytes_in, NULL),
	FLOW("bytes_out", U64, flow.bytes_out, NULL),
	FLOW("duration_ns", U64, flow.duration_ns, NULL),
	FLOW("count", U64, count, NULL),
	FLOW("first_ns", U64, first_ns, NULL),
	FLOW("last_ns", U64, last_ns, NULL),
	{NULL, U32, 0, NULL},
};
static const struct field socket_fields[] = {
	{"family", U16, offsetof(struct record_socket, family), families},
	{"type", U16, offsetof(struct record_socket, type), socket_types},
	{"protocol", U32, offsetof(struct record_socket, protocol), NULL},
	{"result", ERRNO, offsetof(struct record_socket, result), NULL},
	{NULL, U32, 0, NULL},
};
static const struct field packet_fields[] = {
	{"src", ADDRESS, offsetof(struct record_packet, src), NULL},
	{"dst", ADDRESS, offsetof(struct record_packet, dst), NULL},
	{"src_port", U16, offsetof(struct record_packet, src_port), NULL},
	{"port", U16, offsetof(struct record_packet, dst_port), NULL},
	{"proto", U16, offsetof(struct record_packet, proto), protos},
	{"socket", U64, offsetof(struct record_packet, socket), NULL},
	{"inbound", U32, offsetof(struct record_packet, inbound), NULL},
	{"bytes", TEXT, offsetof(struct record_packet, bytes), NULL},
	{NULL, U32, 0, NULL},
};
static const struct field auth_log_fields[] = {
	{"text", TEXT, offsetof(struct record_auth_log, text), NULL},
	{"net_ns", U32, offsetof(struct record_auth_log, net_inum), NULL},
	{"family", U16, offsetof(struct record_auth_log, family), families},
	{"peer_port", U16, offsetof(struct record_auth_log, peer_port), NULL},
	{"local_port", U16, offsetof(struct record_auth_log, local_port), NULL},
	{"peer", ADDRESS, offsetof(struct record_auth_log, peer), NULL},
	{"local", ADDRESS, offsetof(struct record_auth_log, local), NULL},
	{NULL, U32, 0, NULL},
};
static const struct name engines[] = {
	{"docker", REQUEST_ENGINE_DOCKER},
	{"podman", REQUEST_ENGINE_PODMAN},
	{"systemd", REQUEST_SYSTEMD},
	{"systemd_unsure", REQUEST_SYSTEMD_UNSURE},
	{NULL, 0},
};
static const struct field request_fields[] = {
	{"line", TEXT, offsetof(struct record_request, line), NULL},
	{"role", U32, offsetof(struct record_request, role), roles},
	{"ci", U32, offsetof(struct record_request, ci_system), ci_systems},
	{"engine", U32, offsetof(struct record_request, engine), engines},
	{NULL, U32, 0, NULL},
};
#define BOUNDARY(key, type, member, names)                                 \
	{                                                                  \
		key, type, offsetof(struct record_boundary, member), names \
	}
static const struct field boundary_fields[] = {
	BOUNDARY("id", U64, id, NULL),
	BOUNDARY("parent_id", U64, parent_id, NULL),
	BOUNDARY("kind", U32, kind, boundary_kinds),
	BOUNDARY("role", U32, role, roles),
	BOUNDARY("opener", U32, opener_pid, NULL),
	BOUNDARY("opener_start_ns", U64, opener_start_ns, NULL),
	BOUNDARY("opener_inode", U64, opener_inode, NULL),
	BOUNDARY("opener_dev", U64, opener_dev, NULL),
	BOUNDARY("from_uid", U32, from_uid, NULL),
	BOUNDARY("to_uid", U32, to_uid, NULL),
	BOUNDARY("session", U32, session_id, NULL),
	BOUNDARY("hierarchy", U32, cgroup_hierarchy, NULL),
	BOUNDARY("exe", TEXT, exe, NULL),
	BOUNDARY("cgroup", TEXT, cgroup, NULL),
	BOUNDARY("ci", U32, ci_system, ci_systems),
	BOUNDARY("cwd", TEXT, cwd, NULL),
	BOUNDARY("argv", TEXT, argv, NULL),
	BOUNDARY("environ", TEXT, environ, NULL),
	{NULL, U32, 0, NULL},
};
static const struct field loss_fields[] = {
	{"total", U64, offsetof(struct record_loss, total), NULL},
	{"from_ns", U64, offsetof(struct record_loss, from_ns), NULL},
	{"to_ns", U64, offsetof(struct record_loss, to_ns), NULL},
	{NULL, U32, 0, NULL},
};

static const struct verb {
	const char *word;
	enum record_kind kind;
	size_t size;
	const struct field *fields;
	enum file_op op;
} verbs[] = {
	{"fork", RECORD_FORK, sizeof(struct record_fork), fork_fields, 0},
	{"exec", RECORD_EXEC, sizeof(struct record_exec), exec_fields, 0},
	{"process", RECORD_PROCESS, sizeof(struct record_exec), exec_fields, 0},
	{"exit", RECORD_EXIT, sizeof(struct record_exit), exit_fields, 0},
	{"boundary", RECORD_BOUNDARY, sizeof(struct record_boundary), boundary_fields, 0},
	{"read", RECORD_FILE_READ, sizeof(struct record_file), file_fields, FILE_OP_OPEN},
	{"write", RECORD_FILE_WRITE, sizeof(struct record_file), file_fields, FILE_OP_OPEN},
	{"create", RECORD_FILE_CREATE, sizeof(struct record_file), file_fields, FILE_OP_OPEN},
	{"truncate", RECORD_FILE_WRITE, sizeof(struct record_file), file_fields, FILE_OP_TRUNCATE},
	{"unlink", RECORD_FILE_DELETE, sizeof(struct record_file), file_fields, FILE_OP_UNLINK},
	{"rename", RECORD_FILE_RENAME, sizeof(struct record_file), file_fields, FILE_OP_RENAME},
	{"chmod", RECORD_FILE_CHMOD, sizeof(struct record_file), file_fields, FILE_OP_CHMOD},
	{"chown", RECORD_FILE_CHMOD, sizeof(struct record_file), file_fields, FILE_OP_CHOWN},
	{"link", RECORD_FILE_LINK, sizeof(struct record_file), file_fields, FILE_OP_LINK},
	{"symlink", RECORD_FILE_LINK, sizeof(struct record_file), file_fields, FILE_OP_SYMLINK},
	{"map", RECORD_FILE_MAP, sizeof(struct record_file), file_fields, FILE_OP_MMAP},
	{"mprotect", RECORD_FILE_MAP, sizeof(struct record_file), file_fields, FILE_OP_MPROTECT},
	{"dns", RECORD_NET_DNS, sizeof(struct record_packet), packet_fields, 0},
	{"connect", RECORD_NET_CONNECT, sizeof(struct record_net), net_fields, 0},
	{"connect_unix", RECORD_NET_CONNECT, sizeof(struct record_unix), unix_fields, 0},
	{"accept", RECORD_NET_ACCEPT, sizeof(struct record_flows), flow_fields, 0},
	{"close", RECORD_NET_CLOSE, sizeof(struct record_flows), flow_fields, 0},
	{"socket", RECORD_NET_SOCKET, sizeof(struct record_socket), socket_fields, 0},
	{"auth_log", RECORD_AUTH_LOG, sizeof(struct record_auth_log), auth_log_fields, 0},
	{"request", RECORD_REQUEST, sizeof(struct record_request), request_fields, 0},
	{"loss", RECORD_LOSS, sizeof(struct record_loss), loss_fields, 0},
};

struct word {
	char *key; /* "" when the word has no = */
	char *value;
	size_t len; /* values may hold NULs */
};

static const char *input;
static unsigned line_number;
static struct word words[WORDS_MAX];
static size_t word_count;

static struct record_task tasks[TASKS_MAX];
static size_t task_count;
static uint64_t boot_ns = 1000000000, sequence;

static union {
	struct record_header header;
	struct record_fork fork;
	struct record_file file;
	struct record_net net;
	struct record_unix un;
	struct record_flows flows;
	struct record_socket socket;
	struct record_packet packet;
	struct record_boundary boundary;
	struct record_auth_log auth_log;
	struct record_loss loss;
	struct record_exec any; /* header and task stand first in all but loss */
	uint8_t bytes[EVENT_RECORD_MAX];
} record;

static struct recording_header header = {
	.magic = RECORDING_MAGIC,
	.abi = EVENT_ABI,
	.header_size = sizeof(struct recording_header),
	.wall_offset_ns = 1700000000000000000ull,
	.boot_id = {0xb1, 0x94, 0x6a, 0xc9, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 1},
	.host = "golden",
};

static void __attribute__((noreturn, format(printf, 1, 2))) wrong(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s:%u: ", input, line_number);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

/* --- words of a line */

static char read_escape(const char **p)
{
	static const char from[] = "nert0", to[] = "\n\x1b\r\t\0";
	const char *hit = strchr(from, **p);

	if (**p == 'x' && isxdigit((uint8_t)(*p)[1]) && isxdigit((uint8_t)(*p)[2])) {
		char digits[3] = {(*p)[1], (*p)[2], '\0'};

		*p += 3;
		return (char)strtoul(digits, NULL, 16);
	}
	if (**p == '\0')
		wrong("a backslash at the end of the line");
	return hit ? (*p)++, to[hit - from] : *(*p)++;
}

/* "text"*N into memory of its own; *p goes behind it */
static size_t read_quoted(const char **p, char **out)
{
	char *text = malloc(EVENT_RECORD_MAX * 2);
	size_t len = 0, once, times = 1;

	if (!text)
		err(1, "memory");
	for ((*p)++; **p != '"';) {
		if (**p == '\0')
			wrong("a quotation that does not end");
		text[len++] = **p == '\\' ? ((*p)++, read_escape(p)) : *(*p)++;
	}
	(*p)++;
	if (**p == '*')
		times = strtoul(*p + 1, (char **)p, 10);
	once = len;
	if (times == 0 || once * times > EVENT_RECORD_MAX)
		wrong("too long");
	while (--times) {
		memcpy(text + len, text, once);
		len += once;
	}
	*out = text;
	return len;
}

static size_t read_plain(const char **p, char **out)
{
	size_t len = strcspn(*p, " \t\n");

	*out = strndup(*p, len);
	if (!*out)
		err(1, "memory");
	*p += len;
	return len;
}

static void read_words(const char *p)
{
	for (word_count = 0;; word_count++) {
		struct word *w = &words[word_count];
		size_t key;

		p += strspn(p, " \t\n");
		if (*p == '\0' || *p == '#')
			return;
		if (word_count == WORDS_MAX)
			wrong("too many words");
		key = strcspn(p, "= \t\n");
		w->key = p[key] == '=' ? strndup(p, key) : strdup("");
		if (p[key] == '=')
			p += key + 1;
		w->len = *p == '"' ? read_quoted(&p, &w->value) : read_plain(&p, &w->value);
	}
}

static void free_words(void)
{
	for (size_t i = 0; i < word_count; i++) {
		free(words[i].key);
		free(words[i].value);
	}
}

/* --- values */

static uint64_t number(const char *text)
{
	char *end;
	uint64_t n;

	if (strcmp(text, "unset") == 0)
		return UNSET;
	errno = 0;
	n = strtoull(text, &end, 0);
	if (errno || *end || end == text)
		wrong("%s is no number", text);
	return n;
}

static uint64_t named(const char *text, const struct name *names)
{
	uint64_t bits = 0;
	const char *p = text;

	if (!names || isdigit((uint8_t)*text))
		return number(text);
	while (*p) {
		size_t len = strcspn(p, ",");
		const struct name *n = names;

		while (n->word && (strlen(n->word) != len || memcmp(n->word, p, len) != 0))
			n++;
		if (!n->word)
			wrong("%s: unknown word", text);
		bits |= n->value;
		p += len + (p[len] == ',');
	}
	return bits;
}

static int32_t error_number(const char *text)
{
	for (int e = 1; *text == 'E' && e < 134; e++)
		if (strerrorname_np(e) && strcmp(strerrorname_np(e), text) == 0)
			return -e;
	return (int32_t)strtol(text, NULL, 10);
}

static void put_text(struct record_text *text, const struct word *w)
{
	text->off = record.header.size;
	text->len = (uint32_t)w->len;
	if (record.header.size + w->len + 8 > EVENT_RECORD_MAX)
		wrong("the record is too long");
	memcpy(record.bytes + record.header.size, w->value, w->len);
	record.header.size += (uint32_t)((w->len + 7) & ~7ul);
}

static void put_address(uint8_t *to, const char *text)
{
	bool v4 = !strchr(text, ':');

	if (inet_pton(v4 ? AF_INET : AF_INET6, text, to) != 1)
		wrong("%s is no address", text);
	if (record.header.kind == RECORD_AUTH_LOG)
		record.auth_log.family = v4 ? AF_INET : AF_INET6;
	else if (record.header.kind == RECORD_NET_DNS)
		record.packet.family = v4 ? AF_INET : AF_INET6;
	else if (record.header.kind != RECORD_NET_CONNECT)
		record.flows.flow.family = v4 ? AF_INET : AF_INET6;
	else
		record.net.family = v4 ? AF_INET : AF_INET6;
}

static void set_field(void *base, const struct field *f, const struct word *w)
{
	uint8_t *at = (uint8_t *)base + f->offset;

	switch (f->type) {
	case U16:
		*(uint16_t *)(void *)at = (uint16_t)named(w->value, f->names);
		break;
	case U32:
		*(uint32_t *)(void *)at = (uint32_t)named(w->value, f->names);
		break;
	case U64:
		*(uint64_t *)(void *)at = named(w->value, f->names);
		break;
	case ERRNO:
		*(int32_t *)(void *)at = error_number(w->value);
		break;
	case TEXT:
		put_text((struct record_text *)(void *)at, w);
		break;
	default:
		put_address(at, w->value);
	}
}

static const struct field *find_field(const struct field *f, const char *key)
{
	while (f->key && strcmp(f->key, key) != 0)
		f++;
	return f->key ? f : NULL;
}

/* --- lines */

static struct record_task *task(const char *pid, bool make)
{
	uint32_t n = (uint32_t)number(pid);

	for (size_t i = 0; i < task_count; i++)
		if (tasks[i].pid == n)
			return &tasks[i];
	if (!make || task_count == TASKS_MAX)
		wrong("no task %s: say so first", pid);
	tasks[task_count] = (struct record_task){.pid = n,
						 .tid = n,
						 .ns_pid = n,
						 .start_ns = n * 1000000ull,
						 .login_uid = UNSET,
						 .session_id = UNSET,
						 .comm = "task"};
	return &tasks[task_count++];
}

static void set_comm(struct record_task *t, const struct word *w)
{
	memset(t->comm, 0, sizeof(t->comm));
	memcpy(t->comm, w->value, w->len < 15 ? w->len : 15);
}

static void task_line(void)
{
	struct record_task *t = task(words[1].value, true);

	for (size_t i = 2; i < word_count; i++) {
		const struct field *f = find_field(task_fields, words[i].key);

		if (strcmp(words[i].key, "comm") == 0)
			set_comm(t, &words[i]);
		else if (f)
			set_field(t, f, &words[i]);
		else
			wrong("%s: no such field of a task", words[i].key);
	}
}

static void host_line(void)
{
	for (size_t i = 1; i < word_count; i++) {
		const struct word *w = &words[i];

		if (strcmp(w->key, "name") == 0)
			snprintf((char *)header.host, sizeof(header.host), "%s", w->value);
		else if (strcmp(w->key, "wall_offset") == 0)
			header.wall_offset_ns = number(w->value);
		else if (strcmp(w->key, "boot") == 0 && w->len == 32)
			for (size_t j = 0; j < 16; j++)
				sscanf(w->value + 2 * j, "%2hhx", &header.boot_id[j]);
		else
			wrong("%s: no such field of the host", w->key);
	}
}

/* What the kernel would do to the task by this act. */
static void before_record(const struct verb *v, struct record_task *t)
{
	if (v->kind == RECORD_BOUNDARY) {
		record.boundary.parent_id = t->boundary;
		record.boundary.from_uid = t->uid;
		record.boundary.session_id = UNSET;
		record.boundary.opener_start_ns = t->parent_start_ns;
	}
	if (v->kind == RECORD_FORK) {
		record.fork.child_start_ns = boot_ns;
		record.fork.child_boundary = t->boundary;
		record.fork.child_flags = t->flags;
	}
	if (v->fields == file_fields) {
		record.file.count = 1;
		record.file.new_uid = record.file.new_gid = UNSET;
		record.file.op = v->op;
	}
	if (v->kind == RECORD_NET_CONNECT) {
		record.net.count = 1;
		record.net.proto = IPPROTO_TCP;
	}
	if (v->kind == RECORD_NET_DNS)
		record.packet.proto = IPPROTO_UDP;
	if (v->kind == RECORD_EXEC)
		t->exec_count++;
}

static void after_record(const struct verb *v, struct record_task *t)
{
	if (v->kind == RECORD_FORK) {
		char pid[16];
		struct record_task parent = *t, *child;

		snprintf(pid, sizeof(pid), "%u", record.fork.child_pid);
		child = task(pid, true);
		*child = parent;
		child->pid = child->tid = child->ns_pid = record.fork.child_pid;
		child->start_ns = record.fork.child_start_ns;
		child->boundary = record.fork.child_boundary;
		child->flags = record.fork.child_flags;
		child->parent_pid = parent.pid;
		child->parent_start_ns = parent.start_ns;
		child->exec_count = 0;
	}
	if (v->kind == RECORD_BOUNDARY) {
		t->boundary = record.boundary.id;
		t->flags &= ~TASK_SEEDED;
		if (record.boundary.kind == BOUNDARY_SEED)
			t->flags |= TASK_SEEDED;
		if (record.boundary.kind == BOUNDARY_LOGIN) {
			t->login_uid = record.boundary.to_uid;
			t->session_id = record.boundary.session_id;
		}
		if (record.boundary.kind == BOUNDARY_BECOME)
			t->uid = t->euid = record.boundary.to_uid;
		if (record.boundary.kind == BOUNDARY_CI)
			t->flags |= TASK_IN_JOB;
		record.boundary.task = *t;
	}
}

static void set_loss(const struct word *w)
{
	record.loss.lost[named(w->key, loss_kinds)] = number(w->value);
}

/* The root of who acts, which one of the texts before begins with. */
static void set_root(const struct verb *v, const struct word *w)
{
	const uint8_t *at =
		memmem(record.bytes + v->size, record.header.size - v->size, w->value, w->len);

	if (!at)
		wrong("%s: no text begins with that", w->value);
	record.header.root_off = (uint16_t)(at - (const uint8_t *)record.bytes);
	record.header.root_len = (uint16_t)w->len;
}

static void set_record(const struct verb *v, size_t first)
{
	for (size_t i = first; i < word_count; i++) {
		const struct field *f = find_field(v->fields, words[i].key);

		if (f)
			set_field(&record, f, &words[i]);
		else if (strcmp(words[i].key, "header") == 0)
			record.header.flags |= (uint32_t)named(words[i].value, record_flags);
		else if (strcmp(words[i].key, "root") == 0)
			set_root(v, &words[i]);
		else if (v->kind == RECORD_LOSS)
			set_loss(&words[i]);
		else
			wrong("%s: no such field of %s", words[i].key, v->word);
	}
}

/* The opener is one process: the task of that pid, where the case has one. */
static void set_opener_start(const struct record_task *t)
{
	struct record_boundary *b = &record.boundary;

	for (size_t i = 0; i < task_count; i++)
		if (tasks[i].pid == b->opener_pid && b->opener_start_ns == t->parent_start_ns)
			b->opener_start_ns = tasks[i].start_ns;
}

static void count_arguments(void)
{
	const struct record_text *argv = &record.any.argv;

	if (record.any.argc || argv->off == 0)
		return;
	record.any.argc = 1;
	for (uint32_t i = 0; i < argv->len; i++)
		record.any.argc += record.bytes[argv->off + i] == '\0';
}

static void record_line(const struct verb *v, FILE *out)
{
	struct record_task *t = NULL;

	memset(&record, 0, sizeof(record));
	record.header = (struct record_header){.boot_ns = boot_ns,
					       .seq = ++sequence,
					       .size = (uint32_t)v->size,
					       .kind = (uint16_t)v->kind};
	if (v->kind != RECORD_LOSS) {
		if (word_count < 2)
			wrong("%s needs a pid", v->word);
		t = task(words[1].value, false);
		before_record(v, t);
		record.any.task = *t;
	}
	set_record(v, t ? 2 : 1);
	if (v->kind == RECORD_BOUNDARY)
		set_opener_start(t);
	if (t)
		after_record(v, t);
	if (v->kind == RECORD_EXEC)
		count_arguments();
	if (v->kind == RECORD_NET_DNS)
		record.packet.length = record.packet.bytes.len;
	if (fwrite(&record, record.header.size, 1, out) != 1)
		err(1, "write");
	boot_ns += 1000000;
}

static void read_line(const char *line, FILE *out, bool headers)
{
	read_words(line);
	if (word_count == 0)
		return;
	if (strcmp(words[0].value, "host") == 0) {
		host_line();
	} else if (headers) {
		/* the header goes first: the other lines come in the second pass */
	} else if (strcmp(words[0].value, "task") == 0 && word_count > 1) {
		task_line();
	} else if (strcmp(words[0].value, "clock") == 0 && word_count > 1) {
		boot_ns = number(words[1].value);
	} else {
		size_t i = 0;

		while (i < COUNT(verbs) && strcmp(verbs[i].word, words[0].value) != 0)
			i++;
		if (i == COUNT(verbs))
			wrong("%s: no such line", words[0].value);
		record_line(&verbs[i], out);
	}
	free_words();
}

static void read_all(FILE *in, FILE *out, bool headers)
{
	char *line = NULL;
	size_t size = 0;

	line_number = 0;
	rewind(in);
	while (getline(&line, &size, in) >= 0) {
		line_number++;
		read_line(line, out, headers);
	}
	free(line);
}

int main(int argc, char **argv)
{
	FILE *in, *out;

	if (argc != 3)
		errx(2, "usage: mkrecording IN OUT");
	input = argv[1];
	in = fopen(argv[1], "r");
	if (!in)
		err(1, "%s", argv[1]);
	out = fopen(argv[2], "w");
	if (!out)
		err(1, "%s", argv[2]);
	read_all(in, out, true);
	if (fwrite(&header, sizeof(header), 1, out) != 1)
		err(1, "%s", argv[2]);
	read_all(in, out, false);
	if (fclose(out) != 0)
		err(1, "%s", argv[2]);
	fclose(in);
	return 0;
}
