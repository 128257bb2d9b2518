/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print-document: prints what is made from the tables: the event's JSON Schema, the commented
 * default settings file, the names of the settings.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/setting.h"
#include "event_json.h"

static int print_schema(void)
{
	struct json w;
	int r;

	json_init(&w, 1 << 20);
	event_json_schema(&w);
	r = w.err;
	if (!r)
		printf("%.*s\n", (int)w.len, w.buf);
	json_release(&w);
	return r;
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";
	int r = 0;

	if (!strcmp(what, "schema")) {
		r = print_schema();
	} else if (!strcmp(what, "config")) {
		config_print_default(stdout);
	} else if (!strcmp(what, "settings")) {
		for (const struct setting *s = config_settings; s->name; s++)
			puts(s->name);
	} else {
		fprintf(stderr, "usage: print-document schema|config|settings\n");
		return 2;
	}
	return r || fflush(stdout) ? 1 : 0;
}
