/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/view.h"
#include "cmd/watch.h"

/* The directory of what was touched, the program of what was executed, else nothing. */
static void say_where(struct text *out, const json_t *row)
{
	struct str path = row_str(row, "file.path");

	if (path.p) {
		struct str name = view_base_name(path);

		text_say_name(out, str_sub(path, 0, path.n - name.n));
	} else if (row_find(row, "network.dst.ip")) {
		row_say(out, row, "network.dst.ip");
	} else {
		row_say(out, row, "process.exe");
	}
}

static bool is_foldable(const json_t *row)
{
	struct str type = row_str(row, "type");

	return !*view_mark(row) && !row_find(row, "anomaly_id") &&
	       (str_is(type, "exec") || str_is(type, "exit") || str_is(type, "fork") ||
		str_starts(type, "file.") || str_starts(type, "net."));
}

static void count_group(struct folding *f, const json_t *row)
{
	_cleanup_text_ struct text type = {0}, who = {0}, where = {0};
	uint64_t count = row_u64(row, "count", 1);

	view_type(&type, row);
	view_who(&who, row);
	say_where(&where, row);
	for (size_t i = 0; i < f->group_count; i++) {
		struct fold_group *g = &f->groups[i];

		if (strcmp(g->type, text_of(&type)) == 0 && strcmp(g->who, text_of(&who)) == 0 &&
		    strcmp(g->where, text_of(&where)) == 0) {
			g->count += count;
			return;
		}
	}
	if (f->group_count == FOLD_GROUPS) {
		f->others += count;
		return;
	}
	f->groups[f->group_count++] = (struct fold_group){
		strdup(text_of(&type)), strdup(text_of(&who)), strdup(text_of(&where)), count};
}

bool fold_take(struct folding *f, int64_t second, const json_t *row)
{
	if (second != f->second && f->group_count == 0) {
		f->second = second;
		f->lines = 0;
	}
	if (f->lines < FOLD_LINES_PER_S || !is_foldable(row)) {
		f->lines++;
		return false;
	}
	count_group(f, row);
	return true;
}

bool fold_is_due(const struct folding *f, int64_t second)
{
	return f->group_count > 0 && second != f->second;
}

void fold_clear(struct folding *f, int64_t second)
{
	for (size_t i = 0; i < f->group_count; i++) {
		free(f->groups[i].type);
		free(f->groups[i].who);
		free(f->groups[i].where);
	}
	*f = (struct folding){.second = second};
}
