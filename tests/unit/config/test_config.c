/* SPDX-License-Identifier: Apache-2.0 */
/* Settings as a person meets them: files with mistakes, drop-ins, --set, and what -T prints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "config/config.h"

static char dir[64];

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/whodid-config.XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char cmd[128];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int read_text(struct config *c, const char *text, struct problem *err)
{
	char path[256];

	put("whodid.yaml", text);
	snprintf(path, sizeof(path), "%s/whodid.yaml", dir);
	return config_read(c, path, true, err);
}

static const struct {
	const char *text;
	unsigned line, column;
	const char *says, *remedy;
} mistakes[] = {
	{"sensor:\n  ring_kib: 100\n  rng_kib: 5\n", 3, 3, "unknown setting \"sensor.rng_kib\"",
	 "sensor.ring_kib"},
	{"sensor.poll_mss: 5\n", 1, 1, "unknown setting", "sensor.poll_ms"},
	{"store:\n  ring_kib: 100\n", 2, 3, "unknown setting", "ring_kib"},
	{"nonsense: 1\n", 1, 1, "unknown setting \"nonsense\"", "--print-default-config"},
	{"sensor:\n  ring_kib: 63\n", 2, 13, "number from 64 to 1048576", ""},
	{"sensor:\n  ring_kib: -1\n", 2, 13, "number from 64", ""},
	{"sensor:\n  ring_kib: 99999999999999999999999\n", 2, 13, "number from 64", ""},
	{"sensor:\n  ring_kib: [1]\n", 2, 13, "needs a value", ""},
	{"sensor:\n  ring_kib:\n", 2, 12, "needs a value", ""},
	{"sensor: 5\n", 1, 9, "holds settings", ""},
	{"sensor:\n  sensor:\n    ring_kib: 100\n", 2, 3, "unknown setting", ""},
	{"sensor:\n  fold: maybe\n", 2, 9, "true or false", ""},
	{"sensor:\n  hooks: kprobe\n", 2, 10, "auto lsm fentry tracepoint", ""},
	{"store:\n  dir: relative/path\n", 2, 8, "an absolute path", ""},
	{"store:\n  dir: \"/a\\nb\"\n", 2, 8, "an absolute path", ""},
	{"api:\n  group: \"a b\"\n", 2, 10, "a name of letters", ""},
	{"identity:\n  service_managers: [/ok, bad]\n", 2, 27, "absolute paths", ""},
	{"log.level: info\nlog:\n  level: warn\n", 3, 3, "set twice, first in line 1", ""},
	{"- a\n- b\n", 1, 1, "expected settings", ""},
	{"sensor: &a\n  x: *a\n", 2, 3, "unknown setting", ""},
	{"log.level: info\n---\nlog.level: warn\n", 3, 1, "second", ""},
	{"sensor:\n\tring_kib: 5\n", 2, 1, "not YAML", ""},
	{"sensor: {ring_kib: 100\n", 2, 1, "not YAML", ""},
	{"sensor:\n  # \xc3\xa4\n  fold: \x01\n", 3, 9, "not YAML", ""},
	{"# a\nstore:\n  dir: /\xff\n", 3, 9, "not YAML", ""},
};

static void test_mistakes_have_a_place_and_change_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		struct problem err = {0};
		struct config c;
		char all[1024];

		assert_int_equal(config_init(&c, NULL), 0);
		assert_int_equal(config_set(&c, "sensor.ring_kib=4096", NULL), 0);
		assert_int_equal(read_text(&c, mistakes[i].text, &err), -EINVAL);
		problem_format(&err, all, sizeof(all));
		if (err.line != mistakes[i].line || err.column != mistakes[i].column ||
		    !strstr(err.text, mistakes[i].says) || !strstr(err.remedy, mistakes[i].remedy))
			fail_msg("case %zu: %s", i, all);
		assert_int_equal(c.sensor_ring_kib, 4096);
		assert_string_equal(c.log_level, "info");
		config_release(&c);
	}
}

static void test_nested_dotted_and_lists(void **state)
{
	struct problem err = {0};
	struct config c;

	(void)state;
	assert_int_equal(config_init(&c, NULL), 0);
	assert_int_equal(read_text(&c,
				   "# comment\n"
				   "sensor:\n  fold: no\n  hooks: tracepoint\n"
				   "stream.ring_kib: 512\n"
				   "store:\n"
				   "identity:\n  service_managers:\n    - /opt/a\n    - /opt/b\n",
				   &err),
			 0);
	assert_false(c.sensor_fold);
	assert_string_equal(c.sensor_hooks, "tracepoint");
	assert_int_equal(c.stream_ring_kib, 512);
	assert_string_equal(c.identity_service_managers[1], "/opt/b");
	assert_null(c.identity_service_managers[2]);
	/* A second file replaces a list, it does not add to it. */
	assert_int_equal(read_text(&c, "identity.service_managers: [/opt/c]\n", &err), 0);
	assert_string_equal(c.identity_service_managers[0], "/opt/c");
	assert_null(c.identity_service_managers[1]);
	config_release(&c);
}

static void test_list_has_a_ceiling(void **state)
{
	char text[4096] = "identity.service_managers: [/x";
	struct problem err = {0};
	struct config c;

	(void)state;
	for (int i = 0; i < CONFIG_LIST_MAX; i++)
		strcat(text, ", /y");
	strcat(text, "]\n");
	assert_int_equal(config_init(&c, NULL), 0);
	assert_int_equal(read_text(&c, text, &err), -EINVAL);
	assert_non_null(strstr(err.text, "at most 32"));
	assert_null(c.identity_service_managers[0]);
	config_release(&c);
}

static void test_precedence(void **state)
{
	char path[256], *printed = NULL;
	size_t n;
	FILE *out;
	struct problem err = {0};
	struct config c;

	(void)state;
	snprintf(path, sizeof(path), "%s/conf.d", dir);
	mkdir(path, 0755);
	put("conf.d/20-b.yaml", "store.max_mib: 200\nstore.commit_ms: 20\n");
	put("conf.d/10-a.yaml", "store.max_mib: 100\nstore.batch_events: 10\n");
	put("conf.d/.hidden.yaml", "nonsense: 1\n");
	put("conf.d/notes.txt", "nonsense: 1\n");
	assert_int_equal(config_init(&c, NULL), 0);
	assert_int_equal(read_text(&c, "store.max_mib: 50\nstore.sync: normal\n", &err), 0);
	assert_int_equal(config_set(&c, "store.commit_ms=99", &err), 0);
	assert_int_equal(c.store_max_mib, 200);
	assert_int_equal(c.store_batch_events, 10);
	assert_int_equal(c.store_commit_ms, 99);
	assert_string_equal(c.store_sync, "normal");

	out = open_memstream(&printed, &n);
	config_print(&c, out);
	fclose(out);
	assert_non_null(strstr(printed, "conf.d/20-b.yaml:1"));
	assert_non_null(strstr(printed, "commit_ms: 99  # --set"));
	assert_non_null(strstr(printed, "poll_ms: 5  # default"));
	free(printed);

	/* A broken drop-in leaves everything as it was. */
	put("conf.d/30-c.yaml", "store.max_mib: 300\nstore.max_mb: 1\n");
	assert_int_equal(read_text(&c, "store.max_mib: 60\n", &err), -EINVAL);
	assert_non_null(strstr(err.file, "30-c.yaml"));
	assert_int_equal(err.line, 2);
	assert_int_equal(c.store_max_mib, 200);
	config_release(&c);
}

static void test_set(void **state)
{
	static const char *const wrong[] = {
		"sensor.ring_kib",	 "sensor.ring_kb=5",
		"sensor.ring_kib=12KiB", "=5",
		"sensor.ring_kib=",	 "identity.service_managers=a,b"};
	struct problem err = {0};
	struct config c;

	(void)state;
	assert_int_equal(config_init(&c, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		err = (struct problem){0};
		assert_int_equal(config_set(&c, wrong[i], &err), -EINVAL);
		assert_true(err.text[0]);
	}
	assert_int_equal(config_set(&c, "identity.service_managers=/a,/b", NULL), 0);
	assert_string_equal(c.identity_service_managers[1], "/b");
	assert_int_equal(config_set(&c, "identity.service_managers=", NULL), 0);
	assert_null(c.identity_service_managers[0]);
	config_release(&c);
}

static void test_root_moves_what_is_at_fixed_places(void **state)
{
	struct config c;

	(void)state;
	assert_int_equal(config_init(&c, "/tmp/r"), 0);
	assert_string_equal(c.api_socket, "/tmp/r/whodid.sock");
	assert_string_equal(c.profiles_dir, "/tmp/r/profiles.d");
	assert_string_equal(c.store_dir, "/tmp/r/store");
	assert_string_equal(c.api_group, "whodid");
	config_release(&c);
}

static void test_missing_file(void **state)
{
	struct problem err = {0};
	struct config c;

	(void)state;
	assert_int_equal(config_init(&c, NULL), 0);
	assert_int_equal(config_read(&c, "/nonexistent/whodid.yaml", false, &err), 0);
	assert_int_equal(config_read(&c, "/nonexistent/whodid.yaml", true, &err), -ENOENT);
	assert_non_null(strstr(err.text, "No such file"));
	config_release(&c);
}

static char *print_to_text(void (*print)(const struct config *c, FILE *out), const struct config *c)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	print(c, out);
	fclose(out);
	return text;
}

static void print_default(const struct config *c, FILE *out)
{
	(void)c;
	config_print_default(out);
}

static void test_printed_settings_can_be_read_back(void **state)
{
	struct problem err = {0};
	struct config a, b;
	const char *names[CONFIG_SETTINGS_MAX];
	char *text;

	(void)state;
	assert_int_equal(config_init(&a, NULL), 0);
	assert_int_equal(config_init(&b, NULL), 0);
	assert_int_equal(config_set(&a, "store.dir=/srv/with blank: # \"quoted\\\"", NULL), 0);
	assert_int_equal(config_set(&a, "api.group=", NULL), 0);
	assert_int_equal(config_set(&a, "identity.container_runtimes=/a b,/c]", NULL), 0);
	assert_int_equal(
		config_set(
			&a,
			"identity.ci_supervisors=github@actions.runner.*=/a/Runner.Worker,gitlab=/b=c",
			NULL),
		0);
	text = print_to_text(config_print, &a);
	if (read_text(&b, text, &err))
		fail_msg("%u:%u %s in\n%s", err.line, err.column, err.text, text);
	assert_string_equal(b.identity_ci_supervisors[0],
			    "github@actions.runner.*=/a/Runner.Worker");
	assert_string_equal(b.identity_ci_supervisors[1], "gitlab=/b=c");
	assert_int_equal(config_set(&a, "identity.ci_supervisors=/a/Runner.Worker", NULL), -EINVAL);
	assert_int_equal(config_set(&a, "identity.ci_supervisors=hubgit=/a", NULL), -EINVAL);
	assert_int_equal(config_set(&a, "identity.ci_supervisors=github@=/a", NULL), -EINVAL);
	assert_int_equal(config_set(&a, "identity.ci_supervisors=github@a b=/a", NULL), -EINVAL);
	assert_int_equal(config_set(&a, "identity.ci_supervisors=github=a", NULL), -EINVAL);
	assert_int_equal(config_needs_restart(&a, &b, names, CONFIG_SETTINGS_MAX), 0);
	assert_string_equal(b.store_dir, a.store_dir);
	free(text);
	config_release(&a);
	config_release(&b);
}

static void test_default_file_changes_nothing_and_is_right_uncommented(void **state)
{
	struct problem err = {0};
	struct config a, b;
	const char *names[CONFIG_SETTINGS_MAX];
	char *text;

	(void)state;
	assert_int_equal(config_init(&a, NULL), 0);
	assert_int_equal(config_init(&b, NULL), 0);
	text = print_to_text(print_default, &a);
	assert_int_equal(read_text(&b, text, &err), 0);
	assert_true(config_is_default(&b, "sensor.ring_kib"));
	/* "  #name: value" becomes "   name: value"; prose lines have a blank behind the #. */
	for (char *p = text; (p = strstr(p, "\n  #")); p += 3)
		if (p[4] != ' ')
			memmove(p + 3, p + 4, strlen(p + 4) + 1);
	if (read_text(&b, text, &err))
		fail_msg("%u:%u %s in\n%s", err.line, err.column, err.text, text);
	assert_false(config_is_default(&b, "sensor.ring_kib"));
	assert_int_equal(config_needs_restart(&a, &b, names, CONFIG_SETTINGS_MAX), 0);
	free(text);
	config_release(&a);
	config_release(&b);
}

static void test_needs_restart_names_what_changed(void **state)
{
	struct config a, b;
	const char *names[CONFIG_SETTINGS_MAX];

	(void)state;
	assert_int_equal(config_init(&a, NULL), 0);
	assert_int_equal(config_init(&b, NULL), 0);
	assert_int_equal(config_set(&b, "log.level=debug", NULL), 0);
	assert_int_equal(config_set(&b, "profiles.dir=/x", NULL), 0);
	assert_int_equal(config_set(&b, "api.group=adm", NULL), 0);
	assert_int_equal(config_needs_restart(&a, &b, names, CONFIG_SETTINGS_MAX), 1);
	assert_string_equal(names[0], "api.group");
	config_release(&a);
	config_release(&b);
}

int main(void)
{
#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)
	const struct CMUnitTest tests[] = {
		IN_DIR(test_mistakes_have_a_place_and_change_nothing),
		IN_DIR(test_nested_dotted_and_lists),
		IN_DIR(test_list_has_a_ceiling),
		IN_DIR(test_precedence),
		IN_DIR(test_set),
		IN_DIR(test_root_moves_what_is_at_fixed_places),
		IN_DIR(test_missing_file),
		IN_DIR(test_printed_settings_can_be_read_back),
		IN_DIR(test_default_file_changes_nothing_and_is_right_uncommented),
		IN_DIR(test_needs_restart_names_what_changed),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
