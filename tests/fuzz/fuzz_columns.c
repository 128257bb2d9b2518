/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns of a store that came from elsewhere: the first three bytes say how many bytes of events they shall
 * come to. What can be joined and was written as we write is split and joined to the same.
 * The same bytes as events: what can be split is joined to the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/columns.h"

#define RAW_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t joined[RAW_MAX + COLUMNS_SLACK], again[RAW_MAX + COLUMNS_SLACK];

static void split_and_join(struct columns *in, struct columns *out, struct str raw)
{
	struct str columns;

	if (columns_split(in, raw, &columns))
		return;
	if (columns_join(out, columns, again, raw.n) || memcmp(again, raw.p, raw.n) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct columns *in, *out;
	uint32_t raw_len;

	if (!in) {
		in = columns_new(RAW_MAX);
		out = columns_new(0);
	}
	if (!in || !out || size < 3 || size > RAW_MAX)
		return 0;
	raw_len = data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16;
	if (raw_len <= RAW_MAX &&
	    columns_join(out, (struct str){(const char *)data + 3, (uint32_t)size - 3}, joined,
			 raw_len) == 0)
		split_and_join(in, out, (struct str){(const char *)joined, raw_len});
	split_and_join(in, out, (struct str){(const char *)data, (uint32_t)size});
	return 0;
}
