// SPDX-License-Identifier: GPL-2.0-only
/*
 * uring.bpf.c: what a ring is asked for: acts on files without a system call of their own. Those on
 * sockets: see ring_net.bpf.c, ring_send.bpf.c and ring_accept.bpf.c.
 *
 * When a request is put to the ring, whoever does that is the actor: the thread itself, or the ring's
 * own thread, which belongs to the process that made it. The kernel has copied the names by then. The
 * record waits in a map until the request completes, which may be in any thread, and with it comes the
 * result; of an open also the file. Requests that complete without a word (CQE_SKIP), or when the map
 * is full, are told at once and without a result.
 *
 * An open's file is looked up at completion, in the table of descriptors or the ring's own: a second thread,
 * or what was handed in together with it, may have put another one there. So what was asked for is told beside it.
 * What the thread of a ring does is the maker's, or nobody's: rings.bpf.h. Before 6.0 rings are not
 * looked at.
 */
#include "file.bpf.h"
#include "aside.bpf.h"
#include "ring_net.bpf.h"
#include <bpf/bpf_tracing.h>

/* IORING_OP_*: numbers are for ever. */
#define OP_OPENAT    18
#define OP_OPENAT2   28
#define OP_RENAMEAT  35
#define OP_UNLINKAT  36
#define OP_MKDIRAT   37
#define OP_SYMLINKAT 38
#define OP_LINKAT    39
#define OP_FSETXATTR 41
#define OP_SETXATTR  42
#define OP_FTRUNCATE 55
#define OPS	     64 /* a power of two: the verifier wants a mask */

static const struct request_op {
	u8 kind, op; /* kind 0 = of no interest */
	u8 named;    /* by a path, else by a descriptor */
} request_ops[OPS] = {
	[OP_OPENAT] = {RECORD_FILE_READ, FILE_OP_OPEN, true},
	[OP_OPENAT2] = {RECORD_FILE_READ, FILE_OP_OPEN, true},
	[OP_RENAMEAT] = {RECORD_FILE_RENAME, FILE_OP_RENAME, true},
	[OP_UNLINKAT] = {RECORD_FILE_DELETE, FILE_OP_UNLINK, true},
	[OP_MKDIRAT] = {RECORD_FILE_CREATE, FILE_OP_MKDIR, true},
	[OP_SYMLINKAT] = {RECORD_FILE_LINK, FILE_OP_SYMLINK, true},
	[OP_LINKAT] = {RECORD_FILE_LINK, FILE_OP_LINK, true},
	[OP_FSETXATTR] = {RECORD_FILE_CHMOD, FILE_OP_SETXATTR, false},
	[OP_SETXATTR] = {RECORD_FILE_CHMOD, FILE_OP_SETXATTR, true},
	[OP_FTRUNCATE] = {RECORD_FILE_WRITE, FILE_OP_TRUNCATE, false},
};

static __always_inline u32 opcode_of(u64 req)
{
	return BPF_CORE_READ((struct io_kiocb *)req, opcode);
}

static __always_inline const struct request_op *op_of(u64 req)
{
	u32 opcode = opcode_of(req);

	mask(opcode, OPS);
	return &request_ops[opcode];
}

static __always_inline void take_open(struct slot *s, struct record_file *r, void *req)
{
	struct io_open *open = req;

	r->open_flags = BPF_CORE_READ(open, how.flags);
	take_pair(s, read_io_open_filename(req), BPF_CORE_READ(open, dfd), &r->path, &r->base);
}

static __always_inline void take_unlink(struct slot *s, struct record_file *r, void *req)
{
	struct io_unlink *unlink = req;

	if (BPF_CORE_READ(unlink, flags) & AT_REMOVEDIR)
		r->op = FILE_OP_RMDIR;
	take_pair(s, read_io_unlink_filename(req), BPF_CORE_READ(unlink, dfd), &r->path, &r->base);
}

static __always_inline void take_mkdir(struct slot *s, struct record_file *r, void *req)
{
	struct io_mkdir *mkdir = req;

	r->mode = (BPF_CORE_READ(mkdir, mode) & 07777) | S_IFDIR;
	take_pair(s, read_io_mkdir_filename(req), BPF_CORE_READ(mkdir, dfd), &r->path, &r->base);
}

static __always_inline void take_rename(struct slot *s, struct record_file *r, void *req)
{
	struct io_rename *rename = req;

	take_pair(s, read_io_rename_oldpath(req), BPF_CORE_READ(rename, old_dfd), &r->path,
		  &r->base);
	take_pair(s, read_io_rename_newpath(req), BPF_CORE_READ(rename, new_dfd), &r->path2,
		  &r->base2);
}

/* Of a symbolic link the first one is text. */
static __always_inline void take_link(struct slot *s, struct record_file *r, void *req)
{
	struct io_link *link = req;

	if (r->op == FILE_OP_SYMLINK)
		slot_text(s, read_io_link_oldpath(req), true, &r->path);
	else
		take_pair(s, read_io_link_oldpath(req), BPF_CORE_READ(link, old_dfd), &r->path,
			  &r->base);
	take_pair(s, read_io_link_newpath(req), BPF_CORE_READ(link, new_dfd), &r->path2, &r->base2);
}

static __noinline int take_request(struct slot *s, u64 req_address)
{
	void *req = (void *)req_address;
	struct record_file *r;

	if (!s)
		return 0;
	r = (struct record_file *)s->data;
	switch (r->op) {
	case FILE_OP_OPEN:
		take_open(s, r, req);
		break;
	case FILE_OP_UNLINK:
		take_unlink(s, r, req);
		break;
	case FILE_OP_MKDIR:
		take_mkdir(s, r, req);
		break;
	case FILE_OP_RENAME:
		take_rename(s, r, req);
		break;
	case FILE_OP_LINK:
	case FILE_OP_SYMLINK:
		take_link(s, r, req);
		break;
	case FILE_OP_SETXATTR:
		if (s->flags & RECORD_REQUEST_PATH)
			take_pair(s, read_io_xattr_filename(req), AT_FDCWD, &r->path, &r->base);
		slot_text(s, read_xattr_name(req), true, &r->path2);
		break;
	case FILE_OP_TRUNCATE:
		r->size = read_io_ftrunc_len(req);
		break;
	}
	return 0;
}

static __always_inline u32 kind_of_request(const struct record_file *r, u32 kind)
{
	return r->op == FILE_OP_OPEN ? kind_of_failed(r->open_flags, SYS_OPENAT) : kind;
}

/* Puts the record aside for the request's end, or submits it where there will be none. */
static __always_inline void put_aside_or_tell(struct slot *s, u64 req, u32 kind)
{
	if (!(read_request_flags(req) & REQ_F_CQE_SKIP) && put_aside(s, req, kind))
		return;
	s->flags |= RECORD_NO_RESULT;
	slot_submit(s, kind);
}

static __noinline int on_submitted(u64 req)
{
	const struct request_op *op = op_of(req);
	struct task_struct *task = bpf_get_current_task_btf();
	struct record_file *r;
	struct slot *s;

	if (is_self(task, OWN_OTHER) || !current_state(task))
		return 0;
	s = slot_claim(op->kind);
	if (!s)
		return 0;
	r = slot_begin(s, struct record_file);
	s->flags = RECORD_IO_URING | (op->named ? RECORD_REQUEST_PATH : 0);
	fill_current(s->id);
	r->count = 1;
	r->mnt_inum = foreign_mnt_inum();
	r->op = op->op;
	r->new_uid = r->new_gid = 0xffffffff;
	take_request(s, req);
	put_aside_or_tell(s, req, kind_of_request(r, op->kind));
	slot_release(s);
	return 0;
}

/*
 * Before anything is put aside for a request: the end of an earlier one at its address was not seen, or
 * that would be taken for it.
 */
static __noinline int tell_forgotten(u64 req)
{
	struct request *old = bpf_map_lookup_elem(&requests, &req);
	struct slot *s;
	long told;
	u32 kind;

	if (!old)
		return 0;
	kind = ((struct record_header *)old->record)->kind;
	s = slot_claim(kind);
	if (s)
		take_up(s, old);
	told = bpf_map_delete_elem(&requests, &req); /* collect was faster by a moment */
	if (!s)
		return 0;
	s->flags |= RECORD_NO_RESULT;
	if (!told)
		slot_submit(s, kind);
	slot_release(s);
	return 0;
}

/* The request as a number: what the verifier knows to be a pointer goes to no function of another file. */
static __always_inline int on_any_submitted(u64 *ctx)
{
	u64 req = 0;

	bpf_probe_read_kernel(&req, sizeof(req), ctx);
	if (opcode_of(req) == OP_ACCEPT)
		return ring_accept_on_submit(req);
	if (!ring_op_is_net(req) && !op_of(req)->kind)
		return 0;
	tell_forgotten(req);
	if (ring_op_sends(opcode_of(req)))
		return ring_send_on_submit(req);
	return ring_op_is_net(req) ? ring_net_on_submit(req) : on_submitted(req);
}

/*
 * io_uring_submit_req(req): each request, when it has been read and its names copied, before anything
 * is done. Since 6.3. Misses nothing; of a chain each link comes by, also one that is not reached.
 */
SEC("tp_btf/io_uring_submit_req")
int on_uring_submit(u64 *ctx)
{
	return on_any_submitted(ctx);
}

/* io_uring_submit_sqe(req, force_nonblock): the same under its name from 6.0 to 6.2. */
SEC("tp_btf/io_uring_submit_sqe")
int on_uring_sqe(u64 *ctx)
{
	return on_any_submitted(ctx);
}

/* The file of an open, or NULL: current may be a kernel thread that cleans up, or it was closed. */
static __always_inline struct file *opened_file(struct task_struct *task, u32 pid, u64 req, s32 fd)
{
	u32 slot = BPF_CORE_READ((struct io_open *)req, file_slot);

	if ((u32)task->tgid != pid)
		return 0;
	return slot ? read_ring_slot(req, slot, fd) : read_fd(task, fd);
}

static __noinline int finish(struct slot *s, u64 req, s32 result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct record_file *r;
	struct file *file;
	u32 kind;

	if (!s || result == -ECANCELED || is_no_act(result))
		return 0;
	r = (struct record_file *)s->data;
	kind = r->header.kind;
	r->result = result < 0 ? result : 0;
	if (r->op == FILE_OP_OPEN && result >= 0) {
		file = opened_file(task, r->task.pid, req, result);
		if (file)
			return open_on_request(s->id, (u64)file);
	}
	if (!(s->flags & RECORD_REQUEST_PATH)) {
		take_object(s, r, BPF_CORE_READ((struct io_kiocb *)req, file));
		if ((u32)task->tgid != r->task.pid) /* the root is that of whoever ends it */
			s->root_off = s->root_len = 0;
	}
	slot_submit(s, kind);
	return 0;
}

static __always_inline u64 argument(u64 *ctx, u32 i)
{
	u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), ctx + i);
	return value;
}

/*
 * io_uring_complete(ring, req, ...): the result of a request is put to the ring, in whatever thread.
 * What else it is given differs between kernels: user_data and result, or a struct with both (6.15);
 * the result stands in the request too (5.19). req is NULL for a result that is not the last. Misses
 * results that do not fit into the ring (collect tells the request then).
 */
SEC("tp_btf/io_uring_complete")
int on_uring_complete(u64 *ctx)
{
	u64 req = ctx[1];
	const struct request_op *op;
	struct request *asked;
	struct slot *s;
	long told;

	if (!req)
		return ring_accept_on_one(argument(ctx, 0), argument(ctx, 2),
					  cfg_ring_cqe ? 0 : argument(ctx, 3));
	if (ring_op_sends(opcode_of(req)))
		return ring_send_on_complete(req);
	if (opcode_of(req) == OP_ACCEPT)
		return ring_accept_on_complete(req);
	if (ring_op_is_net(req))
		return ring_net_on_complete(req);
	op = op_of(req);
	asked = op->kind ? bpf_map_lookup_elem(&requests, &req) : 0;
	if (!asked)
		return 0;
	s = slot_claim(op->kind);
	if (s)
		take_up(s, asked);
	told = bpf_map_delete_elem(&requests, &req); /* collect was faster by a moment */
	if (!s)
		return 0;
	if (!told)
		finish(s, req, BPF_CORE_READ((struct io_kiocb *)req, cqe.res));
	slot_release(s);
	return 0;
}

char LICENSE[] __weak SEC("license") = "GPL";
