/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WHODID_BASE_UTF8_H
#define WHODID_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decodes the character at p, of which n bytes are there. Returns its length and sets *code, or 0
 * when the bytes are not UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
 */
static inline unsigned utf8_decode(const char *p, size_t n, uint32_t *code)
{
	const unsigned char *b = (const unsigned char *)p;
	unsigned len = n == 0			     ? 0
		       : b[0] < 0x80		     ? 1
		       : b[0] >= 0xc2 && b[0] < 0xe0 ? 2
		       : b[0] >= 0xe0 && b[0] < 0xf0 ? 3
		       : b[0] >= 0xf0 && b[0] < 0xf5 ? 4
						     : 0;
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t c;

	if (len == 0 || len > n)
		return 0;
	c = len == 1 ? b[0] : b[0] & (0xffu >> (len + 1));
	for (unsigned i = 1; i < len; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (b[i] & 0x3f);
	}
	if (c < least[len] || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
		return 0;
	*code = c;
	return len;
}

#endif
