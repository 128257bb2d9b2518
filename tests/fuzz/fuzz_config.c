/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes as a settings file. Refused with a place, or taken: then what is printed of it must be read
 * back to the same settings.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/setting.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const struct config *c)
{
	const char *names[CONFIG_SETTINGS_MAX];
	struct config again;
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	config_print(c, out);
	fclose(out);
	if (config_init(&again, NULL) ||
	    config_parse_yaml(&again, (struct str){text, (uint32_t)n}, "printed", NULL) ||
	    config_needs_restart(c, &again, names, CONFIG_SETTINGS_MAX) ||
	    strcmp(c->log_level, again.log_level) || strcmp(c->profiles_dir, again.profiles_dir))
		abort();
	config_release(&again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problem err = {0};
	struct config c;

	if (size > 65536 || config_init(&c, NULL))
		return 0;
	if (!config_parse_yaml(&c, (struct str){(const char *)data, (uint32_t)size}, "fuzz", &err))
		check_round_trip(&c);
	else if (!err.text[0] || !err.line)
		abort();
	config_release(&c);
	return 0;
}
