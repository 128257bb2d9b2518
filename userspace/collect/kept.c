// SPDX-License-Identifier: Apache-2.0
/* kept.c: see kept.h. */
#include "collect/kept.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "base/cleanup.h"

#define MAGIC	0x3244494457484f57ull /* "WHODID", and 2 = the version of struct kept */
#define ELEMENT 4096u		      /* the kernel before 6.0 takes no larger ones than 4 MiB */

static int map_it(struct kept **out, int fd)
{
	size_t size = (sizeof(struct kept) + ELEMENT - 1) / ELEMENT * ELEMENT;
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return -errno;
	*out = at;
	return 0;
}

int kept_make(struct kept **out, int *fd)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	_cleanup_close_ int map =
		bpf_map_create(BPF_MAP_TYPE_ARRAY, "whodid_kept", sizeof(uint32_t), ELEMENT,
			       (sizeof(struct kept) + ELEMENT - 1) / ELEMENT, &opts);
	struct kept *k = NULL;
	int err = map < 0 ? -errno : map_it(&k, map);

	if (!k)
		return err;
	k->magic = MAGIC;
	k->size = sizeof(*k);
	while (!k->instance)
		if (getrandom(&k->instance, sizeof(k->instance), 0) < 0 && errno != EINTR)
			break;
	*out = k;
	*fd = TAKE_FD(map);
	return 0;
}

static bool fits(int fd)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) == 0 && info.type == BPF_MAP_TYPE_ARRAY &&
	       info.value_size == ELEMENT &&
	       info.max_entries == (sizeof(struct kept) + ELEMENT - 1) / ELEMENT;
}

int kept_open(struct kept **out, int *fd, const struct pins *pins)
{
	_cleanup_close_ int map = pins_get(pins, "map", "kept");
	struct kept *k = NULL;
	int err = map < 0 ? map : !fits(map) ? -ESTALE : map_it(&k, map);

	if (!k)
		return err;
	if (k->magic != MAGIC || k->size != sizeof(*k) || !memchr(k->store_dir, '\0', PATH_MAX)) {
		kept_close(k, -1);
		return -ESTALE;
	}
	*out = k;
	*fd = TAKE_FD(map);
	return 0;
}

void kept_close(struct kept *k, int fd)
{
	if (k)
		munmap(k, (sizeof(*k) + ELEMENT - 1) / ELEMENT * ELEMENT);
	if (fd >= 0)
		close(fd);
}
