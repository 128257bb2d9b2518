// SPDX-License-Identifier: Apache-2.0
/*
 * cost: what the verifier makes of each kernel program, one at a time.
 *
 *     cost [PROGRAM]...      for each that can be loaded here, with tabs between: name, verified
 *                            instructions, bytes of stack, and which functions these are the frames of
 *
 * The stack is that of the deepest chain of calls as Linux 6.1 counts it, whatever runs here: each frame
 * rounded up to 32 bytes, callbacks of loops like calls. 512 are the end.
 * A refused one goes to standard error with the end of the verifier's log, and makes the exit status 1;
 * "-" in place of the numbers: this kernel refuses the kind of hook, not the program.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/whodid.skel.h"

static char said[16 << 20];

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

static const char *end_of_log(void)
{
	size_t n = strlen(said);

	return said + (n > 1500 ? n - 1500 : 0);
}

/* No function to hang it on, no right to, or a kernel built without what such hooks need. */
static int is_not_for_here(int err)
{
	return err == ESRCH || err == EPERM || err == ENOTSUP || err == 524 || said[0] == 0;
}

#define FUNCTIONS_MAX 256

/* The functions of a program, in the verifier's order, which is that of their instructions. */
struct functions {
	const struct bpf_insn *insns;
	size_t count, insn_count;
	size_t start[FUNCTIONS_MAX];
	unsigned frame[FUNCTIONS_MAX];
	unsigned deepest[FUNCTIONS_MAX]; /* from here down, 0 = not known yet */
	int next[FUNCTIONS_MAX];	 /* on that way, -1 = none */
	char name[FUNCTIONS_MAX][64];
};

/* Instruction that this one calls or hands to a loop, or -1. */
static long callee(const struct bpf_insn *insn, size_t at)
{
	if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL)
		return (long)at + insn->imm + 1;
	if (insn->code == (BPF_LD | BPF_IMM | BPF_DW) && insn->src_reg == BPF_PSEUDO_FUNC)
		return (long)at + insn->imm + 1;
	return -1;
}

static int by_size(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

static size_t function_at(const struct functions *f, size_t insn)
{
	size_t i = 0;

	while (i < f->count && f->start[i] != insn)
		i++;
	return i;
}

static void find_functions(struct functions *f)
{
	f->count = 1;
	for (size_t at = 0; at < f->insn_count; at++) {
		long to = callee(&f->insns[at], at);

		if (to >= 0 && f->count < FUNCTIONS_MAX && function_at(f, (size_t)to) == f->count)
			f->start[f->count++] = (size_t)to;
	}
	qsort(f->start, f->count, sizeof(f->start[0]), by_size);
}

/* "stack depth 72+0+16": one number for each function. False when it is not about these. */
static bool read_frames(struct functions *f)
{
	const char *at = strstr(said, "stack depth ");
	size_t n = 0;
	char *end;

	if (!at)
		return false;
	at += strlen("stack depth ");
	for (; n < f->count; n++, at = end + 1) {
		unsigned long bytes = strtoul(at, &end, 10);

		f->frame[n] = (unsigned)((bytes ? bytes : 1) + 31) & ~31u;
		if (*end != '+')
			break;
	}
	return n + 1 == f->count;
}

static unsigned descend(struct functions *f, size_t i)
{
	size_t end = i + 1 < f->count ? f->start[i + 1] : f->insn_count;
	unsigned most = 0;

	if (f->deepest[i])
		return f->deepest[i];
	f->next[i] = -1;
	for (size_t at = f->start[i]; at < end; at++) {
		long to = callee(&f->insns[at], at);
		size_t next = to < 0 ? f->count : function_at(f, (size_t)to);
		unsigned depth = next < f->count ? descend(f, next) : 0;

		if (depth > most) {
			most = depth;
			f->next[i] = (int)next;
		}
	}
	return f->deepest[i] = f->frame[i] + most;
}

static void read_names(struct functions *f, int fd)
{
	struct bpf_func_info infos[FUNCTIONS_MAX];
	struct bpf_prog_info info = {.nr_func_info = FUNCTIONS_MAX,
				     .func_info_rec_size = sizeof(infos[0]),
				     .func_info = (uint64_t)(uintptr_t)infos};
	uint32_t len = sizeof(info);
	struct btf *btf;

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return;
	btf = btf__load_from_kernel_by_id(info.btf_id);
	for (size_t i = 0; btf && i < f->count && i < info.nr_func_info; i++) {
		const struct btf_type *t = btf__type_by_id(btf, infos[i].type_id);

		snprintf(f->name[i], sizeof(f->name[i]), "%s",
			 btf__name_by_offset(btf, t->name_off));
	}
	btf__free(btf);
}

/* The last two columns. */
static void print_stack(const struct bpf_program *p)
{
	static struct functions f;

	memset(&f, 0, sizeof(f));
	f.insns = bpf_program__insns(p);
	f.insn_count = bpf_program__insn_cnt(p);
	if (f.insns)
		find_functions(&f);
	if (!f.insns || !read_frames(&f)) {
		printf("\t-\t\n");
		return;
	}
	read_names(&f, bpf_program__fd(p));
	printf("\t%u\t", descend(&f, 0));
	for (int i = 0; i >= 0; i = f.next[i])
		printf("%s%s %u", i ? " > " : "", f.name[i], f.frame[i]);
	printf("\n");
}

/* What the verifier says: figures alone; 0 = nothing, and when it refuses, all there is. */
#define FIGURES 4

static int load_only(const char *name, uint32_t log_level)
{
	struct whodid_bpf *skel = whodid_bpf__open();
	struct bpf_prog_info info = {0};
	struct bpf_program *p, *one;
	uint32_t len = sizeof(info);
	int err;

	if (!skel)
		return 1;
	one = bpf_object__find_program_by_name(skel->obj, name);
	bpf_object__for_each_program (p, skel->obj)
		bpf_program__set_autoload(p, p == one);
	said[0] = 0;
	bpf_program__set_log_buf(one, said, sizeof(said));
	bpf_program__set_log_level(one, log_level);
	skel->rodata->cfg_inside = true;
	err = -whodid_bpf__load(skel);
	if (!err)
		err = -bpf_obj_get_info_by_fd(bpf_program__fd(one), &info, &len);
	if (!err) {
		printf("%s\t%u", name, info.verified_insns);
		print_stack(one);
	} else if (is_not_for_here(err))
		printf("%s\t-\t-\t\n", name);
	else if (!log_level)
		fprintf(stderr, "%s: %s\n%s\n", name, strerror(err), end_of_log());
	fflush(stdout);
	whodid_bpf__destroy(skel);
	if (!err || is_not_for_here(err))
		return 0;
	return log_level ? load_only(name, 0) : 1;
}

int main(int argc, char **argv)
{
	struct whodid_bpf *all = whodid_bpf__open();
	struct bpf_program *p;
	int bad = 0;

	libbpf_set_print(quiet);
	if (!all)
		return 1;
	for (int i = 1; i < argc; i++)
		bad |= load_only(argv[i], FIGURES);
	if (argc == 1)
		bpf_object__for_each_program (p, all->obj)
			bad |= load_only(bpf_program__name(p), FIGURES);
	whodid_bpf__destroy(all);
	return bad;
}
