/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kept: memory that lives as long as the pins: what a daemon must know to go on where another was
 * killed. A BPF array that no program uses, mapped; a crash leaves it as it was at that instant.
 * Private to this folder.
 */
#ifndef WHODID_COLLECT_KEPT_H
#define WHODID_COLLECT_KEPT_H

#include "collect/fold.h"
#include "collect/pins.h"

struct kept {
	uint64_t magic;
	uint64_t size;
	uint64_t fingerprint; /* of the programs and of the settings that are built into them */
	uint64_t instance;    /* at random: whose store belongs to it */
	uint64_t released;    /* position in the ring before which records may be gone, */
	uint64_t released_received; /* and how many had been read there */
	/* of the daemon's own pid and start in the programs' data */
	uint64_t self_tgid_offset, self_start_offset;
	char store_dir[PATH_MAX]; /* whoever removes that wants nothing kept */
	struct fold_memory folds[FOLDS];
};

/* New and zeroed, or of an earlier daemon (-ESTALE: of another make). 0 or -errno. The map is *fd. */
int kept_make(struct kept **out, int *fd);
int kept_open(struct kept **out, int *fd, const struct pins *pins);
void kept_close(struct kept *k, int fd);

#endif
