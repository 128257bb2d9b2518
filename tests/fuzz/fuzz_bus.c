/* SPDX-License-Identifier: Apache-2.0 */
/* What a client has sent to systemd: a call that is believed is a service's, of characters that units have. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "identity/bus_call.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = {(const char *)data, (uint32_t)size};
	struct bus_call call;

	if (size > 65536 || !bus_call_read(&call, bytes))
		return 0;
	if (call.unit.p < bytes.p || call.unit.p + call.unit.n > bytes.p + bytes.n)
		abort();
	if (call.unit.n > UNIT_NAME_MAX || !str_ends(call.unit, ".service"))
		abort();
	if (memchr(call.unit.p, '/', call.unit.n) || memchr(call.unit.p, 0, call.unit.n))
		abort();
	return 0;
}
