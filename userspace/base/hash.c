/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <pthread.h>
#include <sys/random.h>

static uint64_t seed;

static void make_seed(void)
{
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
		seed = 0x9e3779b97f4a7c15ull ^ (uint64_t)(uintptr_t)&seed;
}

uint64_t hash_bytes(const void *p, size_t n)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const uint8_t *b = p;
	uint64_t h, word;

	pthread_once(&once, make_seed);
	h = seed ^ (n * 0x9e3779b97f4a7c15ull);
	for (; n >= 8; n -= 8, b += 8) {
		memcpy(&word, b, 8);
		h = hash_u64(h ^ word) + 0x9e3779b97f4a7c15ull;
	}
	word = 0;
	if (n)
		memcpy(&word, b, n);
	return hash_u64(h ^ word);
}
