/* SPDX-License-Identifier: Apache-2.0 */
/* message: see the header. */
#include "names/message.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/cleanup.h"

#define RECORDS_MAX 128 /* of a section, that are looked at */

/* Lower case, commas escaped, no dot at the end. False when it does not fit. */
static bool tidy(char *out, size_t size, const char *name)
{
	size_t n = 0;

	for (; *name; name++) {
		if (n + 5 > size)
			return false;
		if (*name == ',')
			n += (size_t)snprintf(out + n, size - n, "\\%03d", *name);
		else
			out[n++] = *name >= 'A' && *name <= 'Z' ? (char)(*name + 32) : *name;
	}
	if (n > 1 && out[n - 1] == '.')
		n--;
	out[n] = '\0';
	return true;
}

/* Adds a name to the comma list. */
static void add_cname(struct dns_message *m, const char *name)
{
	uint32_t n = (uint32_t)strlen(name);

	if (m->cnames_len + n + 2 > sizeof(m->cnames)) {
		m->cut = true;
		return;
	}
	if (m->cnames_len)
		m->cnames[m->cnames_len++] = ',';
	memcpy(m->cnames + m->cnames_len, name, n);
	m->cnames_len += n;
}

static void add_address(struct dns_message *m, const ns_rr *rr, uint32_t ttl)
{
	bool v4 = ns_rr_type(*rr) == ns_t_a;
	struct dns_address *a;

	if (ns_rr_rdlen(*rr) != (v4 ? 4 : 16))
		return;
	if (m->address_count == DNS_ADDRESSES_MAX) {
		m->cut = true;
		return;
	}
	a = &m->addresses[m->address_count++];
	*a = (struct dns_address){.family = v4 ? AF_INET : AF_INET6, .ttl = ttl};
	memcpy(a->ip, ns_rr_rdata(*rr), v4 ? 4 : 16);
}

static unsigned count_records(const ns_msg *msg, ns_sect section)
{
	unsigned n = ns_msg_count(*msg, section);

	return n < RECORDS_MAX ? n : RECORDS_MAX;
}

/*
 * Addresses of name, or its alias: then true, with the alias in name. Records of other names are not
 * what was asked for: a server can put anything beside the answer.
 */
static bool follow(struct dns_message *m, ns_msg *msg, char *name, uint32_t *ttl)
{
	char owner[DNS_NAME_MAX], alias[NS_MAXDNAME];
	bool found = false;
	ns_rr rr;

	for (unsigned i = 0; i < count_records(msg, ns_s_an) && !found; i++) {
		uint32_t least;

		if (ns_parserr(msg, ns_s_an, (int)i, &rr))
			break;
		if (ns_rr_class(rr) != ns_c_in || !tidy(owner, sizeof(owner), ns_rr_name(rr)) ||
		    strcmp(owner, name) != 0)
			continue;
		least = ns_rr_ttl(rr) < *ttl ? ns_rr_ttl(rr) : *ttl;
		if (ns_rr_type(rr) == ns_t_a || ns_rr_type(rr) == ns_t_aaaa)
			add_address(m, &rr, least);
		if (ns_rr_type(rr) != ns_t_cname)
			continue;
		if (ns_name_uncompress(ns_msg_base(*msg), ns_msg_end(*msg), ns_rr_rdata(rr), alias,
				       sizeof(alias)) < 0 ||
		    !tidy(name, DNS_NAME_MAX, alias))
			return false;
		*ttl = least;
		found = true;
	}
	return found;
}

static void read_answer(struct dns_message *m, ns_msg *msg)
{
	uint32_t ttl = UINT32_MAX;
	char name[DNS_NAME_MAX];

	memcpy(name, m->name, sizeof(name));
	for (unsigned step = 0; follow(m, msg, name, &ttl); step++) {
		if (step == DNS_CNAMES_MAX) {
			m->cut = true;
			return;
		}
		add_cname(m, name);
	}
}

/* The upper bits of the code are in the ttl of the EDNS record. */
static void read_edns(struct dns_message *m, ns_msg *msg)
{
	ns_rr rr;

	for (unsigned i = 0; i < count_records(msg, ns_s_ar); i++) {
		if (ns_parserr(msg, ns_s_ar, (int)i, &rr))
			return;
		if (ns_rr_type(rr) == ns_t_opt)
			m->rcode |= (uint16_t)(ns_rr_ttl(rr) >> 24 << 4);
	}
}

int dns_parse(struct dns_message *out, struct str bytes)
{
	ns_msg msg;
	ns_rr rr;

	memset(out, 0, sizeof(*out));
	if (!bytes.p || bytes.n < NS_HFIXEDSZ ||
	    ns_initparse((const unsigned char *)bytes.p, (int)bytes.n, &msg))
		return -EBADMSG;
	if (ns_msg_getflag(msg, ns_f_opcode) != ns_o_query || ns_msg_count(msg, ns_s_qd) != 1 ||
	    ns_parserr(&msg, ns_s_qd, 0, &rr) ||
	    !tidy(out->name, sizeof(out->name), ns_rr_name(rr)))
		return -EBADMSG;
	out->id = ns_msg_id(msg);
	out->type = ns_rr_type(rr);
	out->class = ns_rr_class(rr);
	out->response = ns_msg_getflag(msg, ns_f_qr);
	out->truncated = ns_msg_getflag(msg, ns_f_tc);
	if (!out->response)
		return 0;
	out->rcode = (uint16_t)ns_msg_getflag(msg, ns_f_rcode);
	read_edns(out, &msg);
	if (out->class == ns_c_in)
		read_answer(out, &msg);
	return 0;
}

/* What is asked in practice; the rest has a number (RFC 3597). */
void dns_type_format(char out[static DNS_TYPE_MAX], uint16_t type)
{
	static const struct {
		uint16_t type;
		const char *name;
	} types[] = {{1, "A"},	    {2, "NS"},	    {5, "CNAME"},  {6, "SOA"},	  {12, "PTR"},
		     {13, "HINFO"}, {15, "MX"},	    {16, "TXT"},   {28, "AAAA"},  {33, "SRV"},
		     {35, "NAPTR"}, {39, "DNAME"},  {43, "DS"},	   {44, "SSHFP"}, {46, "RRSIG"},
		     {47, "NSEC"},  {48, "DNSKEY"}, {50, "NSEC3"}, {52, "TLSA"},  {64, "SVCB"},
		     {65, "HTTPS"}, {99, "SPF"},    {251, "IXFR"}, {252, "AXFR"}, {255, "ANY"},
		     {257, "CAA"},  {10, "NULL"}};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == type) {
			snprintf(out, DNS_TYPE_MAX, "%s", types[i].name);
			return;
		}
	snprintf(out, DNS_TYPE_MAX, "TYPE%u", type);
}

const char *dns_rcode_name(unsigned rcode)
{
	static const char *const names[] = {
		"NOERROR",  "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",   "REFUSED",
		"YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE",  NULL,
		NULL,	    NULL,      NULL,	   NULL,       "BADVERS",  "BADKEY",
		"BADTIME",  "BADMODE", "BADNAME",  "BADALG",   "BADTRUNC", "BADCOOKIE"};

	return rcode < ARRAY_SIZE(names) ? names[rcode] : NULL;
}
