// SPDX-License-Identifier: GPL-2.0-only
/*
 * syscall.bpf.c: the end of every system call, and which file of hooks it is handed to.
 *
 * One hook, sys_exit: the result is known there, and so is what the call was about, from the
 * kernel's objects where there are any.
 */
#include "session.bpf.h"
#include "syscalls.bpf.h"
#include "ask.bpf.h"
#include "manager.bpf.h"
#include "send.bpf.h"
#include "net.bpf.h"
#include "cred.bpf.h"
#include "load.bpf.h"
#include "map.bpf.h"
#include "file.bpf.h"
#include "hold.bpf.h"
#include <bpf/bpf_tracing.h>

/* Calls of the other families. */
static __always_inline int on_other_call(u32 class_and_ia32, long ret)
{
	if (is_map(class_and_ia32 & 0xff))
		return map_on_call(class_and_ia32, ret);
	if ((class_and_ia32 & 0xff) >= SYS_MODULE)
		return load_on_call(class_and_ia32, ret);
	if ((class_and_ia32 & 0xff) >= SYS_SETUID)
		return cred_on_call(class_and_ia32, ret);
	return target_on_call(class_and_ia32, ret);
}

/* What is sent, written and mapped by nearly everybody, nearly always. */
static __always_inline bool is_unheard(struct task_struct *task, struct pt_regs *regs, u32 class,
				       bool ia32)
{
	if (is_map(class))
		return maps_data(task, regs, class, ia32);
	if (is_write(class))
		return !asks_engine(task);
	return is_send(class) && !is_told_send(task, regs, class, ia32) && !asks_engine(task) &&
	       !asks_manager(task) && !auth_looks_like_line(class | (ia32 ? 0x100 : 0));
}

/* Which of the daemon's own acts a call is. */
static __always_inline u32 own_act_of(u32 class)
{
	if (is_socket_call(class))
		return OWN_SOCKET;
	if (class >= SYS_FIRST_PATH_OP)
		return OWN_PATH;
	return class >= SYS_FIRST_OTHER ? OWN_CALL : OWN_OPEN;
}

/* The end of a call that may be of interest. */
static __noinline int on_call(struct pt_regs *regs, u32 nr, s32 ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st;
	bool ia32 = false;
	u32 class = classify(task, regs, nr, &ia32);

	if (class == SYS_NONE || is_unheard(task, regs, class, ia32) ||
	    is_plain_clone(regs, class, ia32, ret) || is_other_bpf(task, regs, class, ia32) ||
	    is_self(task, own_act_of(class)))
		return 0;
	if (!is_socket_call(class) && is_no_act(ret)) {
		hold_drop(task, !is_restart(ret)); /* it may be of a call before */
		return 0;
	}
	st = current_state(task);
	if (!st)
		return 0;
	if (class < SYS_FIRST_PATH_OP) /* its end cannot be of a call that was held back */
		hold_drop_of(task, st, true);
	if (is_socket_call(class))
		return socket_on_call(class | (ia32 ? 0x100 : 0), ret);
	if (class >= SYS_FIRST_OTHER && class < SYS_FIRST_PATH_OP)
		return on_other_call(class | (ia32 ? 0x100 : 0), ret);
	if (class >= SYS_FIRST_PATH_OP)
		return file_on_call(class | (ia32 ? 0x100 : 0), ret);
	return open_on_call(st, class | (ia32 ? 0x100 : 0), ret);
}

/*
 * sys_exit(regs, ret): every system call of every task passes here, also 32-bit ones, to which the
 * tracepoints per call are blind; so the way out for other calls must be short. All kernels.
 * Misses: what happens without a call (io_uring), the truth about user paths under a race.
 */
SEC("tp_btf/sys_exit")
int BPF_PROG(on_sys_exit, struct pt_regs *regs, long ret)
{
	u32 nr = read_syscall_number(regs);

	if (!is_interesting(nr) || (is_write_number(nr) && !engine_clients))
		return 0;
	return on_call(regs, nr, ret);
}

char LICENSE[] __weak SEC("license") = "GPL";
