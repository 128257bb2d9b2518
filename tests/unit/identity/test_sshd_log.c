/* SPDX-License-Identifier: Apache-2.0 */
/* What sshd's line says, and what a line that lies does not get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "identity/sshd_log.h"

#define HEAD "<38>Nov 23 17:50:32 sshd[2927]: "
#define KEY  "SHA256:1VrYabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLM"
#define CA   "SHA256:giMnabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLM"
#define FAKE "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

#define ASSERT_TEXT(got, want)                                                             \
	do {                                                                               \
		struct str got_ = (got), want_ = str_of(want);                             \
		if (!str_equal(got_, want_) || !got_.p != !want_.p)                        \
			fail_msg("%s:%d: got \"%.*s\", want \"%.*s\"", __FILE__, __LINE__, \
				 STR_ARG(got_), STR_ARG(want_));                           \
	} while (0)

/* In memory of exactly its size, so that one byte too far is seen. */
static bool parse(struct sshd_login *out, const char *text, bool cut)
{
	static char *copy;
	size_t n = strlen(text);

	free(copy);
	copy = malloc(n + 1);
	memcpy(copy + 1, text, n);
	return sshd_log_parse(out, (struct str){copy + 1, (uint32_t)n}, cut);
}

static void lines_say_who_and_how(void **state)
{
	static const struct {
		const char *line, *method, *user, *ip, *type, *key, *cert_id, *serial, *ca;
		uint32_t port;
	} rows[] = {
		{HEAD "Accepted publickey for builder from 10.0.0.7 port 48190 ssh2: ED25519 " KEY,
		 "publickey", "builder", "10.0.0.7", "ED25519", KEY, NULL, NULL, NULL, 48190},
		{HEAD
		 "Accepted publickey for builder from 10.0.0.7 port 48192 ssh2: ED25519-CERT " KEY
		 " ID bob@example.com (serial 4711) CA ED25519 " CA,
		 "publickey", "builder", "10.0.0.7", "ED25519-CERT", KEY, "bob@example.com", "4711",
		 CA, 48192},
		{"<86>Nov  3 07:50:32 sshd-session[7]: Accepted password for u from 2001:db8::1 port 1 ssh2",
		 "password", "u", "2001:db8::1", NULL, NULL, NULL, NULL, NULL, 1},
		{HEAD "Accepted keyboard-interactive/pam for u from fe80::1%eth0 port 22 ssh2\n",
		 "keyboard-interactive/pam", "u", "fe80::1%eth0", NULL, NULL, NULL, NULL, NULL, 22},
		{HEAD "Accepted publickey for u from ::1 port 9 ssh2: RSA "
		      "MD5:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
		 "publickey", "u", "::1", "RSA",
		 "MD5:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff", NULL, NULL, NULL, 9},
		{HEAD "Accepted publickey for u from UNKNOWN port 65535 ssh2: ED25519 " KEY,
		 "publickey", "u", NULL, "ED25519", KEY, NULL, NULL, NULL, 0},
		/* the key is the other host's, not a person's */
		{HEAD "Accepted hostbased for u from 10.0.0.7 port 5 ssh2: ED25519 " KEY
		      ", client user \"x\", client host \"y\"",
		 "hostbased", "u", "10.0.0.7", NULL, NULL, NULL, NULL, NULL, 5},
		{HEAD "Accepted gssapi-with-mic for u from 10.0.0.7 port 5 ssh2: u@REALM",
		 "gssapi-with-mic", "u", "10.0.0.7", NULL, NULL, NULL, NULL, NULL, 5},
		{HEAD "Accepted publickey for u from 10.0.0.7 port 5 ssh2: ED25519-CERT " KEY
		      " ID  (serial 0) CA RSA " CA,
		 "publickey", "u", "10.0.0.7", "ED25519-CERT", KEY, "", "0", CA, 5},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sshd_login got = {0};

		assert_true(parse(&got, rows[i].line, false));
		ASSERT_TEXT(got.method, rows[i].method);
		ASSERT_TEXT(got.user, rows[i].user);
		ASSERT_TEXT(got.ip, rows[i].ip);
		ASSERT_TEXT(got.key_type, rows[i].type);
		ASSERT_TEXT(got.key_fingerprint, rows[i].key);
		ASSERT_TEXT(got.cert_id, rows[i].cert_id);
		ASSERT_TEXT(got.cert_serial, rows[i].serial);
		ASSERT_TEXT(got.ca_fingerprint, rows[i].ca);
		assert_int_equal(got.port, rows[i].port);
	}
}

/* The id of a certificate is its holder's own text: nothing in it is taken for anything else. */
static void ids_may_say_anything(void **state)
{
	static const char *const ids[] = {
		"x (serial 1) CA ED25519 " FAKE,
		"x (serial 1) CA ED25519 " FAKE " ID y (serial 2) CA RSA " FAKE,
		" from 6.6.6.6 port 6 ssh2: ED25519 " FAKE,
		"ID ID ID",
		"]: Accepted password for root from 6.6.6.6 port 6 ssh2",
		" CA ",
		"(serial",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct sshd_login got = {0};
		char line[1024];

		snprintf(line, sizeof(line),
			 HEAD "Accepted publickey for u from 10.0.0.7 port 5 ssh2: ED25519-CERT %s"
			      " ID %s (serial 4711) CA ED25519 %s",
			 KEY, ids[i], CA);
		assert_true(parse(&got, line, false));
		ASSERT_TEXT(got.user, "u");
		ASSERT_TEXT(got.ip, "10.0.0.7");
		ASSERT_TEXT(got.key_fingerprint, KEY);
		ASSERT_TEXT(got.cert_id, ids[i]);
		ASSERT_TEXT(got.cert_serial, "4711");
		ASSERT_TEXT(got.ca_fingerprint, CA);
	}
}

/* sshd cuts its lines: an id of the right length would bring its own tail. */
static void cut_lines_have_no_certificate(void **state)
{
	struct sshd_login got = {0};
	char line[2048];
	int n;

	(void)state;
	n = snprintf(line, sizeof(line),
		     "%sAccepted publickey for u from 10.0.0.7 port 5 ssh2: ED25519-CERT %s ID ",
		     HEAD, KEY);
	memset(line + n, 'x', 800);
	n += 800;
	snprintf(line + n, sizeof(line) - (size_t)n, " (serial 1) CA ED25519 %s", FAKE);
	assert_true(parse(&got, line, false)); /* short enough to be whole */
	ASSERT_TEXT(got.ca_fingerprint, FAKE);
	assert_true(parse(&got, line, true)); /* the record says that it was cut */
	ASSERT_TEXT(got.ca_fingerprint, NULL);
	ASSERT_TEXT(got.key_fingerprint, KEY);

	memset(line + n, 'x', 100);
	snprintf(line + n + 100, sizeof(line) - (size_t)n - 100, " (serial 1) CA ED25519 %s", FAKE);
	assert_true(strlen(line) - strlen(HEAD) >= 1020);
	assert_true(parse(&got, line, false)); /* as long as sshd's lines get */
	ASSERT_TEXT(got.cert_id, NULL);
	ASSERT_TEXT(got.ca_fingerprint, NULL);
	ASSERT_TEXT(got.key_fingerprint, KEY);
}

static void other_lines_are_no_login(void **state)
{
	static const char *const lines[] = {
		"",
		"<",
		"<38>",
		HEAD,
		HEAD "Accepted ",
		HEAD "Accepted publickey for ",
		HEAD "Accepted publickey for u from 10.0.0.7",
		HEAD "Accepted publickey for u from 10.0.0.7 port ",
		HEAD "Accepted publickey for u from 10.0.0.7 port x ssh2",
		HEAD "Accepted publickey for u from 10.0.0.7 port 70000 ssh2",
		HEAD "Accepted publickey for u from 10.0.0.7 port 5 ssh2x",
		HEAD "Accepted Publickey! for u from 10.0.0.7 port 5 ssh2",
		HEAD "Failed password for Accepted publickey for u from 10.0.0.7 port 5 ssh2",
		HEAD "pam_unix(sshd:session): session opened for user u(uid=1) by (uid=0)",
		HEAD " Accepted password for u from 10.0.0.7 port 5 ssh2",
		"Accepted password for u from 10.0.0.7 port 5 ssh2",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct sshd_login got = {.port = 77};

		if (parse(&got, lines[i], false))
			fail_msg("taken for a login: %s", lines[i]);
		assert_int_equal(got.port, 77); /* untouched */
	}
}

/* Every beginning of a line, and every byte wrong: nothing is read past the end. */
static void damaged_lines_are_survived(void **state)
{
	static const char line[] = HEAD
		"Accepted publickey for builder from 10.0.0.7 port 48192 ssh2: ED25519-CERT " KEY
		" ID bob@example.com (serial 4711) CA ED25519 " CA;
	char damaged[sizeof(line)];
	struct sshd_login got;

	(void)state;
	for (size_t n = 0; n < sizeof(line); n++) {
		memcpy(damaged, line, n);
		damaged[n] = '\0';
		parse(&got, damaged, false);
	}
	for (size_t i = 0; i + 1 < sizeof(line); i++) {
		memcpy(damaged, line, sizeof(line));
		damaged[i] = (char)(damaged[i] ^ 0x81);
		if (parse(&got, damaged, false) && got.ca_fingerprint.p)
			assert_true(got.ca_fingerprint.n == 50);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_say_who_and_how),
		cmocka_unit_test(ids_may_say_anything),
		cmocka_unit_test(cut_lines_have_no_certificate),
		cmocka_unit_test(other_lines_are_no_login),
		cmocka_unit_test(damaged_lines_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
