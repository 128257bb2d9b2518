/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/count.h"

#include "base/clock.h"
#include "base/hash.h"
#include "cmd/printer.h"
#include "cmd/view.h"
#include "event_fields.h"

#define KEYS_MAX 8

struct group {
	char *key; /* values, each with its NUL; raw */
	size_t key_size;
	uint64_t hash, acts;
	int64_t first_ns, last_ns;
};

struct counting {
	char *fields[KEYS_MAX];	     /* as asked for */
	const char *paths[KEYS_MAX]; /* NULL = the destination */
	size_t field_count;
	struct group *groups;
	size_t group_count, room;
	uint32_t *index;   /* open addressing; number of the group + 1 */
	size_t index_size; /* a power of two */
};

static int add_field(struct counting *k, const char *name, size_t n)
{
	const struct field *f = field_find((struct str){name, (uint32_t)n});
	bool is_dst = n == 3 && memcmp(name, "dst", 3) == 0;
	const char *near;

	if (k->field_count == KEYS_MAX)
		return fail(CODE_USAGE, NULL, "--count-by: at most %d fields", KEYS_MAX);
	if (!is_dst && (!f || (f->use & FIELD_NO_JSON))) {
		near = field_nearest((struct str){name, (uint32_t)n});
		return fail(CODE_USAGE, "All fields: man 7 whodid-events",
			    "--count-by: there is no field \"%.*s\"%s%s", (int)n, name,
			    near ? "; did you mean " : "", near ? near : "");
	}
	k->fields[k->field_count] = strndup(name, n);
	k->paths[k->field_count++] = is_dst ? NULL : f->name;
	return CODE_DONE;
}

int count_new(struct counting **out, const char *fields)
{
	struct counting *k = calloc(1, sizeof(*k));
	int code;

	if (!k)
		return fail(CODE_FAILED, NULL, "out of memory");
	do {
		size_t n = strcspn(fields, ",");

		code = add_field(k, fields, n);
		fields += n + (fields[n] == ',');
	} while (*fields && code == CODE_DONE);
	if (code)
		count_free(k);
	else
		*out = k;
	return code;
}

void count_free(struct counting *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->group_count; i++)
		free(k->groups[i].key);
	for (size_t i = 0; i < k->field_count; i++)
		free(k->fields[i]);
	free(k->groups);
	free(k->index);
	free(k);
}

static void *need(void *p)
{
	if (!p)
		exit(fail(CODE_FAILED, "Ask for a shorter period.", "out of memory"));
	return p;
}

static uint32_t *slot_of(const struct counting *k, uint64_t hash, const char *key, size_t size)
{
	for (size_t i = hash & (k->index_size - 1);; i = (i + 1) & (k->index_size - 1)) {
		const struct group *g = k->index[i] ? &k->groups[k->index[i] - 1] : NULL;

		if (!g ||
		    (g->hash == hash && g->key_size == size && memcmp(g->key, key, size) == 0))
			return &k->index[i];
	}
}

static void grow(struct counting *k)
{
	if (k->group_count * 2 < k->index_size)
		return;
	free(k->index);
	k->index_size = k->index_size ? k->index_size * 2 : 256;
	k->index = need(calloc(k->index_size, sizeof(*k->index)));
	for (size_t i = 0; i < k->group_count; i++)
		*slot_of(k, k->groups[i].hash, k->groups[i].key, k->groups[i].key_size) =
			(uint32_t)i + 1;
}

static struct group *find_group(struct counting *k, const char *key, size_t size)
{
	uint64_t hash = hash_bytes(key, size);
	uint32_t *slot;

	grow(k);
	slot = slot_of(k, hash, key, size);
	if (*slot)
		return &k->groups[*slot - 1];
	if (k->group_count == k->room) {
		k->room = k->room ? k->room * 2 : 64;
		k->groups = need(reallocarray(k->groups, k->room, sizeof(*k->groups)));
	}
	*slot = (uint32_t)++k->group_count;
	k->groups[*slot - 1] =
		(struct group){.key = need(malloc(size)), .key_size = size, .hash = hash};
	memcpy(k->groups[*slot - 1].key, key, size);
	return &k->groups[*slot - 1];
}

void count_event(struct counting *k, const json_t *row)
{
	_cleanup_text_ struct text key = {0};
	int64_t first = row_time(row, "first_time"), last = row_time(row, "last_time");
	int64_t time = row_time(row, "time");
	struct group *g;
	size_t i = 0;

	do { /* count_new() never leaves it without a field */
		size_t start = key.n;

		if (k->paths[i])
			row_raw(&key, row, k->paths[i]);
		else
			view_destination_raw(&key, row);
		for (char *nul; key.n > start && (nul = memchr(key.p + start, 0, key.n - start));)
			*nul = '\1'; /* a NUL ends a value in the key */
		text_add(&key, "", 1);
	} while (++i < k->field_count);
	g = find_group(k, key.p, key.n);
	g->acts += row_u64(row, "count", 1);
	if (!g->first_ns || (first ? first : time) < g->first_ns)
		g->first_ns = first ? first : time;
	if ((last ? last : time) > g->last_ns)
		g->last_ns = last ? last : time;
}

static int by_count(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	size_t shorter = x->key_size < y->key_size ? x->key_size : y->key_size;

	if (x->acts != y->acts)
		return x->acts < y->acts ? 1 : -1;
	return memcmp(x->key, y->key, shorter);
}

static void print_json(const struct counting *k, const struct cli *c, const struct group *g)
{
	_cleanup_json_ json_t *row = json_object();
	const char *value = g->key;
	char time[31];
	char *line;

	json_object_set_new(row, "count", json_integer((json_int_t)g->acts));
	for (size_t i = 0; i < k->field_count; i++, value += strlen(value) + 1)
		json_object_set_new(row, k->fields[i], json_string(value));
	clock_rfc3339(time, g->first_ns);
	json_object_set_new(row, "first_time", json_string(time));
	clock_rfc3339(time, g->last_ns);
	json_object_set_new(row, "last_time", json_string(time));
	line = json_dumps(row, JSON_COMPACT);
	if (line)
		print_json_line(c, str_of(line), row);
	free(line);
}

static void print_separated(const struct counting *k, const struct cli *c, const struct group *g)
{
	void (*add)(struct text *, struct str) = c->format == FORMAT_CSV ? csv_add : tsv_add;
	const char *comma = c->format == FORMAT_CSV ? "," : "\t", *value = g->key;
	_cleanup_text_ struct text line = {0};

	text_printf(&line, "%llu", (unsigned long long)g->acts);
	for (size_t i = 0; i < k->field_count; i++, value += strlen(value) + 1) {
		text_puts(&line, comma);
		add(&line, str_of(value));
	}
	terminal_line(&line);
}

static void add_row(const struct counting *k, const struct cli *c, struct table *t,
		    const struct group *g)
{
	_cleanup_text_ struct text count = {0}, first = {0}, last = {0};
	const char *value = g->key;

	text_printf(&count, "%llu", (unsigned long long)g->acts);
	table_cell(t, COLOR_NONE, &count);
	for (size_t i = 0; i < k->field_count; i++, value += strlen(value) + 1) {
		_cleanup_text_ struct text cell = {0};

		if (*value)
			text_say_name(&cell, str_of(value));
		table_cell_z(t, COLOR_NONE, cell.n ? cell.p : "-");
	}
	view_time(&first, c, g->first_ns, "%m-%d %H:%M", 0);
	view_time(&last, c, g->last_ns, "%m-%d %H:%M", 0);
	table_cell(t, COLOR_NONE, &first);
	table_cell(t, COLOR_NONE, &last);
	table_row(t, NULL);
}

static void start_table(const struct counting *k, const struct cli *c, struct table *t,
			char titles[][64])
{
	struct column columns[KEYS_MAX + 3] = {{"COUNT", COLUMN_NUMBER, 5, 0}};
	size_t n = 1;

	for (size_t i = 0; i < k->field_count; i++) {
		bool is_who = strcmp(k->fields[i], "who") == 0;

		snprintf(titles[i], 64, "%s", k->fields[i]);
		for (char *p = titles[i]; *p; p++)
			*p = *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
		columns[n++] = (struct column){titles[i], is_who ? COLUMN_TEXT : COLUMN_PATH, 8, 0};
	}
	columns[n++] = (struct column){"FIRST", COLUMN_TEXT, 11, 2};
	columns[n++] = (struct column){"LAST", COLUMN_TEXT, 11, 1};
	table_init(t, &c->term, columns, n, !c->no_headers, false);
}

size_t count_print(struct counting *k, const struct cli *c)
{
	bool table = c->format == FORMAT_TABLE || c->format == FORMAT_WIDE;
	char titles[KEYS_MAX][64];
	struct table t = {0};

	if (k->group_count)
		qsort(k->groups, k->group_count, sizeof(*k->groups), by_count);
	if (table)
		start_table(k, c, &t, titles);
	for (size_t i = 0; i < k->group_count && (!c->top || i < c->top); i++) {
		if (table)
			add_row(k, c, &t, &k->groups[i]);
		else if (c->format == FORMAT_JSON)
			print_json(k, c, &k->groups[i]);
		else
			print_separated(k, c, &k->groups[i]);
	}
	if (table)
		table_end(&t);
	table_release(&t);
	return k->group_count;
}
