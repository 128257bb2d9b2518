/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint: "name:port", "10.0.0.0/8:5432", "[2001:db8::/32]:443/udp" (ux.md 2.2). */
#ifndef WHODID_PROFILE_ENDPOINT_H
#define WHODID_PROFILE_ENDPOINT_H

#include "base/problem.h"
#include "profile/model.h"

/* 0, or -EINVAL with what is wrong in err. */
int endpoint_parse(struct str s, struct endpoint *out, struct problem *err);
/* "10.0.0.0/8", "2001:db8::1": an address block alone. */
int endpoint_parse_block(struct str s, struct endpoint *out);
/* "443", "8000-8999" */
int endpoint_parse_ports(struct str s, struct endpoint *out);
static inline bool endpoint_has_port(const struct endpoint *e, uint16_t port, uint16_t proto)
{
	return port >= e->port_low && port <= e->port_high && (!e->proto || e->proto == proto);
}

/* Of an endpoint without a name. */
static inline bool endpoint_matches(const struct endpoint *e, const uint64_t addr[2], uint16_t port,
				    uint16_t proto)
{
	return !e->name.p && (addr[0] & e->mask[0]) == e->net[0] &&
	       (addr[1] & e->mask[1]) == e->net[1] && endpoint_has_port(e, port, proto);
}

/* Whether the endpoint's name, "*." standing for one or more labels, is this one. */
bool endpoint_is_called(const struct endpoint *e, struct str name);

#endif
