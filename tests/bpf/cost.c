// SPDX-License-Identifier: Apache-2.0
/*
 * cost: what the verifier makes of each kernel program, one at a time.
 *
 *     cost [PROGRAM]...      prints "name, tab, verified instructions" for each that can be loaded here
 *
 * A refused one goes to standard error with the end of the verifier's log, and makes the exit status 1;
 * "-" in place of the number: this kernel refuses the kind of hook, not the program.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
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

static int load_only(const char *name)
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
	skel->rodata->cfg_inside = true;
	err = -whodid_bpf__load(skel);
	if (!err)
		err = -bpf_obj_get_info_by_fd(bpf_program__fd(one), &info, &len);
	if (!err)
		printf("%s\t%u\n", name, info.verified_insns);
	else if (is_not_for_here(err))
		printf("%s\t-\n", name);
	else
		fprintf(stderr, "%s: %s\n%s\n", name, strerror(err), end_of_log());
	fflush(stdout);
	whodid_bpf__destroy(skel);
	return err && !is_not_for_here(err);
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
		bad |= load_only(argv[i]);
	if (argc == 1)
		bpf_object__for_each_program (p, all->obj)
			bad |= load_only(bpf_program__name(p));
	whodid_bpf__destroy(all);
	return bad;
}
