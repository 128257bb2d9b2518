/* SPDX-License-Identifier: Apache-2.0 */
#include "program/dpkg.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"

#define REFRESH_NS   2000000000ll
#define LIST_BYTES   (32u << 20)
#define STATUS_BYTES (64u << 20)
#define PACKAGES_MAX 100000u
#define NAMES_MAX    4000000u
#define OWNER_NOBODY UINT32_MAX /* more than one package has the name */

/* Where no program lies. */
static const char *const skipped[] = {"/usr/share/doc/", "/usr/share/man/", "/usr/share/locale/",
				      "/usr/include/"};

void dpkg_init(struct dpkg *d, const char *root)
{
	*d = (struct dpkg){.count = 0};
	snprintf(d->dir, sizeof(d->dir), "%s/var/lib/dpkg", root);
}

static void forget(struct dpkg *d)
{
	for (uint32_t i = 0; i < d->count; i++) {
		free(d->packages[i].name);
		free(d->packages[i].version);
	}
	free(d->packages);
	free(d->hashes);
	free(d->owners);
	d->packages = NULL;
	d->hashes = NULL;
	d->owners = NULL;
	d->count = d->mask = d->used = 0;
}

void dpkg_release(struct dpkg *d)
{
	forget(d);
}

/* --- names of files */

static uint64_t hash_name(struct str name)
{
	uint64_t h = hash_str(name);

	return h ? h : 1;
}

static uint32_t slot_of(const struct dpkg *d, uint64_t hash)
{
	uint32_t at = (uint32_t)hash & d->mask;

	while (d->hashes[at] && d->hashes[at] != hash)
		at = (at + 1) & d->mask;
	return at;
}

static int grow(struct dpkg *d)
{
	struct dpkg larger = *d;
	uint32_t size = d->hashes ? (d->mask + 1) * 2 : 65536;

	larger.mask = size - 1;
	larger.hashes = calloc(size, sizeof(*larger.hashes));
	larger.owners = calloc(size, sizeof(*larger.owners));
	if (!larger.hashes || !larger.owners) {
		free(larger.hashes);
		free(larger.owners);
		return -ENOMEM;
	}
	for (uint32_t i = 0; d->hashes && i <= d->mask; i++) {
		uint32_t at = slot_of(&larger, d->hashes[i]);

		if (!d->hashes[i])
			continue;
		larger.hashes[at] = d->hashes[i];
		larger.owners[at] = d->owners[i];
	}
	free(d->hashes);
	free(d->owners);
	*d = larger;
	return 0;
}

static int add_name(struct dpkg *d, struct str name, uint32_t owner)
{
	uint64_t hash = hash_name(name);
	uint32_t at;

	for (size_t i = 0; i < ARRAY_SIZE(skipped); i++)
		if (str_starts(name, skipped[i]))
			return 0;
	if (d->used >= NAMES_MAX)
		return -E2BIG;
	if (!d->hashes || d->used > d->mask / 2) {
		int r = grow(d);

		if (r)
			return r;
	}
	at = slot_of(d, hash);
	d->used += !d->hashes[at];
	d->owners[at] = d->hashes[at] && d->owners[at] != owner ? OWNER_NOBODY : owner;
	d->hashes[at] = hash;
	return 0;
}

/* Takes a line off the text. False at its end. */
static bool next_line(struct str *text, struct str *line)
{
	int64_t end = str_index(*text, 0, '\n');

	if (!text->n)
		return false;
	*line = str_sub(*text, 0, end < 0 ? text->n : (uint32_t)end);
	*text = str_sub(*text, end < 0 ? text->n : (uint32_t)end + 1, text->n);
	return true;
}

static int read_list(struct dpkg *d, const char *file, uint32_t owner)
{
	_cleanup_free_ char *bytes = NULL;
	char path[2048];
	struct str text, line;
	size_t n;
	int r;

	snprintf(path, sizeof(path), "%s/info/%s", d->dir, file);
	r = file_read(path, LIST_BYTES, &bytes, &n);
	if (r)
		return r == -ENOMEM ? r : 0; /* it may have gone meanwhile */
	text = (struct str){bytes, (uint32_t)n};
	while (next_line(&text, &line)) {
		r = line.n > 1 && line.p[0] == '/' ? add_name(d, line, owner) : 0;
		if (r)
			return r;
	}
	return 0;
}

/* --- packages */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct dpkg_package *)a)->name,
		      ((const struct dpkg_package *)b)->name);
}

static int find_lists(struct dpkg *d)
{
	char path[2048];
	const struct dirent *e;
	DIR *dir;
	int r = 0;

	snprintf(path, sizeof(path), "%s/info", d->dir);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (r == 0 && (e = readdir(dir)) != NULL) {
		size_t n = strlen(e->d_name);
		struct dpkg_package *more;

		if (n <= 5 || strcmp(e->d_name + n - 5, ".list") != 0 || d->count >= PACKAGES_MAX)
			continue;
		if ((d->count & (d->count - 1)) == 0) {
			more = reallocarray(d->packages, d->count ? d->count * 2ull : 1,
					    sizeof(*more));
			if (!more) {
				r = -ENOMEM;
				break;
			}
			d->packages = more;
		}
		d->packages[d->count] = (struct dpkg_package){strndup(e->d_name, n - 5), NULL};
		r = d->packages[d->count].name ? 0 : -ENOMEM;
		d->count += r == 0;
	}
	closedir(dir);
	if (r == 0 && d->count)
		qsort(d->packages, d->count, sizeof(*d->packages), by_name);
	return r;
}

static struct dpkg_package *package_of(struct dpkg *d, char *name)
{
	struct dpkg_package key = {name, NULL};

	return d->count ? bsearch(&key, d->packages, d->count, sizeof(key), by_name) : NULL;
}

/* A stanza of the status file ends: its version belongs to the list of that name. */
static void end_stanza(struct dpkg *d, struct str name, struct str arch, struct str version)
{
	char both[512];
	struct dpkg_package *p;

	if (!name.n || !version.n || (size_t)name.n + arch.n + 2 > sizeof(both))
		return;
	snprintf(both, sizeof(both), "%.*s:%.*s", STR_ARG(name), STR_ARG(arch));
	p = package_of(d, both);
	if (!p) {
		both[name.n] = '\0';
		p = package_of(d, both);
	}
	if (p && !p->version)
		p->version = strndup(version.p, version.n);
}

static bool take_field(struct str line, const char *label, struct str *value)
{
	uint32_t n = (uint32_t)strlen(label);

	if (!str_starts(line, label))
		return false;
	*value = str_sub(line, n, line.n);
	return true;
}

static void read_versions(struct dpkg *d)
{
	struct str text, line, name = STR_NONE, arch = STR_NONE, version = STR_NONE;
	_cleanup_free_ char *bytes = NULL;
	char path[2048];
	size_t n;

	snprintf(path, sizeof(path), "%s/status", d->dir);
	if (file_read(path, STATUS_BYTES, &bytes, &n))
		return;
	text = (struct str){bytes, (uint32_t)n};
	while (next_line(&text, &line)) {
		if (line.n == 0) {
			end_stanza(d, name, arch, version);
			name = arch = version = STR_NONE;
		} else if (!take_field(line, "Package: ", &name) &&
			   !take_field(line, "Architecture: ", &arch)) {
			take_field(line, "Version: ", &version);
		}
	}
	end_stanza(d, name, arch, version);
}

static void read_all(struct dpkg *d)
{
	int r;

	forget(d);
	r = find_lists(d);
	for (uint32_t i = 0; r == 0 && i < d->count; i++) {
		char file[512];

		snprintf(file, sizeof(file), "%s.list", d->packages[i].name);
		r = read_list(d, file, i);
	}
	if (r)
		forget(d); /* half of it could name the wrong one */
	else
		read_versions(d);
}

void dpkg_refresh(struct dpkg *d)
{
	int64_t now = (int64_t)clock_boot_ns();
	char path[2048];
	struct stat st;

	if (d->generation && now - d->read_ns < REFRESH_NS)
		return;
	snprintf(path, sizeof(path), "%s/status", d->dir);
	if (stat(path, &st))
		memset(&st, 0, sizeof(st));
	if (d->generation && st.st_ino == d->seen.st_ino &&
	    st.st_mtim.tv_sec == d->seen.st_mtim.tv_sec &&
	    st.st_mtim.tv_nsec == d->seen.st_mtim.tv_nsec && st.st_size == d->seen.st_size)
		return;
	d->seen = st;
	d->read_ns = now;
	d->generation++;
	read_all(d);
}

const struct dpkg_package *dpkg_find(const struct dpkg *d, struct str path)
{
	uint32_t at;

	if (!d->hashes)
		return NULL;
	at = slot_of(d, hash_name(path));
	if (!d->hashes[at] || d->owners[at] == OWNER_NOBODY || !d->packages[d->owners[at]].version)
		return NULL;
	return &d->packages[d->owners[at]];
}

/* Lines are "0123456789abcdef0123456789abcdef  usr/bin/name". */
int dpkg_check(const struct dpkg *d, const struct dpkg_package *p, struct str path, const char *md5)
{
	_cleanup_free_ char *bytes = NULL;
	struct str text, line, name = str_sub(path, 1, path.n);
	char file[2048];
	size_t n;

	snprintf(file, sizeof(file), "%s/info/%s.md5sums", d->dir, p->name);
	if (file_read(file, LIST_BYTES, &bytes, &n))
		return -1;
	text = (struct str){bytes, (uint32_t)n};
	while (next_line(&text, &line))
		if (line.n > 34 && str_equal(str_sub(line, 34, line.n), name))
			return memcmp(line.p, md5, 32) == 0;
	return -1;
}
