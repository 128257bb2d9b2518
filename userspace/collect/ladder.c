// SPDX-License-Identifier: Apache-2.0
/* ladder.c: see ladder.h. The rungs, the programs inside calls, and what is said about them. */
#include "collect/ladder.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "collect/kernel.h"
#include "collect/trial.h"

/* Without "lsm_" or "fentry_" before it, a program of bpf/lsm.bpf.c. */
static const struct {
	const char *hook;
	enum trial_class class;
} hooks[LADDER_HOOKS] = {
	{"path_unlink", TRIAL_DELETE}, {"path_rmdir", TRIAL_DELETE},
	{"path_rename", TRIAL_RENAME}, {"path_link", TRIAL_LINK},
	{"path_symlink", TRIAL_LINK},  {"path_mkdir", TRIAL_CREATE},
	{"path_mknod", TRIAL_CREATE},  {"path_chmod", TRIAL_CHMOD},
	{"path_chown", TRIAL_CHMOD},   {"path_truncate", TRIAL_TRUNCATE},
	{"sb_mount", TRIAL_MOUNT},     {"move_mount", TRIAL_MOUNT},
	{"sb_umount", TRIAL_MOUNT},    {"sb_pivotroot", TRIAL_MOUNT},
};

static const char *const class_words[LADDER_CLASSES] = {
	[TRIAL_DELETE] = "delete",     [TRIAL_RENAME] = "rename", [TRIAL_LINK] = "link",
	[TRIAL_CREATE] = "make nodes", [TRIAL_CHMOD] = "chmod",	  [TRIAL_TRUNCATE] = "truncate",
	[TRIAL_MOUNT] = "mount",
};
_Static_assert(TRIAL_CLASSES == LADDER_CLASSES, "one word for each class");

/* Classes for which a tracepoint is as good as any hook, and why. */
static const struct class_status settled[] = {
	{"fork, exec, exit", "tracepoint", "it has the kernel's own objects"},
	{"open", "tracepoint", "it has the open file itself; of one that failed no rung has more"},
	{"map as code", "tracepoint", "it has the mapping's own file"},
	{"connect, listen, accept", "tracepoint", "it has the socket itself"},
	{"ptrace, signal", "tracepoint", "it has the target and the result"},
	{"module, bpf", "tracepoint", "it has the kernel's own objects"},
	{"credentials, namespaces", "tracepoint", "it has the kernel's own objects"},
};

const char *ladder_rung_word(enum hook_rung rung)
{
	static const char *const words[] = {[HOOKS_AUTO] = "auto",
					    [HOOKS_LSM] = "lsm",
					    [HOOKS_FENTRY] = "fentry",
					    [HOOKS_TRACEPOINT] = "tracepoint"};

	return words[rung];
}

static struct bpf_program *program_of(const struct kernel *k, enum hook_rung rung, size_t i)
{
	char name[48];

	snprintf(name, sizeof(name), "%s_%s", ladder_rung_word(rung), hooks[i].hook);
	return bpf_object__find_program_by_name(k->skel->obj, name);
}

/* Appends what is wrong with a rung. */
static void note_why(struct ladder *l, enum hook_rung rung, const char *reason)
{
	size_t n = strlen(l->why);

	snprintf(l->why + n, sizeof(l->why) - n, "%s%s: %s", n ? "; " : "", ladder_rung_word(rung),
		 reason);
}

int ladder_choose(struct ladder *l, enum hook_rung asked, struct problem *err)
{
	char reason[96];

	l->rung = HOOKS_TRACEPOINT;
	if (asked == HOOKS_TRACEPOINT) {
		snprintf(l->why, sizeof(l->why), "the settings ask for no better one");
		return 0;
	}
	for (enum hook_rung rung = HOOKS_LSM; rung < HOOKS_TRACEPOINT; rung++) {
		if (asked != HOOKS_AUTO && asked != rung)
			continue;
		if (trial_rung(rung, reason, sizeof(reason)) == 0) {
			l->rung = rung;
			return 0;
		}
		note_why(l, rung, reason);
	}
	if (asked == HOOKS_AUTO)
		return 0;
	problem_set(err, -EOPNOTSUPP, "the hooks asked for do not work on this host: %s", l->why);
	problem_remedy(err, "use --hooks auto");
	return -EOPNOTSUPP;
}

void ladder_give_up(struct ladder *l)
{
	note_why(l, l->rung, "the programs cannot be loaded");
	l->rung = HOOKS_TRACEPOINT;
}

void ladder_prepare(struct kernel *k)
{
	k->skel->rodata->cfg_inside = k->ladder.rung != HOOKS_TRACEPOINT;
	if (k->ladder.rung == HOOKS_TRACEPOINT)
		return;
	for (size_t i = 0; i < LADDER_HOOKS; i++) {
		struct bpf_program *p = program_of(k, k->ladder.rung, i);

		if (trial_has_hook(k->ladder.rung, hooks[i].hook))
			bpf_program__set_autoload(p, true);
		else
			k->ladder.errors[i] = ENOENT;
	}
}

static uint64_t runs_of(const struct kernel *k, size_t i)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(program_of(k, k->ladder.rung, i)), &info, &len))
		return 0;
	return info.run_cnt;
}

/* Whether each program of the class has run while its act was done. */
static bool class_runs(const struct kernel *k, enum trial_class class)
{
	uint64_t before[LADDER_HOOKS] = {0};

	for (size_t i = 0; i < LADDER_HOOKS; i++)
		if (k->ladder.links[i])
			before[i] = runs_of(k, i);
	if (trial_act(class))
		return false;
	for (size_t i = 0; i < LADDER_HOOKS; i++)
		if (hooks[i].class == class && (!k->ladder.links[i] || runs_of(k, i) == before[i]))
			return false;
	return true;
}

static void attach_class(struct kernel *k, enum trial_class class)
{
	for (size_t i = 0; i < LADDER_HOOKS; i++) {
		if (hooks[i].class != class || k->ladder.errors[i])
			continue;
		k->ladder.links[i] = bpf_program__attach(program_of(k, k->ladder.rung, i));
		if (!k->ladder.links[i])
			k->ladder.errors[i] = errno;
	}
}

static void detach_class(struct kernel *k, enum trial_class class)
{
	for (size_t i = 0; i < LADDER_HOOKS; i++) {
		if (hooks[i].class != class)
			continue;
		bpf_link__destroy(k->ladder.links[i]);
		k->ladder.links[i] = NULL;
	}
}

void ladder_climb(struct kernel *k)
{
	_cleanup_close_ int counting = -1;

	if (k->ladder.rung == HOOKS_TRACEPOINT)
		return;
	counting = trial_count();
	(void)counting; /* runs are counted until it is closed */
	for (enum trial_class class = 0; class < TRIAL_CLASSES; class ++) {
		attach_class(k, class);
		k->ladder.proven[class] = class_runs(k, class);
		if (k->ladder.proven[class])
			continue;
		log_warn("the %s hooks for %s are not called: the tracepoint has to do",
			 ladder_rung_word(k->ladder.rung), class_words[class]);
		detach_class(k, class);
	}
}

void ladder_detach(struct kernel *k)
{
	for (enum trial_class class = 0; class < TRIAL_CLASSES; class ++)
		detach_class(k, class);
}

size_t ladder_hooks(const struct kernel *k, struct hook_status *out, size_t max)
{
	const struct bpf_program *p;
	size_t n = 0;

	if (k->ladder.rung == HOOKS_TRACEPOINT)
		return 0;
	for (size_t i = 0; i < LADDER_HOOKS && n < max; i++) {
		if (!k->ladder.links[i])
			continue; /* its class says why */
		p = program_of(k, k->ladder.rung, i);
		out[n++] = kernel_hook_status(bpf_program__name(p), bpf_program__fd(p),
					      class_words[hooks[i].class],
					      ladder_rung_word(k->ladder.rung));
	}
	return n;
}

uint64_t ladder_recursion_misses(const struct kernel *k)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < LADDER_HOOKS; i++)
		if (k->ladder.links[i])
			sum += kernel_program_skips(
				bpf_program__fd(program_of(k, k->ladder.rung, i)));
	return sum;
}

size_t ladder_classes(const struct kernel *k, struct class_status *out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(settled) && n < max; i++)
		out[n++] = settled[i];
	for (size_t i = 0; i < LADDER_CLASSES && n < max; i++) {
		bool up = k->ladder.proven[i];

		out[n++] = (struct class_status){
			.what = class_words[i],
			.rung = ladder_rung_word(up ? k->ladder.rung : HOOKS_TRACEPOINT),
			.why = up || k->ladder.rung == HOOKS_TRACEPOINT
				       ? k->ladder.why
				       : "its hooks were not called when tried"};
	}
	return n;
}
