/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * event.h: the records that the kernel programs write and user space reads.
 *
 * This is the ABI of rings and recordings, shared by both sides. Rules:
 *  - fixed-width types, largest first, pads named; -Wpadded is an error below;
 *  - a kind keeps its number and a field keeps its meaning for ever; EVENT_ABI goes up
 *    when a struct changes, and a reader refuses an ABI that it does not know;
 *  - text is {off,len} from the start of the record, NUL not counted, and is whatever
 *    bytes the kernel had: not UTF-8, not printable, possibly with newlines;
 *  - times are CLOCK_BOOTTIME nanoseconds; pid is the thread group, tid the thread, both
 *    as the initial pid namespace sees them; uids as the initial user namespace sees them;
 *  - addresses are in network order in byte arrays, ports are host numbers;
 *  - a reader skips an unknown kind by its size, and counts it.
 */
#ifndef WHODID_BPF_EVENT_H
#define WHODID_BPF_EVENT_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

#define EVENT_ABI 2

/* Ceilings, in bytes, NUL not counted. What is longer is cut and flagged in header.flags. */
#define EVENT_PATH_MAX		4095
#define EVENT_ARGV_MAX		32768
#define EVENT_LOG_MAX		2047
#define EVENT_ENVIRON_MAX	32768 /* and of the arguments in a boundary record: */
#define EVENT_BOUNDARY_ARGV_MAX 8192
#define EVENT_RECORD_MAX	65536 /* no record is longer than this */

/* Kinds are event types: the number is also the index of the loss and generation counters. */
enum record_kind {
	RECORD_NONE = 0,
	RECORD_FORK = 1,	/* struct record_fork */
	RECORD_EXEC = 2,	/* struct record_exec */
	RECORD_EXIT = 3,	/* struct record_exit */
	RECORD_BOUNDARY = 4,	/* struct record_boundary: a place where a new identity can begin */
	RECORD_CRED_BECOME = 6, /* struct record_cred: by a call; else see BOUNDARY_BECOME */
	RECORD_PROCESS =
		7, /* struct record_exec without argv and filename: a process that ran before
			     * the sensor. Read by an iterator, not from the ring: seq is 0 and it is
			     * not counted */
	/* struct record_auth_log: what a login daemon, or who plays one, told the system's log */
	RECORD_AUTH_LOG = 8,
	/* struct record_request: what a client asked of a container engine */
	RECORD_REQUEST = 10,

	/* 11 is session.attest, which the daemon makes */

	RECORD_FILE_READ = 16, /* struct record_file, to RECORD_FILE_LINK */
	RECORD_FILE_WRITE = 17,
	RECORD_FILE_CREATE = 18,
	RECORD_FILE_DELETE = 19,
	RECORD_FILE_RENAME = 20,
	RECORD_FILE_CHMOD = 21, /* mode, owner, extended attributes */
	RECORD_FILE_LINK = 22,	/* hard and symbolic links */

	RECORD_PTRACE = 23, /* struct record_target: into the memory or descriptors of another */
	RECORD_SIGNAL = 24, /* struct record_target: a signal across a boundary */
	RECORD_CRED_CAPABILITY = 25, /* struct record_cred: effective capabilities were gained */
	RECORD_NAMESPACE = 26,	     /* struct record_cred: made or entered */
	RECORD_FILE_MOUNT = 27,	     /* struct record_file */
	RECORD_MODULE_LOAD = 28,     /* struct record_load: into the kernel */
	RECORD_BPF_LOAD = 29,
	RECORD_FILE_MAP = 30, /* struct record_file: mapped as code, by a call of its own */

	RECORD_NET_CONNECT = 32, /* struct record_net; of AF_UNIX, struct record_unix */
	/* struct record_flow, to RECORD_NET_CLOSE; with RECORD_FOLDED, struct record_flows */
	RECORD_NET_LISTEN = 33,
	RECORD_NET_ACCEPT = 34,
	RECORD_NET_CLOSE = 35,	/* TCP, of the connections of which the opening was seen */
	RECORD_NET_SOCKET = 36, /* struct record_socket: one that sees or forges packets */
	RECORD_NET_DNS = 37,	/* struct record_packet: questions to port 53 and what comes back */
	RECORD_NET_TLS = 38, /* struct record_packet: the first bytes of a connection, when TLS */

	RECORD_LOSS = 48, /* struct record_loss: made by the collector, never by the kernel */

	RECORD_KIND_MAX = 64,
};

/* header.flags: what was cut or is less sure than usual */
#define RECORD_ARGV_CUT	    (1u << 0)
/* a path had more than EVENT_PATH_MAX bytes: its left part is lost */
#define RECORD_PATH_CUT	    (1u << 1)
/*
 * the path came from the caller's memory, which another thread may have rewritten; else from the
 * kernel's own objects
 */
#define RECORD_USER_PATH    (1u << 2)
#define RECORD_PATH_DELETED (1u << 3)  /* the object had no name any more */
#define RECORD_PATH_ESCAPED (1u << 4)  /* outside of the task's root or mount */
#define RECORD_FOLDED	    (1u << 5)  /* counts earlier, equal acts: see record_file.count */
#define RECORD_ARGV_FAULT   (1u << 6)  /* argv could not be read */
#define RECORD_IA32	    (1u << 7)  /* came through a 32-bit system call */
#define RECORD_ENV_CUT	    (1u << 8)  /* the environment had more than EVENT_ENVIRON_MAX bytes */
#define RECORD_ENV_FAULT    (1u << 9)  /* the environment could not be read */
#define RECORD_TEXT_CUT	    (1u << 10) /* a text that is no path lost its right part */
/*
 * an open for writing: somebody else has the file open for writing too, or its file system is also
 * written from elsewhere or gives one inode number to several files
 */
#define RECORD_CO_WRITERS   (1u << 16)
/* net: sent without connect(2), else connected */
#define RECORD_SENT	    (1u << 14)
/* net: the address came from the caller's memory, which another thread may have rewritten */
#define RECORD_USER_ADDRESS (1u << 15)

/* A result: it failed, and nobody told with which error. */
#define EVENT_ERRNO_UNKNOWN  4095
#define RECORD_IO_URING	     (1u << 11) /* a request to a ring; task is who put it there */
/*
 * the path is what was asked for, as the kernel has copied it: nobody can have rewritten it, but
 * symbolic links in it are not resolved
 */
#define RECORD_REQUEST_PATH  (1u << 12)
/*
 * map: the object is what the descriptor named when the call was over, where another thread may have
 * put it meanwhile; else it is the mapping's own
 */
#define RECORD_BY_DESCRIPTOR (1u << 13)
/*
 * the end was not seen: the kernel skipped the program that runs at the end of the call, or a ring
 * does not tell it. result is 0 and means nothing
 */
#define RECORD_NO_RESULT     (1u << 17)

/*
 * exec: the kernel skipped the program that runs at an exec, and this was found at the process's next
 * act: executable and credentials are those of then, argc is 0, argv, filename and script are absent
 */
#define RECORD_EXEC_LATE (1u << 18)

struct record_header {
	__u64 boot_ns;
	__u64 seq;  /* counts per CPU from 1, lost records included: a gap is a loss */
	__u32 size; /* of the whole record with its text, a multiple of 8 */
	__u16 kind; /* enum record_kind */
	__u16 cpu;
	__u32 flags; /* RECORD_* */
	/*
	 * Where a path or base in the record passes through the root of who acts: the root's own path is
	 * that text. 0 with length 0 = the root is the top of the mount namespace, or no path passes
	 */
	__u16 root_off;
	__u16 root_len;
};

struct record_text {
	__u32 off;
	__u32 len; /* 0 with off 0 = absent */
};

/* task.flags: facts about the task that the identity stage turns into flags */
/* it set an unset login uid itself: its login uid means nothing */
#define TASK_SELF_LOGINUID   (1u << 0)
#define TASK_SELF_MOVED	     (1u << 1) /* moved to another cgroup by somebody who may not decide that */
#define TASK_REPAIRED	     (1u << 2) /* its fork was not seen; boundary taken from its parent */
/* ran before the sensor, or descends from such a task without a crossing in between */
#define TASK_SEEDED	     (1u << 3)
#define TASK_KTHREAD	     (1u << 4)
#define TASK_IN_CONTAINER    (1u << 5) /* inside a boundary opened by a container runtime */
#define TASK_THREAD_LOGINUID (1u << 6) /* this thread's login uid differs from its leader's */
#define TASK_USERNS	     (1u << 7) /* not in the initial user namespace */
#define TASK_IN_JOB	     (1u << 8) /* inside a boundary opened by a CI supervisor */
/* a job that executes a CI supervisor's file: it opens nothing */
#define TASK_FAKE_SUPERVISOR (1u << 9)
/* auth_log only: it tells the log what only sshd tells, and is none */
#define TASK_PLAYS_SSHD	     (1u << 10)

/* Who acts: first in every record behind the header. */
struct record_task {
	__u64 boundary; /* boundary id, never 0 for a record made by the kernel programs */
	__u64 start_ns; /* start of the thread group leader */
	__u64 parent_start_ns;
	__u64 cgroup_id; /* kernfs id of the workload cgroup (identity.md 2.1) */
	__u32 pid;
	__u32 tid;
	__u32 parent_pid;
	__u32 ns_pid; /* pid in the task's own pid namespace */
	__u32 uid;
	__u32 euid;
	__u32 gid;
	__u32 egid;
	__u32 login_uid;  /* 0xffffffff = unset; of the acting thread */
	__u32 session_id; /* 0xffffffff = unset */
	__u32 flags;	  /* TASK_* */
	__u32 exec_count; /* how many execs this process has made since the sensor saw it */
	__u8 comm[16];	  /* for display only, never for a decision */
};

/* From the parent, before the child runs. task is the parent. Threads make no record. */
struct record_fork {
	struct record_header header;
	struct record_task task;
	__u64 child_start_ns;
	__u64 child_boundary;
	__u32 child_pid;
	__u32 child_flags; /* TASK_* */
};

/* A successful exec, read from the new mm and the new credentials. */
struct record_exec {
	struct record_header header;
	struct record_task task;
	__u64 caps_effective;
	__u64 caps_permitted;
	__u64 exe_inode;
	__u64 exe_ctime_ns;
	__u64 exe_dev; /* as stat(2) st_dev: makedev(major, minor) of the kernel, (major << 20) | minor */
	/* the file that was asked for, where an interpreter runs it; all 0 = none or not known */
	__u64 script_inode;
	__u64 script_ctime_ns;
	__u64 script_dev;
	__u32 exe_generation; /* i_generation: tells files apart that had one inode number */
	__u32 script_generation;
	__u32 exe_mode; /* st_mode */
	__u32 exe_uid;	/* owner */
	__u32 exe_nlink;
	__u32 argc;
	__u32 ns_pid_inum;
	__u32 ns_mnt_inum;
	__u32 ns_user_inum;
	__u32 ns_net_inum;
	__u32 ns_cgroup_inum;
	__u32 old_tid;		/* tid of the thread that called exec, when it was not the leader */
	struct record_text exe; /* resolved path of mm->exe_file */
	struct record_text
		filename; /* bprm->filename: as asked for; the script, where there is one */
	struct record_text script; /* its path by the kernel's own object */
	struct record_text cwd;
	struct record_text argv; /* NUL-separated, the last NUL not counted */
};

/* The last thread of a process has gone. */
struct record_exit {
	struct record_header header;
	struct record_task task;
	__u64 user_ns; /* CPU time of the whole group */
	__u64 system_ns;
	__u64 max_rss_bytes; /* 0 = not known */
	__u32 exit_code;     /* 0 to 255 */
	__u32 exit_signal;   /* 0 = left by itself; core dumps lose their flag bit */
};

enum file_op {
	FILE_OP_NONE = 0,
	FILE_OP_OPEN = 1,
	FILE_OP_UNLINK = 2,
	FILE_OP_RMDIR = 3,
	FILE_OP_RENAME = 4,
	FILE_OP_LINK = 5,
	FILE_OP_SYMLINK = 6,
	FILE_OP_CHMOD = 7,
	FILE_OP_CHOWN = 8,
	FILE_OP_TRUNCATE = 9,
	FILE_OP_MKDIR = 10,
	FILE_OP_MKNOD = 11,
	FILE_OP_MEMFD = 12,
	/* of mounts: path is the source, path2 where it is to be seen */
	FILE_OP_MOUNT = 13, /* path: as written; base: type of the file system; open_flags: MS_* */
	FILE_OP_MOVE_MOUNT = 14,
	FILE_OP_UMOUNT = 15,	 /* path: what is taken away; open_flags: as the call had them */
	FILE_OP_PIVOT_ROOT = 16, /* path: the new root, path2: where the old one went; as written */
	/* path2: name of the attribute, from the caller's memory whatever the flags say of path */
	FILE_OP_SETXATTR = 17,
	FILE_OP_REMOVEXATTR = 18,
	FILE_OP_MOUNT_SETATTR = 19, /* path: the mount; of kind mount, as those above */
	FILE_OP_MMAP = 20,	    /* of kind map, as the next one */
	FILE_OP_MPROTECT = 21,
};

struct record_file {
	struct record_header header;
	struct record_task task;
	__u64 dev; /* as in record_exec; 0 with inode 0 = object not known */
	__u64 inode;
	__u64 count;	/* acts that this record stands for: 1, or more with RECORD_FOLDED */
	__u64 first_ns; /* of the acts counted; both 0 when count is 1 */
	__u64 last_ns;
	__s32 result; /* 0 or -errno */
	__u32 op;     /* enum file_op */
	__u32 open_flags; /* O_* of an open, as the kernel's struct file has them, and O_CREAT, O_EXCL, O_TRUNC
			   * as the call had them */
	__u32 mode;    /* st_mode of the object; the new mode for chmod */
	__u32 new_uid; /* chown: 0xffffffff = unchanged */
	__u32 new_gid;
	__u32 generation; /* i_generation, of an open or a mapping */
	__u32 mnt_inum;	  /* mount namespace of who acts, where it is not the host's; else 0 */
	__u64 size;	  /* truncate: new size */
	__u64 ctime_ns; /* open of a regular file for writing: its change time, not by what follows */
	struct record_text path;
	struct record_text
		path2; /* rename, link, symlink: the new name (path is the old one, or the target);
			* an open by a ring whose object is known: what was asked for */
	struct record_text
		base; /* directory that a user path starts from, resolved: for a relative path, and
				   * for an absolute one in a chroot (the root); else absent */
	struct record_text base2; /* the same for path2 */
};

enum ptrace_op {
	PTRACE_OP_NONE = 0,
	PTRACE_OP_ATTACH = 1,	  /* ptrace(PTRACE_ATTACH) */
	PTRACE_OP_SEIZE = 2,	  /* ptrace(PTRACE_SEIZE) */
	PTRACE_OP_READ = 3,	  /* process_vm_readv */
	PTRACE_OP_WRITE = 4,	  /* process_vm_writev */
	PTRACE_OP_GETFD = 5,	  /* pidfd_getfd */
	PTRACE_OP_OPEN_READ = 6,  /* /proc/PID/mem opened for reading only */
	PTRACE_OP_OPEN_WRITE = 7, /* the same for writing */
};

/* What one process does to another. */
struct record_target {
	struct record_header header;
	struct record_task task;
	__u64 boundary; /* of the target; 0 = not known, as the other facts about it */
	__u64 start_ns;
	__u64 bytes; /* read or written */
	__u32 pid;   /* as the initial namespace sees it; 0 = not known */
	__u32 op;    /* enum ptrace_op */
	__u32 signal;
	__s32 result;		/* 0 or -errno */
	struct record_text exe; /* of the target, resolved */
};

enum cred_op {
	CRED_OP_NONE = 0,
	CRED_OP_SETUID = 1,
	CRED_OP_SETREUID = 2,
	CRED_OP_SETRESUID = 3,
	CRED_OP_CAPSET = 4,
	CRED_OP_UNSHARE = 5,
	CRED_OP_SETNS = 6,
	CRED_OP_CLONE = 7,
};

/* A call that changed what the caller may do, or where it is. task is as it was after the call. */
struct record_cred {
	struct record_header header;
	struct record_task task;
	__u64 caps_gained; /* capset: effective now and not before */
	__u64 caps_effective;
	__u64 ns_flags; /* CLONE_NEW* */
	__u32 ns_inum;	/* setns to a file of /proc/PID/ns: inode of the namespace, else 0 */
	__u32 op;	/* enum cred_op */
	__u32 from_uid; /* become: real uid before */
	__u32 to_uid;	/* become: effective uid asked for */
	__s32 result;	/* 0 or -errno */
	__u32 pad1;
};

/* What bpf(2) did to an object of the sensor's own. */
enum touch {
	TOUCH_NONE = 0,	  /* none: a program was loaded */
	TOUCH_OPEN = 1,	  /* a descriptor of it was taken: by number, or by a name in bpffs */
	TOUCH_UPDATE = 2, /* of a map's elements */
	TOUCH_DELETE = 3,
	TOUCH_FREEZE = 4,
	TOUCH_DETACH = 5,
	TOUCH_REPLACE = 6, /* the program that a link calls */
	TOUCH_RUN = 7,	   /* of a program, with made-up arguments */
	TOUCHES_MAX = 8,
};
enum touch_object { OBJECT_NONE = 0, OBJECT_MAP = 1, OBJECT_PROGRAM = 2, OBJECT_LINK = 3 };

/* Code that was put into the kernel; of kind bpf_load also an act on the sensor's own objects. */
struct record_load {
	struct record_header header;
	struct record_task task;
	/* NUL-terminated; of a program, and what it is linked by, the 15 bytes that its loader gave it */
	__u8 name[64];
	__u32 type;		 /* bpf: enum bpf_prog_type; with touch enum touch_object */
	__u32 id;		 /* bpf: number of the object; 0 when it was refused to be one */
	__s32 result;		 /* 0 or -errno */
	__u32 touch;		 /* bpf: enum touch */
	struct record_text path; /* module: the file it came from, where it came from one */
};

#include "event_net.h"

/* Where a new identity can begin. Always in the ring before the first record that carries its id. */
enum boundary_kind {
	BOUNDARY_NONE = 0,
	BOUNDARY_SEED = 1,   /* found running when the sensor started */
	BOUNDARY_KERNEL = 2, /* kernel threads */
	BOUNDARY_LOGIN = 3,  /* a trusted setter set an unset login uid */
	BOUNDARY_BECOME = 4, /* sudo, su, doas, pkexec, runuser started their command */
	BOUNDARY_CGROUP =
		5, /* PID 1, a service manager or a container runtime put it into a new cgroup */
	BOUNDARY_CI = 6, /* a CI supervisor's child executed a step of a job */
	/* 7 and 8 are taken */
	BOUNDARY_HANDOFF = 9, /* a terminal multiplexer's server started a program for a client */
};

/*
 * What an executable may decide, by its inode (user space fills the map trusted_exes at start
 * from settings and well-known paths; root-owned files that nobody else can write).
 */
enum exe_role {
	ROLE_NONE = 0,
	ROLE_SSHD = 1,
	ROLE_LOGIN = 2, /* login, display managers */
	ROLE_CRON = 3,
	ROLE_AT = 4,
	ROLE_SERVICE_MANAGER = 5,
	ROLE_CONTAINER_RUNTIME = 6,
	ROLE_SUDO = 7,
	ROLE_SU = 8,
	ROLE_DOAS = 9,
	ROLE_PKEXEC = 10,
	ROLE_RUNUSER = 11,
	ROLE_CI_SUPERVISOR = 12,
	ROLE_MULTIPLEXER = 13, /* tmux, screen: one server for all who connect to it */
	ROLE_MAX = 16,
};

/* Which CI system a supervisor belongs to: said by the settings beside its path. */
enum ci_system {
	CI_NONE = 0,
	CI_GITHUB = 1,
	CI_GITLAB = 2,
	CI_JENKINS = 3,
	CI_BUILDKITE = 4,
	CI_CIRCLECI = 5,
	CI_AZURE = 6,
	CI_TEAMCITY = 7,
	CI_WOODPECKER = 8,
	CI_DRONE = 9,
	CI_GITEA = 10,
	CI_SYSTEMS = 64,
};
/* The executable is not root's alone: who owns it may have changed it. Beside the number above. */
#define CI_WEAK 0x80u

struct record_boundary {
	struct record_header header;
	struct record_task task; /* of the task that crossed, with its new boundary */
	__u64 id;	 /* never reused in a boot: cpu << 48 | counter; see BOUNDARY_ID_KERNEL */
	__u64 parent_id; /* 0 = none known */
	__u64 opener_start_ns; /* who made the crossing: the setter, sudo, the runtime */
	__u64 opener_inode;
	__u64 opener_dev;
	__u32 opener_pid;
	__u32 kind;		   /* enum boundary_kind */
	__u32 role;		   /* enum exe_role of the opener */
	__u32 from_uid;		   /* become: uid before */
	__u32 to_uid;		   /* become: uid after; login: the login uid */
	__u32 session_id;	   /* login: audit session */
	__u32 cgroup_hierarchy;	   /* 0 = cgroup v2, else the v1 hierarchy id */
	__u32 ci_system;	   /* ci: enum ci_system, and CI_WEAK */
	struct record_text exe;	   /* of the task, resolved */
	struct record_text cgroup; /* path of the workload cgroup from the root of its hierarchy */
	/*
	 * ci only, from the new memory at exec: what the supervisor handed over, before anybody
	 * else could change it. Both NUL-separated. Secrets are among it.
	 */
	struct record_text cwd;
	struct record_text argv;
	struct record_text environ;
};

/*
 * One datagram that an executable with ROLE_SSHD sent as root over a unix socket, when it looks like
 * a line for syslog. The memory is the daemon's own: no user wrote it. With TASK_PLAYS_SSHD, one by
 * somebody else that names sshd near its beginning.
 */
struct record_auth_log {
	struct record_header header;
	struct record_task task;
	__u32 net_inum; /* network namespace of the connection below */
	__u16 family;	/* of the daemon's first open TCP connection; 0 = none found */
	__u16 peer_port;
	__u16 local_port;
	__u16 pad0;
	__u32 pad1;
	__u8 peer[16]; /* addresses as in record_net */
	__u8 local[16];
	struct record_text text; /* at most EVENT_LOG_MAX, else RECORD_TEXT_CUT */
};

enum request_engine {
	REQUEST_ENGINE_NONE = 0,
	REQUEST_ENGINE_DOCKER = 1, /* docker.sock */
	REQUEST_ENGINE_PODMAN = 2,
};

/* First line of a request over a unix socket, up to its query or protocol. From the client's memory. */
struct record_request {
	struct record_header header;
	struct record_task task;
	__u32 role; /* enum exe_role of the client's executable */
	__u32 ci_system;
	__u32 engine; /* enum request_engine */
	__u32 pad0;
	struct record_text line; /* "POST /v1.41/containers/web/start" */
};

#define BOUNDARY_ID_KERNEL 1ull /* kernel threads share this one */

/* Records that were made and did not fit, since the last such record. */
struct record_loss {
	struct record_header header;
	__u64 from_ns;
	__u64 to_ns;
	__u64 total; /* since the sensor started */
	__u64 lost[RECORD_KIND_MAX];
};

_Static_assert(sizeof(struct record_header) == 32, "ABI");
_Static_assert(sizeof(struct record_task) == 96, "ABI");
_Static_assert(sizeof(struct record_fork) == 152, "ABI");
_Static_assert(sizeof(struct record_exec) == 280, "ABI");
_Static_assert(sizeof(struct record_exit) == 160, "ABI");
_Static_assert(sizeof(struct record_file) == 248, "ABI");
_Static_assert(sizeof(struct record_target) == 176, "ABI");
_Static_assert(sizeof(struct record_cred) == 176, "ABI");
_Static_assert(sizeof(struct record_load) == 216, "ABI");
_Static_assert(sizeof(struct record_boundary) == 240, "ABI");
_Static_assert(sizeof(struct record_auth_log) == 184, "ABI");
_Static_assert(sizeof(struct record_request) == 152, "ABI");
_Static_assert(sizeof(struct record_loss) == 568, "ABI");

/* Per-CPU counters, map "counters" (one PERCPU_ARRAY element). received + lost = generated, per kind. */
struct counters {
	__u64 generated[RECORD_KIND_MAX]; /* records that were to be written */
	__u64 lost[RECORD_KIND_MAX];	  /* of these, not written: ring full or no scratch */
	__u64 folded[RECORD_KIND_MAX];	  /* acts counted in the fold map in place of a record */
	__u64 filtered_missing; /* acts on files that failed with ENOENT or ENOTDIR: counted only */
	__u64 filtered_self;	/* acts of the daemon itself */
	__u64 path_faults;	/* paths that could not be read */
	__u64 state_faults;	/* task storage that could not be made */
	__u64 fold_full;	/* fold map full: the record was written instead */
	__u64 unowned_packets;	/* questions of which the sender's descriptor was not found */
	__u64 unasked_packets;	/* answers to sockets that asked nothing */
};

/* What the daemon did itself is counted by what saw it, and not recorded. */
enum own_act {
	OWN_OTHER = 0,
	OWN_FORK = 1,
	OWN_EXIT = 2,
	OWN_OPEN = 3,
	OWN_PATH = 4,	/* calls that change names and attributes */
	OWN_SOCKET = 5, /* calls about sockets */
	OWN_CALL = 6,	/* other calls: ptrace, kill, setuid, ... */
	OWN_TCP = 7,
	OWN_SIGNAL = 8,
	OWN_SEND4 = 9,
	OWN_SEND6 = 10,
	OWN_ACTS_MAX = 16, /* a power of two */
};

/*
 * A recording is one recording_header and then records, each as it was in the ring.
 * Numbers are little-endian.
 */
#define RECORDING_MAGIC "whodidR\n"
struct recording_header {
	__u8 magic[8];
	__u32 abi;	      /* EVENT_ABI */
	__u32 header_size;    /* of this struct; what a later version adds is skipped */
	__u64 wall_offset_ns; /* wall clock = boot_ns + this, when the recording began */
	__u8 boot_id[16];
	__u8 host[64]; /* NUL-terminated */
};
_Static_assert(sizeof(struct recording_header) == 104, "ABI");

#pragma GCC diagnostic pop
#endif
