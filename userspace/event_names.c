/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words for numbers: of the kernel's, the same on every machine (errors, signals, capabilities), and of
 * the enums of event.h and bpf/event.h.
 */
#include "event_fields.h"

#include "base/cleanup.h"
#include "bpf/event.h"

const char *errno_name(unsigned err)
{
	return err && err < 4096 ? strerrorname_np((int)err) : NULL;
}

/* Numbers of the generic ABI (x86, arm64, riscv). */
const char *signal_name(unsigned signal)
{
	static const char *const names[] = {
		NULL,	    "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",  "SIGTRAP",   "SIGABRT",
		"SIGBUS",   "SIGFPE",  "SIGKILL",   "SIGUSR1", "SIGSEGV", "SIGUSR2",   "SIGPIPE",
		"SIGALRM",  "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP",   "SIGTSTP",
		"SIGTTIN",  "SIGTTOU", "SIGURG",    "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF",
		"SIGWINCH", "SIGIO",   "SIGPWR",    "SIGSYS",  "SIG32",	  "SIG33",     "SIG34",
		"SIG35",    "SIG36",   "SIG37",	    "SIG38",   "SIG39",	  "SIG40",     "SIG41",
		"SIG42",    "SIG43",   "SIG44",	    "SIG45",   "SIG46",	  "SIG47",     "SIG48",
		"SIG49",    "SIG50",   "SIG51",	    "SIG52",   "SIG53",	  "SIG54",     "SIG55",
		"SIG56",    "SIG57",   "SIG58",	    "SIG59",   "SIG60",	  "SIG61",     "SIG62",
		"SIG63",    "SIG64",
	};

	return signal < ARRAY_SIZE(names) ? names[signal] : NULL;
}

const char *capability_name(unsigned bit)
{
	static const char *const names[] = {
		"chown",
		"dac_override",
		"dac_read_search",
		"fowner",
		"fsetid",
		"kill",
		"setgid",
		"setuid",
		"setpcap",
		"linux_immutable",
		"net_bind_service",
		"net_broadcast",
		"net_admin",
		"net_raw",
		"ipc_lock",
		"ipc_owner",
		"sys_module",
		"sys_rawio",
		"sys_chroot",
		"sys_ptrace",
		"sys_pacct",
		"sys_admin",
		"sys_boot",
		"sys_nice",
		"sys_resource",
		"sys_time",
		"sys_tty_config",
		"mknod",
		"lease",
		"audit_write",
		"audit_control",
		"setfcap",
		"mac_override",
		"mac_admin",
		"syslog",
		"wake_alarm",
		"block_suspend",
		"audit_read",
		"perfmon",
		"bpf",
		"checkpoint_restore",
	};

	return bit < ARRAY_SIZE(names) ? names[bit] : NULL;
}

const char *namespace_name(unsigned bit)
{
	static const char *const names[] = {"user", "mnt", "pid",    "net",
					    "ipc",  "uts", "cgroup", "time"};

	return bit < ARRAY_SIZE(names) ? names[bit] : NULL;
}

const char *touch_name(unsigned op)
{
	static const char *const names[] = {NULL,     "open",	"update",  "delete",
					    "freeze", "detach", "replace", "run"};

	return op < ARRAY_SIZE(names) ? names[op] : NULL;
}

const char *touch_object_name(unsigned object)
{
	static const char *const names[] = {NULL, "map", "program", "link"};

	return object < ARRAY_SIZE(names) ? names[object] : NULL;
}

/* Numbers of enum bpf_prog_type. */
const char *program_type_name(unsigned type)
{
	static const char *const names[] = {"unspec",
					    "socket_filter",
					    "kprobe",
					    "sched_cls",
					    "sched_act",
					    "tracepoint",
					    "xdp",
					    "perf_event",
					    "cgroup_skb",
					    "cgroup_sock",
					    "lwt_in",
					    "lwt_out",
					    "lwt_xmit",
					    "sock_ops",
					    "sk_skb",
					    "cgroup_device",
					    "sk_msg",
					    "raw_tracepoint",
					    "cgroup_sock_addr",
					    "lwt_seg6local",
					    "lirc_mode2",
					    "sk_reuseport",
					    "flow_dissector",
					    "cgroup_sysctl",
					    "raw_tracepoint_writable",
					    "cgroup_sockopt",
					    "tracing",
					    "struct_ops",
					    "ext",
					    "lsm",
					    "sk_lookup",
					    "syscall",
					    "netfilter"};

	return type < ARRAY_SIZE(names) ? names[type] : NULL;
}

const char *protocol_name(unsigned protocol)
{
	static const struct {
		unsigned number;
		const char *name;
	} protocols[] = {{6, "tcp"},   {17, "udp"},   {1, "icmp"},	{58, "icmp6"},
			 {33, "dccp"}, {132, "sctp"}, {136, "udplite"}, {255, "raw"}};

	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (protocols[i].number == protocol)
			return protocols[i].name;
	return NULL;
}

const char *family_name(unsigned family)
{
	static const struct {
		unsigned number;
		const char *name;
	} families[] = {{1, "unix"},	{2, "inet"},   {10, "inet6"}, {16, "netlink"},
			{17, "packet"}, {40, "vsock"}, {44, "xdp"}};

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (families[i].number == family)
			return families[i].name;
	return NULL;
}

const char *socket_type_name(unsigned type)
{
	static const char *const names[] = {
		[1] = "stream",	   [2] = "dgram", [3] = "raw",	   [4] = "rdm",
		[5] = "seqpacket", [6] = "dccp",  [10] = "packet",
	};

	return type < ARRAY_SIZE(names) ? names[type] : NULL;
}

const char *crossing_kind_name(unsigned v)
{
	static const char *const words[] = {
		[BOUNDARY_SEED] = "seed",	[BOUNDARY_KERNEL] = "kernel",
		[BOUNDARY_LOGIN] = "login",	[BOUNDARY_BECOME] = "become",
		[BOUNDARY_CGROUP] = "cgroup",	[BOUNDARY_CI] = "ci",
		[BOUNDARY_HANDOFF] = "handoff", [BOUNDARY_HELPER] = "helper"};

	return v < ARRAY_SIZE(words) ? words[v] : NULL;
}

const char *crossing_role_name(unsigned v)
{
	static const char *const words[] = {[ROLE_SSHD] = "sshd",
					    [ROLE_LOGIN] = "login",
					    [ROLE_CRON] = "cron",
					    [ROLE_AT] = "at",
					    [ROLE_SERVICE_MANAGER] = "service_manager",
					    [ROLE_CONTAINER_RUNTIME] = "container_runtime",
					    [ROLE_SUDO] = "sudo",
					    [ROLE_SU] = "su",
					    [ROLE_DOAS] = "doas",
					    [ROLE_PKEXEC] = "pkexec",
					    [ROLE_RUNUSER] = "runuser",
					    [ROLE_CI_SUPERVISOR] = "ci_supervisor",
					    [ROLE_MULTIPLEXER] = "multiplexer"};

	return v < ARRAY_SIZE(words) ? words[v] : NULL;
}

const char *loss_cause(struct str stage)
{
	static const char *const causes[][2] = {{"ring_buffer", "full"},
						{"store", "full"},
						{"stream", "slow_reader"},
						{"not_running", "not_running"}};

	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		if (str_is(stage, causes[i][0]))
			return causes[i][1];
	return NULL;
}

const char *path_source_name(unsigned v)
{
	return v == PATH_OF_PROCESS	 ? "process"
	       : v == PATH_OF_REQUEST	 ? "request"
	       : v == PATH_OF_DESCRIPTOR ? "descriptor"
					 : NULL;
}

const char *writer_unknown_name(unsigned v)
{
	return v == WRITER_MISSED   ? "missed"
	       : v == WRITER_OTHERS ? "others"
	       : v == WRITER_RECALL ? "recall"
				    : NULL;
}

const char *address_source_name(unsigned v)
{
	return v == PATH_OF_DESCRIPTOR ? NULL : path_source_name(v);
}

const char *net_op_name(unsigned v)
{
	return v == 0 ? "connect" : v == 1 ? "send" : NULL;
}

const char *ptrace_op_name(unsigned v)
{
	static const char *const words[] = {[PTRACE_OP_ATTACH] = "attach",
					    [PTRACE_OP_SEIZE] = "seize",
					    [PTRACE_OP_READ] = "read",
					    [PTRACE_OP_WRITE] = "write",
					    [PTRACE_OP_GETFD] = "getfd",
					    [PTRACE_OP_OPEN_READ] = "open_read",
					    [PTRACE_OP_OPEN_WRITE] = "open_write"};

	return v < ARRAY_SIZE(words) ? words[v] : NULL;
}

const char *cred_op_name(unsigned v)
{
	static const char *const words[] = {
		[CRED_OP_SETUID] = "setuid",	   [CRED_OP_SETREUID] = "setreuid",
		[CRED_OP_SETRESUID] = "setresuid", [CRED_OP_CAPSET] = "capset",
		[CRED_OP_UNSHARE] = "unshare",	   [CRED_OP_SETNS] = "setns",
		[CRED_OP_CLONE] = "clone"};

	return v < ARRAY_SIZE(words) ? words[v] : NULL;
}

const char *cut_name(unsigned bit)
{
	static const char *const words[] = {"process.argv", "process.exe", "file.path",
					    "process.cwd"};

	return bit < ARRAY_SIZE(words) ? words[bit] : NULL;
}

const char *name_source_name(unsigned v)
{
	return v == NAME_OF_RESOLVER ? "resolver" : v == NAME_OF_SERVER ? "server" : NULL;
}
