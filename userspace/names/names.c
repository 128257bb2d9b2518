/* SPDX-License-Identifier: Apache-2.0 */
/* names: see the header. */
#include "names/names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/cleanup.h"
#include "names/book.h"
#include "names/hello.h"
#include "names/message.h"
#include "names/open.h"
#include "names/questions.h"
#include "names/repeats.h"
#include "names/resolvers.h"
#include "names/streams.h"

#define PORT_DNS 53

struct names {
	struct resolvers resolvers;
	struct names_stats stats;
	struct stream *more;	  /* of which the last segment may hold further messages */
	struct event_what packet; /* that segment */
	/* what the texts of the present event point into */
	struct dns_message message;
	struct question question;
	struct book_answer found;
	char type[DNS_TYPE_MAX], rcode[DNS_TYPE_MAX];
	char answers[DNS_ADDRESSES_MAX * INET6_ADDRSTRLEN];
	char scratch[HELLO_MAX];
	struct questions questions;
	struct streams streams;
	struct repeats repeats;
	struct book book;
	struct open_connections open;
};

int names_new(struct names **out, const struct names_options *opt)
{
	struct names *n = calloc(1, sizeof(*n)); /* pages come as they are used */

	if (!n)
		return -ENOMEM;
	resolvers_init(&n->resolvers, opt ? opt->resolv_path : NULL, opt ? opt->host_net : 0,
		       opt ? opt->resolvers : NULL);
	n->repeats.window_ns = opt ? opt->fold_ns : 0;
	*out = n;
	return 0;
}

void names_free(struct names *n)
{
	free(n);
}

static bool is_published_connect(const struct event_what *what)
{
	return what->type == EVENT_NET_CONNECT &&
	       (what->net.family == AF_INET || what->net.family == AF_INET6) && !what->net.inbound;
}

/* One that was opened from here, seen to begin or end; only such have a close. */
static bool is_tcp_of_ours(const struct event_what *what, enum event_type type)
{
	return what->type == type && what->net.proto == IPPROTO_TCP && !what->net.inbound;
}

/* The destination's name for who acts, into what.net. */
static bool call_destination(struct names *n, struct event_what *what, struct str preferred)
{
	if (!book_find(&n->book, what, preferred, &n->found))
		return false;
	what->net.dst_name = n->found.name;
	what->net.dst_name_source = n->found.known_server ? NAME_OF_RESOLVER : NAME_OF_SERVER;
	if (n->found.others_len)
		what->net.dst_other_names = (struct str){n->found.others, n->found.others_len};
	return true;
}

/* --- DNS */

static struct str format_answers(struct names *n)
{
	uint32_t len = 0;

	for (unsigned i = 0; i < n->message.address_count; i++) {
		const struct dns_address *a = &n->message.addresses[i];

		if (len)
			n->answers[len++] = ',';
		if (!inet_ntop(a->family, a->ip, n->answers + len, INET6_ADDRSTRLEN))
			return STR_NONE;
		len += (uint32_t)strlen(n->answers + len);
	}
	return len ? (struct str){n->answers, len} : STR_NONE;
}

static void say_question(struct names *n, struct event_what *what, const char *name, uint16_t type)
{
	dns_type_format(n->type, type);
	what->dns.name = str_of(name);
	what->dns.type = str_of(n->type);
	what->packet.bytes = STR_NONE;
}

/* The question taken out of the table is what happened; it ended at boot_ns without a word. */
static void end_unanswered(struct names *n, struct event *ev, uint64_t boot_ns)
{
	struct event_what *what = &ev->what;

	memset(ev, 0, sizeof(*ev));
	*what = n->question.what;
	what->comm.p = n->question.comm;
	say_question(n, what, n->question.name, n->question.key.type);
	what->net.duration_ns = boot_ns > what->boot_ns ? boot_ns - what->boot_ns : 0;
	if (what->net.duration_ns >= QUESTION_WAIT_NS) { /* else it is still open */
		what->outcome = OUTCOME_FAILED;
		what->err = ETIMEDOUT;
	}
	what->wall_ns += (int64_t)what->net.duration_ns;
	what->boot_ns = boot_ns;
	n->stats.unanswered++;
}

static void learn_addresses(struct names *n, const struct event_what *what)
{
	bool known;

	resolvers_refresh(&n->resolvers, what->boot_ns);
	known = what->net.dst_port == PORT_DNS &&
		resolvers_know(&n->resolvers, what->net.ns, what->net.family, what->net.dst);
	for (unsigned i = 0; i < n->message.address_count; i++) {
		const struct dns_address *a = &n->message.addresses[i];

		book_learn(&n->book, what, str_of(n->message.name), a->family, a->ip, a->ttl,
			   known);
	}
}

static void say_rcode(struct names *n, struct event_what *what)
{
	const char *word = dns_rcode_name(n->message.rcode);

	if (word)
		snprintf(n->rcode, sizeof(n->rcode), "%s", word);
	else
		snprintf(n->rcode, sizeof(n->rcode), "RCODE%u", n->message.rcode);
	what->dns.rcode = str_of(n->rcode);
}

/* The answer, told as an act of who asked. False when it was counted instead. */
static bool end_answered(struct names *n, struct event *ev)
{
	struct event_what *what = &ev->what;
	uint64_t boot_ns = what->boot_ns;
	int64_t wall_ns = what->wall_ns;

	*what = n->question.what;
	what->comm.p = n->question.comm;
	what->net.duration_ns = boot_ns > what->boot_ns ? boot_ns - what->boot_ns : 0;
	what->boot_ns = boot_ns;
	what->wall_ns = wall_ns;
	what->outcome = n->message.rcode ? OUTCOME_FAILED : OUTCOME_OK;
	say_question(n, what, n->message.name, n->message.type);
	say_rcode(n, what);
	what->dns.answers = format_answers(n);
	if (n->message.cnames_len)
		what->dns.cnames = (struct str){n->message.cnames, n->message.cnames_len};
	what->dns.truncated = n->message.truncated || n->message.cut;
	learn_addresses(n, what);
	return !repeats_count(&n->repeats, what);
}

/* One message; what is who sent or receives it. */
static bool take_message(struct names *n, struct event *ev, struct str bytes)
{
	uint64_t boot_ns = ev->what.boot_ns;
	bool is_gone;

	if (dns_parse(&n->message, bytes) || n->message.response != ev->what.packet.inbound) {
		n->stats.malformed++;
		return false;
	}
	if (n->message.response) {
		n->stats.answers++;
		if (questions_take(&n->questions, &ev->what, &n->message, &n->question))
			return end_answered(n, ev);
		n->stats.unasked++;
		return false;
	}
	n->stats.questions++;
	questions_add(&n->questions, &ev->what, &n->message, &n->question, &is_gone);
	if (is_gone)
		end_unanswered(n, ev, boot_ns);
	return is_gone;
}

/* The next whole message of a stream, each behind its length. */
static bool take_from_stream(struct names *n, struct event *ev)
{
	while (n->more) {
		struct stream *s = n->more;
		uint32_t len =
			s->len < 2 ? 0 : (uint32_t)(uint8_t)s->bytes[0] << 8 | (uint8_t)s->bytes[1];
		bool is_event;

		if (s->len < 2 || s->len - 2 < len) {
			n->more = NULL;
			if (len + 2 > sizeof(s->bytes)) {
				n->streams.broken++;
				stream_end(s);
			}
			break;
		}
		*ev = (struct event){.what = n->packet};
		is_event = take_message(n, ev, (struct str){s->bytes + 2, len});
		stream_consume(s, len + 2);
		if (is_event)
			return true;
	}
	return false;
}

static bool take_dns(struct names *n, struct event *ev)
{
	if (ev->what.net.proto != IPPROTO_TCP)
		return take_message(n, ev, ev->what.packet.bytes);
	n->more = streams_add(&n->streams, &ev->what);
	n->packet = ev->what;
	return take_from_stream(n, ev);
}

/* --- TLS */

static bool is_in_list(struct str list, struct str name)
{
	for (uint32_t at = 0; at < list.n;) {
		int64_t comma = str_index(list, at, ',');
		struct str one = str_sub(list, at, (comma < 0 ? list.n : (uint32_t)comma) - at);

		if (one.n && one.n == name.n && strncasecmp(one.p, name.p, one.n) == 0)
			return true;
		at += one.n + 1;
	}
	return false;
}

static struct str without_dot(struct str name)
{
	return name.n > 1 && name.p[name.n - 1] == '.' ? str_sub(name, 0, name.n - 1) : name;
}

static bool take_tls(struct names *n, struct event *ev)
{
	struct event_what *what = &ev->what;
	struct str bytes = what->packet.bytes, name;
	struct stream *s = NULL;
	int ret = 0;

	/* in one piece as a rule: then nothing is kept */
	if (what->packet.offset == 0)
		ret = hello_parse(bytes, n->scratch, &name);
	if (ret == 0) {
		s = streams_add(&n->streams, what);
		ret = s ? hello_parse((struct str){s->bytes, s->len}, n->scratch, &name) : 0;
	}
	if (s && ret)
		stream_end(s);
	n->stats.malformed += ret < 0;
	if (ret <= 0)
		return false;
	what->outcome = OUTCOME_OK;
	what->packet.bytes = STR_NONE;
	what->tls.server_name = name;
	if (call_destination(n, what, without_dot(name)) && name.p)
		what->tls.mismatch = !is_in_list(what->net.dst_name, without_dot(name)) &&
				     !is_in_list(what->net.dst_other_names, without_dot(name));
	return true;
}

bool names_attach(struct names *n, struct event *ev)
{
	if (ev->what.type == EVENT_NET_DNS)
		return take_dns(n, ev);
	if (ev->what.type == EVENT_NET_TLS)
		return take_tls(n, ev);
	if (is_published_connect(&ev->what))
		call_destination(n, &ev->what, STR_NONE);
	if (is_tcp_of_ours(&ev->what, EVENT_NET_CONNECT) && ev->what.outcome == OUTCOME_OK)
		open_add(&n->open, &ev->what);
	if (is_tcp_of_ours(&ev->what, EVENT_NET_CLOSE))
		open_end(&n->open, &ev->what);
	return true;
}

bool names_next(struct names *n, struct event *ev)
{
	return n->more && take_from_stream(n, ev);
}

bool names_due(struct names *n, uint64_t boot_ns, bool all, struct event *ev)
{
	uint64_t due_ns = all ? UINT64_MAX : boot_ns;

	if (questions_take_late(&n->questions, due_ns, &n->question)) {
		end_unanswered(n, ev, boot_ns);
		return true;
	}
	memset(ev, 0, sizeof(*ev));
	return repeats_take(&n->repeats, due_ns, &ev->what);
}

void names_get_stats(const struct names *n, struct names_stats *out)
{
	*out = n->stats;
	out->broken = n->streams.broken;
	out->forgotten = n->book.pushed_out;
}
