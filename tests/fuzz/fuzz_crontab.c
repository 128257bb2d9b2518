/* SPDX-License-Identifier: Apache-2.0 */
/* A crontab that anybody may have written. */
#include <stdint.h>
#include <stdlib.h>

#include "identity/crontab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, (uint32_t)size}, user;
	uint32_t at = 0;

	spool_of(text, &user);
	while (at < text.n) {
		int64_t newline = str_index(text, at, '\n');
		uint32_t end = newline < 0 ? text.n : (uint32_t)newline;
		struct str line = str_sub(text, at, end - at);

		/* a user's own line never runs as somebody that it names */
		if (crontab_line(SPOOL_USER, STR_NONE, line))
			abort();
		crontab_line(SPOOL_USER, STR_LIT("alice"), line);
		crontab_line(SPOOL_SYSTEM, STR_NONE, line);
		at = end + 1;
	}
	return 0;
}
