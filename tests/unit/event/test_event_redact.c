/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets go, the rest of a command line stays: '|' stands for the end of an argument. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "event_redact.h"

#define A20 "abcdefghij0123456789"
#define A40 A20 A20
#define R   REDACTED

static struct str to_argv(char *copy, const char *text)
{
	struct str argv = {copy, (uint32_t)strlen(text)};

	memcpy(copy, text, argv.n + 1);
	for (uint32_t i = 0; i < argv.n; i++)
		if (copy[i] == '|')
			copy[i] = '\0';
	return argv;
}

static void assert_redacted(const char *in, const char *expected)
{
	char copy[4096], buf[4096], text[4096];
	struct redaction out, again;

	redact_argv(&out, to_argv(copy, in), buf, sizeof(buf));
	assert_true(out.argv.n < sizeof(text));
	memcpy(text, out.argv.p, out.argv.n);
	text[out.argv.n] = '\0';
	for (uint32_t i = 0; i < out.argv.n; i++)
		if (text[i] == '\0')
			text[i] = '|';
	if (strcmp(text, expected) != 0)
		fail_msg("%s\n  became   %s\n  expected %s", in, text, expected);
	assert_int_equal(out.count != 0, strstr(expected, R) != NULL);
	assert_false(out.cut);
	/* what was redacted stays as it is, and is still listed */
	redact_argv(&again, out.argv, copy, sizeof(copy));
	assert_true(str_equal(again.argv, out.argv));
	assert_int_equal(again.count, out.count);
	assert_memory_equal(again.index, out.index, out.count * sizeof(out.index[0]));
}

static const char *const secrets[][2] = {
	/* names */
	{"x|--password=hunter2", "x|--password=" R},
	{"x|--password=my pass, word", "x|--password=" R},
	{"x|--password|hunter2|y", "x|--password|" R "|y"},
	{"x|--password|my pass word|y", "x|--password|" R "|y"},
	{"x|-password|hunter2", "x|-password|" R},
	{"x|--token|abc|--verbose", "x|--token|" R "|--verbose"},
	{"x|--auth-token=abc|y", "x|--auth-token=" R "|y"},
	{"x|--api-key|abc", "x|--api-key|" R},
	{"x|--apiKey=abc", "x|--apiKey=" R},
	{"x|--clientSecret=abc", "x|--clientSecret=" R},
	{"x|--client_secret=abc", "x|--client_secret=" R},
	{"x|--secret-access-key=abc", "x|--secret-access-key=" R},
	{"env|DB_PASSWORD=hunter2|prog", "env|DB_PASSWORD=" R "|prog"},
	{"env|PGPASSWORD=hunter2|psql", "env|PGPASSWORD=" R "|psql"},
	{"env|DB_PWD=hunter2|prog", "env|DB_PWD=" R "|prog"},
	{"docker|run|-e|GITHUB_TOKEN=abc|img", "docker|run|-e|GITHUB_TOKEN=" R "|img"},
	{"java|-Ddb.password=x|-jar|a.jar", "java|-Ddb.password=" R "|-jar|a.jar"},
	{"java|-Djavax.net.ssl.keyStorePassword=x", "java|-Djavax.net.ssl.keyStorePassword=" R},
	{"npm|config|set|//r.org/:_authToken=abc", "npm|config|set|//r.org/:_authToken=" R},
	{"kubectl|create|--from-literal=password=x y",
	 "kubectl|create|--from-literal=password=" R " y"},
	{"openssl|enc|-pass|pass:abc", "openssl|enc|-pass|pass:" R},
	{"openssl|rsa|-passin|pass:abc|-in|k", "openssl|rsa|-passin|pass:" R "|-in|k"},
	/* command lines in an argument */
	{"sh|-c|PASSWORD=x prog --all", "sh|-c|PASSWORD=" R " prog --all"},
	{"sh|-c|prog --token abc; ls", "sh|-c|prog --token " R "; ls"},
	{"sh|-c|prog --password 'a b' next", "sh|-c|prog --password '" R "' next"},
	{"sh|-c|prog --password=\"a b\" next", "sh|-c|prog --password=\"" R "\" next"},
	{"bash|-lc|mysql -uroot -psecret db", "bash|-lc|mysql -uroot -p" R " db"},
	{"sh|-c|curl -u 'me:pw' http://h/", "sh|-c|curl -u 'me:" R "' http://h/"},
	/* programs */
	{"mysql|-uroot|-psecret|db", "mysql|-uroot|-p" R "|db"},
	{"/usr/bin/mysqldump|-psecret", "/usr/bin/mysqldump|-p" R},
	{"sudo|mysql|-psecret", "sudo|mysql|-p" R},
	{"sshpass|-p|secret|ssh|-p|22|h", "sshpass|-p|" R "|ssh|-p|22|h"},
	{"sshpass|-psecret|ssh|h", "sshpass|-p" R "|ssh|h"},
	{"redis-cli|-a|secret|ping", "redis-cli|-a|" R "|ping"},
	{"curl|-u|me:pw|http://h/", "curl|-u|me:" R "|http://h/"},
	{"curl|-sSu|me:pw|http://h/", "curl|-sSu|me:" R "|http://h/"},
	{"curl|-ume:pw", "curl|-ume:" R},
	{"curl|--user|me:pw", "curl|--user|me:" R},
	{"docker|login|-u|me|-p|secret|r.io", "docker|login|-u|me|-p|" R "|r.io"},
	{"ssh-keygen|-t|rsa|-N|phrase", "ssh-keygen|-t|rsa|-N|" R},
	{"7z|a|-psecret|x.7z", "7z|a|-p" R "|x.7z"},
	{"ldapsearch|-D|cn=a|-w|secret", "ldapsearch|-D|cn=a|-w|" R},
	/* headers */
	{"curl|-H|Authorization: Bearer abcdefgh", "curl|-H|Authorization: Bearer " R},
	{"curl|-H|authorization: basic YTpi", "curl|-H|authorization: basic " R},
	{"curl|-H|Authorization:x y z", "curl|-H|Authorization:" R},
	{"curl|-HX-Api-Key: abc", "curl|-HX-Api-Key: " R},
	{"curl|-H|PRIVATE-TOKEN: abc|u", "curl|-H|PRIVATE-TOKEN: " R "|u"},
	{"curl|-H|Cookie: a=b; c=d", "curl|-H|Cookie: " R},
	{"sh|-c|curl -H 'Authorization: token abc' u",
	 "sh|-c|curl -H 'Authorization: token " R "' u"},
	/* JSON and queries */
	{"curl|-d|{\"password\":\"a b\",\"user\":\"me\"}",
	 "curl|-d|{\"password\":\"" R "\",\"user\":\"me\"}"},
	{"curl|-d|{\"api_key\" : 12345}", "curl|-d|{\"api_key\" : " R},
	{"curl|https://h/p?a=1&access_token=abc&b=2",
	 "curl|https://h/p?a=1&access_token=" R "&b=2"},
	{"az|https://h/c?sv=1&sig=abc%3D", "az|https://h/c?sv=1&sig=" R},
	{"s3|https://b/o?X-Amz-Signature=abc", "s3|https://b/o?X-Amz-Signature=" R},
	/* URLs */
	{"git|clone|https://me:pw@h.org/r.git", "git|clone|https://me:" R "@h.org/r.git"},
	{"git|clone|https://x-access-token:abc@h/r", "git|clone|https://x-access-token:" R "@h/r"},
	{"p|postgres://u:p@ss@h:5432/db", "p|postgres://u:" R "@h:5432/db"},
	{"p|redis://:pw@h", "p|redis://:" R "@h"},
	{"p|a://u:p@h|b://u:q@h", "p|a://u:" R "@h|b://u:" R "@h"},
	/* shapes */
	{"x|ghp_" A40, "x|" R},
	{"x|gho_" A40, "x|" R},
	{"x|ghs_" A40 ".eyJ-_", "x|" R},
	{"x|github_pat_" A40, "x|" R},
	{"git|clone|https://ghp_" A40 "@github.com/a/b", "git|clone|https://" R "@github.com/a/b"},
	{"x|glpat-" A20, "x|" R},
	{"x|glcbt-" A20, "x|" R},
	{"x|xoxb-12345-67890-abc", "x|" R},
	{"x|npm_" A40, "x|" R},
	{"x|hvs." A40, "x|" R},
	{"x|dckr_pat_" A20, "x|" R},
	{"x|ya29." A40, "x|" R},
	{"x|AIza" A40, "x|" R},
	{"x|AGE-SECRET-KEY-1" A40, "x|" R},
	{"x|sk_live_" A20, "x|" R},
	{"x|eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl", "x|" R},
	{"echo|a ghp_" A40 " b", "echo|a " R " b"},
	{"x|key:ghp_" A40, "x|key:" R},
	{"x|-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END", "x|" R},
	{"x|k=-----BEGIN RSA PRIVATE KEY-----\nabc", "x|k=" R},
};

static const char *const harmless[] = {
	"ls|-la|/tmp",
	"ssh|-p|22|maya@host",
	"mkdir|-p|/srv/password",
	"cat|/etc/passwd",
	"passwd|-l|maya",
	"mysql|-p|db",
	"mysql|-P|3306|-h|db",
	"docker|run|-p|80:80|nginx",
	"ps|-p|1",
	"x|--password-file=/run/secret",
	"x|--token-file|/run/secret",
	"x|--password-stdin",
	"x|--no-password|y",
	"gh|auth|login|--with-token",
	"x|--max-tokens=5|--max_tokens|5",
	"x|--tokenizer|bert",
	"x|--secret-name=db",
	"x|--password|--verbose",
	"openssl|enc|-pass|env:PW",
	"openssl|enc|-pass|file:/k",
	"env|PWD=/home/maya|OLDPWD=/|sh",
	"env|SSH_ASKPASS=/usr/bin/ask|ssh",
	"x|--key=value|KEY=1|--public-key=abc",
	"git|clone|ssh://git@github.com/a/b",
	"git|clone|https://github.com/a/b?x=1@2",
	"curl|http://h:8080/a@b",
	"curl|-H|Accept: application/json",
	"kubectl|get|secret|db|-o|json",
	"grep|-r|password|/etc",
	"grep|Bearer|f",
	"x|ghp_short|npm_config_cache=/x|glpat-x",
	"x|eyJhbGciOiJSUzI1NiJ9|eyJ.eyJ.x",
	"aws|AKIA"
	"ABCDEFGHIJKLMNOP",
	"x|-----BEGIN CERTIFICATE-----\nabc",
	"x|-----BEGIN PUBLIC KEY-----\nabc",
	"tar|-pcf|x.tar|.",
	"||",
	"",
};

static void secrets_go(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		assert_redacted(secrets[i][0], secrets[i][1]);
}

static void everything_else_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		assert_redacted(harmless[i], harmless[i]);
}

static void arguments_are_listed_by_number(void **state)
{
	char copy[256], buf[256];
	struct redaction out;

	(void)state;
	redact_argv(&out, to_argv(copy, "env|A_TOKEN=x|prog|--password|y|z"), buf, sizeof(buf));
	assert_int_equal(out.count, 2);
	assert_int_equal(out.index[0], 1);
	assert_int_equal(out.index[1], 4);
}

static void nothing_found_copies_nothing(void **state)
{
	struct str argv = STR_LIT("ls\0-la");
	struct redaction out;

	(void)state;
	redact_argv(&out, argv, NULL, 0);
	assert_ptr_equal(out.argv.p, argv.p);
	assert_int_equal(out.argv.n, argv.n);
	redact_argv(&out, STR_NONE, NULL, 0);
	assert_null(out.argv.p);
}

/* More secrets in one argument than there are places: the rest of it goes. */
static void many_in_one_argument(void **state)
{
	char copy[8192] = "x|", buf[8192];
	struct redaction out;

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		strcat(copy, "u://a:SECRET@h ");
	redact_argv(&out, to_argv(copy, copy), buf, sizeof(buf));
	assert_null(memmem(out.argv.p, out.argv.n, "SECRET", 6));
	assert_int_equal(out.count, 1);
}

/* Whatever room there is: no secret comes out, and a cut is said. */
static void too_little_room_is_cut_at_an_argument(void **state)
{
	char copy[256], buf[256];
	const char *line = "prog|--password=hunter2|-v|--token=hunter2|end";

	(void)state;
	for (size_t size = 0; size < 60; size++) {
		char *exact = malloc(size + 1);
		struct redaction out;

		redact_argv(&out, to_argv(copy, line), exact, size);
		assert_null(memmem(out.argv.p, out.argv.n, "hunter2", 7));
		if (!out.cut)
			assert_int_equal(out.argv.n, strlen("prog|--password=[redacted]|-v|"
							    "--token=[redacted]|end"));
		free(exact);
	}
	(void)buf;
}

/* Words made at random from pieces that mean something; run under sanitizers. */
static void random_lines_do_no_harm(void **state)
{
	static const char *const pieces[] = {"--password",
					     "=",
					     "|",
					     " ",
					     "\"",
					     "'",
					     ":",
					     "://",
					     "@",
					     "token",
					     "mysql",
					     "-p",
					     "curl",
					     "-u",
					     "Bearer",
					     "ghp_",
					     A20,
					     "eyJ",
					     ".",
					     "\\",
					     "{",
					     "sh|-c|",
					     "\n",
					     "-----BEGIN ",
					     "PRIVATE KEY-----",
					     "Authorization:",
					     "&",
					     "?",
					     "[redacted]",
					     "docker",
					     "login"};
	unsigned seed = 1;

	(void)state;
	for (unsigned round = 0; round < 200000; round++) {
		char text[512] = "", copy[512], buf[4096], again_buf[4096];
		struct redaction out, again;
		size_t n = 0;

		while (n < 300 && (seed = seed * 1103515245 + 12345) >> 16 & 15) {
			const char *piece =
				pieces[(seed >> 20) % (sizeof(pieces) / sizeof(pieces[0]))];

			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", piece);
		}
		redact_argv(&out, to_argv(copy, text), buf, sizeof(buf));
		assert_false(out.cut);
		redact_argv(&again, out.argv, again_buf, sizeof(again_buf));
		assert_false(again.cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_go),
		cmocka_unit_test(everything_else_stays),
		cmocka_unit_test(arguments_are_listed_by_number),
		cmocka_unit_test(nothing_found_copies_nothing),
		cmocka_unit_test(many_in_one_argument),
		cmocka_unit_test(too_little_room_is_cut_at_an_argument),
		cmocka_unit_test(random_lines_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
