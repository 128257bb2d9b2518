/* SPDX-License-Identifier: GPL-2.0-only */
/* maps.bpf.h: every map and every load-time knob. Sizes marked (set) are set by collect. */
#ifndef WHODID_BPF_MAPS_H
#define WHODID_BPF_MAPS_H

#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include "event.h"

/* Knobs: fixed when the programs are loaded, so that the verifier drops what is switched off. */
extern const volatile bool cfg_fold;	   /* sensor.fold */
extern const volatile bool cfg_inside;	   /* hooks inside calls are attached: lsm.bpf.c */
extern const volatile bool cfg_group_dead; /* sched_process_exit says when a group is gone (6.16) */
extern const volatile __u32 cfg_wakeup_bytes; /* ring fill that wakes the reader; a power of two */
extern const volatile __u32 cfg_page_bytes;   /* unit of max rss */
extern const volatile __u32 cfg_ring_data;    /* flag of a request to a ring: async_data is there */
extern const volatile bool cfg_rings_travel;  /* sockets carry the descriptors of rings */
extern const volatile bool cfg_ring_cqe; /* io_uring_complete has its result in a struct (6.15) */

/*
 * The daemon's own thread group in the initial pid namespace, and when it began: a pid alone is given to
 * somebody else once the daemon is gone. Set by each seeding run; collect sets the first alone, with 0.
 */
extern __u32 self_tgid;
extern __u64 self_start_ns;
/* When seeding was done, 0 before. A task without state is older than that, or its fork was not seen. */
extern __u64 seeded_ns;
/* What the daemon did itself, by enum own_act. */
extern __u64 own_acts[OWN_ACTS_MAX];
/* Processes that have connected to a container engine, for ask.bpf.h. */
extern __u32 engine_clients;
/* The same of systemd and the system's bus, for manager.bpf.h. */
extern __u32 manager_clients;
/* How many tasks seeding has given a state. */
extern __u32 seeded_tasks;
/* Nobody knows whose the rings are that were made before this: see rings.bpf.h. */
extern __u64 unsure_rings_ns;
/*
 * Mount namespaces with the host's paths: that of the first process, and the first one of all, in which
 * kernel threads are (there are hosts whose first process has left it). Set by the seeding runs.
 */
extern __u32 host_mnt_inum[2];

/* Records for user space. (set) */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} events __weak SEC(".maps");

/* What is counted on one CPU. Added to atomically: a softirq may come in between. */
struct cpu_counts {
	struct counters c;
	u64 seq;
	u64 boundaries;
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct cpu_counts);
} counters __weak SEC(".maps");

/* What a window counts for an act; of datagrams and connections with their bytes. */
struct fold_count {
	u64 count; /* acts after the first, which has its own record: */
	u64 seq;   /* that record's header.seq and header.cpu */
	u64 first_ns;
	u64 last_ns;
	u32 cpu;
	u32 pad0;
};
struct flow_count {
	struct fold_count n;
	u64 bytes_in;
	u64 bytes_out;
	u64 duration_ns;
};

/*
 * Where records are put together. Not per-CPU memory: a program may be interrupted (softirq) or
 * preempted inside and another one start on the same CPU, so each run claims a slot.
 */
#define SLOTS_PER_CPU 4
#define SLOT_PATH     4096
/* 240 + environment 32768 + argv 8192 + 3 paths, rounded up, with slack behind for the verifier */
#define SLOT_DATA     57344
struct slot {
	u32 busy;  /* 1, or of a held slot the thread that holds it */
	u32 len;   /* bytes of data in use */
	u32 flags; /* RECORD_* collected on the way */
	u32 walk_off;
	u32 id; /* its index, for functions that are verified by themselves and take scalars only */
	struct record_text text; /* what such a function appended */
	struct record_text base;
	u64 target_boundary; /* what target_find() found */
	u64 target_start_ns;
	u32 target_pid;
	u32 pad0;
	u64 walk_dentry; /* state of a walk: kernel addresses */
	u64 walk_mount;
	u64 walk_root;
	u64 root_mount; /* root of who acts, one behind the other as in struct path */
	u64 root_dentry;
	u32 root_at;  /* of path, where the walk has come through it; 0 = nowhere */
	u16 root_off; /* see struct record_header */
	u16 root_len;
	u32 place_at; /* of path, where the walk has left the mount of what it began with; 0 = nowhere */
	u32 place_off;	 /* of the text that it made */
	u64 place_mount; /* that mount, and its top */
	u64 place_dentry;
	struct record_place place; /* with RECORD_PLACED in flags */
	u64 args[8]; /* of the system call; [6] is 0 and [7] is AT_FDCWD, see file.bpf.c */
	struct flow_count flow;	  /* on its way into a window */
	u64 held_ns;		  /* a held slot: since when, */
	u32 held_for;		  /* and the call as class_and_ia32 */
	u8 path[SLOT_PATH + 256]; /* filled from behind */
	u8 data[SLOT_DATA + 4096 + 64];
};
/*
 * Before those of the CPUs: slots that stay claimed from a hook inside a call to its end (hold.bpf.h),
 * over which a task may sleep.
 */
#define SLOTS_HELD 32 /* a power of two */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS_HELD + SLOTS_PER_CPU); /* (set) */
	__type(key, u32);
	__type(value, struct slot);
} slots __weak SEC(".maps");

/* What a task carries through its life; copied to the child at fork. */
struct task_state {
	u64 boundary;	/* first: user space looks it up by pidfd */
	u64 css_set;	/* seen last: another one means a move; 0 = look again */
	u64 cgroup_id;	/* workload cgroup */
	u64 role_start; /* who ran the executable that gave the role */
	u64 role_inode;
	u64 mover_start; /* who moved the task to another cgroup, until that is looked at, */
	u64 moved_to;	 /* and to which: where it goes by itself afterwards is not their word */
	u32 role_dev;
	u32 role_pid;
	u32 role_uid; /* real uid at that exec: the one sudo was called by */
	u32 mover_pid;
	u32 login_uid;
	u32 session_id;
	u32 flags; /* TASK_*, and STATE_* below */
	u32 exec_count;
	u8 role;      /* enum exe_role of what it executes, inherited at fork */
	u8 connect;   /* enum connect_mark */
	u8 ci;	      /* of a ci supervisor: enum ci_system and CI_WEAK */
	u8 clients;   /* of a leader: CLIENT_*, what the process has connected to */
	u32 mover;    /* enum exe_role of the mover; taken by an exchange */
	u32 cred_uid; /* credentials when looked at last: see note_credentials() */
	u32 cred_euid;
	u32 held;    /* slot of the record that its call has begun, and 1; 0 = none */
	u32 exec_id; /* of the exec that role and boundary are about: see misses_exec() */
	u64 cred_caps;
	u64 family; /* of a leader: whose rings the process can get at, see rings.bpf.h; 0 = nobody's */
};
#define CLIENT_OF_ENGINE  1 /* a container engine */
#define CLIENT_OF_MANAGER 2 /* systemd, or the system's bus */
/* Was root when looked at last: a daemon that logs somebody in may have left root since. */
#define STATE_WAS_ROOT	  (1u << 31)
#define STATE_INTERNAL	  STATE_WAS_ROOT

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_state);
} tasks __weak SEC(".maps");

/*
 * Executables that may decide something, by inode. dev is the kernel's s_dev. An inode number is given to
 * the next file soon after an upgrade has removed the old one; the generation then differs.
 */
struct exe_key {
	u64 inode;
	u32 dev;
	u32 generation;
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct exe_key);
	__type(value, u32); /* role, and the ci system << 8 */
} trusted_exes __weak SEC(".maps");

/* collect's own descriptors of those executables, until on_role_file has taken their inodes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u32);
} role_fds __weak SEC(".maps");

/* Equal opens of one window. collect swaps the inner map and then reads the old one. */
struct fold_key {
	u64 boundary;
	u64 inode;
	u32 dev;
	u32 generation; /* an inode number is given to the next file soon after an unlink */
	u32 kind;
	u32 mnt_inum; /* as in record_file */
	u64 root;     /* kernel address of the directory that is the root of who acts */
};
struct fold_window {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct fold_key);
	__type(value, struct fold_count);
};
struct fold_window fold_a __weak SEC(".maps");
struct fold_window fold_b __weak SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, u32);
	__array(values, struct fold_window);
} fold __weak SEC(".maps");

/* The same of datagrams that are sent, and of connections that are taken, by who is at the other end. */
struct flow_key {
	u64 boundary; /* see flow_boundary() */
	u8 peer[16];
	u8 own[16]; /* accept, close: where it was taken */
	u32 kind;
	u32 net_inum;
	u16 family;
	u16 proto;
	u16 port; /* of the one that listens, or is sent to */
	u16 error;
};
struct flow_window {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct flow_key);
	__type(value, struct flow_count);
};
struct flow_window flow_a __weak SEC(".maps");
struct flow_window flow_b __weak SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, u32);
	__array(values, struct flow_window);
} flows __weak SEC(".maps");

/* Addresses that datagrams are sent to by name: equal ones have one number, and a number one address. */
struct send_name {
	u8 address[110]; /* struct sockaddr_un, zeroes behind its end */
	u16 len;
};
struct send_number {
	u64 at_ns; /* when that CPU gave it */
	u64 cpu;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct send_name);
	__type(value, struct send_number);
} unix_names __weak SEC(".maps");

/* Where a thread is sending to, by its tid: from the hook in the call to the end of the call. */
#define PENDING_SENDS 16 /* different ones of one sendmmsg(2); more are lost, and counted */
struct address {
	u8 ip[16];
	u16 family;
	u16 port;
};
struct pending_sends {
	u64 start_ns; /* of the thread: its tid may be another one's by now */
	u64 sock;     /* kernel address of the socket */
	u32 used;
	u32 proto;
	s32 fd;	   /* of the call, at its end */
	u32 total; /* sum of the counts below */
	u32 held;  /* sock is known to be the one, and there */
	u32 pad0;
	struct send_to {
		struct address address;
		u32 count;
		u32 net_inum; /* network namespace of the socket */
	} to[PENDING_SENDS];
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, struct pending_sends);
} pending __weak SEC(".maps");

/*
 * Requests to rings that have no result yet, by the kernel's address of them: the record as far as it
 * is known. collect tells those of which it does not hear in time.
 */
#define REQUEST_BYTES 1024
struct request {
	u8 record[REQUEST_BYTES];
	struct flow_key key; /* of a datagram: what it is counted by; the error is still to come */
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, struct request);
} requests __weak SEC(".maps");

/*
 * Requests to accept, many at once or one, by what their results are known by. user_data is the caller's
 * and may be another request's too, so what a result is said to be has to fit the rest.
 */
struct ring_accept_key {
	u64 ring;
	u64 user_data;
};
struct ring_accept {
	u64 req;
	u32 net_inum; /* of the socket that listens, */
	u16 port;     /* as is this: host order */
	u16 in_table; /* they go into the ring's own table */
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct ring_accept_key);
	__type(value, struct ring_accept);
} ring_accepts __weak SEC(".maps");

/* Who asked for the connection, kept at the socket: the answer comes in softirq. */
struct connect_owner {
	struct record_task task;
	u64 asked_ns;
	u8 dst[16];
	u16 family;
	u16 dst_port;
	u32 open;	 /* no result yet */
	u32 established; /* the result was good, and the end is to be told */
	u32 by_ring;	 /* a ring was asked for it */
};
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct connect_owner);
} owners __weak SEC(".maps");

/* Who asked over a datagram socket last: the answer comes in softirq. */
struct asker {
	struct record_task task;
};
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct asker);
} askers __weak SEC(".maps");

/* The first message of a TLS client that came in pieces: where it ends in the stream. */
struct hello {
	u32 end;
	u32 pad0;
};
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct hello);
} hellos __weak SEC(".maps");

/*
 * The same as owners for connections that were accepted, by the address of the socket: accept(2) gives no
 * pointer that storage could hang on. One that is pushed out has no close record.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct connect_owner);
} accepted __weak SEC(".maps");

/*
 * Rings that others than the boundary of their maker can put requests into, by their family's number, or
 * by the start of the process that made them; since when.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, u64);
} shared_rings __weak SEC(".maps");

/*
 * The sensor's own maps, programs and links: enum touch_object << 32 | number in the kernel. Filled by
 * collect once they are there; numbers are not used again in a boot.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, u8);
} own_objects __weak SEC(".maps");

#endif
