// SPDX-License-Identifier: Apache-2.0
/* own.c: tells the programs which maps, programs and links are the sensor's, so that they see who else touches them. */
#include <bpf/bpf.h>
#include <errno.h>

#include "base/log.h"
#include "collect/kernel.h"

/* Number 0: there is none, and nothing to tell. */
static int add(int map, enum touch_object kind, uint32_t number)
{
	uint64_t key = (uint64_t)kind << 32 | number;
	uint8_t yes = 1;

	return number && bpf_map_update_elem(map, &key, &yes, BPF_ANY) ? -errno : 0;
}

static uint32_t map_number(int fd)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) ? info.id : 0;
}

static uint32_t program_number(int fd)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) ? info.id : 0;
}

static int add_maps(const struct kernel *k, int own)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map (map, k->skel->obj)
		if (!err)
			err = add(own, OBJECT_MAP, map_number(bpf_map__fd(map)));
	if (!err)
		err = add(own, OBJECT_MAP, map_number(k->kept_fd));
	return err ? err : add(own, OBJECT_MAP, map_number(k->notes_fd));
}

static int add_programs(const struct kernel *k, int own)
{
	struct bpf_program *program;
	int err = 0;

	bpf_object__for_each_program (program, k->skel->obj)
		if (!err)
			err = add(own, OBJECT_PROGRAM, program_number(bpf_program__fd(program)));
	for (size_t i = 0; i < HOOKS_MAX && !err; i++)
		if (k->programs[i] > 0)
			err = add(own, OBJECT_PROGRAM, program_number(k->programs[i]));
	return err;
}

static int add_links(struct bpf_link *const *links, size_t count, int own)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; i++)
		err = add(own, OBJECT_LINK, link_identify(links[i]).link);
	return err;
}

void kernel_tell_own(const struct kernel *k)
{
	int own = bpf_map__fd(k->skel->maps.own_objects);
	int err = add_maps(k, own);

	if (!err)
		err = add_programs(k, own);
	if (!err)
		err = add_links(k->links, HOOKS_MAX, own);
	if (!err)
		err = add_links(k->ladder.links, LADDER_HOOKS, own);
	if (err)
		log_warn("who reaches for what is in the kernel may go unseen: %s", strerror(-err));
}
