/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * syscalls_arm64.bpf.h: the numbers of system calls of arm64 and, for its 32-bit programs, of arm,
 * and where their arguments are. A part of syscalls.bpf.h. (The name ia32 stands for both.)
 */
#ifndef WHODID_BPF_SYSCALLS_ARM64_H
#define WHODID_BPF_SYSCALLS_ARM64_H

#define NR_WRITE	   64 /* of 32-bit programs getppid and setsid: of no interest either */
#define NR_WRITEV	   66
#define NR_ARM_TRUNCATE64  193
#define NR_ARM_FTRUNCATE64 194
#define NR_ARM_SEND	   289

static const u8 sys_classes[SYS_NUMBERS] = {
	[33] = SYS_MKNODAT,	   [34] = SYS_MKDIRAT,	      [35] = SYS_UNLINKAT,
	[36] = SYS_SYMLINKAT,	   [37] = SYS_LINKAT,	      [38] = SYS_RENAMEAT,
	[39] = SYS_UMOUNT2,	   [40] = SYS_MOUNT,	      [41] = SYS_PIVOT_ROOT,
	[45] = SYS_TRUNCATE,	   [46] = SYS_FTRUNCATE,      [52] = SYS_FCHMOD,
	[53] = SYS_FCHMODAT,	   [54] = SYS_FCHOWNAT,	      [55] = SYS_FCHOWN,
	[56] = SYS_OPENAT,	   [91] = SYS_CAPSET,	      [97] = SYS_UNSHARE,
	[105] = SYS_MODULE,	   [117] = SYS_PTRACE,	      [129] = SYS_KILL,
	[130] = SYS_KILL,	   [131] = SYS_TGKILL,	      [145] = SYS_SETREUID,
	[146] = SYS_SETUID,	   [147] = SYS_SETRESUID,     [201] = SYS_LISTEN,
	[202] = SYS_ACCEPT,	   [203] = SYS_CONNECT,	      [206] = SYS_SENDTO,
	[211] = SYS_SENDMSG,	   [220] = SYS_CLONE,	      [242] = SYS_ACCEPT,
	[265] = SYS_OPEN_HANDLE,   [268] = SYS_SETNS,	      [270] = SYS_VM_READ,
	[271] = SYS_VM_WRITE,	   [273] = SYS_MODULE_FD,     [276] = SYS_RENAMEAT,
	[279] = SYS_MEMFD,	   [280] = SYS_BPF,	      [429] = SYS_MOVE_MOUNT,
	[435] = SYS_CLONE3,	   [437] = SYS_OPENAT2,	      [438] = SYS_GETFD,
	[452] = SYS_FCHMODAT,	   [5] = SYS_SETXATTR,	      [6] = SYS_SETXATTR,
	[7] = SYS_FSETXATTR,	   [14] = SYS_REMOVEXATTR,    [15] = SYS_REMOVEXATTR,
	[16] = SYS_FREMOVEXATTR,   [442] = SYS_MOUNT_SETATTR, [463] = SYS_SETXATTRAT,
	[466] = SYS_REMOVEXATTRAT, [198] = SYS_SOCKET,	      [269] = SYS_SENDMMSG,
	[426] = SYS_URING,	   [64] = SYS_WRITE,	      [66] = SYS_WRITEV,
	[222] = SYS_MMAP,	   [226] = SYS_MPROTECT,      [288] = SYS_MPROTECT,
};

/* 32-bit programs: those of arm, EABI (arch/arm/tools/syscall.tbl). */
static const u8 sys_classes_ia32[SYS_NUMBERS] = {
	[4] = SYS_WRITE,	 [5] = SYS_OPEN,	  [8] = SYS_CREAT,
	[9] = SYS_LINK,		 [10] = SYS_UNLINK,	  [14] = SYS_MKNOD,
	[15] = SYS_CHMOD,	 [16] = SYS_CHOWN16,	  [21] = SYS_MOUNT,
	[23] = SYS_SETUID,	 [26] = SYS_PTRACE,	  [37] = SYS_KILL,
	[38] = SYS_RENAME,	 [39] = SYS_MKDIR,	  [40] = SYS_RMDIR,
	[52] = SYS_UMOUNT2,	 [70] = SYS_SETREUID,	  [83] = SYS_SYMLINK,
	[92] = SYS_TRUNCATE,	 [93] = SYS_FTRUNCATE,	  [94] = SYS_FCHMOD,
	[95] = SYS_FCHOWN16,	 [120] = SYS_CLONE,	  [125] = SYS_MPROTECT,
	[128] = SYS_MODULE,	 [146] = SYS_WRITEV,	  [164] = SYS_SETRESUID,
	[182] = SYS_CHOWN16,	 [185] = SYS_CAPSET,	  [192] = SYS_MMAP,
	[193] = SYS_TRUNCATE64,	 [194] = SYS_FTRUNCATE64, [198] = SYS_CHOWN,
	[203] = SYS_SETREUID,	 [207] = SYS_FCHOWN,	  [208] = SYS_SETRESUID,
	[212] = SYS_CHOWN,	 [213] = SYS_SETUID,	  [218] = SYS_PIVOT_ROOT,
	[226] = SYS_SETXATTR,	 [227] = SYS_SETXATTR,	  [228] = SYS_FSETXATTR,
	[235] = SYS_REMOVEXATTR, [236] = SYS_REMOVEXATTR, [237] = SYS_FREMOVEXATTR,
	[238] = SYS_KILL,	 [268] = SYS_TGKILL,	  [281] = SYS_SOCKET,
	[283] = SYS_CONNECT,	 [284] = SYS_LISTEN,	  [285] = SYS_ACCEPT,
	[289] = SYS_SENDTO,	 [290] = SYS_SENDTO,	  [296] = SYS_SENDMSG,
	[322] = SYS_OPENAT,	 [323] = SYS_MKDIRAT,	  [324] = SYS_MKNODAT,
	[325] = SYS_FCHOWNAT,	 [328] = SYS_UNLINKAT,	  [329] = SYS_RENAMEAT,
	[330] = SYS_LINKAT,	 [331] = SYS_SYMLINKAT,	  [333] = SYS_FCHMODAT,
	[337] = SYS_UNSHARE,	 [366] = SYS_ACCEPT,	  [371] = SYS_OPEN_HANDLE,
	[374] = SYS_SENDMMSG,	 [375] = SYS_SETNS,	  [376] = SYS_VM_READ,
	[377] = SYS_VM_WRITE,	 [379] = SYS_MODULE_FD,	  [382] = SYS_RENAMEAT,
	[385] = SYS_MEMFD,	 [386] = SYS_BPF,	  [394] = SYS_MPROTECT,
	[426] = SYS_URING,	 [429] = SYS_MOVE_MOUNT,  [435] = SYS_CLONE3,
	[437] = SYS_OPENAT2,	 [438] = SYS_GETFD,	  [442] = SYS_MOUNT_SETATTR,
	[452] = SYS_FCHMODAT,	 [463] = SYS_SETXATTRAT,  [466] = SYS_REMOVEXATTRAT,
};

static __always_inline u32 read_syscall_number(struct pt_regs *regs)
{
	return regs->syscallno;
}

/* What the call returned, whole. */
static __always_inline u64 read_result(struct pt_regs *regs)
{
	return regs->regs[0];
}

/* By the mode that the call came from: the architecture's own bit, which only an exec changes. */
static __always_inline bool is_ia32(struct task_struct *task, struct pt_regs *regs)
{
	(void)task;
	return regs->pstate & PSR_MODE32_BIT;
}

static __always_inline u8 class_ia32(u32 nr)
{
	return sys_classes_ia32[nr & (SYS_NUMBERS - 1)];
}

/*
 * A 64-bit value begins at an even register there, so one is left out before the size of a file.
 * send(2), of its own only there, names no address.
 */
static __always_inline void read_args_arm(u64 *args, struct pt_regs *regs)
{
	u32 nr = regs->syscallno;

	args[0] = (u32)regs->orig_x0;
	args[1] = (u32)regs->regs[1];
	args[2] = (u32)regs->regs[2];
	args[3] = (u32)regs->regs[3];
	args[4] = nr == NR_ARM_SEND ? 0 : (u32)regs->regs[4];
	args[5] = (u32)regs->regs[5];
	if (nr == NR_ARM_TRUNCATE64 || nr == NR_ARM_FTRUNCATE64) {
		args[1] = args[2];
		args[2] = args[3];
	}
}

static __always_inline void read_args(u64 *args, struct pt_regs *regs, bool ia32)
{
	if (ia32) {
		read_args_arm(args, regs);
		return;
	}
	args[0] = regs->orig_x0;
	args[1] = regs->regs[1];
	args[2] = regs->regs[2];
	args[3] = regs->regs[3];
	args[4] = regs->regs[4];
	args[5] = regs->regs[5];
}

#endif
