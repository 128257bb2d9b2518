/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles from anywhere: a text is refused with a place, or becomes a set that decides, lists and
 * is freed. What is decided once is decided the same again.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/log.h"
#include "profile/set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct event act_of(unsigned i)
{
	static const char *const paths[] = {
		"/usr/bin/git", "/proc/1/mem", "/home/maya/x", "/srv/w/a/b/c/d.e", "/",
		"relative",	"/a{b"};
	static const char *const whos[] = {"ci:github/acme/app/build", "human:maya",
					   "unit:x.service", "sa:ns/name", "anon:orphan"};
	static const enum event_type types[] = {
		EVENT_EXEC,	  EVENT_FILE_READ,   EVENT_FILE_WRITE, EVENT_FILE_RENAME,
		EVENT_FILE_CHMOD, EVENT_NET_CONNECT, EVENT_CRED_BECOME};
	struct event ev = {0};

	ev.what.type = types[i % 7];
	ev.what.wall_ns = 1795449739000000000ll;
	ev.what.exec.exe = ev.what.file.path = ev.who.exe = str_of(paths[i / 7 % 7]);
	ev.what.exec.filename = ev.what.file.old_path = str_of(paths[i / 5 % 7]);
	ev.what.exec.argv = (struct str){"x\0--y", 5};
	ev.what.net.family = i % 2 ? AF_INET : AF_INET6;
	ev.what.net.dst_port = (uint16_t)(443 * i);
	ev.who.id.who = str_of(whos[i / 3 % 5]);
	ev.who.id.via = STR_LIT("ssh,sudo:root");
	ev.who.id.who_level = ASSURANCE_KERNEL;
	return ev;
}

static void use(struct profile_set *p)
{
	struct json w;

	for (unsigned i = 0; i < 105; i++) {
		struct event once = act_of(i), again = act_of(i);

		profile_decide(p, &once);
		profile_decide(p, &again);
		if (once.verdict.value != again.verdict.value ||
		    once.verdict.rule.p != again.verdict.rule.p)
			abort();
	}
	json_init(&w, 1 << 20);
	profile_list(p, &w);
	json_release(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problem err = {0};
	struct profile_set *p = NULL;

	log_set_level(LOG_LEVEL_ERROR);
	if (size > 1 << 20)
		return 0;
	if (profile_parse(&p, (struct str){(const char *)data, (uint32_t)size}, "fuzz", &err)) {
		if (p || !err.text[0])
			abort();
		return 0;
	}
	use(p);
	profile_free(p);
	return 0;
}
