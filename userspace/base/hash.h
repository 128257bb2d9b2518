/* SPDX-License-Identifier: Apache-2.0 */
/* hash: 64-bit mixing for tables; not for secrets. Seeded once per process against crafted input. */
#ifndef WHODID_BASE_HASH_H
#define WHODID_BASE_HASH_H

#include "base/str.h"

uint64_t hash_bytes(const void *p, size_t n);
static inline uint64_t hash_u64(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdull;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ull;
	return x ^ (x >> 33);
}
static inline uint64_t hash_str(struct str s)
{
	return hash_bytes(s.p, s.n);
}

#endif
