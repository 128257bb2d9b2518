/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of anybody's name server: bounded, printable, and the same when read twice. */
#include <stdint.h>
#include <stdlib.h>

#include "names/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_printable(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] <= ' ' || p[i] > '~')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dns_message first, second;
	struct str bytes = {(const char *)data, (uint32_t)size};
	int ret = dns_parse(&first, bytes);

	if (dns_parse(&second, bytes) != ret || memcmp(&first, &second, sizeof(first)) != 0)
		abort();
	if (ret)
		return 0;
	if (!memchr(first.name, 0, sizeof(first.name)) || first.cnames_len > sizeof(first.cnames) ||
	    first.address_count > DNS_ADDRESSES_MAX || (!first.response && first.address_count))
		abort();
	check_printable(first.name, strlen(first.name));
	check_printable(first.cnames, first.cnames_len);
	return 0;
}
