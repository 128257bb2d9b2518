/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel.h: the kernel types and fields that the programs read, and no others.
 *
 * Offsets are relocated against the running kernel (CO-RE), so order and gaps do not matter;
 * names and types do, and tests/bpf/test_kernel_types compares them with its BTF.
 * What differs between kernels lives in compat.bpf.h.
 */
#ifndef WHODID_BPF_KERNEL_H
#define WHODID_BPF_KERNEL_H

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef __u64 __be64;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
typedef _Bool bool;
enum { false = 0, true = 1 };

/* uapi of bpf(2), by value */
enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
};
enum {
	BPF_LOCAL_STORAGE_GET_F_CREATE = 1,
	BPF_SK_STORAGE_GET_F_CREATE = 1,
};
enum {
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
	BPF_RB_AVAIL_DATA = 0,
};
enum {
	BPF_F_NO_PREALLOC = 1,
};
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_SK_STORAGE = 24,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};

/* constants of the kernel's own headers */
#define PF_IO_WORKER	      0x00000010
#define PF_KTHREAD	      0x00200000
#define CLONE_THREAD	      0x00010000
#define CLONE_NEWTIME	      0x00000080 /* a signal's bits in clone(2) */
#define CLONE_NEWNS	      0x00020000
#define CLONE_NEWCGROUP	      0x02000000
#define CLONE_NEWUTS	      0x04000000
#define CLONE_NEWIPC	      0x08000000
#define CLONE_NEWUSER	      0x10000000
#define CLONE_NEWPID	      0x20000000
#define CLONE_NEWNET	      0x40000000
#define NSFS_MAGIC	      0x6e736673
#define PROC_SUPER_MAGIC      0x9fa0
#define FMODE_WRITE	      0x2
#define FMODE_PATH	      0x4000
#define FMODE_CREATED	      0x100000
#define FMODE_EXEC	      0x20 /* in f_flags: opened by execve */
#define SIGNAL_GROUP_EXIT     0x00000004
#define TS_COMPAT	      0x0002
#define PSR_MODE32_BIT	      0x00000010 /* arm64, uapi: the call came from AArch32 */
#define TCP_ESTABLISHED	      1
#define TCP_SYN_SENT	      2
#define TCP_FIN_WAIT1	      4
#define TCP_FIN_WAIT2	      5
#define TCP_LAST_ACK	      9
#define TCP_CLOSE_WAIT	      8
#define TCP_CLOSE	      7
#define TCP_LISTEN	      10
#define TCP_CLOSING	      11
#define TCP_NEW_SYN_RECV      12
#define AF_UNSPEC	      0
#define AF_UNIX		      1
#define AF_INET		      2
#define AF_INET6	      10
#define AF_NETLINK	      16
#define AF_PACKET	      17
#define AF_VSOCK	      40
#define AF_XDP		      44
#define SOCK_STREAM	      1
#define SOCK_DGRAM	      2
#define SOCK_RAW	      3
#define SOCK_PACKET	      10
#define SOCK_TYPE_MASK	      0xf
#define NETLINK_AUDIT	      9
#define IPPROTO_TCP	      6
#define IPPROTO_UDP	      17
#define S_IFMT		      0170000
#define S_IFSOCK	      0140000
#define S_IFDIR		      0040000
#define S_IFREG		      0100000
#define AT_FDCWD	      (-100)
#define AT_REMOVEDIR	      0x200
#define REQ_F_FIXED_FILE      (1u << 0) /* of io_kiocb.flags */
#define REQ_F_FORCE_ASYNC     (1u << 4)
#define REQ_F_CQE_SKIP	      (1u << 6)
#define O_ACCMODE	      00000003
#define O_CREAT		      00000100
#define O_EXCL		      00000200
#define O_TRUNC		      00001000
#define O_WRONLY	      00000001
#define O_PATH		      010000000
#define O_TMPFILE_BIT	      020000000 /* __O_TMPFILE */
#define PIPEFS_MAGIC	      0x50495045
#define SOCKFS_MAGIC	      0x534F434B
#define ANON_INODE_FS_MAGIC   0x09041934
#define NFS_SUPER_MAGIC	      0x6969
#define CIFS_SUPER_MAGIC      0xff534d42
#define SMB2_SUPER_MAGIC      0xfe534d42
#define FUSE_SUPER_MAGIC      0x65735546
#define V9FS_MAGIC	      0x01021997
#define CEPH_SUPER_MAGIC      0x00c36400
#define AFS_FS_MAGIC	      0x6b414653
#define GFS2_MAGIC	      0x01161970
#define OCFS2_SUPER_MAGIC     0x7461636f
#define LUSTRE_SUPER_MAGIC    0x0bd00bd0
#define BTRFS_SUPER_MAGIC     0x9123683e
#define BCACHEFS_SUPER_MAGIC  0xca451a4e
#define EPERM		      1
#define ESRCH		      3
#define ENOENT		      2
#define EINTR		      4
#define EAGAIN		      11
#define EBUSY		      16
#define ENOTDIR		      20
#define ECONNABORTED	      103
#define ECONNRESET	      104
#define EISCONN		      106
#define ECANCELED	      125
#define ETIMEDOUT	      110
#define ECONNREFUSED	      111
#define EALREADY	      114
#define EINPROGRESS	      115
#define ERESTARTSYS	      512
#define ERESTART_RESTARTBLOCK 516

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next, *prev;
};
struct hlist_bl_node {
	struct hlist_bl_node *next, **pprev;
};
typedef struct {
	int counter;
} atomic_t;
typedef struct {
	u32 val;
} kuid_t;
typedef struct {
	u32 val;
} kgid_t;

typedef struct {
	u64 bits; /* two u32 before 6.3: the same eight bytes */
} kernel_cap_t;

struct ns_common {
	unsigned int inum;
};
struct user_namespace {
	int level;
	struct ns_common ns;
};
struct mnt_namespace {
	struct ns_common ns;
};
struct xarray {
	void *xa_head;
};
struct xa_node {
	unsigned char shift;
	void *slots[64];
};
struct idr {
	struct xarray idr_rt;
};
struct pid_namespace {
	struct ns_common ns;
	struct idr idr; /* struct pid by number */
};
struct cgroup_namespace {
	struct ns_common ns;
};
struct net {
	struct ns_common ns;
};
struct nsproxy {
	struct mnt_namespace *mnt_ns;
	struct net *net_ns;
	struct cgroup_namespace *cgroup_ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};
struct hlist_node {
	struct hlist_node *next, **pprev;
};
struct hlist_head {
	struct hlist_node *first;
};
struct pid {
	unsigned int level;
	struct hlist_head tasks[4]; /* by PIDTYPE_* */
	struct upid numbers[1];
};

struct qstr {
	u32 len;
	const unsigned char *name;
};
struct inode;
struct super_block {
	u32 s_dev;
	unsigned long s_magic;
};
struct inode {
	unsigned short i_mode;
	kuid_t i_uid;
	struct super_block *i_sb;
	unsigned long i_ino;
	unsigned int i_nlink;
	u32 i_generation;
	atomic_t i_writecount;
	void *i_private;
};
struct proc_inode {
	struct pid *pid;
	struct inode vfs_inode;
};
struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
};
struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
};
struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};
struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};
struct callback_head {
	struct callback_head *next;
};
struct file {
	unsigned int f_mode;
	void *private_data;
	struct inode *f_inode;
	unsigned int f_flags;
	struct path f_path;
};
struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};
struct files_struct {
	struct fdtable *fdt;
};
struct fs_struct {
	struct path root;
	struct path pwd;
};

struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_end;
	unsigned long vm_flags;
	struct file *vm_file;
};
struct mm_struct {
	unsigned long arg_start;
	unsigned long arg_end;
	unsigned long env_start;
	unsigned long env_end;
	struct file *exe_file;
};
struct linux_binprm {
	int argc;
	struct file *executable;
	const char *filename;
	const char *interp;
};
struct cred {
	kuid_t uid;
	kgid_t gid;
	kuid_t euid;
	kgid_t egid;
	kernel_cap_t cap_permitted;
	kernel_cap_t cap_effective;
	struct user_namespace *user_ns;
};
struct signal_struct {
	atomic_t live;
	int group_exit_code;
	unsigned int flags;
	struct pid *pids[4];
	u64 utime;
	u64 stime;
	unsigned long maxrss;
	unsigned long long sum_sched_runtime;
};
enum { PIDTYPE_PID, PIDTYPE_TGID };

struct kernfs_node {
	const char *name;
	u64 id;
};
struct cgroup_root;
struct cgroup {
	int level;
	struct kernfs_node *kn;
	struct cgroup_root *root;
};
struct cgroup_root {
	unsigned int subsys_mask;
	int hierarchy_id;
	char name[64];
};
struct cgroup_subsys_state {
	struct cgroup *cgroup;
};
struct css_set {
	struct cgroup_subsys_state *subsys[1];
	struct cgroup *dfl_cgrp;
	struct list_head cgrp_links;
};
struct cgrp_cset_link {
	struct cgroup *cgrp;
	struct list_head cgrp_link;
};
enum cgroup_subsys_id {
	memory_cgrp_id = 4,
	pids_cgrp_id = 11,
};

struct sched_entity {
	u64 sum_exec_runtime;
};
#if !defined(__TARGET_ARCH_arm64)
struct thread_info {
	u32 status; /* TS_COMPAT */
};
#endif
struct kernel_siginfo {
	int si_code;
};
struct task_struct {
#if !defined(__TARGET_ARCH_arm64)
	struct thread_info thread_info;
#endif
	unsigned int flags;
	void *worker_private;
	struct sched_entity se;
	struct mm_struct *mm;
	unsigned int personality;
	int exit_code;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	u64 utime;
	u64 stime;
	u64 start_boottime;
	u64 self_exec_id;
	const struct cred *real_cred;
	char comm[16];
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	kuid_t loginuid;
	unsigned int sessionid;
	struct css_set *cgroups;
	struct pid *thread_pid;
	struct hlist_node pid_links[4];
	struct callback_head *task_works;
	struct bpf_local_storage *bpf_storage;
};

struct in6_addr {
	union {
		u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};
typedef struct {
	struct net *net;
} possible_net_t;
struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	unsigned char skc_state;
	possible_net_t skc_net;
	unsigned long skc_flags;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};
struct socket;
struct sock {
	struct sock_common __sk_common;
	int sk_err;
	u16 sk_type;
	u16 sk_protocol;
	struct pid *sk_peer_pid;
	const struct cred *sk_peer_cred;
	struct socket *sk_socket;
};
enum sock_flags {
	SOCK_DONE = 1, /* the other end has said its last byte */
};
struct inet_sock {
	struct sock sk;
	__be16 inet_sport;
};
struct tcp_sock {
	u64 bytes_received;
	u64 bytes_acked;
	u32 snd_una;
	u32 write_seq;
};
struct sockaddr_un {
	char sun_path[108];
};
struct unix_address {
	int len;
	struct sockaddr_un name[];
};
struct unix_sock {
	struct unix_address *addr;
	struct path path;
	struct sock *peer;
};
struct socket {
	struct sock *sk;
};

/* The storage of a task as the kernel keeps it: see read_current_state(). */
struct bpf_map {
	u32 id;
	char name[16];
};
struct bpf_local_storage_map {
	struct bpf_map map;
};
struct bpf_local_storage_data {
	struct bpf_local_storage_map *smap;
	u8 data[1];
};
struct bpf_local_storage_elem {
	struct hlist_node snode;
	struct bpf_local_storage_data sdata;
};
struct bpf_local_storage {
	struct hlist_head list;
};

#if defined(__TARGET_ARCH_arm64)
struct pt_regs {
	u64 regs[31];
	u64 pstate;
	u64 orig_x0;
	s32 syscallno;
};
#else
struct pt_regs {
	unsigned long bp;
	unsigned long bx;
	unsigned long r10;
	unsigned long r9;
	unsigned long r8;
	unsigned long ax;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
};
#endif

struct bpf_prog_aux {
	u32 id;
	char name[16];
};
enum bpf_prog_type { BPF_PROG_TYPE_UNSPEC };
struct bpf_prog {
	enum bpf_prog_type type;
	struct bpf_prog_aux *aux;
};
struct bpf_link {
	u32 id;
	struct bpf_prog *prog;
};
struct module {
	char name[56];
};

struct filename {
	const char *name;
};
struct xattr_name {
	char name[256];
};
struct open_how {
	u64 flags;
	u64 mode;
};
struct io_cqe {
	s32 res;
	s32 fd; /* over flags, until there is a result */
};
struct io_kiocb { /* what a request wants lies over its start: the types below */
	struct file *file;
	u8 opcode;
	struct io_cqe cqe;
	void *async_data;
};
struct io_open {
	int dfd;
	u32 file_slot;
	struct open_how how;
};
struct io_rename {
	int old_dfd;
	int new_dfd;
};
struct io_unlink {
	int dfd;
	int flags;
};
struct io_mkdir {
	int dfd;
	u16 mode;
};
struct io_link {
	int old_dfd;
	int new_dfd;
};
struct io_connect {
	void *addr; /* the caller's */
	int addr_len;
};
struct io_accept {
	u32 file_slot;
};
struct io_socket {
	int domain;
	int type;
	int protocol;
};

struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
};
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};
struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	u32 fd;
	struct file *file;
};

#pragma clang attribute pop

/* uapi of bpf(2): contexts, by fixed offsets; what is not read is room */
struct bpf_sock;
struct __sk_buff {
	__u32 len;
	__u32 room0[3];
	__u32 protocol; /* ethernet's, in network order */
	__u32 room1[14];
	__u32 data;
	__u32 data_end;
	__u32 room2[21];
	struct bpf_sock *sk;
};
struct bpf_tcp_sock {
	__u32 room0[4];
	__u32 rcv_nxt;
	__u32 room1;
	__u32 snd_una;
	__u32 room2[10];
	__u32 data_segs_out;
	__u32 room3[2];
	__u64 bytes_received;
	__u64 bytes_acked;
};
_Static_assert(__builtin_offsetof(struct __sk_buff, data) == 76, "uapi");
_Static_assert(__builtin_offsetof(struct __sk_buff, sk) == 168, "uapi");
_Static_assert(__builtin_offsetof(struct bpf_tcp_sock, data_segs_out) == 68, "uapi");
_Static_assert(__builtin_offsetof(struct bpf_tcp_sock, bytes_received) == 80, "uapi");

/* uapi of sockets: fixed layouts, read from the caller's memory */
struct user_sockaddr {
	__u16 family;
	__be16 port;
	__u8 v4[4]; /* sin6: flow label */
	__u8 v6[16];
};
struct user_sockaddr_vm {
	__u16 family;
	__u16 reserved;
	__u32 port;
	__u32 cid;
};

/* uapi of bpf(2): the context of programs at cgroups, rewritten by the verifier */
struct bpf_sock;
struct bpf_sock_addr {
	__u32 user_family;
	__u32 user_ip4; /* network order, as the port */
	__u32 user_ip6[4];
	__u32 user_port;
	__u32 family;
	__u32 type;
	__u32 protocol;
	__u32 msg_src_ip4;
	__u32 msg_src_ip6[4];
	struct bpf_sock *sk __attribute__((aligned(8)));
};

#endif
