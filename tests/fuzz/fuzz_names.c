/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets in any order and any pieces through the names stage. Input: packets of a byte of flags (1 came
 * in, 2 tcp, 4 tls, 8 a connect, 48 socket), two of offset, two of length, and their bytes.
 */
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>

#include "names/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t now;

static void check(const struct event *ev)
{
	const struct event_what *w = &ev->what;
	/* a sanitizer sees each byte that is not there */
	const struct str texts[] = {
		w->comm,	   w->dns.name,	  w->dns.type,	   w->dns.rcode,
		w->dns.answers,	   w->dns.cnames, w->net.dst_name, w->net.dst_other_names,
		w->tls.server_name};
	volatile unsigned sum = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (uint32_t k = 0; k < texts[i].n; k++)
			sum += (unsigned char)texts[i].p[k];
	if ((w->type == EVENT_NET_DNS && !w->dns.name.n) || w->packet.bytes.p)
		abort();
}

static void push(struct names *n, const uint8_t *head, const uint8_t *bytes, uint32_t len)
{
	bool tcp = head[0] & 2, in = head[0] & 1;
	struct event ev = {.what = {.type = head[0] & 8	  ? EVENT_NET_CONNECT
					    : head[0] & 4 ? EVENT_NET_TLS
							  : EVENT_NET_DNS,
				    .boot_ns = now += 1000000,
				    .pid = 1,
				    .boundary = 1,
				    .comm = STR_LIT("fuzz"),
				    .net = {.family = AF_INET,
					    .proto = tcp ? IPPROTO_TCP : IPPROTO_UDP,
					    .src_port = in ? 53 : 4000,
					    .dst_port = in ? 4000 : 53}}};

	if (head[0] & 8) { /* to what some answer may have said */
		memcpy(ev.what.net.dst, bytes, len < 4 ? len : 4);
	} else {
		ev.what.packet.bytes = (struct str){(const char *)bytes, len};
		ev.what.packet.length = len;
		ev.what.packet.offset = (uint32_t)head[1] << 8 | head[2];
		ev.what.packet.socket = 1 + (head[0] >> 4 & 3);
		ev.what.packet.inbound = in;
	}
	for (bool more = names_attach(n, &ev); more; more = names_next(n, &ev))
		check(&ev);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct names_options opt = {.fold_ns = 10000000};
	struct names *n;
	struct event ev;

	if (names_new(&n, &opt))
		return 0;
	now = 1;
	while (size > 5) {
		uint32_t len = (uint32_t)data[3] << 8 | data[4];

		if (len > size - 5)
			len = (uint32_t)size - 5;
		push(n, data, data + 5, len);
		data += 5 + len;
		size -= 5 + len;
		if (names_due(n, now, false, &ev))
			check(&ev);
	}
	while (names_due(n, now, true, &ev))
		check(&ev);
	names_free(n);
	return 0;
}
