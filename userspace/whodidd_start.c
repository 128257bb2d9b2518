/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start: what must be there before the daemon is ready: places, store, stages, sensor, socket, in this
 * order.
 */
#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "whodidd.h"

#define FILES_OF_OURS	 256
#define FILES_PER_CLIENT 5

void begin_own_event(struct event *ev, enum event_type type)
{
	*ev = (struct event){0};
	ev->what.type = type;
	ev->what.count = 1;
	ev->what.boot_ns = clock_boot_ns();
	ev->what.wall_ns = clock_wall_ns();
	ev->what.login_uid = ev->what.session_id = UINT32_MAX;
}

void put_agent_event(struct daemon *d, enum event_type type, const char *fmt, ...)
{
	char message[512];
	struct event ev;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	begin_own_event(&ev, type);
	ev.what.message = str_of(message);
	pipeline_publish(&d->line, &ev);
}

static const char *const *list_or_null(char *const *list)
{
	return list[0] ? (const char *const *)list : NULL;
}

static enum hook_rung rung_of(const char *word)
{
	static const char *const words[] = {
		[HOOKS_AUTO] = "auto",
		[HOOKS_LSM] = "lsm",
		[HOOKS_FENTRY] = "fentry",
		[HOOKS_TRACEPOINT] = "tracepoint",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(word, words[i]))
			return (enum hook_rung)i;
	return HOOKS_AUTO;
}

/*
 * "github=/path" or "github@unit=/path" of the settings, which checked it, in numbers. One row without a unit
 * lets its system's supervisors be anywhere.
 */
static size_t read_supervisors(struct ci_supervisor *out, char *const *list)
{
	uint64_t anywhere = 0;
	size_t n = 0;

	for (; n < CONFIG_LIST_MAX && list[n]; n++) {
		struct str name = {list[n], (uint32_t)strcspn(list[n], "@=")};

		out[n] = (struct ci_supervisor){.system = identity_ci_system(name),
						.path = strchr(list[n], '=') + 1};
		if (list[n][name.n] == '=')
			anywhere |= 1ull << out[n].system;
	}
	for (size_t i = 0; i < n; i++)
		out[i].anywhere = anywhere >> out[i].system & 1;
	return n;
}

static int open_sensor(struct daemon *d, struct problem *err)
{
	const struct config *c = &d->config;
	struct ci_supervisor supervisors[CONFIG_LIST_MAX];
	uint8_t bytes[STORE_MARK_MAX];
	struct source_mark mark = {0};
	bool marked = store_mark(d->line.store, bytes) == sizeof(mark);
	struct kernel_options opt = {
		.ring_kib = (uint32_t)c->sensor_ring_kib,
		.tasks = (uint32_t)c->identity_processes,
		.hooks = rung_of(c->sensor_hooks),
		.fold = c->sensor_fold,
		.fold_ms = (uint32_t)c->sensor_fold_ms,
		.names = c->sensor_names,
		.service_managers = list_or_null(c->identity_service_managers),
		.container_runtimes = list_or_null(c->identity_container_runtimes),
		.ci_supervisors = supervisors,
		.ci_supervisor_count = read_supervisors(supervisors, c->identity_ci_supervisors),
		.store_dir = strcmp(c->sensor_keep, "never") != 0 ? c->store_dir : NULL,
		.mark = marked ? &mark : NULL,
	};

	if (marked)
		memcpy(&mark, bytes, sizeof(mark));
	d->line.collect_every_ns = (c->sensor_fold_ms < 1000 ? c->sensor_fold_ms : 1000) * 1000000;
	return collect_open_kernel(&d->line.source, &opt, err);
}

/* Hexadecimal digits of the host's boot id, dashes between. */
static void boot_id_bytes(uint8_t out[16], const char *text)
{
	unsigned value = 0, digits = 0;

	memset(out, 0, 16);
	for (; *text && digits < 32; text++) {
		unsigned c = (unsigned char)*text;
		unsigned digit = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;

		if (*text == '-' || digit > 15)
			continue;
		value = value << 4 | digit;
		if (digits++ & 1)
			out[digits / 2 - 1] = (uint8_t)value;
	}
}

static int open_recorder(struct daemon *d, struct problem *err)
{
	uint8_t boot_id[16];
	mode_t old;
	int rc;

	if (!d->opt->record)
		return 0;
	boot_id_bytes(boot_id, d->line.host.boot_id);
	/* Command lines and their secrets are in it. */
	old = umask(0077);
	rc = recorder_open(&d->line.recorder, d->opt->record, boot_id, d->line.host.name,
			   (uint64_t)d->line.decoder.wall_offset_ns, err);
	umask(old);
	return rc;
}

static int start_api(struct daemon *d, struct problem *err)
{
	struct issuers *issuers;
	int rc = issuers_load(&issuers, d->config.attest_issuers_dir, err);
	struct api_options opt = {
		.socket_path = d->config.api_socket,
		.group = d->config.api_group,
		.connections = (unsigned)d->config.api_connections,
		.store_path = d->config.store_dir,
		.store = d->line.store,
		.since_seq = d->first_seq,
		.host = &d->line.host,
		.attest_path = d->config.attest_socket,
		.issuers = rc ? NULL : issuers,
		.started_wall_ns = d->started_wall_ns,
		.stream = d->line.stream,
		.answer = answer_question,
		.ctx = d,
	};

	return rc ? rc : api_start(&d->api, &opt, err);
}

/* A client has its connection and, searching history, the store's three files. */
static void allow_files(const struct config *c)
{
	rlim_t want = FILES_OF_OURS + FILES_PER_CLIENT * c->api_connections;
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur >= want)
		return;
	files.rlim_cur = want < files.rlim_max ? want : files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur < want)
		log_warn("at most %llu files may be open: api.connections asks for more",
			 (unsigned long long)files.rlim_cur);
}

int start_line(struct daemon *d, struct problem *err)
{
	struct pipeline *p = &d->line;
	int rc;

	if (api_is_answering(d->config.api_socket))
		return problem_set(err, -EADDRINUSE, "another whodidd answers on %s",
				   d->config.api_socket);
	rc = places_check(d, err);
	if (rc)
		return rc;
	/* The folder with the socket must be passable for the group; the store's own is not. */
	if (d->opt->root && (rc = file_mkdirs(d->opt->root, 0755)))
		return problem_set(err, rc, "cannot make %s: %s", d->opt->root, strerror(-rc));
	host_read(&p->host);
	p->decoder.wall_offset_ns = clock_wall_offset_ns();
	d->started_boot_ns = d->rate_boot_ns = clock_boot_ns();
	d->started_wall_ns = (int64_t)d->started_boot_ns + p->decoder.wall_offset_ns;
	rc = stages_open_store(d, err);
	d->first_seq = p->next_seq;
	if (!rc && stream_new(&p->stream, d->config.stream_ring_kib << 10))
		rc = problem_set(err, -ENOMEM, "out of memory");
	if (!rc)
		rc = stages_open(d, d->config.identity_passwd_file, d->config.identity_host_root,
				 err);
	if (!rc)
		recall_start(d);
	if (!rc)
		rc = stages_open_programs(d, err);
	if (!rc) {
		stages_open_mounts(d);
		rc = open_sensor(d, err);
		malloc_trim(0); /* loading took megabytes that nobody needs again */
	}
	if (!rc)
		rc = open_recorder(d, err);
	if (!rc)
		rc = start_tamper(d, err);
	if (rc)
		return rc;
	take_over(d);
	allow_files(&d->config);
	return start_api(d, err);
}
