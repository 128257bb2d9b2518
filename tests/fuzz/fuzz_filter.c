/* SPDX-License-Identifier: Apache-2.0 */
/* A filter that somebody types or sends, against one event of each kind. */
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>

#include "event_filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_types(const struct filter *f)
{
	for (unsigned type = 0; type < EVENT_TYPE_MAX; type++) {
		struct event ev = {0};

		ev.what.type = (enum event_type)type;
		ev.what.wall_ns = 1795449739114203911ll;
		ev.what.exec.argv = STR_LIT("a\0b c");
		ev.what.file.path = STR_LIT("/tmp/a b");
		ev.what.net.family = AF_INET;
		ev.who.exe = STR_LIT("/usr/bin/bash");
		ev.who.id.who = STR_LIT("human:maya");
		ev.who.id.via = STR_LIT("ssh,sudo:root");
		ev.who.ancestor_count = 1;
		/* a reader skips by types: what they exclude must not match */
		if (filter_match(f, &ev) && !(filter_types(f) >> type & 1))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problem err = {0};
	struct filter *f = NULL;
	struct str text = {(const char *)data, (uint32_t)size};
	int r = filter_parse(&f, text, &err);

	if (r ? f != NULL || err.text[0] == '\0' : f == NULL)
		abort();
	if (r == 0)
		try_types(f);
	filter_free(f);
	return 0;
}
