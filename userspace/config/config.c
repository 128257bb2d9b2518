/* SPDX-License-Identifier: Apache-2.0 */
/* config: where settings come from: defaults, the file, its drop-ins, --set. Whole or not at all. */
#include "config/config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/folder.h"
#include "config/setting.h"

#define DROPINS_MAX	256
#define CONFIG_FILE_MAX (1u << 20)
#define ROOT_ORIGIN	"--root"

static char **text_member(const struct setting *set, struct config *c)
{
	return (char **)((char *)c + set->offset);
}

static bool has_text(const struct setting *set)
{
	return set->kind == SETTING_PATH || set->kind == SETTING_NAME || set->kind == SETTING_WORD;
}

static int set_default(const struct setting *set, struct config *c, const char *root)
{
	char want[160], path[PATH_MAX];
	int n, err;

	if (set->kind == SETTING_LIST)
		return 0;
	if (!root || !set->root_name)
		return setting_parse(set, c, str_of(set->value), want, sizeof(want));
	n = snprintf(path, sizeof(path), "%s/%s", root, set->root_name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	err = setting_parse(set, c, str_of(path), want, sizeof(want));
	return err ? err : setting_set_origin(set, c, ROOT_ORIGIN);
}

int config_init(struct config *c, const char *root)
{
	struct config fresh = {0};
	int err = 0;

	for (const struct setting *set = config_settings; !err && set->name; set++)
		err = set_default(set, &fresh, root);
	if (err) {
		config_release(&fresh);
		return err;
	}
	*c = fresh;
	return 0;
}

void config_release(struct config *c)
{
	for (const struct setting *set = config_settings; set->name; set++) {
		if (has_text(set))
			free(*text_member(set, c));
		if (set->kind == SETTING_LIST)
			setting_clear_list(set, c);
		free(c->origins[set - config_settings]);
	}
	*c = (struct config){0};
}

static int copy_setting(const struct setting *set, struct config *to, const struct config *from)
{
	size_t at = (size_t)(set - config_settings);
	char *const *list = (char *const *)((const char *)from + set->offset);
	int err = 0;

	if (from->origins[at])
		err = setting_set_origin(set, to, from->origins[at]);
	if (has_text(set)) {
		*text_member(set, to) = strdup(*list);
		return *text_member(set, to) ? err : -ENOMEM;
	}
	for (size_t i = 0; set->kind == SETTING_LIST && !err && list[i]; i++) {
		text_member(set, to)[i] = strdup(list[i]);
		err = text_member(set, to)[i] ? 0 : -ENOMEM;
	}
	return err;
}

static int copy_config(struct config *out, const struct config *from)
{
	struct config copy = *from;
	int err = 0;

	/* Numbers are there; what is owned is made anew. */
	memset(copy.origins, 0, sizeof(copy.origins));
	for (const struct setting *set = config_settings; set->name; set++) {
		if (has_text(set))
			*text_member(set, &copy) = NULL;
		if (set->kind == SETTING_LIST)
			memset(text_member(set, &copy), 0, sizeof(char *) * CONFIG_LIST_MAX);
	}
	for (const struct setting *set = config_settings; !err && set->name; set++)
		err = copy_setting(set, &copy, from);
	if (err) {
		config_release(&copy);
		return err;
	}
	*out = copy;
	return 0;
}

static int read_one(struct config *c, const char *path, bool must_exist, struct problem *err)
{
	_cleanup_free_ char *text = NULL;
	size_t n;
	int rc = file_read(path, CONFIG_FILE_MAX, &text, &n);

	if (rc == -ENOENT && !must_exist)
		return 0;
	if (rc)
		return problem_at(err, rc, path, 0, 0, "cannot read the settings: %s",
				  strerror(-rc));
	return config_parse_yaml(c, (struct str){text, (uint32_t)n}, path, err);
}

static int read_dropin(void *ctx, const char *path, struct problem *err)
{
	return read_one(ctx, path, true, err);
}

static int read_dropins(struct config *c, const char *path, struct problem *err)
{
	static const char *const suffixes[] = {".yaml", ".yml", NULL};
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%.*sconf.d", slash ? (int)(slash - path) + 1 : 0, path);
	return folder_read(dir, suffixes, DROPINS_MAX, read_dropin, c, err);
}

int config_read(struct config *c, const char *path, bool must_exist, struct problem *err)
{
	struct config next;
	int rc = copy_config(&next, c);

	if (rc)
		return rc;
	rc = read_one(&next, path, must_exist, err);
	if (!rc)
		rc = read_dropins(&next, path, err);
	if (rc) {
		config_release(&next);
		return rc;
	}
	config_release(c);
	*c = next;
	return 0;
}

/* Items of a list are separated by commas; an empty text empties it. */
static int set_list(const struct setting *set, struct config *c, struct str value, char *want,
		    size_t want_size)
{
	int err = 0;

	setting_clear_list(set, c);
	while (!err && value.n) {
		int64_t comma = str_index(value, 0, ',');
		uint32_t n = comma < 0 ? value.n : (uint32_t)comma;

		err = setting_parse(set, c, str_sub(value, 0, n), want, want_size);
		value = str_sub(value, n + 1, value.n);
	}
	return err;
}

static int set_in(struct config *c, const char *assignment, struct problem *err)
{
	const char *equals = strchr(assignment, '=');
	char want[160] = "";
	const struct setting *set;
	struct str name, value;
	int rc;

	if (!equals)
		return problem_set(err, -EINVAL, "--set %s: want KEY=VALUE", assignment);
	name = (struct str){assignment, (uint32_t)(equals - assignment)};
	value = str_of(equals + 1);
	set = setting_find(name);
	if (!set) {
		const char *nearest = setting_nearest(name);

		if (nearest)
			problem_remedy(err, "Did you mean %s?", nearest);
		return problem_set(err, -EINVAL, "--set: unknown setting \"%.*s\"", STR_ARG(name));
	}
	rc = set->kind == SETTING_LIST ? set_list(set, c, value, want, sizeof(want))
				       : setting_parse(set, c, value, want, sizeof(want));
	if (rc == -EINVAL)
		return problem_set(err, rc, "--set: %s is \"%s\", want %s", set->name, equals + 1,
				   want);
	return rc ? rc : setting_set_origin(set, c, "--set");
}

int config_set(struct config *c, const char *assignment, struct problem *err)
{
	struct config next;
	int rc = copy_config(&next, c);

	if (rc)
		return rc;
	rc = set_in(&next, assignment, err);
	if (rc) {
		config_release(&next);
		return rc;
	}
	config_release(c);
	*c = next;
	return 0;
}

bool config_is_default(const struct config *c, const char *name)
{
	const struct setting *set = setting_find(str_of(name));
	const char *origin = set ? c->origins[set - config_settings] : "";

	return !origin || !strcmp(origin, ROOT_ORIGIN);
}

size_t config_needs_restart(const struct config *now, const struct config *next, const char **names,
			    size_t max)
{
	size_t n = 0;

	for (const struct setting *set = config_settings; set->name && n < max; set++)
		if (!set->live && !setting_same(set, now, next))
			names[n++] = set->name;
	return n;
}
