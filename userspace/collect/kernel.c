// SPDX-License-Identifier: Apache-2.0
/*
 * kernel.c: the kernel as a source. Order at start: load, trusted executables,
 * seed, attach, seed; from then on every task has a boundary.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/btf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "collect/kernel.h"
#include "collect/roles.h"

#define BTF_PATH      "/sys/kernel/btf/vmlinux"
#define SLOTS_PER_CPU 4u /* as in bpf/maps.bpf.h */
#define WAKEUP_BYTES  (256u << 10)
#define RING_MAX_KIB  (1u << 20)

/* As in bpf/maps.bpf.h. */
struct cpu_counts {
	struct counters c;
	uint64_t seq;
	uint64_t boundaries;
};

static struct kernel *kernel_of(const struct source *src)
{
	return (struct kernel *)(uintptr_t)src;
}

/* A kernel without modules has no such tracepoint, and refuses the program for it. */
static bool has_tracepoint(const struct btf *btf, const char *btf_name)
{
	return btf__find_by_name_kind(btf, btf_name, BTF_KIND_TYPEDEF) > 0;
}

/* Whether sched_process_exit has its second argument (6.16): three with the hidden first one. */
static bool exit_tells_group_dead(const struct btf *btf)
{
	const struct btf_type *t;
	int id = btf__find_by_name_kind(btf, "btf_trace_sched_process_exit", BTF_KIND_TYPEDEF);
	t = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;
	t = t ? btf__type_by_id(btf, t->type) : NULL; /* pointer */
	t = t ? btf__type_by_id(btf, t->type) : NULL; /* function */
	return t && btf_is_func_proto(t) && btf_vlen(t) >= 3;
}

/* What depends on the kernel's own types; without them loading fails anyway, and says why. */
static void configure_by_types(struct kernel *k)
{
	struct btf *btf = btf__load_vmlinux_btf();

	if (!btf)
		return;
	k->skel->rodata->cfg_group_dead = exit_tells_group_dead(btf);
	bpf_program__set_autoload(k->skel->progs.on_module_load,
				  has_tracepoint(btf, "btf_trace_module_load"));
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
	configure_by_types(k);
	k->skel->rodata->cfg_page_bytes = (uint32_t)sysconf(_SC_PAGESIZE);
	k->skel->rodata->cfg_wakeup_bytes = size / 4 < WAKEUP_BYTES ? size / 4 : WAKEUP_BYTES;
	if (bpf_map__set_max_entries(k->skel->maps.events, size) ||
	    bpf_map__set_max_entries(k->skel->maps.slots, SLOTS_PER_CPU * (uint32_t)k->cpus))
		return -EINVAL;
	return 0;
}

/* A failed load in words that lead on. */
static int explain_load(int e, struct problem *err)
{
	if (access(BTF_PATH, R_OK)) {
		problem_set(err, e, "this kernel has no type information (%s)", BTF_PATH);
		problem_remedy(err, "use a kernel built with CONFIG_DEBUG_INFO_BTF=y");
		return e;
	}
	if (e == -EPERM) { /* the verifier's refusals are EACCES */
		problem_set(err, e, "the kernel refuses to load the programs: %s", strerror(-e));
		problem_remedy(err,
			       "run as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_RESOURCE");
		return e;
	}
	if (!btf_names(BTF_NEWEST_NEED)) {
		problem_set(err, e, "this kernel is too old: it has no bpf_loop (Linux 5.17)");
		problem_remedy(err, "use Linux 5.17 or later");
		return e;
	}
	problem_set(err, e, "the programs cannot be loaded: %s. %.300s", strerror(-e),
		    libbpf_log_said());
	problem_remedy(err, "whodid doctor says what this kernel lacks");
	return e;
}

static int load(struct kernel *k, const struct kernel_options *opt, struct problem *err)
{
	int e;

	libbpf_log_begin();
	k->cpus = libbpf_num_possible_cpus();
	if (k->cpus < 1)
		return problem_set(err, -ENOTSUP, "the number of CPUs cannot be read");
	k->skel = whodid_bpf__open();
	if (!k->skel)
		return explain_load(errno ? -errno : -EINVAL, err);
	e = configure(k, opt);
	if (e)
		return problem_set(err, e, "the programs do not fit to this build of whodidd");
	e = whodid_bpf__load(k->skel);
	return e ? explain_load(e, err) : 0;
}

/* Executables by the inodes that the kernel sees, not those of stat(2): see on_role_file. */
static int give_roles(struct kernel *k, const struct kernel_options *opt)
{
	int map = bpf_map__fd(k->skel->maps.role_fds), err = 0;
	struct roles roles;

	roles_find(&roles, opt);
	for (size_t i = 0; i < roles.count && !err; i++) {
		uint32_t fd = (uint32_t)roles.exes[i].fd;

		if (bpf_map_update_elem(map, &fd, &roles.exes[i].role, BPF_ANY))
			err = -errno;
	}
	if (!err)
		err = seed_run(k->skel->progs.on_role_file, NULL);
	for (size_t i = 0; i < roles.count; i++) {
		uint32_t fd = (uint32_t)roles.exes[i].fd;

		bpf_map_delete_elem(map, &fd);
	}
	roles_close(&roles);
	return err;
}

static int open_fold(struct kernel *k, const struct kernel_options *opt)
{
	if (!opt->fold)
		return 0;
	return fold_open(&k->fold, bpf_map__fd(k->skel->maps.fold),
			 bpf_map__fd(k->skel->maps.fold_a), bpf_map__fd(k->skel->maps.fold_b));
}

static int start(struct kernel *k, const struct kernel_options *opt, struct problem *err)
{
	int e = load(k, opt, err);

	if (e)
		return e;
	// NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there once load() returned 0
	e = ring_open(&k->ring, bpf_map__fd(k->skel->maps.events),
		      bpf_map__max_entries(k->skel->maps.events));
	if (!e)
		e = open_fold(k, opt);
	if (e)
		return problem_set(err, e, "the ring cannot be mapped: %s", strerror(-e));
	e = give_roles(k, opt);
	if (e)
		return problem_set(err, e, "the trusted executables cannot be set: %s",
				   strerror(-e));
	e = seed_tasks(k);
	if (!e)
		e = kernel_attach(k, err);
	if (!e) /* what was born before the fork hook was there; its parents are seeded */
		e = seed_tasks(k);
	if (!e)
		e = seed_run(k->skel->progs.on_process, &k->processes);
	if (e)
		return problem_set(err, e, "the running tasks cannot be read: %s", strerror(-e));
	k->skel->bss->seeded_ns = clock_boot_ns();
	k->loss_from_ns = clock_boot_ns();
	return 0;
}

/* What goes to the pipeline, counted and remembered on the way. */
struct delivery {
	struct kernel *k;
	source_record_fn fn;
	void *ctx;
};

/* Once: what ran before, after its boundaries and before the first act of anybody. */
static void deliver_processes(struct delivery *d)
{
	struct seeded *p = &d->k->processes;

	for (size_t at = 0; at < p->len;) {
		const struct record_header *h = (const void *)(p->data + at);

		if (p->len - at < sizeof(*h) || h->size < sizeof(*h) || h->size > p->len - at)
			break;
		d->fn(d->ctx, h, h->size);
		at += h->size;
	}
	free(p->data);
	*p = (struct seeded){0};
}

static void deliver(void *ctx, const void *record, size_t size)
{
	struct delivery *d = ctx;
	const struct record_header *h = record;

	if (h->kind != RECORD_BOUNDARY)
		deliver_processes(d);
	d->k->received++;
	if (d->k->fold)
		fold_remember(d->k->fold, record, size);
	d->fn(d->ctx, record, size);
}

static int drain(struct source *src, size_t max, source_record_fn fn, void *ctx)
{
	struct delivery d = {.k = kernel_of(src), .fn = fn, .ctx = ctx};
	uint64_t used = ring_used(&d.k->ring);
	int n;

	if (max > INT_MAX)
		max = INT_MAX;
	if (used > d.k->ring_used_max)
		d.k->ring_used_max = used;
	n = (int)ring_drain(&d.k->ring, max, deliver, &d);
	if (d.k->processes.data)
		deliver_processes(&d);
	return n;
}

static void add_counters(struct counters *sum, const struct counters *one)
{
	uint64_t *to = (uint64_t *)(void *)sum;
	const uint64_t *from = (const uint64_t *)(const void *)one;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}

static int read_counters(struct kernel *k, struct counters *out)
{
	_cleanup_free_ struct cpu_counts *all = calloc((size_t)k->cpus, sizeof(*all));
	uint32_t zero = 0;

	memset(out, 0, sizeof(*out));
	if (!all)
		return -ENOMEM;
	if (bpf_map_lookup_elem(bpf_map__fd(k->skel->maps.counters), &zero, all))
		return -errno;
	for (int i = 0; i < k->cpus; i++)
		add_counters(out, &all[i].c);
	kernel_count_skipped(k, out);
	return 0;
}

/*
 * One window ends: swap, then the ring to its end, so that the first records of the window are
 * out before their counts, then the counts. Nothing opened and nothing pending = nothing to do.
 */
static int end_window(struct kernel *k, const struct counters *now, source_record_fn fn, void *ctx)
{
	uint64_t seen = 0;
	int err;

	for (int kind = RECORD_FILE_READ; kind <= RECORD_FILE_WRITE; kind++)
		seen += now->generated[kind] + now->folded[kind];
	if (!k->fold || seen == k->fold_seen)
		return 0;
	k->fold_seen = seen;
	err = fold_swap(k->fold);
	if (err)
		return err;
	drain(&k->source, INT_MAX, fn, ctx);
	err = fold_flush(k->fold, fn, ctx);
	return err < 0 ? err : 0;
}

static void tell_loss(struct kernel *k, const struct counters *now, source_record_fn fn, void *ctx)
{
	struct record_loss r = {.header = {.size = sizeof(r), .kind = RECORD_LOSS}};
	uint64_t delta = 0, time = clock_boot_ns();

	for (int i = 0; i < RECORD_KIND_MAX; i++) {
		r.lost[i] = now->lost[i] - k->lost_seen[i];
		r.total += now->lost[i];
		delta += r.lost[i];
		k->lost_seen[i] = now->lost[i];
	}
	r.header.boot_ns = time;
	r.from_ns = k->loss_from_ns;
	r.to_ns = time;
	k->loss_from_ns = time;
	if (delta)
		fn(ctx, &r, sizeof(r));
}

static int tick(struct source *src, source_record_fn fn, void *ctx)
{
	struct kernel *k = kernel_of(src);
	struct counters now;
	int err = read_counters(k, &now);

	if (err)
		return err;
	tell_loss(k, &now, fn, ctx);
	return end_window(k, &now, fn, ctx);
}

static void stats(struct source *src, struct source_stats *out)
{
	struct kernel *k = kernel_of(src);

	if (read_counters(k, &out->counters))
		log_debug("counters cannot be read");
	out->received = k->received;
	out->ring_bytes = k->ring.size;
	out->ring_used_bytes = ring_used(&k->ring);
	out->ring_used_max_bytes = k->ring_used_max;
	out->recursion_misses = kernel_recursion_misses(k);
}

static int ring_descriptor(const struct source *src)
{
	return kernel_of(src)->ring.epoll_fd;
}

static void close_kernel(struct source *src)
{
	struct kernel *k = kernel_of(src);

	if (k->skel)
		kernel_detach(k);
	ring_close(&k->ring);
	fold_close(k->fold);
	whodid_bpf__destroy(k->skel);
	free(k->processes.data);
	free(k);
}

static const struct source_ops kernel_ops = {
	.rung = "tracepoint",
	.fd = ring_descriptor,
	.drain = drain,
	.tick = tick,
	.stats = stats,
	.hooks = kernel_hooks,
	.close = close_kernel,
};

int collect_open_kernel(struct source **out, const struct kernel_options *opt, struct problem *err)
{
	struct kernel *k;
	int e;

	if (opt->hooks != HOOKS_AUTO && opt->hooks != HOOKS_TRACEPOINT) {
		problem_set(err, -EOPNOTSUPP, "only the tracepoint hooks exist in this version");
		problem_remedy(err, "use --hooks auto or --hooks tracepoint");
		return -EOPNOTSUPP;
	}
	k = calloc(1, sizeof(*k));
	if (!k)
		return problem_set(err, -ENOMEM, "no memory");
	k->source.ops = &kernel_ops;
	k->ring = (struct ring){.map_fd = -1, .epoll_fd = -1};
	e = start(k, opt, err);
	if (e) {
		close_kernel(&k->source);
		return e;
	}
	*out = &k->source;
	return 0;
}
