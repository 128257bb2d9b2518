/* SPDX-License-Identifier: Apache-2.0 */
/* Tables fit their width; what may not be cut is whole in them; colour is decided as written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/table.c"
#include "cmd/terminal.c"
#include "cmd/text.c"

/* Runs print(ctx) with standard output going to memory; the caller frees. */
static char *captured(void (*print)(void *ctx), void *ctx)
{
	char path[] = "/tmp/whodid-table.XXXXXX", *z;
	int file = mkstemp(path), keep;
	off_t size;

	assert_true(file >= 0);
	unlink(path);
	fflush(stdout);
	keep = dup(STDOUT_FILENO);
	dup2(file, STDOUT_FILENO);
	print(ctx);
	fflush(stdout);
	dup2(keep, STDOUT_FILENO);
	close(keep);
	size = lseek(file, 0, SEEK_END);
	z = calloc(1, (size_t)size + 1);
	assert_non_null(z);
	assert_int_equal(pread(file, z, (size_t)size, 0), size);
	close(file);
	return z;
}

static const struct column columns[] = {{"TIME", COLUMN_TEXT, 10, 0},
					{"WHO", COLUMN_TEXT, 18, 0},
					{"COUNT", COLUMN_NUMBER, 5, 0},
					{"WHAT", COLUMN_PATH, 24, 0},
					{"EXTRA", COLUMN_TEXT, 10, 1}};

struct sample {
	struct terminal term;
	bool stream;
	char who[400], path[400], note[200];
};

static void print_sample(void *ctx)
{
	const struct sample *s = ctx;
	struct table t;

	table_init(&t, &s->term, columns, ARRAY_SIZE(columns), true, s->stream);
	t.note_column = 1;
	for (int i = 0; i < 3; i++) {
		table_cell_z(&t, COLOR_NONE, "17:02:19 !");
		table_cell_z(&t, COLOR_NONE, i == 1 ? s->who : "unit:a");
		table_cell_z(&t, COLOR_NONE, "1234567");
		table_cell_z(&t, COLOR_NONE, i == 1 ? s->path : "/x");
		table_cell_z(&t, COLOR_NONE, "extra");
		table_row(&t, i == 1 ? s->note : NULL);
	}
	table_end(&t);
	table_release(&t);
}

static void fill(char *out, size_t n, const char *with)
{
	size_t len = strlen(with);

	for (size_t i = 0; i < n; i++)
		out[i] = with[i % len];
	out[n] = '\0';
}

static size_t widest(const char *z)
{
	size_t most = 0;

	while (*z) {
		_cleanup_text_ struct text line = {0};
		size_t n = strcspn(z, "\n");

		text_add(&line, z, n);
		if (text_width(line.p) > most)
			most = text_width(line.p);
		z += n + (z[n] == '\n');
	}
	return most;
}

static void test_fits(void **state)
{
	static const unsigned widths[] = {60, 80, 100, 160};

	(void)state;
	for (size_t w = 0; w < ARRAY_SIZE(widths); w++)
		for (size_t who = 0; who < 399; who += 7)
			for (int stream = 0; stream < 2; stream++) {
				struct sample s = {.term = {.is_tty = true, .width = widths[w]},
						   .stream = stream};
				char *out;

				fill(s.who, who, "ci:github/acme/");
				fill(s.path, (who * 13) % 399, "/dir/ectory");
				fill(s.note, 150, "words of a note ");
				out = captured(print_sample, &s);
				assert_true(widest(out) <= widths[w]);
				assert_non_null(strstr(out, "1234567"));
				assert_non_null(strstr(out, "17:02:19 !"));
				free(out);
			}
}

/* Every character of an identity is somewhere, in order, however narrow it is. */
static void test_identity_is_never_cut(void **state)
{
	struct sample s = {.term = {.is_tty = true, .width = 80}};
	const char *want = s.who;
	char *out;

	(void)state;
	fill(s.who, 200, "ABCDEFGHIJKLMNOPQRSTUVW");
	strcpy(s.path, "/x");
	out = captured(print_sample, &s);
	for (const char *p = strchr(out, '\n'); *p && *want; p++)
		want += *p == *want;
	assert_string_equal(want, "");
	assert_null(strstr(out, "…"));
	free(out);
}

static void test_no_terminal_cuts_nothing(void **state)
{
	struct sample s = {.term = {.width = 0}};
	char *out;

	(void)state;
	fill(s.who, 300, "who/");
	fill(s.path, 390, "/path");
	out = captured(print_sample, &s);
	assert_non_null(strstr(out, s.who));
	assert_non_null(strstr(out, s.path));
	assert_null(strchr(out, '\033'));
	free(out);
}

static void test_optional_columns_go_first(void **state)
{
	struct sample s = {.term = {.is_tty = true, .width = 80}};
	char *out;

	(void)state;
	fill(s.who, 30, "who");
	fill(s.path, 40, "/path");
	out = captured(print_sample, &s);
	assert_null(strstr(out, "EXTRA"));
	assert_non_null(strstr(out, s.who));
	free(out);
	s.term.width = 160;
	out = captured(print_sample, &s);
	assert_non_null(strstr(out, "EXTRA"));
	assert_non_null(strstr(out, s.path));
	free(out);
}

static void test_color(void **state)
{
	static const struct {
		enum color_mode mode;
		bool tty;
		const char *no_color, *term, *force;
		bool want;
	} cases[] = {
		{COLOR_AUTO, true, NULL, "xterm", NULL, true},
		{COLOR_AUTO, false, NULL, "xterm", NULL, false},
		{COLOR_AUTO, true, "1", "xterm", NULL, false},
		{COLOR_AUTO, true, "", "xterm", NULL, true},
		{COLOR_AUTO, true, NULL, "dumb", NULL, false},
		{COLOR_AUTO, false, NULL, "xterm", "1", true},
		{COLOR_AUTO, false, NULL, "xterm", "0", false},
		{COLOR_AUTO, true, "1", "xterm", "1", false},
		{COLOR_AUTO, true, NULL, NULL, NULL, true},
		{COLOR_ALWAYS, false, "1", "dumb", NULL, true},
		{COLOR_NEVER, true, NULL, "xterm", "1", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(terminal_wants_color(cases[i].mode, cases[i].tty,
						      cases[i].no_color, cases[i].term,
						      cases[i].force),
				 cases[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_identity_is_never_cut),
		cmocka_unit_test(test_no_terminal_cuts_nothing),
		cmocka_unit_test(test_optional_columns_go_first),
		cmocka_unit_test(test_color),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
