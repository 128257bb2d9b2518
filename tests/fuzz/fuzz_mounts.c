/* SPDX-License-Identifier: Apache-2.0 */
/* The mounts of a host, where users may have mounted what they call as they like; read twice, by halves. */
#include <stdint.h>
#include <stdlib.h>

#include "base/mounts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct mounts *m, uint64_t when)
{
	static const char *const paths[] = {"/", "/a", "/srv/v/x", "/var/lib/x", "x", ""};
	char out[64];

	for (uint64_t dev = 0; dev < 64; dev++)
		for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
			struct str s =
				mounts_path(m, dev, str_of(paths[i]), when, out, sizeof(out));

			if (s.p && (s.n == 0 || s.n > sizeof(out) || s.p[0] != '/'))
				abort();
			mounts_path(m, 8ull << 20 | dev, str_of(paths[i]), when, out, sizeof(out));
			mounts_at(m, str_of(paths[i]));
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all = {(const char *)data, (uint32_t)size};
	struct mounts *first, *second;

	if (mounts_read(&first, NULL, str_sub(all, 0, all.n / 2), 10, 11))
		return 0;
	ask(first, 20);
	if (!mounts_read(&second, first, all, 30, 31)) {
		mounts_free(first);
		first = NULL;
		ask(second, 20);
		ask(second, 40);
		mounts_free(second);
	}
	mounts_free(first);
	return 0;
}
