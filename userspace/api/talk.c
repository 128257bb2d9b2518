/* SPDX-License-Identifier: Apache-2.0 */
/*
 * talk: one conversation. Who sends is what the kernel writes into each message
 * (SCM_CREDENTIALS), held fast by a pidfd: HELLO opens it, and the AUDIENCE that BIND repeats, which is
 * a secret until then, proves that BIND was sent while the pidfd was open. So neither a descriptor that
 * is handed on, nor a process that dies, nor a number used again brings anybody else's name.
 * (SO_PEERCRED would: it keeps the number of who connected, also when that one is dead.)
 */
#include <openssl/rand.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "api/talk.h"
#include "base/cleanup.h"
#include "base/clock.h"

#define NONCE_BYTES 16
#define SECOND_NS   1000000000ull
#define BIND_NS	    (120 * SECOND_NS) /* the token may have to be fetched first */

/* Of tokens that one user shows: some at once, then a few a second. */
#define BUCKET_SIZE	20
#define BUCKET_EVERY_NS (SECOND_NS / 5)

static void say(const struct talk *k, const char *text)
{
	/* Who does not listen is not waited for. */
	(void)!send(k->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void say_result(const struct talk *k, enum attest_result result, const char *who)
{
	char text[512];

	if (result == ATTEST_OK)
		snprintf(text, sizeof(text), "OK %s", who);
	else
		snprintf(text, sizeof(text), "ERROR %s %s", attest_result_name(result),
			 attest_result_text(result));
	say(k, text);
}

static bool is_alive(const struct talk *k)
{
	struct pollfd p = {.fd = k->pidfd, .events = POLLIN};

	return poll(&p, 1, 0) == 0; /* readable = it has ended */
}

/* The kernel's word about who sent the message, or false. */
static bool sender_of(struct msghdr *m, struct ucred *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS ||
		    c->cmsg_len < CMSG_LEN(sizeof(*out)))
			continue;
		memcpy(out, CMSG_DATA(c), sizeof(*out));
		return out->pid > 0; /* 0: of a pid namespace that is not below ours */
	}
	return false;
}

/* Descriptors that came along are nobody's. */
static void close_passed(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		int fd;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			close(fd);
		}
	}
}

/* A message and its sender. Length, 0 at the end, -errno; *cut when it was longer than any may be. */
static ssize_t receive(struct attest_server *s, const struct talk *k, struct ucred *sender,
		       bool *cut)
{
	_Alignas(struct cmsghdr) char control[1024];
	struct iovec iov = {s->message, MESSAGE_MAX};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(k->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n <= 0)
		return n < 0 ? -errno : 0;
	close_passed(&m);
	*cut = m.msg_flags & MSG_TRUNC;
	if (!sender_of(&m, sender))
		*sender = (struct ucred){0};
	s->message[n] = '\0';
	return n;
}

static bool make_challenge(const struct attest_server *s, struct talk *k)
{
	uint8_t nonce[NONCE_BYTES];
	int n;

	if (RAND_bytes(nonce, sizeof(nonce)) != 1)
		return false;
	n = snprintf(k->challenge, sizeof(k->challenge),
		     "whodid:%s:", s->api->opt.host->machine_id);
	for (size_t i = 0; i < sizeof(nonce); i++)
		n += snprintf(k->challenge + n, sizeof(k->challenge) - (size_t)n, "%02x", nonce[i]);
	return true;
}

/* False: the conversation is over. */
static bool on_hello(struct attest_server *s, struct talk *k, const struct ucred *sender)
{
	char text[sizeof(k->challenge) + 16];

	k->pid = (uint32_t)sender->pid;
	k->uid = sender->uid;
	k->pidfd = (int)syscall(SYS_pidfd_open, sender->pid, 0);
	if (k->pidfd < 0 || !is_alive(k)) {
		say_result(k, ATTEST_SENDER_GONE, NULL);
		return false;
	}
	if (!make_challenge(s, k))
		return false;
	k->end_ns = clock_boot_ns() + BIND_NS;
	snprintf(text, sizeof(text), "CHALLENGE %s", k->challenge);
	say(k, text);
	return true;
}

/* Whether this user may show one more now. */
static bool take_turn(struct attest_server *s, uint32_t uid)
{
	uint64_t now = clock_boot_ns();
	struct bucket *b = &s->buckets[0];

	for (size_t i = 0; i < BUCKETS; i++) {
		if (s->buckets[i].uid == uid && s->buckets[i].full_ns) {
			b = &s->buckets[i];
			break;
		}
		if (s->buckets[i].full_ns < b->full_ns)
			b = &s->buckets[i]; /* the one that is full, or nearest to it */
	}
	if (b->uid != uid || b->full_ns < now)
		*b = (struct bucket){uid, now};
	if (b->full_ns + BUCKET_EVERY_NS > now + BUCKET_SIZE * BUCKET_EVERY_NS)
		return false;
	b->full_ns += BUCKET_EVERY_NS;
	return true;
}

/* "BIND AUDIENCE WANTED TOKEN" behind BIND. */
static bool read_bind(const struct talk *k, struct str text, struct attest_question *q)
{
	int64_t first = str_index(text, 0, ' ');
	int64_t second = first < 0 ? -1 : str_index(text, (uint32_t)first + 1, ' ');
	struct str challenge = str_sub(text, 0, first < 0 ? 0 : (uint32_t)first);

	if (second < 0 || !str_is(challenge, k->challenge))
		return false;
	q->challenge = challenge;
	q->audience = str_sub(text, (uint32_t)first + 1, (uint32_t)(second - first) - 1);
	if (str_is(q->audience, "-"))
		q->audience = STR_NONE;
	q->token = str_sub(text, (uint32_t)second + 1, text.n);
	return true;
}

static enum attest_result ask_line(struct attest_server *s, const struct talk *k,
				   const struct attestation *a, enum attest_result verified,
				   struct attest_request *rq)
{
	struct json none;
	int rc;

	*rq = (struct attest_request){
		.pidfd = k->pidfd, .pid = k->pid, .attestation = a, .result = verified};
	json_init(&none, 0);
	rc = question_ask(s->api, API_ATTEST, (struct str){(const char *)rq, sizeof(*rq)}, &none,
			  NULL);
	json_release(&none);
	return rc ? ATTEST_BUSY : rq->result;
}

/* The line's thread never waits for this one: it leaves them here. */
static void take_fresh_issuers(struct attest_server *s)
{
	struct issuers *old = NULL;

	pthread_mutex_lock(&s->lock);
	if (s->fresh) {
		old = s->issuers;
		s->issuers = TAKE_PTR(s->fresh);
	}
	pthread_mutex_unlock(&s->lock);
	issuers_free(old);
}

static void on_bind(struct attest_server *s, const struct talk *k, struct str text)
{
	struct attest_question q = {.now_wall_ns = clock_wall_ns(),
				    .started_wall_ns = s->api->opt.started_wall_ns};
	struct verified v = {0};
	struct attest_request rq;
	enum attest_result result;

	if (!read_bind(k, text, &q)) {
		say_result(k, ATTEST_BAD_REQUEST, NULL);
		return;
	}
	if (!take_turn(s, k->uid)) {
		say_result(k, ATTEST_BUSY, NULL);
		return;
	}
	take_fresh_issuers(s);
	result = attest_verify(s->issuers, &q, &v);
	result = ask_line(s, k, result == ATTEST_OK ? &v.attestation : NULL, result, &rq);
	if (v.claims)
		verified_release(&v);
	say_result(k, result, rq.who);
}

/* Refused after HELLO: who it was is known, so it becomes an event too. */
static void refuse(struct attest_server *s, const struct talk *k, enum attest_result result)
{
	struct attest_request rq;

	if (take_turn(s, k->uid))
		ask_line(s, k, NULL, result, &rq);
	say_result(k, result, NULL);
}

bool talk_on_message(struct attest_server *s, struct talk *k)
{
	struct ucred sender = {0};
	bool cut = false;
	ssize_t n = receive(s, k, &sender, &cut);
	struct str text = {s->message, n > 0 ? (uint32_t)n : 0};

	if (n == -EAGAIN || n == -EINTR)
		return true;
	if (n <= 0)
		return false;
	if (!sender.pid) {
		say_result(k, ATTEST_SENDER_GONE, NULL);
	} else if (k->pidfd < 0) {
		if (str_is(text, "HELLO"))
			return on_hello(s, k, &sender);
		say_result(k, ATTEST_BAD_REQUEST, NULL);
	} else if ((uint32_t)sender.pid != k->pid) {
		refuse(s, k, ATTEST_SENDER_CHANGED);
	} else if (!is_alive(k)) {
		refuse(s, k, ATTEST_SENDER_GONE);
	} else if (cut) {
		refuse(s, k, ATTEST_TOO_LARGE);
	} else if (str_starts(text, "BIND ")) {
		on_bind(s, k, str_sub(text, 5, text.n));
	} else {
		say_result(k, ATTEST_BAD_REQUEST, NULL);
	}
	explicit_bzero(s->message, sizeof(s->message));
	return false;
}

void talk_say_busy(int fd)
{
	say_result(&(struct talk){.fd = fd}, ATTEST_BUSY, NULL);
}
