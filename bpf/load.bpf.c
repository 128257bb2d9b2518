// SPDX-License-Identifier: GPL-2.0-only
/*
 * load.bpf.c: code that is put into the kernel: modules and BPF programs.
 *
 * A module that was taken is told by its own hook, which knows the name; a refused one at the end
 * of the call. Programs: at the end of bpf(2), from the kernel's object; of refused ones only those
 * without the right to load (loaders try out by the dozen what a kernel can do).
 */
#include "session.bpf.h"
#include "syscalls.bpf.h"
#include "net.bpf.h"
#include "load.bpf.h"
#include <bpf/bpf_tracing.h>

/* Start of union bpf_attr for BPF_PROG_LOAD, from the caller's memory. */
struct user_load {
	u32 type;
	u32 rest[11];
	u8 name[16];
};

static __always_inline struct record_load *begin_load(struct slot *s, struct task_struct *task,
						      struct task_state *st, long ret)
{
	struct record_load *r = slot_begin(s, struct record_load);

	fill_task(&r->task);
	r->result = ret < 0 ? ret : 0;
	return r;
}

static __always_inline void take_program(struct record_load *r, struct task_struct *task, s32 fd)
{
	struct file *file = read_fd(task, fd);
	struct bpf_prog *prog;

	if (!file)
		return;
	prog = BPF_CORE_READ(file, private_data);
	r->type = BPF_CORE_READ(prog, type);
	r->id = BPF_CORE_READ(prog, aux, id);
	BPF_CORE_READ_STR_INTO(&r->name, prog, aux, name);
}

static __noinline int on_program(struct task_struct *task, struct task_state *st, u64 attr,
				 long ret)
{
	struct user_load asked = {};
	struct record_load *r;
	struct slot *s;

	if (ret < 0 && ret != -EPERM)
		return 0;
	s = slot_claim(RECORD_BPF_LOAD);
	if (!s)
		return 0;
	r = begin_load(s, task, st, ret);
	if (ret >= 0) {
		take_program(r, task, ret);
	} else if (!bpf_probe_read_user(&asked, sizeof(asked), (void *)attr)) {
		r->type = asked.type;
		__builtin_memcpy(r->name, asked.name, 15);
	}
	slot_submit(s, RECORD_BPF_LOAD);
	slot_release(s);
	return 0;
}

/* fd: of the file that the module came from; -1 = from memory. mod NULL = refused. */
static __noinline int on_module(struct task_struct *task, struct task_state *st, struct module *mod,
				s32 fd, long ret)
{
	struct file *file = read_fd(task, fd);
	struct record_text path = {};
	struct record_load *r;
	struct slot *s = slot_claim(RECORD_MODULE_LOAD);

	if (!s)
		return 0;
	r = begin_load(s, task, st, ret);
	if (mod)
		BPF_CORE_READ_STR_INTO(&r->name, mod, name);
	if (file)
		slot_file_path(s, file, &path);
	r->path = path;
	slot_submit(s, RECORD_MODULE_LOAD);
	slot_release(s);
	return 0;
}

int load_on_call(u32 class_and_ia32, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);
	u32 class = class_and_ia32 & 0xff;
	u64 args[6] = {};

	if (!st)
		return 0;
	read_current_args(args, class_and_ia32);
	if (class == SYS_BPF)
		return (u32)args[0] == LOAD_PROGRAM ? on_program(task, st, args[1], ret)
						    : touch_on_call(args[0], args[1], ret);
	if (ret < 0)
		return on_module(task, st, 0, class == SYS_MODULE_FD ? (s32)args[0] : -1, ret);
	return 0;
}

/*
 * module_load(module): in load_module(), when it is linked and before its own code runs; current is
 * who asked, or a helper of the kernel's. All kernels that have modules.
 */
SEC("tp_btf/module_load")
int BPF_PROG(on_module_load, struct module *mod)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = current_state(task);
	struct pt_regs *regs;
	u64 args[6] = {};
	bool ia32 = false;
	u32 class;

	if (!st || is_self(task, OWN_OTHER))
		return 0;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	class = classify(task, regs, read_syscall_number(regs), &ia32);
	read_current_args(args, ia32 ? 0x100 : 0);
	return on_module(task, st, mod, class == SYS_MODULE_FD ? (s32)args[0] : -1, 0);
}

char LICENSE[] __weak SEC("license") = "GPL";
