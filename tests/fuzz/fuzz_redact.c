/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines of anybody through the redactor: bounded, and the same when done twice. */
#include <stdint.h>
#include <stdlib.h>

#include "event_redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char buf[1u << 17], buf2[1u << 17];
	struct redaction first, second;

	redact_argv(&first, (struct str){(const char *)data, (uint32_t)size}, buf, sizeof(buf));
	if (first.cut)
		return 0;
	redact_argv(&second, first.argv, buf2, sizeof(buf2));
	if (second.count < first.count)
		abort();
	return 0;
}
