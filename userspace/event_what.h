/* SPDX-License-Identifier: Apache-2.0 */
/* event_what.h: what happened, to what, with which result; a part of event.h, whose rules hold. */
#ifndef WHODID_EVENT_WHAT_H
#define WHODID_EVENT_WHAT_H

#include "base/str.h"

/* Values are stored: a type keeps its number. Kernel kinds (bpf/event.h) have the same ones. */
enum event_type {
	EVENT_NONE = 0,
	EVENT_FORK = 1,
	EVENT_EXEC = 2,
	EVENT_EXIT = 3,
	EVENT_BOUNDARY =
		4, /* feeds the identity stage; published only where it is one of the next two */
	EVENT_SESSION_START = 5,
	EVENT_CRED_BECOME = 6,
	EVENT_PROCESS = 7, /* ran before the sensor: feeds the identity stage, is not published */
	EVENT_AUTH_LOG =
		8, /* what sshd told the log; published only when it was somebody who plays sshd */
	EVENT_SESSION_END =
		9,	    /* the last process of a login has gone; made by the identity stage */
	EVENT_REQUEST = 10, /* to a container engine: feeds the identity stage, is not published */
	EVENT_SESSION_ATTEST = 11, /* a token was shown; made by the daemon */
	EVENT_FILE_READ = 16,
	EVENT_FILE_WRITE = 17,
	EVENT_FILE_CREATE = 18,
	EVENT_FILE_DELETE = 19,
	EVENT_FILE_RENAME = 20,
	EVENT_FILE_CHMOD = 21,
	EVENT_FILE_LINK = 22,
	EVENT_PTRACE = 23,
	EVENT_SIGNAL = 24,
	EVENT_CRED_CAPABILITY = 25,
	EVENT_NAMESPACE = 26,
	EVENT_FILE_MOUNT = 27,
	EVENT_MODULE_LOAD = 28,
	EVENT_BPF_LOAD = 29,
	EVENT_FILE_MAP = 30, /* as code */
	EVENT_NET_CONNECT = 32,
	EVENT_NET_LISTEN = 33,
	EVENT_NET_ACCEPT = 34,
	EVENT_NET_CLOSE = 35,
	EVENT_NET_SOCKET = 36,
	EVENT_NET_DNS = 37, /* a question with its answer */
	EVENT_NET_TLS = 38, /* the first message of a TLS client */
	EVENT_LOSS = 48,
	EVENT_ANOMALY = 49, /* an anomaly was opened or changed: score part only */
	EVENT_AGENT_START = 50,
	EVENT_AGENT_STOP = 51,
	EVENT_PROFILE_CHANGE = 52,
	EVENT_AGENT_TAMPER = 53, /* an act on the sensor itself, told once more behind that act */
	EVENT_AGENT_BLIND = 55,	 /* a hook no longer sees, or sees again */
	EVENT_TYPE_MAX = 64,
};

/* "exec", "file.read", ...; NULL for a number that is no type. */
const char *event_type_name(enum event_type type);
/* The type of that name, or EVENT_NONE. "connect", "read", "write", ... (the part behind the dot) do too. */
enum event_type event_type_parse(struct str name);

enum outcome { OUTCOME_NONE = 0, OUTCOME_OK = 1, OUTCOME_FAILED = 2, OUTCOME_BLOCKED = 3 };
const char *outcome_name(enum outcome outcome);

/* Where file.path comes from, when not from the kernel's own objects. */
enum path_source {
	PATH_OF_KERNEL = 0,
	PATH_OF_PROCESS = 1, /* the caller's memory: another thread may have changed it since */
	PATH_OF_REQUEST =
		2, /* the kernel's copy of what was asked for; symbolic links not resolved */
	PATH_OF_DESCRIPTOR =
		3, /* what the descriptor named at the end; another thread may have put it there */
};

/* Whose answer a name is from. */
enum name_source {
	NAME_OF_NOBODY = 0,
	NAME_OF_RESOLVER = 1, /* one that this host is told to use */
	NAME_OF_SERVER = 2,   /* one that the process chose to ask */
};

/* Bits of event_what.truncated; each names a JSON field. */
#define CUT_ARGV (1u << 0)
#define CUT_EXE	 (1u << 1)
#define CUT_PATH (1u << 2)
#define CUT_CWD	 (1u << 3)

/* What happened: written by decode (and for EVENT_LOSS and agent events by who makes them). */
struct event_what {
	uint64_t boot_ns;
	int64_t wall_ns; /* Unix time, ns */
	uint64_t seq;	 /* per host, never reused; given by the pipeline */
	enum event_type type;
	enum outcome outcome;
	int32_t err;	       /* positive errno, 0 = none */
	uint64_t count;	       /* acts this stands for, >= 1 */
	int64_t first_wall_ns; /* of folded acts, else 0 */
	int64_t last_wall_ns;
	uint32_t truncated; /* CUT_* */
	bool folded;	    /* counts acts behind an earlier event of the same kind */
	bool io_uring;	    /* a request to a ring and no system call of its own */

	/* who acts, as the kernel says */
	uint64_t boundary;
	uint64_t start_ns; /* boot clock; with pid and boot id this names a process */
	uint64_t parent_start_ns;
	uint64_t cgroup_id;
	uint32_t pid, tid, ns_pid, parent_pid;
	uint32_t uid, euid, gid, egid;
	uint32_t login_uid, session_id; /* 0xffffffff = unset */
	uint32_t task_flags;		/* TASK_* of bpf/event.h */
	uint32_t exec_count;
	struct str comm;

	struct { /* fork */
		uint32_t pid;
		uint32_t flags;
		uint64_t start_ns;
		uint64_t boundary;
	} child;

	struct {		     /* exec */
		struct str exe;	     /* resolved path */
		struct str filename; /* as asked for */
		struct str cwd;
		struct str
			argv; /* NUL-separated; secrets are redacted when it is printed or stored */
		uint32_t argc;
		uint32_t exe_mode, exe_uid, exe_nlink;
		uint64_t exe_inode, exe_dev, exe_ctime_ns;
		/* what was asked for, where an interpreter runs it: by the kernel's own object */
		struct str script;
		uint64_t script_inode, script_dev, script_ctime_ns;
		uint32_t exe_generation, script_generation; /* of their inodes */
		/* content, by the program stage; absent while it is not known */
		struct str sha256, script_sha256; /* hexadecimal */
		struct str package;		  /* "coreutils 9.1-1" */
		bool package_modified;		  /* its content is not what the package brought */
		uint64_t caps_effective, caps_permitted;
		uint32_t ns_pid, ns_mnt, ns_user, ns_net, ns_cgroup; /* inode numbers */
		bool deleted; /* the file had no name any more */
		bool loader;  /* the executable is a dynamic loader, which runs what argv says */
		struct str
			path_in_root; /* exe from the root that the process has, where that is another */
		struct str
			path_on_host; /* exe in the host's mount namespace, where that is another */
		bool late; /* found at the process's next act: no arguments, no filename */
	} exec;

	struct { /* exit */
		uint32_t code, signal;
		uint64_t duration_ns, user_ns, system_ns, max_rss_bytes;
	} exit;

	struct {		     /* file.* */
		struct str path;     /* absolute; rename: the new name */
		struct str old_path; /* rename: the old name; link: the target; mount: the source;
				      * pivot_root: where the old root went */
		struct str fs_type;  /* mount */
		struct str xattr;    /* setxattr, removexattr: name of the attribute */
		/* an open by a ring: what was asked for, where that is not path */
		struct str requested;
		/* path from the root that the process has, where that is not the top of its namespace */
		struct str path_in_root;
		/* path in the host's mount namespace, where that is another */
		struct str path_on_host;
		uint32_t mnt_ns; /* mount namespace that path is in; 0 = the host's, or not known */
		struct str op;	 /* open, unlink, ... : static text */
		struct str
			flags; /* comma list of open flags, lower case without O_: static or record text */
		uint32_t mode; /* st_mode */
		uint64_t inode, dev;
		uint64_t size_bytes; /* truncate */
		uint32_t new_uid, new_gid;
		uint32_t generation;  /* of the inode, of an open */
		uint64_t ctime_ns;    /* of an open for writing: when it changed last before */
		bool other_writers;   /* of an open for writing: others may write it meanwhile */
		uint32_t path_source; /* enum path_source */
		bool deleted;
		bool has_size;
	} file;

	struct { /* net.* */
		uint16_t
			family; /* AF_*: of a socket any, else AF_INET, AF_INET6, AF_UNIX, AF_VSOCK */
		uint16_t proto; /* IPPROTO_*; of a socket of another family its own number */
		uint16_t src_port, dst_port;
		uint8_t src[16], dst[16]; /* v4 in the first four bytes */
		uint64_t duration_ns;
		uint64_t bytes_in, bytes_out; /* close */
		bool inbound;		      /* src asked for it, dst is here */
		bool sent;		      /* without connect(2) */
		uint32_t address_source;      /* enum path_source of dst */
		uint16_t type;	 /* SOCK_* of a unix connection and of a socket; 0 = not known */
		uint32_t ns;	 /* network namespace of the socket; 0 = not known */
		struct str path; /* unix: of the listener's socket, resolved, or "@" and its name */
		uint64_t inode, dev; /* unix: of the socket's name; 0 = it has none, or not known */
		uint32_t cid, vsock_port;   /* vsock */
		struct str dst_name;	    /* that who acts asked DNS for; absent = not known */
		struct str dst_other_names; /* that gave it the same address, comma list */
		uint32_t dst_name_source;   /* enum name_source */
	} net;

	struct { /* net.dns, net.tls: for the names stage; neither printed nor stored */
		struct str bytes;
		uint64_t socket;
		uint32_t offset; /* tcp: in its direction of the stream */
		uint32_t length; /* of the payload, whether or not bytes has it whole */
		bool inbound;
	} packet;

	struct { /* net.dns; names are in presentation form (names/message.h) */
		struct str name, type, rcode; /* rcode absent = no answer */
		struct str answers;	      /* addresses, comma list */
		struct str cnames;	      /* names on the way to them, comma list */
		bool truncated;		      /* there was more */
	} dns;

	struct { /* net.tls */
		struct str
			server_name; /* that the client said it wants; absent when it said none */
		bool mismatch;	     /* the address has names by DNS, and this is none of them */
	} tls;

	struct {		 /* auth_log */
		struct str text; /* a line for syslog, by sshd as root */
		/* its client's connection, as a net.connect of the client has it; family 0 = not found */
		uint16_t family, src_port, dst_port;
		uint8_t src[16], dst[16];
		uint32_t ns;
		bool cut;
	} auth;

	struct {			  /* request, as the client wrote it */
		struct str line;	  /* "POST /v1.41/containers/web/start" */
		uint32_t role, ci_system; /* of the asking executable: enum exe_role, ci_system */
		uint32_t engine;	  /* enum request_engine of bpf/event.h */
	} request;

	struct { /* ptrace, signal: whom it was done to; a unix connection: who listens */
		uint32_t pid;
		uint32_t op; /* enum ptrace_op of bpf/event.h */
		uint32_t signal;
		uint64_t start_ns, boundary;
		uint64_t bytes;
		struct str exe;
	} target;

	struct {		      /* cred.become by a call, cred.capability, namespace */
		uint32_t op;	      /* enum cred_op of bpf/event.h */
		uint32_t namespaces;  /* bits as namespace_name() counts them */
		uint32_t ns_inum;     /* of the one that was entered; 0 = not known */
		uint64_t caps_gained; /* effective now and not before */
	} cred;

	struct { /* boundary, cred.become, session.start */
		uint64_t id, parent_id;
		uint64_t opener_start_ns, opener_inode, opener_dev;
		uint32_t opener_pid, kind, role, from_uid, to_uid, session_id, cgroup_hierarchy;
		struct str exe, cgroup;
		/* ci only, for the identity stage; neither printed nor stored: secrets are among it */
		struct str cwd, argv, environ;
		bool environ_cut;
		uint32_t ci_system; /* enum ci_system, and CI_WEAK */
	} crossing;

	struct { /* session.end */
		int64_t start_wall_ns;
		int64_t login_end_wall_ns; /* who let it in has gone; 0 = not seen */
		uint64_t duration_ns;
	} session;

	struct { /* loss */
		uint64_t events, total;
		int64_t from_wall_ns, to_wall_ns;
		struct str stage; /* "ring_buffer", "store", "stream", "not_running": static text */
		const uint64_t *by_type; /* EVENT_TYPE_MAX counters, borrowed; NULL = not known */
	} loss;

	struct {		 /* module.load, bpf.load */
		struct str name; /* as the kernel has it; absent when it has none */
		struct str path; /* file of a module */
		uint32_t type;	 /* enum bpf_prog_type */
		uint32_t id;
	} load;

	struct { /* agent.tamper by bpf */
		struct str name;
		uint32_t op;	 /* enum touch */
		uint32_t object; /* enum touch_object */
		uint32_t id;
	} touched;

	struct str
		attest_error; /* session.attest that was refused: attest_result_name(), static text */

	struct str
		tamper; /* agent.tamper, by what: signal, ptrace, memory, file, bpf, clock, pause: static text */
	struct str message; /* agent.*, profile.change, session.attest: one sentence */
};

#endif
