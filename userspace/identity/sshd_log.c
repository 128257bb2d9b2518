/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sshd_log: the form that sshd's auth_log() has had for all of OpenSSH's life. A certificate's id is
 * free text that its holder may have chosen, so what stands behind it is read from the end of the line,
 * and not at all when sshd itself may have cut that end off.
 */
#include "identity/sshd_log.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/number.h"

/* sshd makes lines of at most 1023 bytes; one character takes up to 4. */
#define SSHD_LINE_FULL 1016
#define IP_MAX	       64
#define METHOD_MAX     64

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool has_only(struct str s, const char *set)
{
	for (uint32_t i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || !strchr(set, s.p[i]))
			return false;
	return s.n > 0;
}

static struct str rest(struct str s, uint32_t from)
{
	return str_sub(s, from, s.n);
}

/* Where the word begins at or behind from, or -1. */
static int64_t find(struct str s, uint32_t from, const char *word)
{
	for (uint32_t i = from; i < s.n; i++)
		if (str_starts(rest(s, i), word))
			return i;
	return -1;
}

static int64_t find_last(struct str s, const char *word)
{
	for (uint32_t i = s.n; i-- > 0;)
		if (str_starts(rest(s, i), word))
			return i;
	return -1;
}

/* Takes the text up to the word off the front of *s, and the word. */
static bool take_until(struct str *s, const char *word, struct str *out)
{
	int64_t at = find(*s, 0, word);

	if (at < 0)
		return false;
	*out = str_sub(*s, 0, (uint32_t)at);
	*s = rest(*s, (uint32_t)at + (uint32_t)strlen(word));
	return true;
}

static bool is_address(struct str ip)
{
	struct str scope;
	uint8_t raw[16];
	char text[IP_MAX];

	if (ip.n >= sizeof(text) || !has_only(ip, LOWER UPPER DIGITS ".:%_-"))
		return false;
	snprintf(text, sizeof(text), "%.*s", STR_ARG(ip));
	text[strcspn(text, "%")] = '\0'; /* fe80::1%eth0 */
	scope = str_of(text);
	return inet_pton(AF_INET, scope.p, raw) == 1 || inet_pton(AF_INET6, scope.p, raw) == 1;
}

static bool is_fingerprint(struct str s)
{
	if (str_starts(s, "SHA256:"))
		return s.n == 7 + 43 && has_only(rest(s, 7), LOWER UPPER DIGITS "+/");
	return str_starts(s, "MD5:") && s.n == 4 + 47 && has_only(rest(s, 4), "abcdef" DIGITS ":");
}

/* "ID <free text> (serial 4711) CA ED25519 SHA256:...", from its end. */
static void read_certificate(struct sshd_login *out, struct str s)
{
	int64_t ca = find_last(s, " CA "), serial;
	struct str type, fingerprint, number;
	uint64_t n;

	if (!str_starts(s, "ID ") || ca < 0)
		return;
	fingerprint = rest(s, (uint32_t)ca + 4);
	if (!take_until(&fingerprint, " ", &type) || !has_only(type, UPPER DIGITS "-") ||
	    !is_fingerprint(fingerprint))
		return;
	s = str_sub(s, 0, (uint32_t)ca);
	serial = find_last(s, " (serial ");
	if (serial < 3 || !str_ends(s, ")"))
		return;
	number = rest(s, (uint32_t)serial + 9);
	number.n--;
	if (number_u64(number, 0, UINT64_MAX, &n) < 0)
		return;
	out->cert_id = str_sub(s, 3, (uint32_t)serial - 3);
	out->cert_serial = number;
	out->ca_fingerprint = fingerprint;
}

/* "ED25519 SHA256:..." and, of a certificate, its tail */
static void read_key(struct sshd_login *out, struct str s, bool cut)
{
	struct str type, fingerprint = s;
	bool more;

	if (!take_until(&s, " ", &type) || !has_only(type, UPPER DIGITS "-"))
		return;
	fingerprint = s;
	more = take_until(&s, " ", &fingerprint);
	if (!is_fingerprint(fingerprint))
		return;
	out->key_type = type;
	out->key_fingerprint = fingerprint;
	if (more && !cut)
		read_certificate(out, s);
}

/* "... from 10.0.0.7 port 48190 ssh2": *s stands behind it then, *ip and *port are taken. */
static bool read_origin(struct str *s, struct sshd_login *out)
{
	struct str ip, port;
	uint64_t n;

	if (!take_until(s, " port ", &ip) || str_index(ip, 0, ' ') >= 0 ||
	    !take_until(s, " ssh2", &port) || number_u64(port, 0, UINT16_MAX, &n) < 0)
		return false;
	if (is_address(ip)) { /* "UNKNOWN" where sshd has no socket */
		out->ip = ip;
		out->port = (uint32_t)n;
	}
	return true;
}

/* The first " from " with an address behind it: what stands further right may be anybody's text. */
static bool read_user(struct str *s, struct sshd_login *out)
{
	for (int64_t at = find(*s, 0, " from "); at >= 0;
	     at = find(*s, (uint32_t)at + 1, " from ")) {
		struct str behind = rest(*s, (uint32_t)at + 6);

		if (!read_origin(&behind, out))
			continue;
		out->user = str_sub(*s, 0, (uint32_t)at);
		*s = behind;
		return true;
	}
	return false;
}

bool sshd_log_parse(struct sshd_login *out, struct str line, bool cut)
{
	struct sshd_login found = {0};
	struct str header;

	if (!str_starts(line, "<") || !take_until(&line, "]: ", &header) ||
	    !str_starts(line, "Accepted "))
		return false;
	while (line.n && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\0'))
		line.n--;
	cut = cut || line.n >= SSHD_LINE_FULL;
	line = rest(line, 9);
	if (!take_until(&line, " for ", &found.method) || found.method.n > METHOD_MAX ||
	    !has_only(found.method, LOWER DIGITS "-/") || !read_user(&line, &found))
		return false;
	if (str_starts(line, ": ") && str_is(found.method, "publickey"))
		read_key(&found, rest(line, 2), cut);
	else if (line.n && !str_starts(line, ": "))
		return false;
	*out = found;
	return true;
}
