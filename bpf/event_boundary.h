/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* event_boundary.h: where identities begin, and what tells whose they are; a part of event.h, whose rules hold. */
#ifndef WHODID_BPF_EVENT_BOUNDARY_H
#define WHODID_BPF_EVENT_BOUNDARY_H

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
	BOUNDARY_HELPER = 10, /* the kernel itself started a program (call_usermodehelper) */
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
/*
 * The executable is not root's alone, and who owns it may have changed it, or everybody can execute it in any
 * unit. Beside the number above.
 */
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
	/* no engine, and no line: the head of a call of D-Bus and the name of a unit, as manager.bpf.c says */
	REQUEST_SYSTEMD = 3,
	REQUEST_SYSTEMD_UNSURE =
		4, /* asked by another than root: whether it was granted is not seen */
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

_Static_assert(sizeof(struct record_boundary) == 240, "ABI");
_Static_assert(sizeof(struct record_auth_log) == 184, "ABI");
_Static_assert(sizeof(struct record_request) == 152, "ABI");

#endif
