/* SPDX-License-Identifier: Apache-2.0 */
/* The first bytes of anybody's TLS client: a name lies within, and more bytes never take it back. */
#include <stdint.h>
#include <stdlib.h>

#include "names/hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char scratch[HELLO_MAX], scratch2[HELLO_MAX];
	struct str bytes = {(const char *)data, (uint32_t)size}, name, part;
	int ret = hello_parse(bytes, scratch, &name);

	if (name.p && (ret != 1 || name.n == 0 || name.p < scratch ||
		       name.p + name.n > scratch + sizeof(scratch)))
		abort();
	for (uint32_t n = 0; n < bytes.n; n += bytes.n / 8 + 1) {
		int early = hello_parse(str_sub(bytes, 0, n), scratch2, &part);

		if (early == 1 && (ret != 1 || !str_equal(part, name)))
			abort();
	}
	return 0;
}
