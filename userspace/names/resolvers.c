/* SPDX-License-Identifier: Apache-2.0 */
/* resolvers: see the header. */
#include "names/resolvers.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"

#define FILE_MAX (64u << 10)
#define CHECK_NS 1000000000ull

/* An address with or without a scope. */
static bool parse(struct str word, struct resolver *out)
{
	char z[64];

	*out = (struct resolver){0};
	if (!word.n || word.n >= sizeof(z))
		return false;
	memcpy(z, word.p, word.n);
	z[word.n] = '\0';
	z[strcspn(z, "%")] = '\0';
	if (inet_pton(AF_INET, z, out->ip) == 1)
		out->family = AF_INET;
	else if (inet_pton(AF_INET6, z, out->ip) == 1)
		out->family = AF_INET6;
	return out->family != 0;
}

static void add(struct resolvers *r, struct str word)
{
	if (r->count < RESOLVERS_MAX && parse(word, &r->list[r->count]))
		r->count++;
}

void resolvers_init(struct resolvers *r, const char *path, uint32_t host_net,
		    const char *const *configured)
{
	*r = (struct resolvers){.path = path, .host_net = host_net};
	for (; configured && *configured; configured++)
		add(r, str_of(*configured));
	r->set_count = r->count;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* "nameserver ADDRESS" (resolv.conf(5)). */
static void read_line(struct resolvers *r, struct str line)
{
	uint32_t at = sizeof("nameserver") - 1, end;

	if (!str_starts(line, "nameserver") || at >= line.n || !is_blank(line.p[at]))
		return;
	while (at < line.n && is_blank(line.p[at]))
		at++;
	for (end = at; end < line.n && !is_blank(line.p[end]) && line.p[end] != '\r'; end++)
		;
	add(r, str_sub(line, at, end - at));
}

static void read_file(struct resolvers *r)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;

	r->count = r->set_count;
	if (file_read(r->path, FILE_MAX, &text, &len))
		return;
	for (size_t at = 0; at < len;) {
		size_t n = strcspn(text + at, "\n");

		read_line(r, (struct str){text + at, (uint32_t)n});
		at += n + 1;
	}
}

void resolvers_refresh(struct resolvers *r, uint64_t boot_ns)
{
	struct stat st = {0};

	if (!r->path || (r->checked_boot_ns && boot_ns < r->checked_boot_ns + CHECK_NS))
		return;
	r->checked_boot_ns = boot_ns ? boot_ns : 1;
	stat(r->path, &st);
	if (st.st_ino == r->inode && (uint64_t)st.st_size == r->size &&
	    st.st_ctim.tv_sec == r->changed.tv_sec && st.st_ctim.tv_nsec == r->changed.tv_nsec)
		return;
	r->inode = st.st_ino;
	r->size = (uint64_t)st.st_size;
	r->changed = st.st_ctim;
	read_file(r);
}

bool resolvers_know(const struct resolvers *r, uint32_t net, uint16_t family,
		    const uint8_t ip[static 16])
{
	unsigned count = net && net == r->host_net ? r->count : r->set_count;

	for (unsigned i = 0; i < count; i++)
		if (r->list[i].family == family && memcmp(r->list[i].ip, ip, 16) == 0)
			return true;
	return false;
}
