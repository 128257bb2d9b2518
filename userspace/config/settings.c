/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings: the one table of all settings. The file reader, --set, -T, the default file and the
 * documentation are made from it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/number.h"
#include "config/setting.h"

#define AT(member) offsetof(struct config, member)

const struct setting config_settings[] = {
	{"sensor.ring_kib", AT(sensor_ring_kib), SETTING_NUMBER, false, 64, 1048576, NULL, "8192",
	 NULL, "Size of the buffer between kernel and daemon, rounded up to a power of two."},
	{"sensor.hooks", AT(sensor_hooks), SETTING_WORD, false, 0, 0, "auto lsm fentry tracepoint",
	 "auto", NULL, "Which hooks to use; auto takes the best that this kernel offers."},
	{"sensor.fold", AT(sensor_fold), SETTING_BOOL, false, 0, 0, NULL, "true", NULL,
	 "Count repeated equal file accesses in the kernel instead of reporting each."},
	{"sensor.fold_ms", AT(sensor_fold_ms), SETTING_NUMBER, false, 100, 60000, NULL, "1000",
	 NULL, "How long accesses are counted before the count is reported."},
	{"sensor.names", AT(sensor_names), SETTING_BOOL, false, 0, 0, NULL, "true", NULL,
	 "Look at packets for DNS and the names in TLS; costs each packet of the host about "
	 "0.1 us."},
	{"sensor.resolvers", AT(sensor_resolvers), SETTING_LIST, false, 0, 0, ADDRESSES, "", NULL,
	 "Name servers, beside those in /etc/resolv.conf, whose answers allow rules may rest on."},
	{"sensor.poll_ms", AT(sensor_poll_ms), SETTING_NUMBER, false, 1, 1000, NULL, "5", NULL,
	 "How often the buffer is read. Less means faster, more means cheaper."},
	{"sensor.priority", AT(sensor_priority), SETTING_NUMBER, false, 0, 20, NULL, "10", NULL,
	 "How far the thread that empties the buffer goes before busy others, as nice(1) counts; "
	 "0 = not."},
	{"sensor.keep", AT(sensor_keep), SETTING_WORD, false, 0, 0, "crash always never", "crash",
	 NULL,
	 "When the kernel records on without the daemon: after a crash only, after each end, or never."},

	{"identity.service_managers", AT(identity_service_managers), SETTING_LIST, false, 0, 0,
	 NULL, "", NULL, "Executables, beside systemd, that start services."},
	{"identity.container_runtimes", AT(identity_container_runtimes), SETTING_LIST, false, 0, 0,
	 NULL, "", NULL, "Executables, beside runc, crun and the like, that start containers."},
	{"identity.ci_supervisors", AT(identity_ci_supervisors), SETTING_LIST, false, 0, 0,
	 "github gitlab jenkins buildkite circleci azure teamcity woodpecker drone gitea", "", NULL,
	 "Executables that start the steps of CI jobs, as SYSTEM=PATH or SYSTEM@UNIT=PATH; "
	 "whodid doctor finds them."},
	{"identity.passwd_file", AT(identity_passwd_file), SETTING_PATH, false, 0, 0, NULL,
	 "/etc/passwd", NULL,
	 "Where names of users are read. A replay uses it only when it is set."},
	{"identity.host_root", AT(identity_host_root), SETTING_PATH, false, 0, 0, NULL, "/", NULL,
	 "Where the files of the host are, when whodidd runs in a container: what runtimes and "
	 "kubelet keep of containers. A replay uses it only when it is set."},
	{"identity.processes", AT(identity_processes), SETTING_NUMBER, false, 1024, 4194304, NULL,
	 "65536", NULL, "Processes remembered; those that have ended are forgotten first."},
	{"identity.boundaries", AT(identity_boundaries), SETTING_NUMBER, false, 256, 1048576, NULL,
	 "16384", NULL, "Logins, services, containers and jobs remembered."},

	{"programs.max_mib", AT(programs_max_mib), SETTING_NUMBER, false, 0, 65536, NULL, "256",
	 NULL,
	 "Largest program of which SHA-256 and package are found out; 0 = none is read for that."},

	{"profiles.dir", AT(profiles_dir), SETTING_PATH, true, 0, 0, NULL, "/etc/whodid/profiles.d",
	 "profiles.d", "Your roles and bindings, *.yaml."},
	{"profiles.vendor_dir", AT(profiles_vendor_dir), SETTING_PATH, true, 0, 0, NULL,
	 "/usr/share/whodid/profiles", NULL,
	 "Roles that came with whodid; yours override them by name."},

	{"store.dir", AT(store_dir), SETTING_PATH, false, 0, 0, NULL, "/var/lib/whodid", "store",
	 "Where history is kept."},
	{"store.max_mib", AT(store_max_mib), SETTING_NUMBER, false, 8, 16777216, NULL, "1024", NULL,
	 "When history is larger, the oldest goes."},
	{"store.batch_events", AT(store_batch_events), SETTING_NUMBER, false, 1, 100000, NULL,
	 "1000", NULL, "Events written to disk together."},
	{"store.commit_ms", AT(store_commit_ms), SETTING_NUMBER, false, 10, 60000, NULL, "250",
	 NULL, "The longest that an event waits to be written: what a crash can cost."},
	{"store.sync", AT(store_sync), SETTING_WORD, false, 0, 0, "full normal", "full", NULL,
	 "full survives power loss; normal survives a crash of the daemon."},

	{"stream.ring_kib", AT(stream_ring_kib), SETTING_NUMBER, false, 256, 1048576, NULL, "4096",
	 NULL, "How far a live viewer may fall behind before it misses events."},

	{"api.socket", AT(api_socket), SETTING_PATH, false, 0, 0, NULL, "/run/whodid/whodid.sock",
	 "whodid.sock", "The unix socket on which the daemon answers."},
	{"api.group", AT(api_group), SETTING_NAME, false, 0, 0, NULL, "whodid", NULL,
	 "Members of this group may look, beside root."},
	{"api.connections", AT(api_connections), SETTING_NUMBER, false, 2, 4096, NULL, "64", NULL,
	 "Most clients at the same time."},

	{"attest.socket", AT(attest_socket), SETTING_PATH, false, 0, 0, NULL,
	 "/run/whodid/attest.sock", "attest.sock",
	 "The unix socket on which everybody may show a token (whodid attest)."},
	{"attest.issuers_dir", AT(attest_issuers_dir), SETTING_PATH, true, 0, 0, NULL,
	 "/etc/whodid/issuers.d", "issuers.d",
	 "Who may sign tokens: a file *.yaml for each issuer, its keys beside it."},

	{"log.level", AT(log_level), SETTING_WORD, true, 0, 0, "error warn info debug", "info",
	 NULL, "What the daemon says about itself on stderr."},
	{NULL, 0, SETTING_NUMBER, false, 0, 0, NULL, NULL, NULL, NULL},
};
_Static_assert(ARRAY_SIZE(config_settings) - 1 <= CONFIG_SETTINGS_MAX, "origins hold one each");

static void *member(const struct setting *set, const struct config *c)
{
	return (char *)c + set->offset;
}

const struct setting *setting_find(struct str name)
{
	for (const struct setting *set = config_settings; set->name; set++)
		if (str_is(name, set->name))
			return set;
	return NULL;
}

bool setting_is_group(struct str name)
{
	for (const struct setting *set = config_settings; set->name; set++) {
		struct str full = str_of(set->name);

		if (str_equal(name, str_sub(full, 0, (uint32_t)str_index(full, 0, '.'))))
			return true;
	}
	return false;
}

/* Edits (insert, delete, replace) from a to b; rows are short, names longer than that are nothing's. */
static unsigned distance(struct str a, struct str b)
{
	unsigned row[64];

	if (a.n > 63 || b.n > 63)
		return 1000;
	for (unsigned j = 0; j <= b.n; j++)
		row[j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned corner = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			unsigned best = corner + (a.p[i - 1] != b.p[j - 1]);

			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b.n];
}

const char *setting_nearest(struct str name)
{
	int64_t dot = str_index(name, 0, '.');
	struct str last = dot < 0 ? name : str_sub(name, (uint32_t)dot + 1, name.n);
	unsigned best = 4;
	const char *nearest = NULL;

	for (const struct setting *set = config_settings; set->name; set++) {
		struct str own_last = str_of(strchr(set->name, '.') + 1);
		unsigned d = distance(name, str_of(set->name));

		/* The right word in the wrong group is a near miss as well. */
		if (d > 1 && last.n > 2 && str_equal(last, own_last))
			d = 1;
		if (d < best) {
			best = d;
			nearest = set->name;
		}
	}
	return nearest;
}

static int set_text(char **place, struct str text)
{
	char *copy = strndup(text.p ? text.p : "", text.n);

	if (!copy)
		return -ENOMEM;
	free(*place);
	*place = copy;
	return 0;
}

static bool is_word_of(struct str text, const char *words)
{
	struct str rest = str_of(words);

	while (rest.n) {
		int64_t blank = str_index(rest, 0, ' ');
		uint32_t n = blank < 0 ? rest.n : (uint32_t)blank;

		if (str_equal(text, str_sub(rest, 0, n)))
			return true;
		rest = str_sub(rest, n + 1, rest.n);
	}
	return false;
}

/* Settings are printed, logged and read back: UTF-8, and no controls or line separators of any kind. */
static bool is_path(struct str text)
{
	if (text.n == 0 || text.n > 4000 || text.p[0] != '/' || !utf8_valid(text))
		return false;
	for (uint32_t i = 0; i < text.n; i++) {
		const unsigned char *c = (const unsigned char *)text.p + i;
		uint32_t left = text.n - i;

		if (c[0] < 0x20 || c[0] == 0x7f || (c[0] == 0xc2 && left > 1 && c[1] < 0xa0))
			return false;
		if (left > 2 && c[0] == 0xe2 && c[1] == 0x80 && (c[2] == 0xa8 || c[2] == 0xa9))
			return false;
	}
	return true;
}

static bool is_name(struct str text)
{
	for (uint32_t i = 0; i < text.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.",
			    text.p[i]) ||
		    !text.p[i])
			return false;
	return text.n < 64;
}

/* "actions.runner.*": the name of a unit, with * and ? for what varies. */
static bool is_unit_glob(struct str text)
{
	for (uint32_t i = 0; i < text.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@*?",
			    text.p[i]) ||
		    !text.p[i])
			return false;
	return text.n > 0 && text.n < 256;
}

/* "github=/opt/runner/bin/Runner.Worker", "github@actions.runner.*=/opt/runner/bin/Runner.Worker" */
static bool is_word_and_path(struct str text, const char *words)
{
	int64_t equals = str_index(text, 0, '='), at;
	struct str word = str_sub(text, 0, equals < 0 ? 0 : (uint32_t)equals);

	at = str_index(word, 0, '@');
	if (at >= 0 && !is_unit_glob(str_sub(word, (uint32_t)at + 1, word.n)))
		return false;
	return is_word_of(str_sub(word, 0, at < 0 ? word.n : (uint32_t)at), words) &&
	       is_path(str_sub(text, word.n + 1, text.n));
}

static bool is_address(struct str text)
{
	char z[INET6_ADDRSTRLEN] = "";
	uint8_t ip[16];

	if (text.n >= sizeof(z))
		return false;
	memcpy(z, text.p, text.n);
	return strlen(z) == text.n &&
	       (inet_pton(AF_INET, z, ip) == 1 || inet_pton(AF_INET6, z, ip) == 1);
}

static bool is_item(const struct setting *set, struct str text)
{
	if (!set->words)
		return is_path(text);
	return strcmp(set->words, ADDRESSES) == 0 ? is_address(text)
						  : is_word_and_path(text, set->words);
}

static void say_wanted_item(const struct setting *set, char *want, size_t size)
{
	if (!set->words)
		snprintf(want, size, "a list of absolute paths");
	else if (strcmp(set->words, ADDRESSES) == 0)
		snprintf(want, size, "a list of IP addresses");
	else
		snprintf(want, size, "SYSTEM=/PATH or SYSTEM@UNIT=/PATH with one of: %s",
			 set->words);
}

static int add_item(const struct setting *set, struct config *c, struct str text)
{
	char **list = member(set, c);
	size_t n = 0;

	while (list[n])
		n++;
	if (n == CONFIG_LIST_MAX)
		return -E2BIG;
	return set_text(&list[n], text);
}

int setting_parse(const struct setting *set, struct config *c, struct str text, char *want,
		  size_t want_size)
{
	switch (set->kind) {
	case SETTING_NUMBER:
		if (!number_u64(text, set->min, set->max, member(set, c)))
			return 0;
		snprintf(want, want_size, "a number from %llu to %llu",
			 (unsigned long long)set->min, (unsigned long long)set->max);
		return -EINVAL;
	case SETTING_BOOL:
		if (!number_bool(text, member(set, c)))
			return 0;
		snprintf(want, want_size, "true or false");
		return -EINVAL;
	case SETTING_WORD:
		if (is_word_of(text, set->words))
			return set_text(member(set, c), text);
		snprintf(want, want_size, "one of: %s", set->words);
		return -EINVAL;
	case SETTING_NAME:
		if (is_name(text))
			return set_text(member(set, c), text);
		snprintf(want, want_size, "a name of letters, digits, '-', '_' and '.'");
		return -EINVAL;
	case SETTING_PATH:
		if (is_path(text))
			return set_text(member(set, c), text);
		snprintf(want, want_size, "an absolute path");
		return -EINVAL;
	case SETTING_LIST: {
		int err = is_item(set, text) ? add_item(set, c, text) : -EINVAL;

		if (err == -E2BIG)
			snprintf(want, want_size, "at most %d items", CONFIG_LIST_MAX);
		else if (err == -EINVAL)
			say_wanted_item(set, want, want_size);
		return err == -E2BIG ? -EINVAL : err;
	}
	}
	return -EINVAL;
}

void setting_clear_list(const struct setting *set, struct config *c)
{
	char **list = member(set, c);

	for (size_t i = 0; i < CONFIG_LIST_MAX; i++) {
		free(list[i]);
		list[i] = NULL;
	}
}

int setting_set_origin(const struct setting *set, struct config *c, const char *origin)
{
	return set_text(&c->origins[set - config_settings], str_of(origin));
}

static bool same_list(char *const *a, char *const *b)
{
	for (size_t i = 0; i < CONFIG_LIST_MAX; i++) {
		if (!a[i] || !b[i])
			return a[i] == b[i];
		if (strcmp(a[i], b[i]) != 0)
			return false;
	}
	return true;
}

bool setting_same(const struct setting *set, const struct config *a, const struct config *b)
{
	const void *ma = member(set, a), *mb = member(set, b);

	switch (set->kind) {
	case SETTING_NUMBER:
		return *(const uint64_t *)ma == *(const uint64_t *)mb;
	case SETTING_BOOL:
		return *(const bool *)ma == *(const bool *)mb;
	case SETTING_PATH:
	case SETTING_NAME:
	case SETTING_WORD:
		return !strcmp(*(char *const *)ma, *(char *const *)mb);
	case SETTING_LIST:
		return same_list(ma, mb);
	}
	return false;
}
