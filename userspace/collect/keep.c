// SPDX-License-Identifier: Apache-2.0
/*
 * keep.c: what the kernel holds outlives the daemon, and the next one goes on with it.
 *
 * All maps, programs and links have names in bpffs. A daemon of the same make (programs, and the
 * settings that are built into them) uses these maps and leaves the programs in place; any other
 * removes them and begins anew, and says so.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "collect/kernel.h"

#define SELF_MAP "whodid_b.bss" /* where the programs look up who the daemon is */

static uint64_t add_bytes(uint64_t h, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < n; i++) /* FNV-1a */
		h = (h ^ p[i]) * 0x100000001b3ull;
	return h;
}

/* Of everything that the programs and the layout of their maps are made from. */
static uint64_t fingerprint(const struct kernel *k, const struct kernel_options *opt)
{
	const uint32_t numbers[] = {EVENT_ABI, bpf_map__max_entries(k->skel->maps.events),
				    bpf_map__max_entries(k->skel->maps.slots),
				    (uint32_t)opt->hooks};
	uint64_t h = 0xcbf29ce484222325ull;
	size_t size = 0;
	const void *elf = whodid_bpf__elf_bytes(&size);

	h = add_bytes(h, elf, size);
	h = add_bytes(h, k->skel->rodata, sizeof(*k->skel->rodata));
	return add_bytes(h, numbers, sizeof(numbers));
}

/* Constants are the programs' own: those that we load bring theirs. */
static bool is_constants(const struct bpf_map *map)
{
	return strstr(bpf_map__name(map), ".rodata") != NULL;
}

static bool has_maps(const struct kernel *k)
{
	struct bpf_map *map;

	bpf_object__for_each_map (map, k->skel->obj) {
		_cleanup_close_ int fd =
			is_constants(map) ? -1 : pins_get(&k->pins, "map", bpf_map__name(map));

		if (fd < 0 && !is_constants(map))
			return false;
	}
	return true;
}

static int take_maps(struct kernel *k)
{
	struct bpf_map *map;

	bpf_object__for_each_map (map, k->skel->obj) {
		_cleanup_close_ int fd = -1;

		if (is_constants(map))
			continue;
		fd = pins_get(&k->pins, "map", bpf_map__name(map));
		if (fd < 0)
			return fd;
		if (bpf_map__reuse_fd(map, fd))
			return -errno;
	}
	k->notes_fd = pins_get(&k->pins, "map", "notes");
	return k->notes_fd < 0 ? k->notes_fd : 0;
}

/* Why what is there is of no use to us, or NULL. */
static const char *refuse(struct kernel *k, const struct kernel_options *opt, uint64_t print)
{
	int err = kept_open(&k->kept, &k->kept_fd, &k->pins);

	if (err == -ESTALE)
		return "another version of whodid left it";
	if (err)
		return "it is not complete";
	if (strcmp(k->kept->store_dir, opt->store_dir) != 0)
		return "it belongs to another store";
	if (k->kept->fingerprint != print)
		return "it was made by other programs or with other settings of the sensor";
	if (!opt->mark || opt->mark->instance != k->kept->instance)
		return "the store knows nothing of it";
	return has_maps(k) ? NULL : "it is not complete";
}

static bool is_empty(const struct pins *p)
{
	_cleanup_closedir_ DIR *dir = opendir(p->path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			return false;
	return true;
}

static bool store_is_gone(const struct pins *other)
{
	struct kept *kept;
	bool gone = true;
	int fd;

	if (kept_open(&kept, &fd, other))
		return is_empty(other);
	gone = access(kept->store_dir, F_OK) && errno == ENOENT;
	if (gone)
		log_info("removing from the kernel what a daemon left whose store %s is gone",
			 kept->store_dir);
	kept_close(kept, fd);
	return gone;
}

static const char *why_no_pins(int err)
{
	switch (err) {
	case -ENODEV:
		return "there is no bpffs at /sys/fs/bpf";
	case -EBUSY:
		return "another daemon uses the names for that store";
	case -EPERM:
		return "/sys/fs/bpf can be changed by others";
	default:
		return "names in /sys/fs/bpf cannot be made";
	}
}

static int start_anew(struct kernel *k, const struct kernel_options *opt, uint64_t print)
{
	int err;

	kept_close(k->kept, k->kept_fd);
	k->kept = NULL;
	k->kept_fd = -1;
	if (k->pins.dir_fd >= 0)
		pins_clear(&k->pins);
	err = kept_make(&k->kept, &k->kept_fd);
	if (err)
		return err;
	k->kept->fingerprint = print;
	k->kept->self_tgid_offset = offsetof(struct whodid_bpf__bss, self_tgid);
	k->kept->self_start_offset = offsetof(struct whodid_bpf__bss, self_start_ns);
	if (opt->store_dir)
		snprintf(k->kept->store_dir, sizeof(k->kept->store_dir), "%s", opt->store_dir);
	return 0;
}

/* An attempt with better hooks has failed: from the beginning. */
static void let_go(struct kernel *k)
{
	kernel_detach(k);
	k->leave = true; /* what is there is still there for this attempt */
	kernel_unpin(k);
	k->leave = false;
	k->start = (struct source_start){0};
}

int kernel_find_kept(struct kernel *k, const struct kernel_options *opt)
{
	uint64_t print = fingerprint(k, opt);
	char path[PATH_MAX];
	int err;

	let_go(k);
	if (!opt->store_dir)
		return start_anew(k, opt, print);
	pins_path(path, opt->store_dir);
	err = pins_open(&k->pins, path, true);
	if (err) {
		k->start.why_not = why_no_pins(err);
		return start_anew(k, opt, print);
	}
	pins_each_other(&k->pins, store_is_gone);
	if (is_empty(&k->pins))
		return start_anew(k, opt, print);
	k->start.why = refuse(k, opt, print);
	if (k->start.why) {
		k->start.how = SOURCE_REPLACED;
		return start_anew(k, opt, print);
	}
	err = take_maps(k);
	if (err)
		return err;
	k->start.how = SOURCE_TAKEN_OVER;
	k->start.hooks_missing = kernel_take_over(k);
	return 0;
}

static int pin_maps(const struct kernel *k)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map (map, k->skel->obj)
		if (!err && !is_constants(map))
			err = pins_put(&k->pins, "map", bpf_map__name(map), bpf_map__fd(map));
	return err ? err : pins_put(&k->pins, "map", "notes", k->notes_fd);
}

/* kept comes last: without it the rest is nothing to go on with. */
void kernel_pin(struct kernel *k)
{
	int err = 0;

	if (k->pins.dir_fd < 0)
		return;
	if (k->start.how != SOURCE_TAKEN_OVER) {
		k->notes_fd = notes_make();
		err = k->notes_fd < 0 ? k->notes_fd : pin_maps(k);
	}
	if (!err)
		err = kernel_pin_hooks(k);
	if (!err && k->start.how != SOURCE_TAKEN_OVER)
		err = pins_put(&k->pins, "map", "kept", k->kept_fd);
	k->start.pinned = !err;
	if (!err)
		return;
	k->start.why_not = why_no_pins(err);
	pins_clear(&k->pins);
	pins_close(&k->pins);
}

void kernel_unpin(struct kernel *k)
{
	if (k->pins.dir_fd >= 0 && !k->leave)
		pins_clear(&k->pins);
	pins_close(&k->pins);
	if (k->notes_fd >= 0)
		close(k->notes_fd);
	k->notes_fd = -1;
	kept_close(k->kept, k->kept_fd);
	k->kept = NULL;
	k->kept_fd = -1;
}

static bool fits(uint64_t offset, size_t size, const struct bpf_map_info *info)
{
	return offset % size == 0 && offset < info->value_size && info->value_size - offset >= size;
}

/*
 * Tells the programs of an earlier daemon that this process is the one to leave out: by its pid alone
 * (start 0), which suffices while it lives; when it was started is known to the seeding that follows.
 */
static void claim(const struct pins *p, const struct kept *kept, uint32_t *former)
{
	_cleanup_close_ int fd = pins_get(p, "map", SELF_MAP);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);
	uint64_t tgid = kept->self_tgid_offset, start = kept->self_start_offset;
	char *data;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) || info.value_size > page ||
	    !fits(tgid, sizeof(uint32_t), &info) || !fits(start, sizeof(uint64_t), &info))
		return;
	data = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (data == MAP_FAILED)
		return;
	*former = *(uint32_t *)(void *)(data + tgid);
	__atomic_store_n((uint64_t *)(void *)(data + start), 0, __ATOMIC_RELEASE);
	__atomic_store_n((uint32_t *)(void *)(data + tgid), (uint32_t)getpid(), __ATOMIC_RELEASE);
	munmap(data, page);
}

void collect_kept_path(char out[static PATH_MAX], const char *store_dir)
{
	pins_path(out, store_dir);
}

uint64_t collect_left_behind(const char *store_dir, uint32_t *former)
{
	struct pins pins = {.dir_fd = -1};
	uint64_t instance = 0;
	char path[PATH_MAX];
	struct kept *kept;
	int fd;

	*former = 0;
	pins_path(path, store_dir);
	if (pins_open(&pins, path, false))
		return 0;
	if (!kept_open(&kept, &fd, &pins)) {
		if (!strcmp(kept->store_dir, store_dir)) {
			instance = kept->instance;
			claim(&pins, kept, former);
		}
		kept_close(kept, fd);
	}
	pins_close(&pins);
	return instance;
}

int collect_unload(const char *store_dir)
{
	struct pins pins = {.dir_fd = -1};
	char path[PATH_MAX];
	int err;

	pins_path(path, store_dir);
	err = pins_open(&pins, path, false);
	if (err)
		return err;
	err = is_empty(&pins) ? -ENOENT : 0;
	pins_clear(&pins);
	pins_close(&pins);
	return err;
}
