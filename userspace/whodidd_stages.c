/* SPDX-License-Identifier: Apache-2.0 */
/* stages: makes what stands between source and sinks, and the store; frees it in the opposite order. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"
#include "whodidd.h"

#define RESOLV_CONF "/etc/resolv.conf"

int stages_open_store(struct daemon *d, struct problem *err)
{
	struct store_options opt = {
		.max_bytes = d->config.store_max_mib << 20,
		.batch_events = (uint32_t)d->config.store_batch_events,
		.commit_ms = (uint32_t)d->config.store_commit_ms,
		.sync_full = !strcmp(d->config.store_sync, "full"),
		.mark = pipeline_mark,
		.mark_ctx = &d->line,
		.resume = d->opt->replay ? 0 : find_left_behind(d),
	};

	return store_open(&d->line.store, d->config.store_dir, &opt, &d->line.host,
			  &d->line.next_seq, err);
}

static void save_anomaly(void *ctx, uint64_t id, struct str json)
{
	struct pipeline *p = ctx;

	if (p->store)
		store_put_anomaly(p->store, id, json);
}

static void restore_anomaly(void *ctx, uint64_t id, struct str json)
{
	if (anomaly_restore(ctx, json))
		log_warn("anomaly A-%llu in the store is damaged and was left out",
			 (unsigned long long)id);
}

/* Anomalies live longer than the daemon. */
static int restore_anomalies(struct daemon *d, struct problem *err)
{
	struct store_reader *reader;
	int rc = store_reader_open(&reader, d->config.store_dir, err);

	if (rc)
		return rc;
	rc = store_each_anomaly(reader, restore_anomaly, d->line.anomaly);
	store_reader_close(reader);
	return rc < 0 ? problem_set(err, rc, "cannot read the anomalies kept: %s", strerror(-rc))
		      : 0;
}

/* The daemon's own namespace is another one where its unit protects folders; the first process's is the host's. */
void stages_open_mounts(struct daemon *d)
{
	int rc = mount_watch_start(&d->line.decoder.mounts, "/proc/1/mountinfo");

	if (rc)
		log_warn(
			"names on the host of files in containers are not told: /proc/1/mountinfo: %s",
			strerror(-rc));
}

static void restore_program(void *ctx, const struct program_facts *facts)
{
	programs_remember(ctx, facts);
}

int stages_open_programs(struct daemon *d, struct problem *err)
{
	struct programs_options opt = {
		.max_bytes = d->config.programs_max_mib << 20,
		.host_root = d->config.identity_host_root,
	};
	struct store_reader *reader;
	int rc;

	if (!opt.max_bytes)
		return 0;
	rc = programs_open(&d->line.programs, &opt);
	if (rc)
		return problem_set(err, rc, "cannot start reading programs: %s", strerror(-rc));
	rc = store_reader_open(&reader, d->config.store_dir, err);
	if (rc)
		return rc;
	store_each_program(reader, restore_program, d->line.programs);
	store_reader_close(reader);
	return 0;
}

static int out_of_memory(struct problem *err)
{
	return problem_set(err, -ENOMEM, "out of memory");
}

/* The network namespace that the host's files are about: the daemon's own. */
static uint32_t own_network(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) ? 0 : (uint32_t)st.st_ino;
}

int stages_open(struct daemon *d, const char *passwd_path, const char *host_root,
		struct problem *err)
{
	struct identity_options identity = {
		.boundaries_max = d->config.identity_boundaries,
		.processes_max = d->config.identity_processes,
		.passwd_path = passwd_path,
		.ci_supervisors = (const char *const *)d->config.identity_ci_supervisors,
		.host_root = host_root,
	};
	struct names_options names = {
		/* of this host and time: nothing to a recording */
		.resolv_path = d->opt->replay ? NULL : RESOLV_CONF,
		.host_net = d->opt->replay ? 0 : own_network(),
		.resolvers = (const char *const *)d->config.sensor_resolvers,
		.fold_ns = d->config.sensor_fold ? d->config.sensor_fold_ms * 1000000 : 0,
	};
	struct anomaly_options anomaly = {0};
	struct pipeline *p = &d->line;
	int rc = load_profiles(&p->profile, &d->config, err);

	if (rc)
		return rc;
	if (names_new(&p->names, &names) || identity_new(&p->identity, &identity))
		return out_of_memory(err);
	if (anomaly_new(&p->anomaly, &anomaly, pipeline_anomaly_changed, save_anomaly, p))
		return out_of_memory(err);
	return p->store ? restore_anomalies(d, err) : 0;
}

int stages_close(struct daemon *d)
{
	struct pipeline *p = &d->line;
	int rc;

	recall_stop(d);
	if (p->source)
		collect_close(p->source);
	p->source = NULL; /* what the store still takes has no mark any more */
	programs_close(p->programs);
	rc = p->store ? store_close(p->store) : 0;
	stream_free(p->stream);
	if (p->anomaly)
		anomaly_free(p->anomaly);
	tamper_free(p->tamper);
	free(d->groups);
	d->groups = NULL;
	if (p->identity)
		identity_free(p->identity);
	names_free(p->names);
	if (p->profile)
		profile_free(p->profile);
	mount_watch_stop(p->decoder.mounts);
	p->decoder.mounts = NULL;
	p->programs = NULL;
	p->store = NULL;
	p->stream = NULL;
	p->anomaly = NULL;
	p->tamper = NULL;
	p->identity = NULL;
	p->names = NULL;
	p->profile = NULL;
	return rc;
}
