/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event: one thing that happened. Each stage fills its own part and only reads those before it.
 *
 * An event is flat and holds no memory of its own: every struct str in it is borrowed. On the
 * line the texts live in the record, in the identity stage's tables or in the profile set, and
 * stay valid until pipeline_push() returns; from a store or a stream they live in the batch
 * that was unpacked. Who wants to keep an event packs it (event_pack.h).
 *
 * Names are the same here, in the JSON (event_fields.h has the table), in filters, metrics and
 * dashboards.
 */
#ifndef WHODID_EVENT_H
#define WHODID_EVENT_H

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

enum assurance {
	ASSURANCE_UNKNOWN = 0, /* order is strength: a profile says "at least" */
	ASSURANCE_CLAIMED = 1,
	ASSURANCE_DERIVED = 2,
	ASSURANCE_RECORDED = 3,
	ASSURANCE_KERNEL = 4,
	ASSURANCE_ATTESTED = 5,
};
const char *assurance_name(enum assurance assurance);
/* The level of that name, or -1. */
int assurance_parse(struct str name);

/* Identity flags, each an oddity that an anomaly may rest on. Names: identity_flag_name(). */
#define ID_SELF_LOGINUID   (1u << 0)
#define ID_SELF_MOVED	   (1u << 1)
#define ID_SEEDED	   (1u << 2)
#define ID_REPAIRED	   (1u << 3)
#define ID_THREAD_LOGINUID (1u << 4)
#define ID_BOUNDARY_LOST   (1u << 5) /* the boundary's record was lost */
#define ID_USERNS	   (1u << 6)
#define ID_FAKE_SUPERVISOR (1u << 7)  /* a job plays the supervisor of jobs */
#define ID_AFTER_JOB_END   (1u << 8)  /* of a job whose supervisor has gone */
#define ID_PRELOAD_ENV	   (1u << 9)  /* the job's environment puts code into what it starts */
#define ID_ENV_TRUNCATED   (1u << 10) /* the job's environment was not read whole */
#define ID_ENV_DUPLICATE   (1u << 11) /* the job's environment names something twice */
#define ID_ENV_MISMATCH	   (1u << 12) /* a later step's environment names another job */
#define ID_LOOPBACK_SSH	   (1u << 13) /* its ssh login came from this host */
#define ID_HANDOFF	   (1u << 14) /* in a server that people of other sessions use too */
#define ID_DEFERRED_BY_JOB (1u << 15) /* a CI job wrote the crontab or at job that it runs */
#define ID_SUPERVISOR_TAMPERED \
	(1u << 16) /* a job reached for its supervisor, or was started after that */
#define ID_FORGED_AUTH_LOG (1u << 17) /* told the log that somebody has logged in, and is no sshd */
#define ID_CGROUP_PARENT_MISMATCH \
	(1u << 18) /* a container in a cgroup of another engine's, or pod's */
#define ID_FORGED_LABEL \
	(1u << 19) /* a container with labels of a CI system that did not ask for it */
#define ID_BIND_CONFLICT (1u << 22) /* tokens of two identities were shown in one place */
#define ID_CLAIMS_MISMATCH \
	(1u << 23)		   /* a token named another job or pod than the one it came from */
#define ID_TOKEN_REPLAY (1u << 24) /* the same token was shown in two places */
#define ID_FLAG_MAX	25
const char *identity_flag_name(unsigned bit); /* NULL past the last */

/* What is known of a CI job; who_level says how sure. What is not known is absent. */
struct ci_facts {
	struct str provider; /* "github", ...: static text */
	struct str repository, repository_id, workflow, job, run_id, step, actor, ref, sha, event,
		runner;
	/* Folders that the supervisor gave the job, absolute and resolved in writing; absent where a job
	 * may set what says so. Of a step in a container they are the container's: GitHub's runner
	 * translates what it hands to docker exec (ContainerStepHost, StepHost.cs). */
	struct str workspace, temp;
	uint32_t attempt; /* 0 = not known */
};

/*
 * How somebody logged in, as sshd wrote it to the log before it let them in: recorded, whatever the
 * level of who is. Absent is what it did not say.
 */
struct login_facts {
	struct str method; /* publickey, password, ... */
	struct str ip;	   /* where the client was; absent without a login that was heard of */
	uint16_t port;
	struct str key_type, key_fingerprint; /* "ED25519", "SHA256:..." */
	struct str cert_id; /* of a certificate: free text that its holder may have chosen */
	struct str cert_serial, ca_fingerprint;
};

/* What its engine keeps of a container. Absent is what it does not. */
struct container_facts {
	struct str name;
	struct str image;    /* as it was asked for; "latest" is said where no tag was */
	struct str image_id; /* "sha256:...", or as the engine calls it */
};

/* The pod that a container is of, as kubelet's engine keeps it. */
struct pod_facts {
	struct str namespace, name, uid;
	struct str container;	    /* absent for the sandbox */
	struct str service_account; /* by the pod's token; absent when it has none */
};

/* A signed token that was shown where this identity lives. */
struct attested_facts {
	struct str issuer; /* absent = none */
	struct str subject, audience;
	int64_t expires_wall_ns; /* of the token: the identity stays */
};

/* The identity of a boundary. Texts are borrowed as event.h's first comment says. */
struct identity {
	struct str who; /* design.md 4: "human:alice", "unit:nginx.service", "anon:<reason>" */
	/* human, cron, at, ci, unit, sa, spiffe, container, kernel, anon: static text */
	struct str kind;
	struct str via; /* edges from outside in, comma list: "ssh,sudo:root"; empty = none */
	struct str as;	/* "host", "unit:ssh.service", "session:26", "ctr:podman/<id12>", ... */
	enum assurance who_level, via_level, as_level;
	uint32_t flags;	    /* ID_* */
	uint64_t boundary;  /* 0 = none */
	struct str session; /* "26"; absent when there is none */
	struct str person;  /* login name of the person behind it; absent when nobody is known */
	struct str cgroup;  /* path of the workload cgroup */
	struct str unit;    /* systemd unit, absent when none */
	struct str container_id, container_runtime;
	struct container_facts container;
	struct pod_facts pod;
	struct str reason; /* anon: why, in words */
	struct str by; /* who asked for it: made the connection that ssh came by, wrote the job */
	struct login_facts login;
	struct ci_facts ci; /* all absent when it is no job */
	struct attested_facts attested;
};

/* Whose answer a name is from. */
enum name_source {
	NAME_OF_NOBODY = 0,
	NAME_OF_RESOLVER = 1, /* one that this host is told to use */
	NAME_OF_SERVER = 2,   /* one that the process chose to ask */
};

/* Why nobody is named as writer of a file that may have been written while this host was watched. */
enum writer_unknown {
	WRITER_SAID = 0,   /* somebody is, or it was there before */
	WRITER_MISSED = 1, /* records were lost, or nothing ran that saw it */
	WRITER_OTHERS = 2, /* more have it open than were seen or are kept */
	WRITER_RECALL = 3, /* what the store knows from before the start is still being read */
};

#define ANCESTORS_MAX 16

struct process_ref {
	uint32_t pid;
	uint64_t start_ns;
	struct str exe; /* absent = not known */
};

/* Who did it: written by identity. */
struct event_who {
	struct identity id;
	struct str exe;	      /* of the acting process, as it was at its last exec */
	struct str user_name; /* of uid; absent when the system has none */
	struct str target;    /* who the target is; absent when there is none or not known */
	/*
	 * exec: who opened for writing last what was asked for (the script, where there is one), and the
	 * script's interpreter. A comma list: of several who had it open at once any can be the last.
	 */
	struct str written_by, interpreter_written_by;
	uint32_t writer_unknown;   /* enum writer_unknown: why written_by is absent */
	int64_t written_wall_ns;   /* when the latest of written_by opened it; 0 = not known */
	struct process_ref parent; /* pid 0 = not known */
	struct process_ref
		ancestors[ANCESTORS_MAX]; /* nearest first, the parent is [0]; on exec only */
	uint32_t ancestor_count;
};

enum verdict {
	VERDICT_NONE = 0, /* not an act that profiles judge */
	VERDICT_EXPECTED = 1,
	VERDICT_UNEXPECTED = 2,
	VERDICT_FORBIDDEN = 3,
	VERDICT_EXCEPTED = 4,
	VERDICT_UNPROFILED = 5,
	VERDICT_LEARNING = 6,
};
const char *verdict_name(enum verdict verdict);
int verdict_parse(struct str name); /* -1 = none of that name */

enum severity {
	SEVERITY_NONE = 0,
	SEVERITY_INFO = 1,
	SEVERITY_LOW = 2,
	SEVERITY_MEDIUM = 3,
	SEVERITY_HIGH = 4,
	SEVERITY_CRITICAL = 5,
};
const char *severity_name(enum severity severity);
int severity_parse(struct str name);

/* Whether that was expected: written by profile. */
struct event_verdict {
	enum verdict value;
	enum severity severity; /* of forbidden and unexpected */
	struct str mode;	/* learn, audit, enforce: static text; absent when unprofiled */
	struct str binding;	/* name of the deciding binding */
	struct str rule;	/* "role/rule-id" that decided; absent for unexpected */
	struct str reason;	/* the rule's own sentence */
	struct str attack;	/* comma list of ATT&CK ids of the rule */
};

/* How unusual: written by anomaly. */
struct event_score {
	uint64_t anomaly; /* number n of "A-n"; 0 = none */

	/* only on EVENT_ANOMALY: the anomaly's whole present state */
	struct str change; /* opened, updated, state: static text */
	struct str state;  /* new, ack, suppressed, resolved */
	struct str kind;   /* forbidden, unexpected, identity, ... */
	struct str title;
	struct str what; /* "read /proc/4127/mem": verb and object of the newest reason */
	uint64_t events;
	int64_t first_wall_ns, last_wall_ns;
};

struct event {
	struct event_what what;
	struct event_who who;
	struct event_verdict verdict;
	struct event_score score;
};

/* Facts of the host that every JSON event repeats. */
struct host {
	char name[65];
	char boot_id[37];    /* 8-4-4-4-12 */
	char machine_id[33]; /* "" = none */
};

/* Fills *out from this machine. Never fails: what cannot be read is "". */
void host_read(struct host *out);

/* Writes "b1946ac9.4466.1187923" (boot id's first part, pid, start in microseconds) to out. */
#define PROCESS_UID_MAX 64
void process_uid_format(char out[static PROCESS_UID_MAX], const struct host *host, uint32_t pid,
			uint64_t start_ns);

/* The event's ULID: its wall time in ms, 16 bits of the boot id, its seq. 26 characters and NUL. */
#define EVENT_UID_MAX 27
void event_uid_format(char out[static EVENT_UID_MAX], const struct host *host,
		      const struct event *ev);
/* Gives back the seq in a ULID. 0, or -EINVAL when it is none. */
int event_uid_parse(struct str uid, uint64_t *seq);

/* Notable: what `watch` shows by default (ux.md 1.4). */
bool event_is_notable(const struct event *ev);

#endif
