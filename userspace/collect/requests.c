// SPDX-License-Identifier: Apache-2.0
/*
 * requests.c: requests to io_uring wait in a map of the kernel's until their result is there. That may
 * never be seen: the ring has no room for it, or the request hangs. An act is told nevertheless.
 */
#include <bpf/bpf.h>
#include <errno.h>

#include "base/clock.h"
#include "collect/kernel.h"

#define PATIENCE_NS   5000000000ull
/* as in bpf/maps.bpf.h */
#define REQUEST_BYTES 1024
#define KEY_BYTES     56

union request {
	struct record_header header;
	uint8_t bytes[REQUEST_BYTES + KEY_BYTES];
};

static bool is_overdue(const union request *r, uint64_t now)
{
	return r->header.boot_ns + PATIENCE_NS < now;
}

/* Taken out first: the kernel does not tell what is not there any more. */
static void tell_one(int map_fd, uint64_t key, source_record_fn fn, void *ctx)
{
	union request r;

	if (bpf_map_lookup_and_delete_elem(map_fd, &key, &r))
		return;
	r.header.flags |= RECORD_NO_RESULT;
	r.header.seq = 0;
	if (r.header.size >= sizeof(r.header) && r.header.size <= REQUEST_BYTES)
		fn(ctx, &r, r.header.size);
}

int requests_tell(int map_fd, source_record_fn fn, void *ctx)
{
	uint64_t key, next, now = clock_boot_ns();
	int err = bpf_map_get_next_key(map_fd, NULL, &next);
	union request r;

	while (!err) {
		key = next;
		err = bpf_map_get_next_key(map_fd, &key, &next);
		if (bpf_map_lookup_elem(map_fd, &key, &r) == 0 && is_overdue(&r, now))
			tell_one(map_fd, key, fn, ctx);
	}
	return err == -ENOENT ? 0 : err;
}
