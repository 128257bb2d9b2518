/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel.h: the kernel types and fields that the programs read, and no others.
 *
 * Offsets are relocated against the running kernel (CO-RE), so order and gaps do not matter;
 * names and types do, and tests/bpf/test_kernel_types compares them with its BTF.
 * What differs between kernels lives in compat.bpf.h; sockets, rings and constants have parts of their own.
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

#include "kernel_numbers.h"

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
	struct dentry *s_root;
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
	struct mnt_namespace *mnt_ns;
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

#include "kernel_net.h"
#include "kernel_ring.h"

#endif
