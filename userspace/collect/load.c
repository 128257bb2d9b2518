// SPDX-License-Identifier: Apache-2.0
/*
 * load.c: from the object in this program to programs and maps in the kernel, fitted to this kernel and
 * these settings; and the executables that the programs shall trust.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/btf.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "collect/kernel.h"
#include "collect/rings.h"
#include "collect/roles.h"

#define BTF_PATH      "/sys/kernel/btf/vmlinux"
#define SLOTS_PER_CPU 4u  /* as in bpf/maps.bpf.h */
#define SLOTS_HELD    32u /* the same */
#define WAKEUP_BYTES  (256u << 10)
#define RING_MAX_KIB  (1u << 20)

/* How many arguments a tracepoint has; -1 = this kernel has none of that name ("btf_trace_..."). */
static int tracepoint_arguments(const struct btf *btf, const char *btf_name)
{
	const struct btf_type *t;
	int id = btf__find_by_name_kind(btf, btf_name, BTF_KIND_TYPEDEF);
	t = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;
	t = t ? btf__type_by_id(btf, t->type) : NULL; /* pointer */
	t = t ? btf__type_by_id(btf, t->type) : NULL; /* function, with a hidden first argument */
	return t && btf_is_func_proto(t) ? btf_vlen(t) - 1 : -1;
}

/* One of two names, or none where the kernel is built without rings or tells too little (before 6.0). */
static void choose_request_hooks(struct kernel *k, const struct btf *btf)
{
	bool req = tracepoint_arguments(btf, "btf_trace_io_uring_submit_req") >= 0;
	bool sqe = !req && tracepoint_arguments(btf, "btf_trace_io_uring_submit_sqe") == 2;

	bpf_program__set_autoload(k->skel->progs.on_uring_submit, req);
	bpf_program__set_autoload(k->skel->progs.on_uring_sqe, sqe);
	bpf_program__set_autoload(k->skel->progs.on_uring_complete, req || sqe);
	bpf_program__set_autoload(
		k->skel->progs.on_uring_overflow,
		(req || sqe) && tracepoint_arguments(btf, "btf_trace_io_uring_cqe_overflow") >= 3);
	k->skel->rodata->cfg_ring_cqe =
		tracepoint_arguments(btf, "btf_trace_io_uring_complete") == 3;
}

/* The value of a member of an enum, whatever that is called; -1 = there is none. */
static int enum_value(const struct btf *btf, const char *name)
{
	for (unsigned id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		for (unsigned i = 0; btf_is_enum(t) && i < btf_vlen(t); i++)
			if (!strcmp(btf__name_by_offset(btf, btf_enum(t)[i].name_off), name))
				return btf_enum(t)[i].val;
	}
	return -1;
}

/* What depends on the kernel's own types; without them loading fails anyway, and says why. */
static void configure_by_types(struct kernel *k)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int bit;

	if (!btf)
		return;
	/* its second argument, since 6.16 */
	k->skel->rodata->cfg_group_dead =
		tracepoint_arguments(btf, "btf_trace_sched_process_exit") >= 2;
	/* a kernel without modules has no such tracepoint, and refuses the program for it */
	bpf_program__set_autoload(k->skel->progs.on_module_load,
				  tracepoint_arguments(btf, "btf_trace_module_load") >= 0);
	choose_request_hooks(k, btf);
	bit = enum_value(btf, "REQ_F_ASYNC_DATA_BIT");
	k->skel->rodata->cfg_ring_data = bit >= 0 && bit < 32 ? 1u << bit : 0;
	btf__free(btf);
}

/* A power of two and of the page size, as the kernel wants it. */
static uint32_t ring_size(uint32_t kib)
{
	uint32_t size = (uint32_t)sysconf(_SC_PAGESIZE);

	if (kib > RING_MAX_KIB)
		kib = RING_MAX_KIB;
	while (size / 1024 < kib)
		size *= 2;
	return size;
}

static int configure(struct kernel *k, const struct kernel_options *opt)
{
	uint32_t size = ring_size(opt->ring_kib);

	k->skel->rodata->cfg_fold = opt->fold;
	k->skel->rodata->cfg_rings_travel = rings_travel();
	configure_by_types(k);
	ladder_prepare(k);
	bpf_program__set_autoload(k->skel->progs.on_packet_out, opt->names);
	bpf_program__set_autoload(k->skel->progs.on_packet_in, opt->names);
	k->skel->rodata->cfg_page_bytes = (uint32_t)sysconf(_SC_PAGESIZE);
	k->skel->rodata->cfg_wakeup_bytes = size / 4 < WAKEUP_BYTES ? size / 4 : WAKEUP_BYTES;
	if (bpf_map__set_max_entries(k->skel->maps.events, size) ||
	    bpf_map__set_max_entries(k->skel->maps.slots,
				     SLOTS_HELD + SLOTS_PER_CPU * (uint32_t)k->cpus))
		return -EINVAL;
	return 0;
}

/* A failed load in words that lead on. */
static int explain_load(int e, struct problem *err)
{
	struct utsname u = {.release = ""};
	char lacks[256];

	if (access(BTF_PATH, R_OK)) {
		problem_set(err, e, "this kernel has no type information (%s)", BTF_PATH);
		problem_remedy(err, "use a kernel built with CONFIG_DEBUG_INFO_BTF=y");
		return e;
	}
	if (e == -EPERM) { /* the verifier's refusals are EACCES */
		problem_set(err, e, "the kernel refuses to load the programs: %s", strerror(-e));
		problem_remedy(
			err,
			"run as root, or with CAP_SYS_ADMIN, CAP_NET_ADMIN and CAP_SYS_RESOURCE");
		return e;
	}
	if (btf_lacks(lacks, sizeof(lacks))) {
		uname(&u);
		problem_set(err, e, "kernel %s is too old: it has no %s", u.release, lacks);
		problem_remedy(err, "use Linux 5.17 or later");
		return e;
	}
	problem_set(err, e, "the programs cannot be loaded: %s. %.300s", strerror(-e),
		    libbpf_log_said());
	problem_remedy(err, "whodid doctor says what this kernel lacks");
	return e;
}

static int load_programs(struct kernel *k, const struct kernel_options *opt, struct problem *err)
{
	int e;

	libbpf_log_begin();
	k->skel = whodid_bpf__open();
	if (!k->skel)
		return explain_load(errno ? -errno : -EINVAL, err);
	e = configure(k, opt);
	if (e)
		return problem_set(err, e, "the programs do not fit to this build of whodidd");
	e = kernel_find_kept(k, opt);
	if (e)
		return problem_set(err, e, "cannot prepare memory: %s", strerror(-e));
	e = whodid_bpf__load(k->skel);
	return e ? explain_load(e, err) : 0;
}

/* As in bpf/maps.bpf.h. */
struct exe_key {
	uint64_t inode;
	uint32_t dev;
	uint32_t generation;
};
#define ROUND_SHIFT 16 /* above role and ci system, which alone the programs read */
#define ROUNDS	    0xffffu

/* Number of this round of trust: another one than what an earlier daemon gave has. */
static uint32_t next_round(int map)
{
	struct exe_key key;
	uint32_t value = 0;

	if (bpf_map_get_next_key(map, NULL, &key) || bpf_map_lookup_elem(map, &key, &value))
		return 1;
	return ((value >> ROUND_SHIFT) + 1) & ROUNDS;
}

/* Whom an earlier daemon trusted and we do not. */
static void forget_others(int map, uint32_t round)
{
	struct exe_key key, next;
	uint32_t value;
	int end = bpf_map_get_next_key(map, NULL, &next);

	while (!end) {
		key = next;
		end = bpf_map_get_next_key(map, &key, &next);
		if (bpf_map_lookup_elem(map, &key, &value) == 0 && value >> ROUND_SHIFT != round)
			bpf_map_delete_elem(map, &key);
	}
}

static void empty_role_fds(int map)
{
	uint32_t fd;

	while (bpf_map_get_next_key(map, NULL, &fd) == 0)
		if (bpf_map_delete_elem(map, &fd))
			break;
}

int kernel_load(struct kernel *k, const struct kernel_options *opt, struct problem *err)
{
	int e;

	k->cpus = libbpf_num_possible_cpus();
	if (k->cpus < 1)
		return problem_set(err, -ENOTSUP, "the number of CPUs cannot be read");
	libbpf_log_begin();
	e = ladder_choose(&k->ladder, opt->hooks, err);
	if (!e)
		e = load_programs(k, opt, err);
	if (!e || opt->hooks != HOOKS_AUTO || k->ladder.rung == HOOKS_TRACEPOINT)
		return e;
	log_warn("the %s hooks are left out: %s", ladder_rung_word(k->ladder.rung), err->text);
	whodid_bpf__destroy(k->skel);
	ladder_give_up(&k->ladder);
	return load_programs(k, opt, err);
}

int kernel_give_roles(struct kernel *k, const struct kernel_options *opt)
{
	int map = bpf_map__fd(k->skel->maps.role_fds), err = 0;
	int trusted = bpf_map__fd(k->skel->maps.trusted_exes);
	uint32_t round = next_round(trusted);
	struct roles roles;

	empty_role_fds(map);
	roles_find(&roles, opt);
	for (size_t i = 0; i < roles.count && !err; i++) {
		uint32_t fd = (uint32_t)roles.exes[i].fd;
		uint32_t role = roles.exes[i].role | round << ROUND_SHIFT;

		if (bpf_map_update_elem(map, &fd, &role, BPF_ANY))
			err = -errno;
	}
	if (!err)
		err = seed_run(k->skel->progs.on_role_file, NULL);
	empty_role_fds(map);
	if (!err)
		forget_others(trusted, round);
	roles_close(&roles);
	return err;
}
