/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attest: shows a token to the daemon, which binds it to the job, session, container or unit that this
 * process is in. Needs no right: everybody may say who they are, with a signature.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "attest/attest.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "cmd/ask.h"
#include "cmd/block.h"

#define SOCKET_NAME "attest.sock"

struct attest {
	const struct cli *c;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int fd;
	char challenge[512];
	char *token; /* secret */
	size_t token_size;
};

/* WHODID_ATTEST, else beside the daemon's other socket. */
static int find_socket(struct attest *a)
{
	const char *set = getenv("WHODID_ATTEST"), *slash = strrchr(a->c->server, '/');
	int n;

	if (set && *set)
		n = snprintf(a->path, sizeof(a->path), "%s", set);
	else
		n = snprintf(a->path, sizeof(a->path), "%.*s" SOCKET_NAME,
			     slash ? (int)(slash - a->c->server) + 1 : 0, a->c->server);
	if (n >= (int)sizeof(a->path))
		return fail(CODE_USAGE, NULL, "the socket's path is too long");
	return CODE_DONE;
}

/* --- the talk */

static int call(struct attest *a)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	memcpy(addr.sun_path, a->path, strlen(a->path));
	a->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (a->fd < 0 || connect(a->fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return fail(CODE_UNREACHABLE,
			    "Is whodidd running? Another place: WHODID_ATTEST=SOCKET",
			    "cannot reach %s: %s", a->path, strerror(errno));
	return CODE_DONE;
}

static int say(const struct attest *a, const char *text, size_t n)
{
	if (send(a->fd, text, n, MSG_NOSIGNAL) == (ssize_t)n)
		return CODE_DONE;
	if (errno == EMSGSIZE)
		return fail(CODE_NO, NULL, "refused: %s", attest_result_text(ATTEST_TOO_LARGE));
	return fail(CODE_FAILED, NULL, "the daemon hung up: %s", strerror(errno));
}

static int hear(const struct attest *a, char *out, size_t size)
{
	struct pollfd p = {.fd = a->fd, .events = POLLIN};
	ssize_t n;

	if (poll(&p, 1, (int)(a->c->timeout_ns / 1000000)) <= 0)
		return fail(CODE_UNREACHABLE, NULL, "the daemon does not answer");
	n = recv(a->fd, out, size - 1, 0);
	if (n <= 0)
		return fail(CODE_FAILED, NULL, "the daemon hung up");
	out[n] = '\0';
	return CODE_DONE;
}

static int report_bound(const struct attest *a, const char *who)
{
	_cleanup_text_ struct text line = {0};

	if (a->c->format == FORMAT_JSON) {
		_cleanup_json_ json_t *row = json_pack("{s:s, s:s}", "result", "ok", "who", who);

		print_json_row(a->c, row);
		return CODE_DONE;
	}
	text_puts(&line, "bound to ");
	text_say(&line, str_of(who));
	if (!a->c->quiet)
		terminal_line(&line);
	return CODE_DONE;
}

static const char *remedy_of(const char *code)
{
	for (unsigned i = 0; i < ATTEST_RESULT_MAX; i++)
		if (strcmp(code, attest_result_name((enum attest_result)i)) == 0)
			return attest_result_remedy((enum attest_result)i);
	return NULL;
}

/* "OK WHO" or "ERROR CODE TEXT" */
static int report(const struct attest *a, char *answer)
{
	char *code = answer + strlen("ERROR "), *text;

	if (strncmp(answer, "OK ", 3) == 0)
		return report_bound(a, answer + 3);
	if (strncmp(answer, "ERROR ", 6) != 0)
		return fail(CODE_FAILED, NULL, "the daemon speaks another language");
	text = strchrnul(code, ' ');
	if (*text)
		*text++ = '\0';
	if (a->c->format == FORMAT_JSON) {
		_cleanup_json_ json_t *row = json_pack("{s:s, s:s}", "result", code, "text", text);

		print_json_row(a->c, row);
		return CODE_NO;
	}
	return fail(CODE_NO, remedy_of(code), "refused: %s (%s)", text, code);
}

static int greet(struct attest *a)
{
	char answer[512];
	int code = say(a, "HELLO", 5);

	if (!code)
		code = hear(a, answer, sizeof(answer));
	if (code)
		return code;
	if (strncmp(answer, "CHALLENGE ", 10) != 0)
		return report(a, answer);
	snprintf(a->challenge, sizeof(a->challenge), "%s", answer + 10);
	return CODE_DONE;
}

/* --- the token */

/* One more byte than may be sent: then it is too large, and the daemon says so. */
static int read_token(struct attest *a, FILE *f, const char *name)
{
	size_t n = fread(a->token, 1, a->token_size - 1, f);

	if (ferror(f))
		return fail(CODE_FAILED, NULL, "cannot read %s: %s", name, strerror(errno));
	while (n && strchr(" \t\r\n", a->token[n - 1]))
		n--;
	a->token[n] = '\0';
	if (!n)
		return fail(CODE_FAILED, NULL, "%s is empty", name);
	return CODE_DONE;
}

static int read_file(struct attest *a, const char *path)
{
	_cleanup_fclose_ FILE *f = strcmp(path, "-") ? fopen(path, "re") : NULL;

	if (strcmp(path, "-") == 0)
		return read_token(a, stdin, "standard input");
	if (!f)
		return fail(CODE_FAILED, NULL, "cannot open %s: %s", path, strerror(errno));
	return read_token(a, f, path);
}

/* With the audience that only this host can have asked for, in its environment. */
static int run_command(struct attest *a, const char *command)
{
	FILE *f;
	int code, status;

	setenv("WHODID_AUDIENCE", a->challenge, 1);
	f = popen(command, "re");
	if (!f)
		return fail(CODE_FAILED, NULL, "cannot run the command: %s", strerror(errno));
	code = read_token(a, f, "the command's output");
	status = pclose(f);
	if (status)
		return fail(CODE_FAILED, NULL, "the command that should print a token failed");
	return code;
}

static int show(struct attest *a)
{
	const struct cli *c = a->c;
	char answer[1024];
	_cleanup_text_ struct text message = {0};
	int code = c->token_file ? read_file(a, c->token_file) : run_command(a, c->token_command);

	if (code)
		return code;
	text_printf(&message, "BIND %s %s ", a->challenge, c->audience ? c->audience : "-");
	text_puts(&message, a->token);
	code = say(a, message.p, message.n);
	explicit_bzero(message.p, message.n);
	if (!code)
		code = hear(a, answer, sizeof(answer));
	return code ? code : report(a, answer);
}

int run_attest(struct cli *c)
{
	char token[ATTEST_TOKEN_MAX + 2];
	struct attest a = {.c = c, .fd = -1, .token = token, .token_size = sizeof(token)};
	int code;

	if (!c->token_file == !c->token_command)
		return fail(CODE_USAGE, NULL,
			    "attest needs a token: --token-file FILE or --token-command COMMAND");
	if (c->audience && (!*c->audience || strpbrk(c->audience, " \t\r\n")))
		return fail(CODE_USAGE, NULL, "--audience: an audience has no blanks");
	code = find_socket(&a);
	if (!code)
		code = call(&a);
	if (!code)
		code = greet(&a);
	if (!code)
		code = show(&a);
	explicit_bzero(token, sizeof(token));
	if (a.fd >= 0)
		close(a.fd);
	return code;
}
