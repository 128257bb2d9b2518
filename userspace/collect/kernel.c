// SPDX-License-Identifier: Apache-2.0
/*
 * kernel.c: the kernel as a source. Order at start: load, trusted executables,
 * seed, attach, seed; from then on every task has a boundary.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "collect/kernel.h"

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

static int open_fold(struct kernel *k, const struct kernel_options *opt)
{
	int e;

	if (!opt->fold)
		return 0;
	e = fold_open(&k->folds[FOLD_FILES], &fold_files, bpf_map__fd(k->skel->maps.fold),
		      bpf_map__fd(k->skel->maps.fold_a), bpf_map__fd(k->skel->maps.fold_b),
		      &k->kept->folds[FOLD_FILES], &k->settled.folds[FOLD_FILES]);
	if (e)
		return e;
	return fold_open(&k->folds[FOLD_FLOWS], &fold_flows, bpf_map__fd(k->skel->maps.flows),
			 bpf_map__fd(k->skel->maps.flow_a), bpf_map__fd(k->skel->maps.flow_b),
			 &k->kept->folds[FOLD_FLOWS], &k->settled.folds[FOLD_FLOWS]);
}

static void release(struct kernel *k, uint64_t position, uint64_t received)
{
	k->kept->released_received = received;
	k->kept->released = position;
	ring_release(&k->ring, position);
}

/* Reads on where others have kept what was read; what was released without that is lost. */
static void go_on(struct kernel *k, const struct source_mark *mark)
{
	k->settled = *mark;
	k->received = mark->received;
	k->loss_from_ns = mark->loss_from_ns;
	memcpy(k->lost_seen, mark->lost, sizeof(k->lost_seen));
	if (k->kept->released > mark->position) {
		k->start.lost = k->kept->released_received - mark->received;
		k->received = k->kept->released_received;
		return;
	}
	k->ring.at = mark->position;
	release(k, mark->position, mark->received);
}

static int start(struct kernel *k, const struct kernel_options *opt, struct problem *err)
{
	int e = kernel_load(k, opt, err);

	if (e)
		return e;
	// NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there once kernel_load() returned 0
	e = ring_open(&k->ring, bpf_map__fd(k->skel->maps.events),
		      bpf_map__max_entries(k->skel->maps.events));
	if (!e) {
		k->loss_from_ns = clock_boot_ns();
		if (k->start.how == SOURCE_TAKEN_OVER)
			go_on(k, opt->mark);
		e = open_fold(k, opt);
	}
	if (e)
		return problem_set(err, e, "the ring cannot be mapped: %s", strerror(-e));
	e = kernel_give_roles(k, opt);
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
	if (k->start.how != SOURCE_TAKEN_OVER)
		k->skel->bss->seeded_ns = clock_boot_ns();
	ladder_climb(k); /* now: its own acts are known as such since the seeding */
	kernel_pin(k);
	kernel_tell_own(k);
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
	for (unsigned i = 0; i < FOLDS && d->k->folds[i]; i++)
		fold_remember(d->k->folds[i], record, size);
	d->fn(d->ctx, record, size);
}

/*
 * Gives the kernel what it needs. A storm is not made worse by what is held for a daemon that may never
 * have to take over.
 */
static void make_room(struct kernel *k)
{
	if (!k->hold || ring_held(&k->ring) > k->ring.size / 2)
		release(k, k->ring.at, k->received);
}

static int drain_ring(struct kernel *k, size_t max, source_record_fn fn, void *ctx)
{
	struct delivery d = {.k = k, .fn = fn, .ctx = ctx};
	uint64_t used = ring_used(&k->ring);
	size_t n = 0, some;

	if (max > INT_MAX)
		max = INT_MAX;
	if (used > k->ring_used_max)
		k->ring_used_max = used;
	do {
		some = ring_drain(&k->ring, max - n, deliver, &d);
		n += some;
		make_room(k);
	} while (some && n < max);
	if (k->processes.data)
		deliver_processes(&d);
	return (int)n;
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

/* Acts of the kinds of a fold, counted in a window or told. */
static uint64_t count_acts(const struct counters *now, unsigned fold)
{
	static const int first[FOLDS] = {
		[FOLD_FILES] = RECORD_FILE_READ, [FOLD_FLOWS] = RECORD_NET_CONNECT};
	static const int last[FOLDS] = {
		[FOLD_FILES] = RECORD_FILE_WRITE, [FOLD_FLOWS] = RECORD_NET_CLOSE};
	uint64_t sum = 0;

	for (int kind = first[fold]; kind <= last[fold]; kind++)
		sum += now->generated[kind] + now->folded[kind];
	return sum;
}

#define WAIT_TICKS 10

/* The window before is emptied to be used again: only when others have kept its counts. */
static bool may_empty(struct kernel *k, unsigned fold)
{
	const struct fold_mark *settled = &k->settled.folds[fold];
	struct fold_mark out;

	fold_progress(k->folds[fold], &out);
	if (!k->hold || !out.counts || settled->window > out.window ||
	    (settled->window == out.window && settled->counts >= out.counts))
		return true;
	return ++k->waited[fold] > WAIT_TICKS;
}

/* Nothing done and nothing pending = nothing to do. */
static void end_window(struct kernel *k, const struct counters *now)
{
	for (unsigned i = 0; i < FOLDS; i++) {
		uint64_t seen = count_acts(now, i);

		if (!k->folds[i] || seen == k->fold_seen[i] || !fold_is_flushed(k->folds[i]) ||
		    !may_empty(k, i) || !fold_swap(k->folds[i]))
			continue;
		k->fold_seen[i] = seen;
		k->waited[i] = 0;
	}
}

/*
 * When an old window is complete, or an earlier daemon was killed before it was out: the ring to its
 * end, so that the first records of the window are out before their counts, then the counts.
 */
static int flush_window(struct kernel *k, source_record_fn fn, void *ctx, bool wait)
{
	int err = 0;

	for (unsigned i = 0; i < FOLDS; i++) {
		int r = k->folds[i] ? fold_swapped(k->folds[i], wait) : 0;

		if (r >= 0 && k->folds[i] && !fold_is_flushed(k->folds[i])) {
			drain_ring(k, INT_MAX, fn, ctx);
			r = fold_flush(k->folds[i], fn, ctx);
		}
		if (r < 0)
			err = r;
	}
	return err;
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

/*
 * A ring that is nearly full may have refused records. That is told before what it holds: who reads
 * on (who wrote a file last, say) has to know what is missing.
 */
static int drain(struct source *src, size_t max, source_record_fn fn, void *ctx)
{
	struct kernel *k = kernel_of(src);
	struct counters now;
	int n;

	if (ring_used(&k->ring) > k->ring.size / 4 * 3 && !read_counters(k, &now))
		tell_loss(k, &now, fn, ctx);
	n = drain_ring(k, max, fn, ctx);
	if (flush_window(k, fn, ctx, false))
		log_debug("counts of repeated acts cannot be read");
	return n;
}

static int tick(struct source *src, source_record_fn fn, void *ctx)
{
	struct kernel *k = kernel_of(src);
	struct counters now;
	int err = read_counters(k, &now);

	if (err)
		return err;
	tell_loss(k, &now, fn, ctx);
	end_window(k, &now);
	err = requests_tell(bpf_map__fd(k->skel->maps.requests), fn, ctx);
	return err ? err : flush_window(k, fn, ctx, false);
}

/* A swap that is under way ends the window before; another one ends the last. */
static int finish(struct source *src, source_record_fn fn, void *ctx)
{
	struct kernel *k = kernel_of(src);
	int err = flush_window(k, fn, ctx, true);

	if (!err)
		err = tick(src, fn, ctx);
	return err ? err : flush_window(k, fn, ctx, true);
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
	out->skipped_calls = kernel_skipped_calls(k);
}

static int ring_descriptor(const struct source *src)
{
	return kernel_of(src)->ring.epoll_fd;
}

static void fill_mark(const struct source *src, struct source_mark *out)
{
	const struct kernel *k = kernel_of(src);

	*out = (struct source_mark){
		.instance = k->kept->instance,
		.position = k->ring.at,
		.received = k->received,
		.loss_from_ns = k->loss_from_ns,
	};
	for (unsigned i = 0; i < FOLDS; i++)
		if (k->folds[i])
			fold_progress(k->folds[i], &out->folds[i]);
	memcpy(out->lost, k->lost_seen, sizeof(out->lost));
}

static void set_hold(struct source *src, bool hold)
{
	struct kernel *k = kernel_of(src);

	k->hold = hold && k->start.pinned;
}

static void settled(struct source *src, const struct source_mark *mark)
{
	struct kernel *k = kernel_of(src);

	if (mark->instance != k->kept->instance)
		return;
	k->settled = *mark;
	if (k->hold && mark->position > k->kept->released)
		release(k, mark->position, mark->received);
}

static void get_start(const struct source *src, struct source_start *out)
{
	*out = kernel_of(src)->start;
}

static bool leave(struct source *src)
{
	struct kernel *k = kernel_of(src);

	k->leave = k->start.pinned;
	return k->leave;
}

static void close_kernel(struct source *src)
{
	struct kernel *k = kernel_of(src);

	if (k->skel)
		kernel_detach(k);
	ring_close(&k->ring);
	for (unsigned i = 0; i < FOLDS; i++)
		fold_close(k->folds[i]);
	kernel_unpin(k);
	whodid_bpf__destroy(k->skel);
	free(k->processes.data);
	free(k);
}

/* Begins with the boundary: bpf/maps.bpf.h. Since 5.12 the kernel takes a pidfd for the key. */
static int boundary_of(struct source *src, int pidfd, uint64_t *boundary)
{
	struct kernel *k = (struct kernel *)src;
	uint64_t state[64];

	if (bpf_map__value_size(k->skel->maps.tasks) > sizeof(state))
		return -EINVAL;
	if (bpf_map_lookup_elem(bpf_map__fd(k->skel->maps.tasks), &pidfd, state))
		return -ESRCH;
	*boundary = state[0];
	return *boundary ? 0 : -ESRCH;
}

static const char *rung(const struct source *src)
{
	return ladder_rung_word(kernel_of(src)->ladder.rung);
}

static size_t classes(struct source *src, struct class_status *out, size_t max)
{
	return ladder_classes(kernel_of(src), out, max);
}

static const struct source_ops kernel_ops = {
	.rung = rung,
	.fd = ring_descriptor,
	.drain = drain,
	.tick = tick,
	.finish = finish,
	.boundary_of = boundary_of,
	.stats = stats,
	.hooks = kernel_hooks,
	.act = kernel_act,
	.pulses = kernel_pulses,
	.mend = kernel_mend,
	.classes = classes,
	.mark = fill_mark,
	.hold = set_hold,
	.settled = settled,
	.get_start = get_start,
	.leave = leave,
	.note = kernel_note,
	.each_note = kernel_each_note,
	.close = close_kernel,
};

int collect_open_kernel(struct source **out, const struct kernel_options *opt, struct problem *err)
{
	struct kernel *k;
	int e;

	k = calloc(1, sizeof(*k));
	if (!k)
		return problem_set(err, -ENOMEM, "no memory");
	k->source.ops = &kernel_ops;
	k->ring = (struct ring){.map_fd = -1, .epoll_fd = -1};
	k->pins.dir_fd = k->kept_fd = k->notes_fd = -1;
	e = start(k, opt, err);
	if (e) {
		close_kernel(&k->source);
		return e;
	}
	*out = &k->source;
	return 0;
}
