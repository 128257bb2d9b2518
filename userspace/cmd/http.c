/* SPDX-License-Identifier: Apache-2.0 */
/* http: asks the daemon over its unix socket, with libcurl, and splits what comes into lines. */
#include <curl/curl.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/clock.h"
#include "cmd/row.h"
#include "cmd/source.h"

#define LINE_MAX_BYTES (4u << 20)
#define TICK_MS	       100
#define SILENCE_NS     30000000000ull

struct transfer {
	const struct http_request *r;
	CURL *easy;
	struct text rest;  /* a line that has not ended */
	struct text error; /* body of an answer that is no 200 */
	bool stopped, too_long;
	uint64_t heard_ns; /* boot clock, when something came */
};

void http_add_segment(struct text *path, const char *segment)
{
	char *z = curl_easy_escape(NULL, segment, 0);

	text_puts(path, "/");
	text_puts(path, z ? z : "");
	curl_free(z);
}

void http_add_query(struct text *path, const char *name, struct str value)
{
	char *z = value.n ? curl_easy_escape(NULL, value.p, (int)value.n) : NULL;

	text_printf(path, "%s%s=%s", strchr(text_of(path), '?') ? "&" : "?", name, z ? z : "");
	curl_free(z);
}

static int give_line(struct transfer *t, struct str line)
{
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (line.n == 0)
		return 0; /* a heartbeat */
	return t->r->line(t->r->ctx, line);
}

static long answer_code(const struct transfer *t)
{
	long code = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &code);
	return code;
}

/* Returns less than it got to end the transfer. */
static size_t take_bytes(char *p, size_t one, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	size_t at = 0;

	t->heard_ns = clock_boot_ns();
	if (answer_code(t) != 200) {
		if (t->error.n < 65536)
			text_add(&t->error, p, n);
		return n * one;
	}
	while (at < n && !t->stopped) {
		char *end = memchr(p + at, '\n', n - at);
		size_t len = end ? (size_t)(end - (p + at)) : n - at;

		if (t->rest.n + len > LINE_MAX_BYTES) {
			t->too_long = true;
			return 0;
		}
		if (!end || t->rest.n)
			text_add(&t->rest, p + at, len);
		if (end) {
			struct str line = t->rest.n ? text_str(&t->rest)
						    : (struct str){p + at, (uint32_t)len};

			t->stopped = give_line(t, line) != 0;
			text_clear(&t->rest);
		}
		at += len + (end != NULL);
	}
	return t->stopped ? 0 : n * one;
}

static const char *user_name(char *buf, size_t size)
{
	struct passwd pw, *found = NULL;
	static char memory[4096];

	if (getpwuid_r(geteuid(), &pw, memory, sizeof(memory), &found) || !found)
		snprintf(buf, size, "%u", (unsigned)geteuid());
	else
		snprintf(buf, size, "%s", pw.pw_name);
	return buf;
}

static int say_denied(const struct cli *c)
{
	char name[256], remedy[600];

	if (getgrnam("whodid"))
		snprintf(
			remedy, sizeof(remedy),
			"You are not in group whodid. Run: sudo adduser %s whodid (it counts from the next login)",
			user_name(name, sizeof(name)));
	else
		snprintf(
			remedy, sizeof(remedy),
			"There is no group whodid, so only root may look. Run it with sudo, or let "
			"others look:\nsudo groupadd --system whodid, restart whodidd, sudo adduser %s "
			"whodid",
			user_name(name, sizeof(name)));
	return fail(CODE_DENIED, remedy, "cannot reach the daemon at %s: permission denied",
		    c->server);
}

static int say_unreachable(const struct cli *c, int err)
{
	return fail(CODE_UNREACHABLE,
		    "Is whodidd running? Try: sudo systemctl start whodid, or sudo make run in the "
		    "source tree.\nAnother socket: --server SOCKET or WHODID_SERVER.",
		    "cannot reach the daemon at %s: %s", c->server, strerror(err));
}

/* After a connection failed: connects once more, to learn the exact reason. */
static int say_why_not(const struct cli *c, bool quiet)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int err = EAGAIN; /* it does now: it was too busy before */

	strncpy(addr.sun_path, c->server, sizeof(addr.sun_path) - 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		err = errno;
	if (err != EACCES && err != EPERM)
		return quiet ? CODE_UNREACHABLE : say_unreachable(c, err);
	return quiet ? CODE_DENIED : say_denied(c);
}

static int say_http_error(const struct cli *c, const struct transfer *t, long status)
{
	_cleanup_json_ json_t *body = row_parse(text_str(&t->error));
	struct str what = row_str(body, "error.what"), remedy = row_str(body, "error.remedy");
	_cleanup_text_ struct text words = {0}, help = {0};
	enum exit_code code = status == 400   ? CODE_USAGE
			      : status == 403 ? CODE_DENIED
					      : CODE_FAILED;

	if (status == 404 && t->r->missing_ok)
		return CODE_NO;
	if (t->r->quiet)
		return code;
	if (status == 403 && !remedy.n)
		return say_denied(c);
	text_add(&words, what.p, what.n);
	text_add(&help, remedy.p, remedy.n);
	return fail(code, help.n ? help.p : NULL, "%s",
		    words.n ? words.p : "the daemon refused, without saying why");
}

static int say_curl_error(const struct cli *c, const struct transfer *t, CURLcode result)
{
	uint64_t wait_ns = t->r->endless ? SILENCE_NS : c->timeout_ns;
	char wait[32];

	if (result == CURLE_COULDNT_CONNECT)
		return say_why_not(c, t->r->quiet);
	if (t->r->quiet)
		return CODE_UNREACHABLE;
	if (t->too_long)
		return fail(CODE_FAILED, NULL, "the daemon sent a line of more than %u bytes",
			    LINE_MAX_BYTES);
	snprintf(wait, sizeof(wait), "%.1f s", (double)wait_ns / 1e9);
	if (result == CURLE_OPERATION_TIMEDOUT)
		return fail(CODE_UNREACHABLE,
			    t->r->endless ? "Does it hang? See: whodid status"
					  : "Wait longer: --timeout 60s",
			    "the daemon at %s did not answer within %s", c->server, wait);
	return fail(CODE_UNREACHABLE, "Did whodidd stop? See: whodid status",
		    "lost the daemon at %s: %s", c->server, curl_easy_strerror(result));
}

static void set_up(const struct cli *c, struct transfer *t)
{
	_cleanup_text_ struct text url = {0};
	long timeout_ms = (long)(c->timeout_ns / 1000000u);

	text_printf(&url, "http://localhost%s", t->r->path);
	curl_easy_setopt(t->easy, CURLOPT_URL, url.p);
	curl_easy_setopt(t->easy, CURLOPT_UNIX_SOCKET_PATH, c->server);
	curl_easy_setopt(t->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http");
	curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
	curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
	/* a quiet stream is far below one byte a second: see is_silent() */
	if (!t->r->endless) {
		curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
		curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_TIME, timeout_ms / 1000 + 1);
	}
}

/* A stream sends at least a blank line every 5 s; silence means a daemon that hangs. */
static bool is_silent(const struct transfer *t)
{
	return t->r->endless && clock_boot_ns() - t->heard_ns > SILENCE_NS;
}

static CURLcode run(CURLM *multi, struct transfer *t)
{
	/* what is asked after Ctrl-C, as the totals at the end of watch, is still answered */
	bool before = terminal_interrupted();
	int running = 1, left;

	while (running) {
		CURLMsg *message;

		if (curl_multi_perform(multi, &running) != CURLM_OK)
			return CURLE_RECV_ERROR;
		if (t->r->endless && t->r->tick)
			t->r->tick(t->r->ctx);
		message = curl_multi_info_read(multi, &left);
		if (message && message->msg == CURLMSG_DONE)
			return message->data.result;
		if ((terminal_interrupted() && !before) ||
		    (t->r->until_ns && (int64_t)clock_boot_ns() >= t->r->until_ns)) {
			t->stopped = true;
			return CURLE_OK;
		}
		if (is_silent(t))
			return CURLE_OPERATION_TIMEDOUT;
		curl_multi_poll(multi, NULL, 0, TICK_MS, NULL);
	}
	return CURLE_OK;
}

int http_get(const struct cli *c, const struct http_request *r)
{
	struct transfer t = {.r = r, .heard_ns = clock_boot_ns()};
	CURLcode result;
	CURLM *multi;
	long status;
	int code = CODE_DONE;

	if (strlen(c->server) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return fail(CODE_USAGE, NULL, "the path of a socket has at most 107 bytes: %s",
			    c->server);
	if (c->verbose)
		talk(c, "GET %s from %s", r->path, c->server);
	multi = curl_multi_init();
	t.easy = curl_easy_init();
	if (!multi || !t.easy)
		return fail(CODE_FAILED, NULL, "out of memory");
	set_up(c, &t);
	curl_multi_add_handle(multi, t.easy);
	result = run(multi, &t);
	status = answer_code(&t);
	if (t.stopped)
		code = CODE_DONE;
	else if (status != 0 && status != 200)
		code = say_http_error(c, &t, status);
	else if (result != CURLE_OK)
		code = say_curl_error(c, &t, result);
	else if (t.rest.n)
		give_line(&t, text_str(&t.rest));
	curl_multi_remove_handle(multi, t.easy);
	curl_easy_cleanup(t.easy);
	curl_multi_cleanup(multi);
	text_release(&t.rest);
	text_release(&t.error);
	return code;
}
