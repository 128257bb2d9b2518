/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint: parsing only; what matches is decided in the header, on numbers. */
#include "profile/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <strings.h>

#include "base/number.h"

static void set_mask(struct endpoint *e, unsigned bits)
{
	e->mask[0] = bits >= 64 ? UINT64_MAX : bits ? UINT64_MAX << (64 - bits) : 0;
	e->mask[1] = bits <= 64 ? 0 : bits >= 128 ? UINT64_MAX : UINT64_MAX << (128 - bits);
	e->net[0] &= e->mask[0];
	e->net[1] &= e->mask[1];
}

static bool parse_address(struct str s, struct endpoint *e, unsigned *width)
{
	char z[INET6_ADDRSTRLEN];
	uint8_t b[16] = {[10] = 0xff, [11] = 0xff};

	if (s.n == 0 || s.n >= sizeof(z))
		return false;
	memcpy(z, s.p, s.n);
	z[s.n] = '\0';
	if (inet_pton(AF_INET, z, b + 12) == 1)
		*width = 32;
	else if (inet_pton(AF_INET6, z, b) == 1)
		*width = 128;
	else
		return false;
	e->net[0] = e->net[1] = 0;
	for (unsigned i = 0; i < 16; i++)
		e->net[i / 8] = e->net[i / 8] << 8 | b[i];
	return true;
}

int endpoint_parse_block(struct str s, struct endpoint *out)
{
	int64_t slash = str_index(s, 0, '/');
	struct str addr = slash < 0 ? s : str_sub(s, 0, (uint32_t)slash);
	struct endpoint e = *out;
	uint64_t bits;
	unsigned width;

	if (!parse_address(addr, &e, &width))
		return -EINVAL;
	bits = width;
	if (slash >= 0 && number_u64(str_sub(s, (uint32_t)slash + 1, s.n), 0, width, &bits))
		return -EINVAL;
	/* "10.0.0.0/0" in v4 terms is all of v4, not all of v6 */
	set_mask(&e, (unsigned)bits + 128 - width);
	*out = e;
	return 0;
}

int endpoint_parse_ports(struct str s, struct endpoint *out)
{
	int64_t dash = str_index(s, 0, '-');
	struct str low = dash < 0 ? s : str_sub(s, 0, (uint32_t)dash);
	struct str high = dash < 0 ? s : str_sub(s, (uint32_t)dash + 1, s.n);
	uint64_t a, b;

	if (number_u64(low, 0, 65535, &a) || number_u64(high, a, 65535, &b))
		return -EINVAL;
	out->port_low = (uint16_t)a;
	out->port_high = (uint16_t)b;
	return 0;
}

static bool is_host_name(struct str s)
{
	bool has_word = false;

	if (str_starts(s, "*."))
		s = str_sub(s, 2, s.n);
	if (s.n == 0 || s.n > 253 || s.p[0] == '.' || s.p[0] == '-')
		return false;
	for (uint32_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '.' || c == '-' || c == '_'))
			return false;
		has_word |= c != '.' && !(c >= '0' && c <= '9');
	}
	return has_word; /* digits and dots alone are a broken address */
}

bool endpoint_is_called(const struct endpoint *e, struct str name)
{
	struct str want = e->name;

	if (str_ends(want, ".") && want.n > 1)
		want.n--;
	if (str_starts(want, "*.")) {
		want = str_sub(want, 1, want.n);
		if (name.n <= want.n)
			return false;
		name = str_sub(name, name.n - want.n, want.n);
	}
	return name.n == want.n && strncasecmp(name.p, want.p, want.n) == 0;
}

/* Takes "/tcp" or "/udp" from the end. */
static void take_proto(struct str *s, struct endpoint *e)
{
	if (!str_ends(*s, "/udp") && !str_ends(*s, "/tcp"))
		return;
	e->proto = str_ends(*s, "/udp") ? IPPROTO_UDP : IPPROTO_TCP;
	s->n -= 4;
}

/* Splits host and ports; the host of "[...]" is without brackets. */
static int split(struct str s, struct str *host, struct str *ports, struct problem *err)
{
	int64_t end;

	*ports = STR_NONE;
	if (s.n && s.p[0] == '[') {
		end = str_index(s, 0, ']');
		if (end < 0)
			return problem_set(err, -EINVAL, "'[' without ']'");
		*host = str_sub(s, 1, (uint32_t)end - 1);
		s = str_sub(s, (uint32_t)end + 1, s.n);
		if (s.n && s.p[0] != ':')
			return problem_set(err, -EINVAL, "':port' must follow ']'");
		end = s.n ? 0 : -1;
	} else {
		end = str_index(s, 0, ':');
		*host = end < 0 ? s : str_sub(s, 0, (uint32_t)end);
	}
	if (end >= 0)
		*ports = str_sub(s, (uint32_t)end + 1, s.n);
	return 0;
}

int endpoint_parse(struct str s, struct endpoint *out, struct problem *err)
{
	struct endpoint e = {.port_high = 65535};
	struct str host = STR_NONE, ports = STR_NONE;
	int fault;

	if (memmem(s.p, s.n, "://", 3)) {
		problem_set(err, -EINVAL, "a URL is no endpoint");
		problem_remedy(err, "Write host:port, such as registry.npmjs.org:443");
		return -EINVAL;
	}
	take_proto(&s, &e);
	fault = split(s, &host, &ports, err);
	if (fault)
		return fault;
	if (ports.p && endpoint_parse_ports(ports, &e)) {
		problem_set(err, -EINVAL, "what follows ':' is no port");
		if (str_index(ports, 0, ':') >= 0)
			problem_remedy(err,
				       "An IPv6 address stands in brackets: [2001:db8::1]:443");
		return -EINVAL;
	}
	if (endpoint_parse_block(host, &e)) {
		if (!is_host_name(host))
			return problem_set(err, -EINVAL, "no host name, address or address block");
		e.name = host;
	}
	*out = e;
	return 0;
}
