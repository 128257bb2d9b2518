/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The field table. A new field of struct event is one row here (with the next free id) and is then
 * in JSON, filters, store and schema. Packed ids below 32 take one byte: keep them for what each
 * event has.
 */
#include "event_fields.h"

#include "event_when.h"

#define BIT(type) (1ull << (type))
#define ANY	  (~0ull)
#define TAMPER	  BIT(EVENT_AGENT_TAMPER)
#define FILES                                                                      \
	(BIT(EVENT_FILE_READ) | BIT(EVENT_FILE_WRITE) | BIT(EVENT_FILE_CREATE) |   \
	 BIT(EVENT_FILE_DELETE) | BIT(EVENT_FILE_RENAME) | BIT(EVENT_FILE_CHMOD) | \
	 BIT(EVENT_FILE_LINK) | BIT(EVENT_FILE_MOUNT) | BIT(EVENT_FILE_MAP) | TAMPER)
#define WRITES	(BIT(EVENT_FILE_WRITE) | BIT(EVENT_FILE_CREATE))
#define CLOSE	BIT(EVENT_NET_CLOSE)
#define CONNECT BIT(EVENT_NET_CONNECT)
#define SOCKET	BIT(EVENT_NET_SOCKET)
#define DNS	BIT(EVENT_NET_DNS)
#define TLS	BIT(EVENT_NET_TLS)
#define FLOWS	(CONNECT | BIT(EVENT_NET_LISTEN) | BIT(EVENT_NET_ACCEPT) | CLOSE | DNS | TLS)
#define NET	(FLOWS | SOCKET)
#define EXEC	BIT(EVENT_EXEC)
#define EXIT	BIT(EVENT_EXIT)
#define FORK	BIT(EVENT_FORK)
#define BOUND	(BIT(EVENT_BOUNDARY) | BIT(EVENT_SESSION_START) | BIT(EVENT_CRED_BECOME))
#define CAPS	BIT(EVENT_CRED_CAPABILITY)
#define NAMESP	BIT(EVENT_NAMESPACE)
#define LOADS	(BIT(EVENT_MODULE_LOAD) | BIT(EVENT_BPF_LOAD))
#define TARGETS (BIT(EVENT_PTRACE) | BIT(EVENT_SIGNAL) | TAMPER)
#define OTHERS	(TARGETS | CONNECT) /* who have another process at the other end */
#define LOGGED	BIT(EVENT_AUTH_LOG)
#define ATTEST	BIT(EVENT_SESSION_ATTEST)
#define ACT                                                                                    \
	(FORK | EXEC | EXIT | BOUND | FILES | NET | TARGETS | CAPS | NAMESP | LOADS | ATTEST | \
	 LOGGED)
#define ANOMALY BIT(EVENT_ANOMALY)
#define ENDED	BIT(EVENT_SESSION_END)
#define WHO	(ACT | ANOMALY | ENDED)
#define LOSS	BIT(EVENT_LOSS)

/* --- name functions of enums, by number */

/* Of the types that are published; the others never leave the line, so nobody can ask for them. */
static const char *type_word(unsigned v)
{
	if (v == EVENT_BOUNDARY || v == EVENT_PROCESS || v == EVENT_REQUEST)
		return NULL;
	return event_type_name((enum event_type)v);
}

static const char *outcome_word(unsigned v)
{
	return outcome_name((enum outcome)v);
}

static const char *level_word(unsigned v)
{
	return assurance_name((enum assurance)v);
}

static const char *verdict_word(unsigned v)
{
	return verdict_name((enum verdict)v);
}

static const char *severity_word(unsigned v)
{
	return severity_name((enum severity)v);
}

#define ROW(id_, name_, alias_, kind_, member_, types_, help_, ...)                         \
	{                                                                                   \
		.name = name_, .alias = alias_, .help = help_, .id = id_,                   \
		.offset = offsetof(struct event, member_), .kind = kind_,                   \
		.width = sizeof(((struct event *)0)->member_), .types = types_, __VA_ARGS__ \
	}

/* clang-format off */
const struct field event_fields[] = {
	ROW(0, "uid", NULL, FIELD_SPECIAL, what.seq, ANY, "ULID of the event", .use = FIELD_NO_PACK),
	ROW(1, "seq", NULL, FIELD_U64, what.seq, ANY, "number of the event on its host, never reused"),
	ROW(2, "time", NULL, FIELD_TIME, what.wall_ns, ANY, "when it happened"),
	/* as wall - boot, the same for all events of a boot, which compresses to nothing */
	ROW(3, "boot_ns", NULL, FIELD_SPECIAL, what.boot_ns, ANY, "boot clock", .use = FIELD_NO_JSON),
	ROW(4, "type", NULL, FIELD_ENUM, what.type, ANY, "what happened", .name_of = type_word),
	ROW(5, "outcome", NULL, FIELD_ENUM, what.outcome, ANY, "how the act ended; absent where that is not known", .name_of = outcome_word),
	ROW(32, "errno", NULL, FIELD_ENUM, what.err, ANY, "error of a failed act", .name_of = errno_name),
	ROW(33, "count", NULL, FIELD_U64, what.count, ANY, "acts that a folded event stands for", .shown = when_folded, .packed = when_count_is_not_one),
	ROW(34, "first_time", NULL, FIELD_TIME, what.first_wall_ns, ANY, "first of the folded acts", .shown = when_folded),
	ROW(35, "last_time", NULL, FIELD_TIME, what.last_wall_ns, ANY, "last of the folded acts", .shown = when_folded),
	ROW(0, "host", NULL, FIELD_SPECIAL, what.seq, ANY, "host on which it happened", .use = FIELD_NO_PACK),

	ROW(6, "identity.who", "who", FIELD_TEXT, who.id.who, WHO, "who did it: human:alice, ci:github/acme/app/build, anon:reason"),
	ROW(36, "identity.kind", "kind", FIELD_TEXT, who.id.kind, WHO, "kind of identity: human, cron, at, ci, unit, sa, container, kernel, anon"),
	ROW(7, "identity.via", "via", FIELD_LIST, who.id.via, WHO, "crossings from outside in: ssh, sudo:root"),
	ROW(8, "identity.as", "as", FIELD_TEXT, who.id.as, WHO, "workload it ran as: unit:ssh.service, ctr:podman/id"),
	ROW(37, "identity.assurance.who", "level", FIELD_ENUM, who.id.who_level, WHO, "how sure who is", .name_of = level_word, .shown = when_has_who),
	ROW(38, "identity.assurance.via", NULL, FIELD_ENUM, who.id.via_level, WHO, "how sure via is", .name_of = level_word, .shown = when_has_via),
	ROW(39, "identity.assurance.as", NULL, FIELD_ENUM, who.id.as_level, WHO, "how sure as is", .name_of = level_word, .shown = when_has_as),
	ROW(40, "identity.flags", "flag", FIELD_FLAGS, who.id.flags, WHO, "oddities of the identity", .name_of = identity_flag_name),
	ROW(41, "identity.boundary", "boundary", FIELD_BOUNDARY, who.id.boundary, WHO, "where the identity began; each start of the daemon numbers anew", .packed = when_other_boundary),
	ROW(42, "identity.session", "session", FIELD_TEXT, who.id.session, WHO, "login session"),
	ROW(43, "identity.person", "person", FIELD_TEXT, who.id.person, WHO, "person behind it"),
	ROW(44, "identity.unit", "unit", FIELD_TEXT, who.id.unit, WHO, "systemd unit"),
	ROW(45, "identity.container.id", "container", FIELD_TEXT, who.id.container_id, WHO, "container"),
	ROW(46, "identity.container.runtime", "runtime", FIELD_TEXT, who.id.container_runtime, WHO, "container runtime"),
	ROW(260, "identity.container.name", "container.name", FIELD_TEXT, who.id.container.name, WHO, "its name"),
	ROW(261, "identity.container.image", "image", FIELD_TEXT, who.id.container.image, WHO, "image it was made of, as asked for"),
	ROW(262, "identity.container.image_id", NULL, FIELD_TEXT, who.id.container.image_id, WHO, "digest or number of that image"),
	ROW(263, "identity.k8s.namespace", "namespace", FIELD_TEXT, who.id.pod.namespace, WHO, "Kubernetes namespace"),
	ROW(264, "identity.k8s.pod", "pod", FIELD_TEXT, who.id.pod.name, WHO, "pod"),
	ROW(265, "identity.k8s.pod_uid", NULL, FIELD_TEXT, who.id.pod.uid, WHO, "its uid, which no other will get"),
	ROW(266, "identity.k8s.container", NULL, FIELD_TEXT, who.id.pod.container, WHO, "container in the pod; absent for its sandbox"),
	ROW(267, "identity.k8s.service_account", "service_account", FIELD_TEXT, who.id.pod.service_account, WHO, "service account of the pod's token"),
	ROW(47, "identity.cgroup", "cgroup", FIELD_TEXT, who.id.cgroup, WHO, "workload cgroup"),
	ROW(200, "identity.ci.provider", "provider", FIELD_TEXT, who.id.ci.provider, WHO, "CI system of the job: github, gitlab, jenkins, ..."),
	ROW(201, "identity.ci.repository", "repository", FIELD_TEXT, who.id.ci.repository, WHO, "repository or project of the job"),
	ROW(202, "identity.ci.repository_id", NULL, FIELD_TEXT, who.id.ci.repository_id, WHO, "its number, which no other will get"),
	ROW(203, "identity.ci.workflow", "workflow", FIELD_TEXT, who.id.ci.workflow, WHO, "file or name of the workflow"),
	ROW(204, "identity.ci.job", "job", FIELD_TEXT, who.id.ci.job, WHO, "name of the job"),
	ROW(205, "identity.ci.run_id", "run", FIELD_TEXT, who.id.ci.run_id, WHO, "number of the run"),
	ROW(206, "identity.ci.attempt", NULL, FIELD_COUNT, who.id.ci.attempt, WHO, "attempt of the run"),
	ROW(207, "identity.ci.step", "step", FIELD_TEXT, who.id.ci.step, WHO, "step of the job"),
	ROW(208, "identity.ci.actor", "actor", FIELD_TEXT, who.id.ci.actor, WHO, "account that caused the run"),
	ROW(209, "identity.ci.ref", "ref", FIELD_TEXT, who.id.ci.ref, WHO, "branch or tag"),
	ROW(210, "identity.ci.sha", "sha", FIELD_TEXT, who.id.ci.sha, WHO, "commit"),
	ROW(211, "identity.ci.event", NULL, FIELD_TEXT, who.id.ci.event, WHO, "what caused the run: push, pull_request, ..."),
	ROW(212, "identity.ci.runner", "runner", FIELD_TEXT, who.id.ci.runner, WHO, "machine or agent that ran it"),
	ROW(320, "identity.ci.workspace", "workspace", FIELD_TEXT, who.id.ci.workspace, WHO, "folder that its supervisor gave it to work in"),
	ROW(254, "identity.ci.user", NULL, FIELD_TEXT, who.id.ci.user, WHO, "account that its supervisor started it as"),
	ROW(321, "identity.ci.temp", NULL, FIELD_TEXT, who.id.ci.temp, WHO, "folder that its supervisor gave it for what is temporary"),
	ROW(48, "identity.reason", NULL, FIELD_TEXT, who.id.reason, WHO, "why nobody is named"),
	ROW(180, "identity.by", "by", FIELD_TEXT, who.id.by, WHO, "who on this host asked for it: connected by ssh from here, wrote the crontab or at job, had just come to its tmux server, asks its server, got into its process, started what let it in"),
	ROW(181, "identity.login.method", NULL, FIELD_TEXT, who.id.login.method, WHO, "how sshd let them in: publickey, password, ..."),
	ROW(182, "identity.login.ip", "login.ip", FIELD_TEXT, who.id.login.ip, WHO, "address that the login came from"),
	ROW(183, "identity.login.port", "login.port", FIELD_PORT, who.id.login.port, WHO, "its port"),
	ROW(184, "identity.login.key_type", NULL, FIELD_TEXT, who.id.login.key_type, WHO, "type of the key, -CERT for a certificate"),
	ROW(185, "identity.login.key_fingerprint", "key", FIELD_TEXT, who.id.login.key_fingerprint, WHO, "key that logged in: SHA256:..."),
	ROW(186, "identity.login.cert_id", "cert_id", FIELD_TEXT, who.id.login.cert_id, WHO, "id in the certificate, free text of who asked for it"),
	ROW(187, "identity.login.cert_serial", NULL, FIELD_TEXT, who.id.login.cert_serial, WHO, "its serial number"),
	ROW(188, "identity.login.ca_fingerprint", "ca", FIELD_TEXT, who.id.login.ca_fingerprint, WHO, "key that signed it"),
	ROW(310, "identity.attested.issuer", "issuer", FIELD_TEXT, who.id.attested.issuer, WHO, "who signed the token that names it"),
	ROW(311, "identity.attested.subject", NULL, FIELD_TEXT, who.id.attested.subject, WHO, "subject of that token, as its issuer writes it"),
	ROW(312, "identity.attested.audience", NULL, FIELD_TEXT, who.id.attested.audience, WHO, "audience of that token: a challenge of this host's, or one of the issuer's file"),
	ROW(313, "identity.attested.expires_time", NULL, FIELD_TIME, who.id.attested.expires_wall_ns, WHO, "when the token expires; the identity does not"),

	ROW(0, "identity.form", "form", FIELD_FORM, who.id.who, WHO, "the identity in one line: wid1 who=... via=... as=...", .use = FIELD_NO_PACK),
	ROW(0, "identity.subject", "subject", FIELD_FORM, who.id.who, WHO, "key that is the same in each run: who=... as=...", .use = FIELD_NO_PACK),
	ROW(0, "identity.instance", "instance", FIELD_FORM, who.id.who, WHO, "key of this very session, run or container", .use = FIELD_NO_PACK),

	ROW(0, "process.uid", NULL, FIELD_SPECIAL, what.start_ns, ACT, "name of the process, unique on the host", .use = FIELD_NO_PACK, .shown = when_has_actor),
	ROW(9, "process.pid", "pid", FIELD_U32, what.pid, ACT, "process id as the host sees it", .shown = when_has_actor),
	ROW(49, "process.tid", "tid", FIELD_U32, what.tid, ACT, "acting thread, when not the leader", .shown = when_known_other_tid, .packed = when_other_tid),
	ROW(50, "process.ns_pid", "ns_pid", FIELD_U32, what.ns_pid, ACT, "pid in its own namespace, when another", .shown = when_known_other_ns_pid, .packed = when_other_ns_pid),
	ROW(10, "process.exe", "exe", FIELD_TEXT, who.exe, ACT, "path of the executable"),
	ROW(51, "process.exec_exe", NULL, FIELD_TEXT, what.exec.exe, EXEC, "executable as this exec had it", .use = FIELD_NO_JSON, .packed = when_other_exec_exe),
	ROW(11, "process.argv", "argv", FIELD_ARGV, what.exec.argv, EXEC, "arguments, secrets redacted"),
	ROW(52, "process.argc", NULL, FIELD_COUNT, what.exec.argc, EXEC, "number of arguments", .use = FIELD_NO_JSON),
	ROW(53, "process.filename", "filename", FIELD_TEXT, what.exec.filename, EXEC, "what was asked for (the script), when not the executable", .shown = when_other_filename),
	ROW(54, "process.cwd", "cwd", FIELD_TEXT, what.exec.cwd, EXEC, "working directory"),
	ROW(12, "process.start_time", NULL, FIELD_BOOT, what.start_ns, ACT, "when the process was made"),
	ROW(55, "process.comm", "comm", FIELD_TEXT, what.comm, ACT, "name that the process gives itself"),
	ROW(13, "process.user.uid", NULL, FIELD_U32, what.uid, ACT, "real user id", .shown = when_has_actor),
	ROW(56, "process.user.name", "user", FIELD_TEXT, who.user_name, ACT, "its name; user= takes the number too"),
	ROW(57, "process.euid", "euid", FIELD_U32, what.euid, ACT, "effective user id, when another", .shown = when_other_euid, .packed = when_other_euid),
	ROW(14, "process.gid", "gid", FIELD_U32, what.gid, ACT, "real group id", .shown = when_has_actor),
	ROW(58, "process.egid", "egid", FIELD_U32, what.egid, ACT, "effective group id, when another", .shown = when_other_egid, .packed = when_other_egid),
	ROW(15, "process.login_uid", "login_uid", FIELD_ID32, what.login_uid, ACT, "login uid that the kernel keeps"),
	ROW(16, "process.session_id", "session_id", FIELD_ID32, what.session_id, ACT, "audit session that the kernel keeps"),
	ROW(59, "process.caps", "cap", FIELD_SPECIAL, what.exec.caps_effective, EXEC, "effective capabilities; \"all\" for the whole set"),
	ROW(60, "process.caps_permitted", NULL, FIELD_BIG, what.exec.caps_permitted, EXEC, "permitted capabilities", .use = FIELD_NO_JSON),
	ROW(61, "process.exe_inode", NULL, FIELD_BIG, what.exec.exe_inode, EXEC, "inode of the executable"),
	ROW(62, "process.exe_dev", NULL, FIELD_DEV, what.exec.exe_dev, EXEC, "its device"),
	ROW(63, "process.exe_mode", NULL, FIELD_MODE, what.exec.exe_mode, EXEC, "its permission bits"),
	ROW(64, "process.exe_owner", NULL, FIELD_U32, what.exec.exe_uid, EXEC, "its owner"),
	ROW(65, "process.exe_links", NULL, FIELD_COUNT, what.exec.exe_nlink, EXEC, "its number of names", .use = FIELD_NO_JSON),
	ROW(66, "process.exe_change", NULL, FIELD_COUNT, what.exec.exe_ctime_ns, EXEC, "its change time", .use = FIELD_NO_JSON),
	ROW(67, "process.exe_deleted", NULL, FIELD_BOOL, what.exec.deleted, EXEC, "it had no name any more, or never had one"),
	ROW(164, "process.loader", NULL, FIELD_BOOL, what.exec.loader, EXEC, "the executable is a dynamic loader: the program is among the arguments"),
	ROW(68, "process.namespaces.pid", NULL, FIELD_COUNT, what.exec.ns_pid, EXEC, "pid namespace"),
	ROW(69, "process.namespaces.mnt", NULL, FIELD_COUNT, what.exec.ns_mnt, EXEC, "mount namespace"),
	ROW(70, "process.namespaces.user", NULL, FIELD_COUNT, what.exec.ns_user, EXEC, "user namespace"),
	ROW(71, "process.namespaces.net", NULL, FIELD_COUNT, what.exec.ns_net, EXEC, "network namespace"),
	ROW(72, "process.namespaces.cgroup", NULL, FIELD_COUNT, what.exec.ns_cgroup, EXEC, "cgroup namespace"),
	ROW(17, "process.boundary", NULL, FIELD_BOUNDARY, what.boundary, ACT, "boundary as the kernel had it", .use = FIELD_NO_JSON),
	ROW(18, "process.cgroup_id", NULL, FIELD_BIG, what.cgroup_id, ACT, "workload cgroup's number", .use = FIELD_NO_JSON),
	ROW(73, "process.task_flags", NULL, FIELD_COUNT, what.task_flags, ACT, "facts about the task", .use = FIELD_NO_JSON),
	ROW(74, "process.exec_count", NULL, FIELD_COUNT, what.exec_count, ACT, "execs of the process so far", .use = FIELD_NO_JSON),
	ROW(75, "process.exit_code", "exit_code", FIELD_U32, what.exit.code, EXIT, "exit code", .shown = when_exited_by_itself),
	ROW(76, "process.exit_signal", "signal", FIELD_ENUM, what.exit.signal, EXIT, "signal that ended it", .name_of = signal_name),
	ROW(77, "process.duration_ms", NULL, FIELD_MS, what.exit.duration_ns, EXIT, "how long it lived"),
	ROW(78, "process.user_ms", NULL, FIELD_MS, what.exit.user_ns, EXIT, "CPU time in user space"),
	ROW(79, "process.system_ms", NULL, FIELD_MS, what.exit.system_ns, EXIT, "CPU time in the kernel"),
	ROW(80, "process.max_rss_bytes", NULL, FIELD_COUNT, what.exit.max_rss_bytes, EXIT, "most memory that it had"),
	ROW(0, "process.parent.uid", NULL, FIELD_SPECIAL, who.parent.start_ns, ACT, "name of the parent process", .use = FIELD_NO_PACK, .shown = when_has_parent),
	ROW(81, "process.parent.pid", "ppid", FIELD_U32, who.parent.pid, ACT, "parent", .shown = when_has_parent, .packed = when_other_parent_pid),
	ROW(82, "process.parent.exe", NULL, FIELD_TEXT, who.parent.exe, ACT, "executable of the parent"),
	ROW(83, "process.parent_start", NULL, FIELD_U64, who.parent.start_ns, ACT, "start of the parent", .use = FIELD_NO_JSON, .packed = when_other_parent_start),
	ROW(19, "process.kernel_parent", NULL, FIELD_COUNT, what.parent_pid, ACT, "parent as the kernel had it", .use = FIELD_NO_JSON),
	ROW(20, "process.kernel_parent_start", NULL, FIELD_COUNT, what.parent_start_ns, ACT, "start of that parent", .use = FIELD_NO_JSON),
	ROW(84, "process.ancestors", "ancestor", FIELD_SPECIAL, who.ancestors, ACT, "processes above the parent, nearest first"),

	ROW(191, "exec.path_in_root", NULL, FIELD_TEXT, what.exec.path_in_root, EXEC, "executable as a process in a changed root names it, where process.exe is the path in its mount namespace"),
	ROW(251, "exec.path_on_host", NULL, FIELD_TEXT, what.exec.path_on_host, EXEC, "executable as the host names it, where process.exe is the path in another mount namespace (a container's); absent when that is not known"),
	ROW(189, "exec.late", NULL, FIELD_BOOL, what.exec.late, EXEC, "the kernel skipped the program that tells execs: found at the process's next act, without arguments"),
	ROW(225, "exec.written_by", "written_by", FIELD_LIST, who.written_by, EXEC, "who opened for writing last what was executed (of a script: the script); more than one when several had it open at once"),
	ROW(199, "exec.writer_unknown", NULL, FIELD_ENUM, who.writer_unknown, EXEC, "why written_by is absent although it may have been written while this host was watched: missed (records were lost, or nothing ran that saw it), others (more have it open than were seen), recall (the history from before the start is being read)", .name_of = writer_unknown_name),
	ROW(226, "exec.written_time", NULL, FIELD_TIME, who.written_wall_ns, EXEC, "when the latest of them opened it"),
	ROW(227, "exec.script", "script", FIELD_TEXT, what.exec.script, EXEC, "script that the executable interprets, by the kernel's own object"),
	ROW(228, "exec.interpreter_written_by", NULL, FIELD_LIST, who.interpreter_written_by, EXEC, "the same as written_by, of a script's interpreter"),
	ROW(229, "exec.sha256", "sha256", FIELD_TEXT, what.exec.sha256, EXEC, "SHA-256 of the executable, in hexadecimal"),
	ROW(230, "exec.package", "package", FIELD_TEXT, what.exec.package, EXEC, "distribution package of the executable, and its version"),
	ROW(234, "exec.package_modified", NULL, FIELD_BOOL, what.exec.package_modified, EXEC, "its content is not what the package brought"),
	ROW(231, "exec.script_sha256", NULL, FIELD_TEXT, what.exec.script_sha256, EXEC, "SHA-256 of the script"),
	ROW(232, "exec.script_inode", NULL, FIELD_BIG, what.exec.script_inode, EXEC, "inode of the script"),
	ROW(235, "exec.script_change", NULL, FIELD_COUNT, what.exec.script_ctime_ns, EXEC, "its change time", .use = FIELD_NO_JSON),
	ROW(233, "exec.script_dev", NULL, FIELD_DEV, what.exec.script_dev, EXEC, "its device"),

	ROW(85, "child.pid", NULL, FIELD_COUNT, what.child.pid, FORK, "new process"),
	ROW(86, "child.boundary", NULL, FIELD_BOUNDARY, what.child.boundary, FORK, "its boundary"),
	ROW(87, "child.start_ns", NULL, FIELD_COUNT, what.child.start_ns, FORK, "its start", .use = FIELD_NO_JSON),
	ROW(88, "child.flags", NULL, FIELD_COUNT, what.child.flags, FORK, "facts about it", .use = FIELD_NO_JSON),

	ROW(21, "file.path", "path", FIELD_TEXT, what.file.path, FILES, "path of the file; of a rename, the new one"),
	ROW(190, "file.path_in_root", "path_in_root", FIELD_TEXT, what.file.path_in_root, FILES, "the same as a process in a changed root (chroot) names it; absent when the root is its mount namespace's, or the file is outside of it"),
	ROW(250, "file.path_on_host", "path_on_host", FIELD_TEXT, what.file.path_on_host, FILES, "the same on the host, of what is in another mount namespace (a container's); absent when the file is on no file system that is mounted there, or that is not known"),
	ROW(192, "file.mount_namespace", "mount_ns", FIELD_COUNT, what.file.mnt_ns, FILES, "mount namespace that the path is in (a container's), when not the host's"),
	ROW(89, "file.old_path", "old_path", FIELD_TEXT, what.file.old_path, FILES, "name before a rename, target of a link, source of a mount"),
	ROW(22, "file.op", "op", FIELD_TEXT, what.file.op, FILES, "what was done: open, unlink, chmod, ..."),
	ROW(23, "file.flags", NULL, FIELD_LIST, what.file.flags, FILES, "flags of an open or a mount"),
	ROW(153, "file.fs_type", "fs_type", FIELD_TEXT, what.file.fs_type, BIT(EVENT_FILE_MOUNT), "type of the file system"),
	ROW(161, "file.xattr", "xattr", FIELD_TEXT, what.file.xattr, BIT(EVENT_FILE_CHMOD), "extended attribute that was set or removed, from the caller's memory"),
	ROW(24, "file.mode", "mode", FIELD_MODE, what.file.mode, FILES, "permission bits, of chmod the new ones"),
	ROW(25, "file.inode", "inode", FIELD_BIG, what.file.inode, FILES, "inode"),
	ROW(26, "file.dev", "dev", FIELD_DEV, what.file.dev, FILES, "device"),
	ROW(91, "file.size_bytes", "size", FIELD_U64, what.file.size_bytes, FILES, "size after truncate", .shown = when_has_size, .packed = when_has_size),
	ROW(92, "file.new_uid", NULL, FIELD_ID32, what.file.new_uid, BIT(EVENT_FILE_CHMOD), "new owner", .shown = when_chown),
	ROW(93, "file.new_gid", NULL, FIELD_ID32, what.file.new_gid, BIT(EVENT_FILE_CHMOD), "new group", .shown = when_chown),
	ROW(163, "file.requested", NULL, FIELD_TEXT, what.file.requested, FILES, "what a ring was asked to open, where path is another"),
	ROW(94, "file.path_source", NULL, FIELD_ENUM, what.file.path_source, FILES, "process: the path was read from the caller's memory; request: it is the kernel's copy of what was asked for; descriptor: what it named when the call was over; absent: the kernel's own", .name_of = path_source_name),
	ROW(195, "file.generation", NULL, FIELD_COUNT, what.file.generation, WRITES, "generation of its inode", .use = FIELD_NO_JSON),
	ROW(196, "file.change", NULL, FIELD_COUNT, what.file.ctime_ns, WRITES, "its change time as an open for writing found it", .use = FIELD_NO_JSON),
	ROW(197, "file.other_writers", NULL, FIELD_BOOL, what.file.other_writers, WRITES, "others may write it meanwhile", .use = FIELD_NO_JSON),
	ROW(198, "file.folded", NULL, FIELD_BOOL, what.folded, WRITES, "counts acts behind an earlier event", .use = FIELD_NO_JSON),
	ROW(95, "file.deleted", NULL, FIELD_BOOL, what.file.deleted, FILES, "the file had no name any more"),

	ROW(140, "target.pid", "target_pid", FIELD_COUNT, what.target.pid, OTHERS, "process that it was done to; of a unix connection, who listens"),
	ROW(141, "target.exe", NULL, FIELD_TEXT, what.target.exe, OTHERS, "its executable"),
	ROW(142, "target.who", "target", FIELD_TEXT, who.target, OTHERS, "who it belongs to"),
	ROW(143, "target.boundary", NULL, FIELD_BOUNDARY, what.target.boundary, OTHERS, "where that identity began"),
	ROW(144, "target.start_ns", NULL, FIELD_COUNT, what.target.start_ns, OTHERS, "its start", .use = FIELD_NO_JSON),
	ROW(145, "ptrace.op", NULL, FIELD_ENUM, what.target.op, BIT(EVENT_PTRACE) | TAMPER, "attach, seize, read, write (its memory), getfd (a descriptor of it), open_read or open_write (/proc/PID/mem)", .name_of = ptrace_op_name),
	ROW(146, "ptrace.bytes", NULL, FIELD_COUNT, what.target.bytes, BIT(EVENT_PTRACE), "bytes of its memory that were read or written"),
	ROW(147, "signal.name", NULL, FIELD_ENUM, what.target.signal, BIT(EVENT_SIGNAL) | TAMPER, "signal that was sent", .name_of = signal_name),

	ROW(154, "load.name", NULL, FIELD_TEXT, what.load.name, LOADS, "name of the module or BPF program"),
	ROW(155, "load.path", NULL, FIELD_TEXT, what.load.path, BIT(EVENT_MODULE_LOAD), "file that the module came from"),
	ROW(156, "load.type", NULL, FIELD_ENUM, what.load.type, BIT(EVENT_BPF_LOAD), "type of the program: kprobe, tracing, lsm, ...", .name_of = program_type_name),
	ROW(157, "load.id", NULL, FIELD_COUNT, what.load.id, BIT(EVENT_BPF_LOAD), "number of the program"),

	ROW(96, "network.family", "family", FIELD_ENUM, what.net.family, NET, "address family: inet, inet6, unix, vsock, packet, ...", .name_of = family_name),
	ROW(0, "network.direction", NULL, FIELD_SPECIAL, what.net.family, FLOWS, "inbound or outbound", .use = FIELD_NO_PACK),
	ROW(170, "network.op", NULL, FIELD_ENUM, what.net.sent, CONNECT, "connect, or send: without connect(2)", .name_of = net_op_name),
	ROW(178, "network.type", NULL, FIELD_ENUM, what.net.type, CONNECT | SOCKET, "type of a unix connection or of a socket: stream, dgram, raw, ...", .name_of = socket_type_name),
	ROW(97, "network.proto", "proto", FIELD_ENUM, what.net.proto, NET, "protocol", .name_of = protocol_name, .shown = when_has_protocol),
	ROW(98, "network.src.ip", NULL, FIELD_IP, what.net.src, FLOWS, "source address", .shown = when_has_src, .packed = when_has_src),
	ROW(99, "network.src.port", NULL, FIELD_PORT, what.net.src_port, FLOWS, "source port"),
	ROW(100, "network.dst.ip", NULL, FIELD_IP, what.net.dst, FLOWS, "destination address", .shown = when_has_address, .packed = when_has_address),
	ROW(101, "network.dst.port", NULL, FIELD_PORT, what.net.dst_port, FLOWS, "destination port"),
	ROW(218, "network.dst.name", "dst.name", FIELD_TEXT, what.net.dst_name, CONNECT | CLOSE | TLS, "name that who acts asked DNS for and was given the address"),
	ROW(219, "network.dst.name_source", NULL, FIELD_ENUM, what.net.dst_name_source, CONNECT | CLOSE | TLS, "whose answer: resolver (of this host) or server (one that was asked past it)", .name_of = name_source_name),
	ROW(220, "network.dst.other_names", NULL, FIELD_LIST, what.net.dst_other_names, CONNECT | TLS, "further names that gave them this address"),
	ROW(171, "network.dst.path", "dst.path", FIELD_TEXT, what.net.path, CONNECT, "unix: the listener's socket; \"@\" and the name of an abstract one"),
	ROW(172, "network.dst.inode", NULL, FIELD_BIG, what.net.inode, CONNECT, "unix: its inode"),
	ROW(173, "network.dst.dev", NULL, FIELD_DEV, what.net.dev, CONNECT, "unix: its device"),
	ROW(176, "network.dst.cid", NULL, FIELD_COUNT, what.net.cid, CONNECT, "vsock: context id; 2 is the machine's host"),
	ROW(177, "network.dst.vsock_port", NULL, FIELD_COUNT, what.net.vsock_port, CONNECT, "vsock: port"),
	ROW(179, "network.address_source", NULL, FIELD_ENUM, what.net.address_source, CONNECT, "process: the destination was read from the caller's memory; request: it is the kernel's copy of what was asked for; absent: the kernel's own", .name_of = address_source_name),
	ROW(102, "network.duration_ms", NULL, FIELD_MS, what.net.duration_ns, BIT(EVENT_NET_CONNECT) | CLOSE | DNS, "time until the result; of a close, since the beginning, of several the sum"),
	ROW(159, "network.bytes_in", NULL, FIELD_U64, what.net.bytes_in, CLOSE, "bytes that came in"),
	ROW(160, "network.bytes_out", NULL, FIELD_U64, what.net.bytes_out, CLOSE, "bytes that went out and arrived"),
	ROW(158, "network.inbound", NULL, FIELD_BOOL, what.net.inbound, FLOWS, "the source asked for it", .use = FIELD_NO_JSON),

	ROW(213, "dns.name", "name", FIELD_TEXT, what.dns.name, DNS, "name that was asked for"),
	ROW(214, "dns.type", NULL, FIELD_TEXT, what.dns.type, DNS, "kind of record that was asked for: A, AAAA, TXT, ..."),
	ROW(215, "dns.rcode", "rcode", FIELD_TEXT, what.dns.rcode, DNS, "how it was answered: NOERROR, NXDOMAIN, ...; absent without answer"),
	ROW(216, "dns.answers", "answer", FIELD_LIST, what.dns.answers, DNS, "addresses that the name has"),
	ROW(217, "dns.cnames", NULL, FIELD_LIST, what.dns.cnames, DNS, "aliases on the way to them"),
	ROW(223, "dns.truncated", NULL, FIELD_BOOL, what.dns.truncated, DNS, "there was more in the answer"),
	ROW(221, "tls.server_name", "sni", FIELD_TEXT, what.tls.server_name, TLS, "name that the client said it wants"),
	ROW(222, "tls.mismatch", NULL, FIELD_BOOL, what.tls.mismatch, TLS, "the address has names by DNS, and the server name is none of them"),

	ROW(103, "cred.from_uid", NULL, FIELD_U32, what.crossing.from_uid, BIT(EVENT_CRED_BECOME), "user id before"),
	ROW(104, "cred.to_uid", NULL, FIELD_U32, what.crossing.to_uid, BOUND, "user id after", .shown = when_become),
	ROW(105, "cred.via", NULL, FIELD_ENUM, what.crossing.role, BOUND, "what gave the new user id: sudo, su, ...", .name_of = crossing_role_name, .shown = when_become),
	ROW(148, "cred.op", NULL, FIELD_ENUM, what.cred.op, BIT(EVENT_CRED_BECOME) | CAPS, "call that did it, where no program such as sudo did", .name_of = cred_op_name),
	ROW(149, "cred.gained", NULL, FIELD_FLAGS, what.cred.caps_gained, CAPS, "capabilities that are effective now and were not", .name_of = capability_name),
	ROW(150, "namespace.op", NULL, FIELD_ENUM, what.cred.op, NAMESP, "unshare, setns or clone", .name_of = cred_op_name),
	ROW(151, "namespace.kinds", NULL, FIELD_FLAGS, what.cred.namespaces, NAMESP, "kinds that were made or entered: user, mnt, pid, ...", .name_of = namespace_name),
	ROW(152, "namespace.inode", NULL, FIELD_COUNT, what.cred.ns_inum, NAMESP, "namespace that was entered, by its file"),
	ROW(106, "crossing.id", NULL, FIELD_BOUNDARY, what.crossing.id, BOUND | ENDED, "boundary that was opened, or has ended"),
	ROW(107, "crossing.parent", NULL, FIELD_BOUNDARY, what.crossing.parent_id, BOUND, "boundary that it was opened from"),
	ROW(108, "crossing.kind", NULL, FIELD_ENUM, what.crossing.kind, BOUND, "kind of crossing", .name_of = crossing_kind_name),
	ROW(0, "crossing.role", NULL, FIELD_ENUM, what.crossing.role, BOUND, "what made the crossing", .use = FIELD_NO_PACK, .name_of = crossing_role_name),
	ROW(109, "crossing.opener_pid", NULL, FIELD_COUNT, what.crossing.opener_pid, BOUND, "process that made the crossing"),
	ROW(110, "crossing.opener_start", NULL, FIELD_COUNT, what.crossing.opener_start_ns, BOUND, "its start", .use = FIELD_NO_JSON),
	ROW(111, "crossing.opener_inode", NULL, FIELD_BIG, what.crossing.opener_inode, BOUND, "inode of its executable"),
	ROW(112, "crossing.opener_dev", NULL, FIELD_DEV, what.crossing.opener_dev, BOUND, "device of its executable"),
	ROW(113, "crossing.session_id", NULL, FIELD_COUNT, what.crossing.session_id, BOUND, "audit session", .use = FIELD_NO_JSON),
	ROW(114, "crossing.hierarchy", NULL, FIELD_COUNT, what.crossing.cgroup_hierarchy, BOUND, "cgroup hierarchy", .use = FIELD_NO_JSON),
	ROW(115, "crossing.exe", NULL, FIELD_TEXT, what.crossing.exe, BOUND, "executable of the task that crossed"),
	ROW(116, "crossing.cgroup", NULL, FIELD_TEXT, what.crossing.cgroup, BOUND, "cgroup of the task that crossed"),

	ROW(293, "auth_log.text", NULL, FIELD_TEXT, what.auth.text, LOGGED, "line that plays sshd, as it was sent to the log"),
	ROW(290, "session.begin_time", NULL, FIELD_TIME, what.session.start_wall_ns, ENDED, "when the session began"),
	ROW(291, "session.login_end_time", NULL, FIELD_TIME, what.session.login_end_wall_ns, ENDED, "when who had let it in (sshd, cron) went"),
	ROW(292, "session.duration_ms", NULL, FIELD_MS, what.session.duration_ns, ENDED, "how long there was a process in it"),

	ROW(27, "verdict.value", "verdict", FIELD_ENUM, verdict.value, WHO, "judgement of the profiles", .name_of = verdict_word),
	ROW(28, "verdict.mode", NULL, FIELD_TEXT, verdict.mode, WHO, "learn, audit or enforce"),
	ROW(29, "verdict.binding", "binding", FIELD_TEXT, verdict.binding, WHO, "binding that decided"),
	ROW(30, "verdict.rule", "rule", FIELD_TEXT, verdict.rule, WHO, "rule that decided"),
	ROW(117, "verdict.severity", "severity", FIELD_ENUM, verdict.severity, WHO, "how bad it is", .name_of = severity_word),
	ROW(118, "verdict.reason", NULL, FIELD_TEXT, verdict.reason, WHO, "the rule's own sentence"),
	ROW(119, "verdict.attack", "attack", FIELD_LIST, verdict.attack, WHO, "ATT&CK techniques"),

	ROW(31, "anomaly_id", "anomaly", FIELD_ANOMALY, score.anomaly, ANY, "anomaly that it is part of"),
	ROW(0, "anomaly.id", NULL, FIELD_ANOMALY, score.anomaly, ANOMALY, "the anomaly itself", .use = FIELD_NO_PACK),
	ROW(120, "anomaly.change", NULL, FIELD_TEXT, score.change, ANOMALY, "opened, updated or state"),
	ROW(121, "anomaly.state", "state", FIELD_TEXT, score.state, ANOMALY, "new, ack, suppressed or resolved"),
	ROW(122, "anomaly.kind", NULL, FIELD_TEXT, score.kind, ANOMALY, "kind of anomaly"),
	ROW(0, "anomaly.severity", NULL, FIELD_ENUM, verdict.severity, ANOMALY, "how bad it is", .use = FIELD_NO_PACK, .name_of = severity_word),
	ROW(123, "anomaly.title", "title", FIELD_TEXT, score.title, ANOMALY, "one line about it"),
	ROW(124, "anomaly.what", NULL, FIELD_TEXT, score.what, ANOMALY, "newest act in it"),
	ROW(125, "anomaly.events", NULL, FIELD_COUNT, score.events, ANOMALY, "events in it"),
	ROW(126, "anomaly.first_time", NULL, FIELD_TIME, score.first_wall_ns, ANOMALY, "first event in it"),
	ROW(127, "anomaly.last_time", NULL, FIELD_TIME, score.last_wall_ns, ANOMALY, "last event in it"),

	ROW(128, "loss.stage", "stage", FIELD_TEXT, what.loss.stage, LOSS, "where events were lost"),
	ROW(0, "loss.cause", NULL, FIELD_SPECIAL, what.loss.stage, LOSS, "why", .use = FIELD_NO_PACK),
	ROW(129, "loss.events", NULL, FIELD_U64, what.loss.events, LOSS, "how many"),
	ROW(130, "loss.by_type", NULL, FIELD_SPECIAL, what.loss.by_type, LOSS, "how many of each type"),
	ROW(131, "loss.from_time", NULL, FIELD_TIME, what.loss.from_wall_ns, LOSS, "lost after"),
	ROW(132, "loss.to_time", NULL, FIELD_TIME, what.loss.to_wall_ns, LOSS, "lost before"),
	ROW(133, "loss.total_since_start", NULL, FIELD_U64, what.loss.total, LOSS, "lost since the sensor started"),

	ROW(314, "attest.error", NULL, FIELD_TEXT, what.attest_error, ATTEST, "why a token was refused: expired, wrong_audience, token_replay, ..."),
	ROW(236, "tamper.what", "tamper", FIELD_TEXT, what.tamper, TAMPER, "how it reached for the sensor: signal, ptrace, memory, file, bpf; or what the daemon noticed: clock, pause"),
	ROW(240, "tamper.op", NULL, FIELD_ENUM, what.touched.op, TAMPER, "what bpf(2) did: open (a descriptor was taken), update, delete, freeze, detach, replace, run", .name_of = touch_name),
	ROW(241, "tamper.object", NULL, FIELD_ENUM, what.touched.object, TAMPER, "to what in the kernel: map, program, link", .name_of = touch_object_name),
	ROW(242, "tamper.name", NULL, FIELD_TEXT, what.touched.name, TAMPER, "its name; of a link that of its program"),
	ROW(243, "tamper.id", NULL, FIELD_COUNT, what.touched.id, TAMPER, "its number in the kernel"),
	ROW(134, "message", NULL, FIELD_TEXT, what.message, ANY, "one sentence"),
	ROW(162, "io_uring", "io_uring", FIELD_BOOL, what.io_uring, FILES | NET, "a request to a ring, and no system call of its own"),
	ROW(135, "truncated", NULL, FIELD_FLAGS, what.truncated, ANY, "fields that were cut", .name_of = cut_name),
	ROW(0, "redacted", NULL, FIELD_SPECIAL, what.exec.argv, EXEC, "arguments that held a secret", .use = FIELD_NO_PACK),
	{0},
};
/* clang-format on */
