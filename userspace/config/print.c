/* SPDX-License-Identifier: Apache-2.0 */
/* print: settings as YAML that the reader takes back: what is in force, and the commented default file. */
#include <stdio.h>

#include "base/cleanup.h"
#include "config/setting.h"

static void print_text(FILE *out, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/";

	if (*text && strchr(plain, text[0]) &&
	    strspn(text, "abcdefghijklmnopqrstuvwxyz"
			 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789/._-") == strlen(text)) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void print_list(FILE *out, char *const *list)
{
	fputc('[', out);
	for (size_t i = 0; list[i]; i++) {
		if (i)
			fputs(", ", out);
		print_text(out, list[i]);
	}
	fputc(']', out);
}

static void print_value(FILE *out, const struct setting *set, const struct config *c)
{
	const void *member = (const char *)c + set->offset;

	switch (set->kind) {
	case SETTING_NUMBER:
		fprintf(out, "%llu", (unsigned long long)*(const uint64_t *)member);
		break;
	case SETTING_BOOL:
		fputs(*(const bool *)member ? "true" : "false", out);
		break;
	case SETTING_PATH:
	case SETTING_NAME:
	case SETTING_WORD:
		print_text(out, *(char *const *)member);
		break;
	case SETTING_LIST:
		print_list(out, member);
		break;
	}
}

/* Length of "sensor" in "sensor.ring_kib". */
static int group_length(const char *name)
{
	return (int)(strchr(name, '.') - name);
}

static bool opens_group(const struct setting *set)
{
	int n = group_length(set->name);

	return set == config_settings || strncmp(set[-1].name, set->name, (size_t)n + 1) != 0;
}

void config_print(const struct config *c, FILE *out)
{
	for (const struct setting *set = config_settings; set->name; set++) {
		const char *origin = c->origins[set - config_settings];
		int n = group_length(set->name);

		if (opens_group(set))
			fprintf(out, "%.*s:\n", n, set->name);
		fprintf(out, "  %s: ", set->name + n + 1);
		print_value(out, set, c);
		fprintf(out, "  # %s\n", origin ? origin : "default");
	}
}

static void print_limits(FILE *out, const struct setting *set)
{
	if (set->kind == SETTING_NUMBER)
		fprintf(out, " %llu to %llu.", (unsigned long long)set->min,
			(unsigned long long)set->max);
	if (set->kind == SETTING_WORD)
		fprintf(out, " One of: %s.", set->words);
	if (set->kind == SETTING_LIST && set->words && strcmp(set->words, ADDRESSES) == 0)
		fputs(" A list: [192.0.2.53, 2001:db8::53].", out);
	else if (set->kind == SETTING_LIST && set->words)
		fprintf(out, " A list: [%.*s=/usr/local/bin/a]. One of: %s.",
			(int)strcspn(set->words, " "), set->words, set->words);
	else if (set->kind == SETTING_LIST)
		fputs(" A list of paths: [/usr/local/bin/a, /usr/local/bin/b].", out);
}

void config_print_default(FILE *out)
{
	struct config c;

	if (config_init(&c, NULL))
		return;
	fputs("# Settings of whodidd. Every line shows the default: uncomment what you change.\n"
	      "# whodidd -t checks this file, whodidd -T shows what is in force and why.\n"
	      "# Drop-ins: conf.d/*.yaml beside this file, read in the order of their names.\n",
	      out);
	for (const struct setting *set = config_settings; set->name; set++) {
		int n = group_length(set->name);

		if (opens_group(set))
			fprintf(out, "\n%.*s:\n", n, set->name);
		fprintf(out, "  # %s", set->help);
		print_limits(out, set);
		fprintf(out, "\n  #%s: ", set->name + n + 1);
		print_value(out, set, &c);
		fputc('\n', out);
	}
	config_release(&c);
}
