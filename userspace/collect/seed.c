// SPDX-License-Identifier: Apache-2.0
/* seed.c: what already runs, through the kernel's iterators; /proc is not asked. */
#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "collect/kernel.h"

#define SEED_RUNS_MAX 64
#define SEEDED_MAX    (256u << 20) /* about 500,000 processes */
#define SEEDED_STEP   (256u << 10)

static int iterate(struct bpf_program *prog)
{
	struct bpf_link *link = bpf_program__attach_iter(prog, NULL);
	int fd;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	fd = fd < 0 ? -errno : fd;
	bpf_link__destroy(link);
	return fd;
}

/* Room for one more read. 0 or -errno. */
static int grow(struct seeded *s, size_t *cap)
{
	char *bigger;

	if (*cap - s->len >= SEEDED_STEP)
		return 0;
	if (*cap >= SEEDED_MAX)
		return -EFBIG;
	*cap = *cap ? *cap * 2 : 2 * (size_t)SEEDED_STEP;
	bigger = realloc(s->data, *cap);
	if (!bigger)
		return -ENOMEM;
	s->data = bigger;
	return 0;
}

int seed_run(struct bpf_program *prog, struct seeded *out)
{
	_cleanup_close_ int fd = iterate(prog);
	_cleanup_free_ char *owned = NULL;
	struct seeded s = {0};
	size_t cap = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	for (;;) {
		int err = grow(&s, &cap);

		// NOLINTNEXTLINE(clang-analyzer-deadcode.DeadStores): freed by its attribute
		owned = s.data;
		if (err)
			return err;
		n = read(fd, s.data + s.len, SEEDED_STEP);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			break;
		s.len += (size_t)n;
	}
	if (n < 0)
		return -errno;
	if (out) {
		*out = s;
		owned = NULL;
	}
	return 0;
}

/* Until a run finds nothing new. */
int seed_tasks(struct kernel *k)
{
	uint32_t before = k->skel->bss->seeded_tasks;

	for (int run = 0; run < SEED_RUNS_MAX; run++) {
		int err = seed_run(k->skel->progs.on_seed, NULL);

		if (err)
			return err;
		if (k->skel->bss->seeded_tasks == before)
			break;
		before = k->skel->bss->seeded_tasks;
	}
	return 0;
}
