// SPDX-License-Identifier: GPL-2.0-only
/*
 * touch.bpf.c: bpf(2) of others on the sensor's own maps, programs and links.
 *
 * Which object it was is read from the descriptor at the end of the call, so what a call returned is the
 * truth; of the descriptor that a call was given the caller's memory is asked, which another thread may
 * have changed by then. Misses: mappings of a map's memory (that it was opened is told).
 */
#include "session.bpf.h"
#include "net.bpf.h"
#include "load.bpf.h"

#define ANON_INODE_FS_MAGIC 0x09041934 /* linux/magic.h */

/* enum bpf_cmd of linux/bpf.h, as far as it matters here. */
enum command {
	MAP_UPDATE = 2,
	MAP_DELETE = 3,
	OBJ_GET = 7,
	PROG_DETACH = 9,
	PROG_TEST_RUN = 10,
	PROG_GET_BY_ID = 13,
	MAP_GET_BY_ID = 14,
	MAP_TAKE = 21, /* MAP_LOOKUP_AND_DELETE_ELEM */
	MAP_FREEZE = 22,
	MAP_TAKE_BATCH = 25,
	MAP_UPDATE_BATCH = 26,
	MAP_DELETE_BATCH = 27,
	LINK_UPDATE = 29,
	LINK_GET_BY_ID = 30,
	LINK_DETACH = 34,
};

/* What each does, and where in its attributes the descriptor stands that it does it to. */
static const struct touch_row {
	u8 touch; /* enum touch */
	u8 at;
} touch_rows[64] = {
	[MAP_UPDATE] = {TOUCH_UPDATE, 0},   [MAP_UPDATE_BATCH] = {TOUCH_UPDATE, 36},
	[MAP_DELETE] = {TOUCH_DELETE, 0},   [MAP_DELETE_BATCH] = {TOUCH_DELETE, 36},
	[MAP_TAKE] = {TOUCH_DELETE, 0},	    [MAP_TAKE_BATCH] = {TOUCH_DELETE, 36},
	[MAP_FREEZE] = {TOUCH_FREEZE, 0},   [PROG_DETACH] = {TOUCH_DETACH, 4},
	[LINK_DETACH] = {TOUCH_DETACH, 0},  [LINK_UPDATE] = {TOUCH_REPLACE, 0},
	[PROG_TEST_RUN] = {TOUCH_RUN, 0},   [OBJ_GET] = {TOUCH_OPEN, 0},
	[PROG_GET_BY_ID] = {TOUCH_OPEN, 0}, [MAP_GET_BY_ID] = {TOUCH_OPEN, 0},
	[LINK_GET_BY_ID] = {TOUCH_OPEN, 0},
};

/* An object, by its number and kind; address 0 = only asked for. */
struct touched {
	u64 address;
	u32 id;
	u32 kind; /* enum touch_object */
};

/* Descriptors of these three kinds have names of their own: "bpf-map", "bpf-prog", "bpf_link" or "bpf-link". */
static __always_inline u32 kind_of(struct file *file)
{
	const unsigned char *text = BPF_CORE_READ(file, f_path.dentry, d_name.name);
	char name[6] = "";

	if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) != ANON_INODE_FS_MAGIC ||
	    bpf_probe_read_kernel_str(name, sizeof(name), text) < 0 || name[0] != 'b' ||
	    name[1] != 'p' || name[2] != 'f')
		return OBJECT_NONE;
	if (name[4] == 'm')
		return OBJECT_MAP;
	if (name[4] == 'p')
		return OBJECT_PROGRAM;
	return name[4] == 'l' ? OBJECT_LINK : OBJECT_NONE;
}

static __noinline int identify(struct touched *t, struct file *file)
{
	void *object;

	if (!t || !file)
		return 0;
	object = BPF_CORE_READ(file, private_data);
	t->kind = kind_of(file);
	t->address = (u64)object;
	if (t->kind == OBJECT_MAP)
		t->id = BPF_CORE_READ((struct bpf_map *)object, id);
	else if (t->kind == OBJECT_PROGRAM)
		t->id = BPF_CORE_READ((struct bpf_prog *)object, aux, id);
	else if (t->kind == OBJECT_LINK)
		t->id = BPF_CORE_READ((struct bpf_link *)object, id);
	return 0;
}

/* Of a call that was refused: what it asked for by number. */
static __always_inline void take_asked(struct touched *t, u32 command, u64 attr)
{
	t->kind = command == MAP_GET_BY_ID    ? OBJECT_MAP
		  : command == PROG_GET_BY_ID ? OBJECT_PROGRAM
		  : command == LINK_GET_BY_ID ? OBJECT_LINK
					      : OBJECT_NONE;
	if (bpf_probe_read_user(&t->id, sizeof(t->id), (void *)attr))
		t->kind = OBJECT_NONE;
}

static __always_inline void take_name(struct record_load *r, const struct touched *t)
{
	void *object = (void *)t->address;

	if (!object)
		return;
	if (t->kind == OBJECT_MAP)
		BPF_CORE_READ_STR_INTO(&r->name, (struct bpf_map *)object, name);
	else if (t->kind == OBJECT_PROGRAM)
		BPF_CORE_READ_STR_INTO(&r->name, (struct bpf_prog *)object, aux, name);
	else
		BPF_CORE_READ_STR_INTO(&r->name, (struct bpf_link *)object, prog, aux, name);
}

static __noinline int tell_touch(const struct touched *t, u32 touch, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);
	struct record_load *r;
	struct slot *s;

	if (!t || !st)
		return 0;
	s = slot_claim(RECORD_BPF_LOAD);
	if (!s)
		return 0;
	r = slot_begin(s, struct record_load);
	fill_task(&r->task);
	r->result = ret < 0 ? ret : 0;
	r->touch = touch;
	r->type = t->kind;
	r->id = t->id;
	take_name(r, t);
	slot_submit(s, RECORD_BPF_LOAD);
	slot_release(s);
	return 0;
}

int touch_on_call(u32 command, u64 attr, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const struct touch_row *row;
	struct touched t = {};
	s32 fd = ret;
	u64 key;

	mask(command, 64);
	row = &touch_rows[command];
	if (row->touch == TOUCH_OPEN && ret < 0)
		take_asked(&t, command, attr);
	else if (row->touch == TOUCH_OPEN ||
		 !bpf_probe_read_user(&fd, sizeof(fd), (void *)(attr + row->at)))
		identify(&t, read_fd(task, fd));
	key = (u64)t.kind << 32 | t.id;
	if (!t.kind || !bpf_map_lookup_elem(&own_objects, &key))
		return 0;
	return tell_touch(&t, row->touch, ret);
}

char LICENSE[] __weak SEC("license") = "GPL";
