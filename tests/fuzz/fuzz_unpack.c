/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packed events of a store that came from elsewhere: unpacked, printed, matched, and packed again,
 * which must give the same event back.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/json.h"
#include "event_fields.h"
#include "event_filter.h"
#include "event_json.h"
#include "event_pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t again[EVENT_PACKED_MAX];

static void use(const struct event *ev)
{
	static const struct host host = {"host", "b1946ac9-2d2e-4a8f-9f0c-3a1b5c7d9e11", ""};
	static struct filter *filter;
	struct json w;
	char text[64];

	if (!filter)
		filter_parse(&filter,
			     STR_LIT("exe!=x argv!=\"a b\" via!=x ancestor!=x dst!=10.0.0.0/8"),
			     NULL);
	filter_match(filter, ev);
	for (const struct field *f = event_fields; f->name; f++)
		field_text(f, ev, text, sizeof(text));
	json_init(&w, 8u << 20);
	event_json_write(&w, &host, ev);
	if (w.err)
		abort();
	json_release(&w);
}

/* What the type does not have is not packed again. */
static bool is_same(const struct event *a, const struct event *b)
{
	if (a->what.type != b->what.type || a->what.seq != b->what.seq ||
	    a->what.boot_ns != b->what.boot_ns)
		return false;
	return a->what.type != EVENT_EXEC ||
	       (a->what.pid == b->what.pid && a->what.tid == b->what.tid &&
		a->who.parent.pid == b->who.parent.pid && str_equal(a->who.exe, b->who.exe) &&
		str_equal(a->what.exec.cwd, b->what.exec.cwd));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	while (size) {
		struct event ev, same;
		int n = event_unpack(&ev, data, size), m;

		if (n <= 0 || (size_t)n > size)
			break;
		use(&ev);
		m = event_pack(&ev, again, sizeof(again));
		if (m > 0 && (event_unpack(&same, again, (size_t)m) != m || !is_same(&ev, &same)))
			abort();
		data += n;
		size -= (size_t)n;
	}
	return 0;
}
