/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes as a recording's records, through decode and identity. Whatever they are: no crash, every text
 * of the event within its record or table, and an identity that is said or said to be unknown.
 */
#include <stdint.h>
#include <stdlib.h>

#include "bpf/event.h"
#include "decode/decode.h"
#include "identity/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint64_t sink;

static void touch(struct str s)
{
	for (uint32_t i = 0; i < s.n; i++)
		sink += (uint8_t)s.p[i];
}

static void touch_what(const struct event_what *w)
{
	const struct str texts[] = {w->comm,	      w->exec.exe,	  w->exec.filename,
				    w->exec.cwd,      w->exec.argv,	  w->file.path,
				    w->file.old_path, w->file.op,	  w->file.flags,
				    w->crossing.exe,  w->crossing.cgroup, w->loss.stage,
				    w->crossing.cwd,  w->crossing.argv,	  w->crossing.environ,
				    w->packet.bytes,  w->net.path,	  w->target.exe};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		touch(texts[i]);
	for (size_t i = 0; w->loss.by_type && i < EVENT_TYPE_MAX; i++)
		sink += w->loss.by_type[i];
}

static void touch_who(const struct event_who *w)
{
	const struct str texts[] = {w->id.who,		 w->id.kind,
				    w->id.via,		 w->id.as,
				    w->id.session,	 w->id.person,
				    w->id.cgroup,	 w->id.unit,
				    w->id.container_id,	 w->id.container_runtime,
				    w->id.reason,	 w->exe,
				    w->user_name,	 w->parent.exe,
				    w->id.ci.repository, w->id.ci.repository_id,
				    w->id.ci.workflow,	 w->id.ci.job,
				    w->id.ci.run_id,	 w->id.ci.step,
				    w->id.ci.actor,	 w->id.ci.ref,
				    w->id.ci.sha,	 w->id.ci.event,
				    w->id.ci.runner};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		touch(texts[i]);
	if (w->ancestor_count > ANCESTORS_MAX)
		abort();
	for (uint32_t i = 0; i < w->ancestor_count; i++)
		touch(w->ancestors[i].exe);
}

static void check(const struct event *ev)
{
	if (ev->what.type < EVENT_LOSS && (ev->who.id.who.n == 0 || ev->who.id.kind.n == 0))
		abort();
	if (str_is(ev->who.id.kind, "anon") && ev->who.id.reason.n == 0)
		abort();
	if (ev->what.count == 0)
		abort();
}

/* Each record in aligned memory of its own size. Returns what it took, 0 at the end. */
static size_t run_record(struct decoder *d, struct identity_table *t, const uint8_t *data,
			 size_t size)
{
	struct record_header h;
	struct event ev;
	void *record;
	size_t take;

	if (size < sizeof(h))
		return 0;
	memcpy(&h, data, sizeof(h));
	take = h.size >= sizeof(h) && h.size <= size ? h.size : size;
	record = malloc(take);
	if (!record)
		abort();
	memcpy(record, data, take);
	if (decode_record(d, record, take, &ev) == 1) {
		identity_attach(t, &ev);
		touch_what(&ev.what);
		touch_who(&ev.who);
		check(&ev);
	}
	free(record);
	return take;
}

static void explain(const struct identity_table *t)
{
	static const struct host host = {.boot_id = "00000000"};
	struct json w;

	json_init(&w, 4u << 20);
	identity_list_processes(t, &host, &w);
	(void)identity_explain(t, &host, STR_LIT("800"), &w, NULL);
	(void)identity_explain(t, &host, STR_LIT("b17"), &w, NULL);
	json_release(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct decoder decoder;
	const struct identity_options opt = {
		.boundaries_max = 16, .processes_max = 32, .passwd_path = "/dev/null"};
	struct identity_table *t = NULL;
	size_t at = size < sizeof(struct recording_header) ? size : sizeof(struct recording_header);
	size_t took;

	if (identity_new(&t, &opt) != 0)
		abort();
	do {
		took = run_record(&decoder, t, data + at, size - at);
		at += took;
	} while (took);
	explain(t);
	identity_free(t);
	return 0;
}
