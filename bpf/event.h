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
	/* struct record_request: what a client asked of a container engine, or of systemd */
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
/*
 * the record ends with a struct record_place: where in its file system a path of it lies. Of what is in
 * another mount namespace than the host's
 */
#define RECORD_PLACED	 (1u << 19)

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

/*
 * A file by its file system, which several mount namespaces may have mounted, each in its own place:
 * mount and rest in a row are its path from the top of the file system.
 */
struct record_place {
	__u64 dev; /* as in record_exec */
	struct record_text
		mount; /* top of the mount that the path passes; "/" = of the file system */
	struct record_text rest; /* the end of a path of the record: what is below that mount */
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
/*
 * A thread of the kernel did it that takes what is put into a ring (SQPOLL), and others than the boundary
 * of the ring's maker, which the rest is about, may have put it there
 */
#define TASK_SHARED_RING     (1u << 11)

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

_Static_assert(sizeof(struct record_header) == 32, "ABI");
_Static_assert(sizeof(struct record_task) == 96, "ABI");
_Static_assert(sizeof(struct record_place) == 24, "ABI");

#include "event_act.h"
#include "event_boundary.h"
#include "event_count.h"
#include "event_net.h"

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
