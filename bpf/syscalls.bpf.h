/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * syscalls.bpf.h: which system calls are looked at, what their arguments mean, and how to read
 * them. One byte per call number and architecture; 0 = of no interest, the shortest way out.
 */
#ifndef WHODID_BPF_SYSCALLS_H
#define WHODID_BPF_SYSCALLS_H

#include "emit.bpf.h"

enum sys_class {
	SYS_NONE = 0,
	/* what they return is a descriptor */
	SYS_OPEN,
	SYS_OPENAT,
	SYS_OPENAT2,
	SYS_CREAT,
	SYS_OPEN_HANDLE,
	SYS_MEMFD,
	SYS_CONNECT,
	SYS_SOCKETCALL,
	SYS_SENDTO, /* of programs that log people in */
	SYS_SENDMSG,
	SYS_SENDMMSG,
	SYS_URING, /* io_uring_enter, in which datagrams may be sent */
	SYS_WRITE, /* of clients of container engines */
	SYS_WRITEV,
	SYS_SOCKET,
	SYS_LISTEN,
	SYS_ACCEPT,
	/* handed on whole: see on_other_call() */
	SYS_PTRACE,
	SYS_VM_READ,
	SYS_VM_WRITE,
	SYS_GETFD,
	SYS_KILL,
	SYS_TGKILL,
	SYS_SETUID,
	SYS_SETREUID,
	SYS_SETRESUID,
	SYS_CAPSET,
	SYS_UNSHARE,
	SYS_SETNS,
	SYS_CLONE,
	SYS_CLONE3,
	SYS_MODULE,
	SYS_MODULE_FD,
	SYS_BPF,
	SYS_MMAP,
	SYS_MMAP_OLD, /* its arguments lie in the caller's memory */
	SYS_MPROTECT,
	/* from here on: a row of path_ops each */
	SYS_UNLINK,
	SYS_UNLINKAT,
	SYS_RMDIR,
	SYS_RENAME,
	SYS_RENAMEAT,
	SYS_LINK,
	SYS_LINKAT,
	SYS_SYMLINK,
	SYS_SYMLINKAT,
	SYS_MKDIR,
	SYS_MKDIRAT,
	SYS_MKNOD,
	SYS_MKNODAT,
	SYS_CHMOD,
	SYS_FCHMODAT,
	SYS_CHOWN,
	SYS_CHOWN16,
	SYS_FCHOWNAT,
	SYS_TRUNCATE,
	SYS_TRUNCATE64,
	SYS_FCHMOD,
	SYS_FCHOWN,
	SYS_FCHOWN16,
	SYS_FTRUNCATE,
	SYS_FTRUNCATE64,
	SYS_MOUNT,
	SYS_MOVE_MOUNT,
	SYS_UMOUNT,
	SYS_UMOUNT2,
	SYS_PIVOT_ROOT,
	SYS_MOUNT_SETATTR,
	SYS_SETXATTR,
	SYS_SETXATTRAT,
	SYS_FSETXATTR,
	SYS_REMOVEXATTR,
	SYS_REMOVEXATTRAT,
	SYS_FREMOVEXATTR,
	SYS_CLASSES,
};
#define SYS_FIRST_OTHER	    SYS_PTRACE
#define SYS_FIRST_PATH_OP   SYS_UNLINK
#define SYS_NUMBERS	    512
#define SOCKETCALL_SOCKET   1
#define SOCKETCALL_CONNECT  3
#define SOCKETCALL_LISTEN   4
#define SOCKETCALL_ACCEPT   5
#define SOCKETCALL_SEND	    9
#define SOCKETCALL_SENDTO   11
#define SOCKETCALL_SENDMSG  16
#define SOCKETCALL_ACCEPT4  18
#define SOCKETCALL_SENDMMSG 20

#if defined(__TARGET_ARCH_arm64)
#include "syscalls_arm64.bpf.h"
#else /* x86_64 with ia32 */

#define NR_WRITE  1 /* of 32-bit programs exit and getpid: of no interest either */
#define NR_WRITEV 20

static const u8 sys_classes[SYS_NUMBERS] = {
	[2] = SYS_OPEN,		  [41] = SYS_SOCKET,
	[307] = SYS_SENDMMSG,	  [426] = SYS_URING,
	[42] = SYS_CONNECT,	  [43] = SYS_ACCEPT,
	[44] = SYS_SENDTO,	  [46] = SYS_SENDMSG,
	[50] = SYS_LISTEN,	  [56] = SYS_CLONE,
	[62] = SYS_KILL,	  [76] = SYS_TRUNCATE,
	[77] = SYS_FTRUNCATE,	  [82] = SYS_RENAME,
	[83] = SYS_MKDIR,	  [84] = SYS_RMDIR,
	[85] = SYS_CREAT,	  [86] = SYS_LINK,
	[87] = SYS_UNLINK,	  [88] = SYS_SYMLINK,
	[90] = SYS_CHMOD,	  [91] = SYS_FCHMOD,
	[92] = SYS_CHOWN,	  [93] = SYS_FCHOWN,
	[94] = SYS_CHOWN,	  [101] = SYS_PTRACE,
	[105] = SYS_SETUID,	  [113] = SYS_SETREUID,
	[117] = SYS_SETRESUID,	  [126] = SYS_CAPSET,
	[133] = SYS_MKNOD,	  [155] = SYS_PIVOT_ROOT,
	[165] = SYS_MOUNT,	  [166] = SYS_UMOUNT2,
	[175] = SYS_MODULE,	  [200] = SYS_KILL,
	[234] = SYS_TGKILL,	  [257] = SYS_OPENAT,
	[258] = SYS_MKDIRAT,	  [259] = SYS_MKNODAT,
	[260] = SYS_FCHOWNAT,	  [263] = SYS_UNLINKAT,
	[264] = SYS_RENAMEAT,	  [265] = SYS_LINKAT,
	[266] = SYS_SYMLINKAT,	  [268] = SYS_FCHMODAT,
	[272] = SYS_UNSHARE,	  [288] = SYS_ACCEPT,
	[304] = SYS_OPEN_HANDLE,  [308] = SYS_SETNS,
	[310] = SYS_VM_READ,	  [311] = SYS_VM_WRITE,
	[313] = SYS_MODULE_FD,	  [316] = SYS_RENAMEAT,
	[319] = SYS_MEMFD,	  [321] = SYS_BPF,
	[429] = SYS_MOVE_MOUNT,	  [435] = SYS_CLONE3,
	[437] = SYS_OPENAT2,	  [438] = SYS_GETFD,
	[452] = SYS_FCHMODAT,	  [188] = SYS_SETXATTR,
	[189] = SYS_SETXATTR,	  [190] = SYS_FSETXATTR,
	[197] = SYS_REMOVEXATTR,  [198] = SYS_REMOVEXATTR,
	[199] = SYS_FREMOVEXATTR, [442] = SYS_MOUNT_SETATTR,
	[463] = SYS_SETXATTRAT,	  [466] = SYS_REMOVEXATTRAT,
	[1] = SYS_WRITE,	  [20] = SYS_WRITEV,
	[9] = SYS_MMAP,		  [10] = SYS_MPROTECT,
	[329] = SYS_MPROTECT,
};

static const u8 sys_classes_ia32[SYS_NUMBERS] = {
	[5] = SYS_OPEN,		  [8] = SYS_CREAT,
	[9] = SYS_LINK,		  [10] = SYS_UNLINK,
	[14] = SYS_MKNOD,	  [15] = SYS_CHMOD,
	[16] = SYS_CHOWN16,	  [38] = SYS_RENAME,
	[39] = SYS_MKDIR,	  [40] = SYS_RMDIR,
	[83] = SYS_SYMLINK,	  [92] = SYS_TRUNCATE,
	[93] = SYS_FTRUNCATE,	  [94] = SYS_FCHMOD,
	[95] = SYS_FCHOWN16,	  [102] = SYS_SOCKETCALL,
	[182] = SYS_CHOWN16,	  [193] = SYS_TRUNCATE64,
	[194] = SYS_FTRUNCATE64,  [198] = SYS_CHOWN,
	[207] = SYS_FCHOWN,	  [212] = SYS_CHOWN,
	[295] = SYS_OPENAT,	  [296] = SYS_MKDIRAT,
	[297] = SYS_MKNODAT,	  [298] = SYS_FCHOWNAT,
	[301] = SYS_UNLINKAT,	  [302] = SYS_RENAMEAT,
	[303] = SYS_LINKAT,	  [304] = SYS_SYMLINKAT,
	[306] = SYS_FCHMODAT,	  [342] = SYS_OPEN_HANDLE,
	[353] = SYS_RENAMEAT,	  [21] = SYS_MOUNT,
	[22] = SYS_UMOUNT,	  [23] = SYS_SETUID,
	[26] = SYS_PTRACE,	  [37] = SYS_KILL,
	[52] = SYS_UMOUNT2,	  [70] = SYS_SETREUID,
	[120] = SYS_CLONE,	  [128] = SYS_MODULE,
	[164] = SYS_SETRESUID,	  [185] = SYS_CAPSET,
	[203] = SYS_SETREUID,	  [208] = SYS_SETRESUID,
	[213] = SYS_SETUID,	  [217] = SYS_PIVOT_ROOT,
	[238] = SYS_KILL,	  [270] = SYS_TGKILL,
	[310] = SYS_UNSHARE,	  [346] = SYS_SETNS,
	[347] = SYS_VM_READ,	  [348] = SYS_VM_WRITE,
	[350] = SYS_MODULE_FD,	  [356] = SYS_MEMFD,
	[357] = SYS_BPF,	  [362] = SYS_CONNECT,
	[363] = SYS_LISTEN,	  [364] = SYS_ACCEPT,
	[369] = SYS_SENDTO,	  [370] = SYS_SENDMSG,
	[429] = SYS_MOVE_MOUNT,	  [435] = SYS_CLONE3,
	[437] = SYS_OPENAT2,	  [438] = SYS_GETFD,
	[452] = SYS_FCHMODAT,	  [226] = SYS_SETXATTR,
	[227] = SYS_SETXATTR,	  [228] = SYS_FSETXATTR,
	[235] = SYS_REMOVEXATTR,  [236] = SYS_REMOVEXATTR,
	[237] = SYS_FREMOVEXATTR, [442] = SYS_MOUNT_SETATTR,
	[463] = SYS_SETXATTRAT,	  [466] = SYS_REMOVEXATTRAT,
	[359] = SYS_SOCKET,	  [345] = SYS_SENDMMSG,
	[426] = SYS_URING,	  [4] = SYS_WRITE,
	[146] = SYS_WRITEV,	  [90] = SYS_MMAP_OLD,
	[192] = SYS_MMAP,	  [125] = SYS_MPROTECT,
	[380] = SYS_MPROTECT,
};

/* x32 calls have bit 30 set and otherwise the 64-bit numbers. */
static __always_inline u32 read_syscall_number(struct pt_regs *regs)
{
	return (u32)regs->orig_ax & ~0x40000000u;
}

/* What the call returned, whole. */
static __always_inline u64 read_result(struct pt_regs *regs)
{
	return regs->ax;
}

/* Through int 0x80 or a 32-bit program; still set at sys_exit. */
static __always_inline bool is_ia32(struct task_struct *task, struct pt_regs *regs)
{
	(void)regs;
	return task->thread_info.status & TS_COMPAT;
}

static __always_inline u8 class_ia32(u32 nr)
{
	return sys_classes_ia32[nr & (SYS_NUMBERS - 1)];
}

static __always_inline void read_args(u64 *args, struct pt_regs *regs, bool ia32)
{
	if (ia32) {
		args[0] = (u32)regs->bx;
		args[1] = (u32)regs->cx;
		args[2] = (u32)regs->dx;
		args[3] = (u32)regs->si;
		args[4] = (u32)regs->di;
		args[5] = (u32)regs->bp;
		return;
	}
	args[0] = regs->di;
	args[1] = regs->si;
	args[2] = regs->dx;
	args[3] = regs->r10;
	args[4] = regs->r8;
	args[5] = regs->r9;
}

#endif

/* Two loads and a branch for calls of no interest. */
static __always_inline bool is_interesting(u32 nr)
{
	hide(nr); /* else clang 19 compares one register and indexes with another */
	return nr < SYS_NUMBERS && (sys_classes[nr] | class_ia32(nr));
}

static __always_inline bool is_send(u32 class)
{
	return class >= SYS_SENDTO && class <= SYS_URING;
}

/* By the call's number, before anything is asked about the task: the most frequent calls of all. */
static __always_inline bool is_write_number(u32 nr)
{
	return nr == NR_WRITE || nr == NR_WRITEV;
}

static __always_inline bool is_write(u32 class)
{
	return class == SYS_WRITE || class == SYS_WRITEV;
}

/* Those about sockets: a result like ENOENT is no missing file there. */
static __always_inline bool is_socket_call(u32 class)
{
	return class >= SYS_CONNECT && class < SYS_FIRST_OTHER;
}

/* Whether a call of that class with these arguments is connect(2). */
static __always_inline bool is_connect(u32 class, const u64 *args)
{
	return class == SYS_CONNECT || (class == SYS_SOCKETCALL && args[0] == SOCKETCALL_CONNECT);
}

/* The class of a call, or SYS_NONE. */
static __always_inline u32 classify(struct task_struct *task, struct pt_regs *regs, u32 nr,
				    bool *ia32)
{
	if (!is_interesting(nr))
		return SYS_NONE;
	*ia32 = is_ia32(task, regs);
	mask(nr, SYS_NUMBERS);
	return *ia32 ? class_ia32(nr) : sys_classes[nr];
}

#endif
