/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/row.h"

#include "base/clock.h"

json_t *row_parse(struct str line)
{
	json_t *j = json_loadb(line.p, line.n, JSON_ALLOW_NUL, NULL);

	if (j && !json_is_object(j)) {
		json_decref(j);
		return NULL;
	}
	return j;
}

const json_t *row_find(const json_t *row, const char *path)
{
	char name[64];

	if (!*path)
		return NULL;
	while (row && *path) {
		size_t n = strcspn(path, ".");

		if (n >= sizeof(name))
			return NULL;
		memcpy(name, path, n);
		name[n] = '\0';
		row = json_object_get(row, name);
		path += n + (path[n] == '.');
	}
	return row;
}

static struct str str_of_json(const json_t *j)
{
	return json_is_string(j)
		       ? (struct str){json_string_value(j), (uint32_t)json_string_length(j)}
		       : STR_NONE;
}

struct str row_str(const json_t *row, const char *path)
{
	return str_of_json(row_find(row, path));
}

bool row_is(const json_t *row, const char *path, const char *word)
{
	struct str s = row_str(row, path);

	return s.p && str_is(s, word);
}

uint64_t row_u64(const json_t *row, const char *path, uint64_t absent)
{
	const json_t *j = row_find(row, path);

	if (json_is_real(j) && json_real_value(j) >= 0)
		return (uint64_t)json_real_value(j);
	return json_is_integer(j) && json_integer_value(j) >= 0 ? (uint64_t)json_integer_value(j)
								: absent;
}

bool row_true(const json_t *row, const char *path)
{
	return json_is_true(row_find(row, path));
}

int64_t row_time(const json_t *row, const char *path)
{
	struct str s = row_str(row, path);
	int64_t ns;

	return s.p && clock_parse(s, &ns) == 0 ? ns : 0;
}

void row_raw_value(struct text *out, const json_t *value, const char *separator)
{
	struct str s = str_of_json(value);
	const json_t *item;
	size_t i;
	char *dump;

	if (s.p) {
		text_add(out, s.p, s.n);
	} else if (json_is_array(value)) {
		json_array_foreach (value, i, item) {
			text_puts(out, i ? separator : "");
			row_raw_value(out, item, separator);
		}
	} else if (value) {
		dump = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_PRESERVE_ORDER);
		text_puts(out, dump ? dump : "");
		free(dump);
	}
}

void row_raw(struct text *out, const json_t *row, const char *path)
{
	row_raw_value(out, row_find(row, path), strstr(path, "argv") ? " " : ",");
}

void row_say(struct text *out, const json_t *row, const char *path)
{
	_cleanup_text_ struct text raw = {0};

	row_raw(&raw, row, path);
	text_say(out, text_str(&raw));
}
