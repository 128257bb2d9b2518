/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of secrets' names, options and shapes. Each row has a case in test_event_redact.c. */
#include "event_secret.h"

#include <ctype.h>

#include "base/cleanup.h"

#define PART_MAX 24

/* The last component of a name, in lower case: "password" of DB_PASSWORD, "token" of authToken. */
static uint32_t last_part(struct str name, char out[static PART_MAX])
{
	uint32_t from = name.n, n;

	while (from > 0 && !strchr("-_.:/@ ", name.p[from - 1])) {
		bool hump = from < name.n && islower((unsigned char)name.p[from - 1]) &&
			    isupper((unsigned char)name.p[from]);

		if (hump)
			break;
		from--;
	}
	n = name.n - from;
	if (n >= PART_MAX)
		from = name.n - (n = PART_MAX - 1); /* suffixes are what matters */
	for (uint32_t i = 0; i < n; i++)
		out[i] = (char)tolower((unsigned char)name.p[from + i]);
	out[n] = '\0';
	return from;
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

static bool ends_with_one_of(const char *word, const char *const *words)
{
	size_t n = strlen(word);

	for (; *words; words++) {
		size_t tail = strlen(*words);

		if (n >= tail && strcmp(word + n - tail, *words) == 0)
			return true;
	}
	return false;
}

static struct str without_separator(struct str name, uint32_t n)
{
	name.n = n;
	while (name.n > 0 && strchr("-_.", name.p[name.n - 1]))
		name.n--;
	return name;
}

bool secret_name(struct str name)
{
	static const char *const tails[] = {"password",	  "passwd",    "passphrase", "secret",
					    "token",	  "apikey",    "secretkey",  "accesskey",
					    "privatekey", "signature", NULL};
	static const char *const words[] = {"pass",    "passcode",    "credential", "passin",
					    "passout", "credentials", "sig",	    NULL};
	static const char *const keys[] = {"api",    "access",	"secret",     "private",
					   "auth",   "signing", "encryption", "account",
					   "master", "shared",	"sas",	      NULL};
	char part[PART_MAX];
	uint32_t from = last_part(name, part);
	struct str before = without_separator(name, from);

	if (ends_with_one_of(part, tails) || is_one_of(part, words))
		return true;
	if (before.n == 0)
		return false;
	if (strcmp(part, "pwd") == 0)
		return true; /* DB_PWD; PWD alone is the directory */
	if (strcmp(part, "key") != 0)
		return false;
	last_part(before, part);
	return is_one_of(part, keys);
}

bool secret_option_name(struct str word)
{
	static const char *const negations[] = {"no-",	 "with-", "skip-",  "ask-",
						"show-", "use-",  "prompt-"};

	while (word.n && word.p[0] == '-')
		word = str_sub(word, 1, word.n);
	if (word.n == 0 || str_index(word, 0, '=') >= 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(negations); i++)
		if (str_starts(word, negations[i]))
			return false;
	return secret_name(word);
}

static bool equal_nocase(struct str a, const char *b)
{
	return a.n == strlen(b) && strncasecmp(a.p, b, a.n) == 0;
}

bool secret_header(struct str name)
{
	return equal_nocase(name, "authorization") || equal_nocase(name, "proxy-authorization") ||
	       equal_nocase(name, "cookie") || equal_nocase(name, "set-cookie") ||
	       secret_name(name);
}

uint32_t secret_scheme(struct str value)
{
	static const char *const schemes[] = {"Bearer ", "Basic ", "Token ", "Digest ",
					      "Negotiate "};

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		uint32_t n = (uint32_t)strlen(schemes[i]);

		if (value.n > n && strncasecmp(value.p, schemes[i], n) == 0)
			return n;
	}
	return 0;
}

/* --- shapes */

enum alphabet { ALNUM, ALNUM_DOT, ALNUM_WORD, HEX };

static bool in_alphabet(char c, enum alphabet alphabet)
{
	unsigned char u = (unsigned char)c;

	switch (alphabet) {
	case ALNUM:
		return isalnum(u);
	case ALNUM_DOT:
		return isalnum(u) || c == '.' || c == '_' || c == '-' || c == '=';
	case ALNUM_WORD:
		return isalnum(u) || c == '_' || c == '-';
	case HEX:
		return isxdigit(u);
	}
	return false;
}

static uint32_t run_of(struct str s, uint32_t from, enum alphabet alphabet)
{
	uint32_t at = from;

	while (at < s.n && in_alphabet(s.p[at], alphabet))
		at++;
	return at - from;
}

/* AWS key ids (AKIA, ASIA) are left: they name a key and open nothing. */
static const struct {
	const char *prefix;
	uint8_t alphabet;
	uint8_t least; /* characters behind the prefix */
} tokens[] = {
	{"ghp_", ALNUM, 20},
	{"gho_", ALNUM, 20},
	{"ghu_", ALNUM, 20},
	{"ghr_", ALNUM, 20},
	{"ghs_", ALNUM_DOT, 20},
	{"github_pat_", ALNUM_WORD, 20},
	{"glpat-", ALNUM_DOT, 16},
	{"gldt-", ALNUM_DOT, 16},
	{"glptt-", ALNUM_DOT, 16},
	{"glrt-", ALNUM_DOT, 16},
	{"glsoat-", ALNUM_DOT, 16},
	{"glft-", ALNUM_DOT, 16},
	{"glcbt-", ALNUM_DOT, 16},
	{"glagent-", ALNUM_DOT, 16},
	{"GR1348941", ALNUM_WORD, 16},
	{"xoxb-", ALNUM_WORD, 10},
	{"xoxp-", ALNUM_WORD, 10},
	{"xoxa-", ALNUM_WORD, 10},
	{"xoxr-", ALNUM_WORD, 10},
	{"xoxs-", ALNUM_WORD, 10},
	{"xapp-", ALNUM_WORD, 10},
	{"npm_", ALNUM, 30},
	{"pypi-AgE", ALNUM_WORD, 20},
	{"rubygems_", HEX, 40},
	{"dckr_pat_", ALNUM_WORD, 16},
	{"dckr_oat_", ALNUM_WORD, 16},
	{"hvs.", ALNUM_WORD, 20},
	{"hvb.", ALNUM_WORD, 20},
	{"hvr.", ALNUM_WORD, 20},
	{"ya29.", ALNUM_DOT, 20},
	{"AIza", ALNUM_WORD, 30},
	{"bkua_", ALNUM, 20},
	{"AGE-SECRET-KEY-1", ALNUM, 20},
	{"sk_live_", ALNUM, 16},
	{"rk_live_", ALNUM, 16},
	{"sk-ant-", ALNUM_WORD, 16},
	{"sk-proj-", ALNUM_WORD, 16},
	{"SG.", ALNUM_DOT, 40},
	{"cio", ALNUM, 32},
};

/* header.payload.signature, where header and payload begin with {" in base64 */
static uint32_t jwt(struct str s)
{
	uint32_t header, payload;

	if (!str_starts(s, "eyJ"))
		return 0;
	header = run_of(s, 0, ALNUM_WORD);
	if (header < 8 || header >= s.n || s.p[header] != '.' ||
	    !str_starts(str_sub(s, header + 1, s.n), "eyJ"))
		return 0;
	payload = run_of(s, header + 1, ALNUM_DOT);
	return header + 1 + payload;
}

uint32_t secret_token(struct str s)
{
	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
		uint32_t n, prefix;

		if (s.n == 0 || s.p[0] != tokens[i].prefix[0] || !str_starts(s, tokens[i].prefix))
			continue;
		prefix = (uint32_t)strlen(tokens[i].prefix);
		n = run_of(s, prefix, (enum alphabet)tokens[i].alphabet);
		if (n >= tokens[i].least)
			return prefix + n;
	}
	return jwt(s);
}

/* The authority ends at the first '/', '#' or '\\'; the last '@' in it ends the password. */
uint32_t secret_in_url(struct str s, uint32_t *skip)
{
	uint32_t colon = 0, at = 0;

	if (!str_starts(s, "://"))
		return 0;
	for (uint32_t i = 3; i < s.n && !strchr("/#\\", s.p[i]); i++) {
		if (s.p[i] == ':' && !colon)
			colon = i;
		if (s.p[i] == '@')
			at = i;
	}
	if (!colon || at <= colon + 1)
		return 0;
	*skip = colon + 1;
	return at - colon - 1;
}

int64_t secret_private_key(struct str arg)
{
	const char *begin = arg.n ? memmem(arg.p, arg.n, "-----BEGIN ", 11) : NULL;

	if (!begin || !memmem(begin, arg.n - (uint32_t)(begin - arg.p), "PRIVATE KEY-----", 16))
		return -1;
	return begin - arg.p;
}

/* --- programs */

struct secret_program {
	const char *name;
	bool prefix;	      /* name is the beginning: mysql, mysqldump, ... */
	const char *next;     /* option letters whose next word is the secret */
	const char *attached; /* letters with the secret behind them: -pSECRET */
	const char *user;     /* letters with user:secret, either way */
};

static const struct secret_program programs[] = {
	{"mysql", true, "", "p", ""},
	{"mariadb", true, "", "p", ""},
	{"mongo", true, "p", "p", ""},
	{"sshpass", false, "p", "p", ""},
	{"redis-cli", false, "a", "a", ""},
	{"ldap", true, "w", "w", ""},
	{"zip", false, "P", "P", ""},
	{"unzip", false, "P", "P", ""},
	{"7z", true, "", "p", ""},
	{"ssh-keygen", false, "NP", "", ""},
	{"openssl", false, "k", "", ""},
	{"sqlcmd", false, "P", "P", ""},
	{"ipmitool", false, "P", "P", ""},
	{"curl", false, "", "", "uU"},
	/* what sshpass starts: its -p is a port */
	{"ssh", false, "", "", ""},
	{"scp", false, "", "", ""},
	{"sftp", false, "", "", ""},
	{"rsync", false, "", "", ""},
};
static const struct secret_program registry_login = {"login", false, "p", "p", ""};

bool secret_is_registry_client(struct str name)
{
	static const char *const names[] = {"docker",  "podman", "buildah", "skopeo",
					    "nerdctl", "helm",	 "oras",    "crane"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_is(name, names[i]))
			return true;
	return false;
}

const struct secret_program *secret_program(struct str name, bool registry_client)
{
	if (registry_client && str_is(name, "login"))
		return &registry_login;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		if (programs[i].prefix ? str_starts(name, programs[i].name)
				       : str_is(name, programs[i].name))
			return &programs[i];
	}
	return NULL;
}

static bool has_letter(const char *letters, char c)
{
	return c && strchr(letters, c) != NULL;
}

enum secret_option secret_option(const struct secret_program *p, struct str word)
{
	char letter = word.n >= 2 ? word.p[1] : '\0';

	if (p->user[0] && (str_is(word, "--user") || str_is(word, "--proxy-user")))
		return SECRET_OPTION_USER_NEXT;
	if (letter == '-' || letter == '\0')
		return SECRET_OPTION_NONE;
	if (has_letter(p->user, letter))
		return word.n == 2 ? SECRET_OPTION_USER_NEXT : SECRET_OPTION_USER_ATTACHED;
	if (word.n <= 6 && str_index(word, 0, ':') < 0 && has_letter(p->user, word.p[word.n - 1]))
		return SECRET_OPTION_USER_NEXT; /* -sSu */
	if (word.n == 2 && has_letter(p->next, letter))
		return SECRET_OPTION_NEXT;
	if (word.n > 2 && has_letter(p->attached, letter))
		return SECRET_OPTION_ATTACHED;
	return SECRET_OPTION_NONE;
}
