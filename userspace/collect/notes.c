// SPDX-License-Identifier: Apache-2.0
/*
 * notes.c: notes for who takes over, in a map of the kernel's. In pieces, so that a short one costs
 * little; all of a note's pieces say how many there are.
 */
#include <bpf/bpf.h>
#include <errno.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "collect/kernel.h"

#define PIECE	   496u
#define PIECES_MAX ((NOTE_MAX + PIECE - 1) / PIECE)
#define ENTRIES	   131072u /* takes memory for those in use only */

struct note_key {
	uint64_t id;
	uint32_t piece;
	uint32_t pad0;
};
struct note_piece {
	uint32_t size; /* of the whole note */
	uint32_t pad0;
	uint64_t pad1;
	uint8_t data[PIECE];
};

int notes_make(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "whodid_notes", sizeof(struct note_key),
				sizeof(struct note_piece), ENTRIES, &opts);

	return fd < 0 ? -errno : fd;
}

static void drop_from(int fd, uint64_t id, uint32_t piece)
{
	struct note_key key = {.id = id, .piece = piece};

	for (; key.piece < PIECES_MAX; key.piece++)
		if (bpf_map_delete_elem(fd, &key))
			break;
}

/* The first piece comes last: killed in between, there is no note or the one before. */
void kernel_note(struct source *src, uint64_t id, const void *note, size_t size)
{
	const struct kernel *k = (const struct kernel *)src;
	uint32_t count = (uint32_t)((size + PIECE - 1) / PIECE);

	if (k->notes_fd < 0 || size > NOTE_MAX)
		return;
	drop_from(k->notes_fd, id, 0);
	for (uint32_t i = count; i-- > 0;) {
		struct note_key key = {.id = id, .piece = i};
		struct note_piece piece = {.size = (uint32_t)size};
		size_t left = size - (size_t)i * PIECE;

		memcpy(piece.data, (const uint8_t *)note + (size_t)i * PIECE,
		       left < PIECE ? left : PIECE);
		if (bpf_map_update_elem(k->notes_fd, &key, &piece, BPF_ANY)) {
			log_debug("a note for the next daemon was not kept: %s", strerror(errno));
			drop_from(k->notes_fd, id, i + 1);
			return;
		}
	}
}

/* The whole note into out (NOTE_MAX bytes), and its size; 0 = it is not whole. */
static size_t read_note(int fd, uint64_t id, uint8_t *out)
{
	struct note_key key = {.id = id};
	struct note_piece piece;
	size_t size = 0, at = 0;

	do {
		size_t left;

		if (bpf_map_lookup_elem(fd, &key, &piece) || piece.size > NOTE_MAX ||
		    (key.piece && piece.size != size))
			return 0;
		size = piece.size;
		left = size - at;
		memcpy(out + at, piece.data, left < PIECE ? left : PIECE);
		at += left < PIECE ? left : PIECE;
		key.piece++;
	} while (at < size);
	return size;
}

void kernel_each_note(struct source *src,
		      void (*fn)(void *ctx, uint64_t id, const void *note, size_t size), void *ctx)
{
	const struct kernel *k = (const struct kernel *)src;
	_cleanup_free_ uint8_t *note = malloc(NOTE_MAX);
	struct note_key key, next;
	int end;

	if (k->notes_fd < 0 || !note)
		return;
	end = bpf_map_get_next_key(k->notes_fd, NULL, &next);
	while (!end) {
		size_t size;

		key = next;
		end = bpf_map_get_next_key(k->notes_fd, &key, &next);
		size = key.piece ? 0 : read_note(k->notes_fd, key.id, note);
		if (size)
			fn(ctx, key.id, note, size);
	}
}
