/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message: one DNS message as far as names of addresses need it. Pure, allocates nothing; the reading
 * itself is libc's resolver's (arpa/nameser.h), which refuses what contradicts itself.
 *
 * Names are in presentation form, lower case, without the last dot: bytes that are no plain characters
 * are \DDD, a comma too, so that lists of names can be joined by commas.
 */
#ifndef WHODID_NAMES_MESSAGE_H
#define WHODID_NAMES_MESSAGE_H

#include "base/str.h"

#define DNS_NAME_MAX	  1024 /* 255 bytes, each up to four characters */
#define DNS_ADDRESSES_MAX 16
#define DNS_CNAMES_MAX	  8
#define DNS_CNAMES_BYTES  2048
#define DNS_TYPE_MAX	  16

struct dns_address {
	uint16_t family; /* AF_INET, AF_INET6 */
	uint8_t ip[16];
	uint32_t ttl; /* seconds: the least on the way to it */
};

struct dns_message {
	uint16_t id, type, class;
	uint16_t rcode; /* with the bits of EDNS */
	bool response;
	bool truncated;		 /* the server says that there is more */
	char name[DNS_NAME_MAX]; /* of the question */
	/* A response: what the name of the question leads to, and nothing else that may be in it. */
	struct dns_address addresses[DNS_ADDRESSES_MAX];
	unsigned address_count;
	char cnames[DNS_CNAMES_BYTES]; /* names on the way, comma list */
	uint32_t cnames_len;
	bool cut; /* more addresses or names than there is room for */
};

/* 0, or -EBADMSG when it is no query or response with exactly one question. */
int dns_parse(struct dns_message *out, struct str bytes);
/* "A", "AAAA", "HTTPS", ... or "TYPE123". */
void dns_type_format(char out[static DNS_TYPE_MAX], uint16_t type);
/* "NOERROR", "NXDOMAIN", ... or NULL. */
const char *dns_rcode_name(unsigned rcode);

#endif
