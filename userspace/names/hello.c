/* SPDX-License-Identifier: Apache-2.0 */
/* hello: see the header. */
#include "names/hello.h"

#include <errno.h>

#define RECORD_HEADER 5
#define HANDSHAKE     22
#define CLIENT_HELLO  1
#define EXTENSION_SNI 0
#define SNI_HOST_NAME 0
#define SNI_MAX	      255

/* Bytes still to be read; the first that is not there sticks in bad. */
struct cursor {
	const uint8_t *at, *end;
	bool bad;
};

static uint32_t get(struct cursor *c, unsigned bytes)
{
	uint32_t v = 0;

	if ((size_t)(c->end - c->at) < bytes) {
		c->bad = true;
		c->at = c->end;
		return 0;
	}
	while (bytes--)
		v = v << 8 | *c->at++;
	return v;
}

/* A part with its length in front, of so many bytes. */
static struct cursor get_part(struct cursor *c, unsigned length_bytes)
{
	uint32_t n = get(c, length_bytes);
	struct cursor part = {c->at, c->at, false};

	if ((size_t)(c->end - c->at) < n) {
		c->bad = part.bad = true;
		return part;
	}
	part.end += n;
	c->at += n;
	return part;
}

/* The handshake's bytes out of their records, into scratch. As hello_parse(). */
static int join_records(struct str stream, char *scratch, uint32_t *len)
{
	uint32_t at = 0;

	*len = 0;
	while (stream.n - at >= RECORD_HEADER) {
		const uint8_t *h = (const uint8_t *)stream.p + at;
		uint32_t n = (uint32_t)h[3] << 8 | h[4], here = stream.n - at - RECORD_HEADER;

		if (h[0] != HANDSHAKE || h[1] != 3 || n == 0)
			return *len ? 1 : -EBADMSG;
		if (here > n)
			here = n;
		memcpy(scratch + *len, stream.p + at + RECORD_HEADER, here);
		*len += here;
		at += RECORD_HEADER + here;
		if (here < n)
			break;
	}
	return 1;
}

static void read_server_name(struct cursor extension, struct str *name)
{
	struct cursor list = get_part(&extension, 2);

	while (!list.bad && list.at < list.end) {
		uint32_t type = get(&list, 1);
		struct cursor host = get_part(&list, 2);
		uint32_t n = (uint32_t)(host.end - host.at);

		if (!list.bad && type == SNI_HOST_NAME && n && n <= SNI_MAX && !name->p)
			*name = (struct str){(const char *)host.at, n};
	}
}

/* Version, random, session, ciphers, compression, extensions. */
static int read_hello(struct cursor c, struct str *name)
{
	struct cursor extensions;

	get(&c, 2);
	for (unsigned i = 0; i < 8; i++)
		get(&c, 4);
	get_part(&c, 1);
	get_part(&c, 2);
	get_part(&c, 1);
	if (c.bad)
		return -EBADMSG;
	if (c.at == c.end)
		return 1;
	extensions = get_part(&c, 2);
	while (!extensions.bad && extensions.at < extensions.end) {
		uint32_t type = get(&extensions, 2);
		struct cursor one = get_part(&extensions, 2);

		if (!extensions.bad && type == EXTENSION_SNI)
			read_server_name(one, name);
	}
	return c.bad || extensions.bad ? -EBADMSG : 1;
}

int hello_parse(struct str stream, char scratch[static HELLO_MAX], struct str *name)
{
	uint32_t len, want;
	struct cursor c;
	int ret;

	*name = STR_NONE;
	stream = str_sub(stream, 0, HELLO_MAX);
	if (stream.n < RECORD_HEADER)
		return 0;
	ret = join_records(stream, scratch, &len);
	if (ret <= 0)
		return ret;
	c = (struct cursor){(const uint8_t *)scratch, (const uint8_t *)scratch + len, false};
	if (len < 4)
		return 0;
	if (get(&c, 1) != CLIENT_HELLO)
		return -EBADMSG;
	want = get(&c, 3);
	if (want > HELLO_MAX - RECORD_HEADER - 4)
		return -EBADMSG;
	if (want > len - 4)
		return 0;
	c.end = c.at + want;
	ret = read_hello(c, name);
	if (ret < 0)
		*name = STR_NONE;
	return ret;
}
