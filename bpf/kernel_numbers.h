/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel_numbers.h: constants of the kernel's headers, which its types do not carry; a part of kernel.h. */
#ifndef WHODID_BPF_KERNEL_NUMBERS_H
#define WHODID_BPF_KERNEL_NUMBERS_H

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
#define CLONE_VM	      0x00000100
#define CLONE_FILES	      0x00000400
#define CLONE_VFORK	      0x00004000
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

#endif
