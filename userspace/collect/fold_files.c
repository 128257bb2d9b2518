// SPDX-License-Identifier: Apache-2.0
/* fold_files: equal opens and mappings of one boundary become one record. */
#include <string.h>

#include "collect/fold.h"

/* As in bpf/maps.bpf.h. */
struct fold_key {
	uint64_t boundary;
	uint64_t inode;
	uint32_t dev;
	uint32_t generation;
	uint32_t kind;
	uint32_t mnt_inum;
	uint64_t root;
};

static bool is_first(const struct record_header *h, size_t size)
{
	const struct record_file *r = (const void *)h;

	if (size < sizeof(*r) || r->result)
		return false;
	if (h->kind == RECORD_FILE_MAP)
		return true;
	return h->kind >= RECORD_FILE_READ && h->kind <= RECORD_FILE_WRITE && r->op == FILE_OP_OPEN;
}

static size_t make(uint8_t *out, const struct record_header *first, const void *key_bytes,
		   const struct fold_count *n)
{
	const struct fold_key *key = key_bytes;
	struct record_file *r = (void *)out;
	size_t size = sizeof(*r);

	if (first) {
		size = first->size;
		memcpy(out, first, size);
	} else {
		memset(r, 0, sizeof(*r));
		r->task.boundary = key->boundary;
		r->task.login_uid = r->task.session_id = UINT32_MAX;
		r->dev = key->dev;
		r->inode = key->inode;
		r->mnt_inum = key->mnt_inum;
		r->op = key->kind == RECORD_FILE_MAP ? FILE_OP_MMAP : FILE_OP_OPEN;
		r->new_uid = r->new_gid = UINT32_MAX;
	}
	r->header.kind = (uint16_t)key->kind;
	r->count = n->count;
	r->first_ns = n->count > 1 ? n->first_ns : 0;
	r->last_ns = n->count > 1 ? n->last_ns : 0;
	return size;
}

const struct fold_kind fold_files = {
	.key_size = sizeof(struct fold_key),
	.count_size = sizeof(struct fold_count),
	.is_first = is_first,
	.make = make,
};
