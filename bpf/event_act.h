/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* event_act.h: the records of processes, files and powers; a part of event.h, whose rules hold. */
#ifndef WHODID_BPF_EVENT_ACT_H
#define WHODID_BPF_EVENT_ACT_H

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
	__u32 mnt_inum;	  /* mount namespace that path is in, where it is not the host's; else 0 */
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

_Static_assert(sizeof(struct record_fork) == 152, "ABI");
_Static_assert(sizeof(struct record_exec) == 280, "ABI");
_Static_assert(sizeof(struct record_exit) == 160, "ABI");
_Static_assert(sizeof(struct record_file) == 248, "ABI");
_Static_assert(sizeof(struct record_target) == 176, "ABI");
_Static_assert(sizeof(struct record_cred) == 176, "ABI");
_Static_assert(sizeof(struct record_load) == 216, "ABI");

#endif
