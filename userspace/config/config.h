/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config: the daemon's settings. One table (config_settings) with type, limits, default and help
 * makes the file reader, --set, -T, the commented default file, the man page and the completion.
 * The file is YAML (libyaml), nested maps or dotted keys; unknown keys are errors with line and
 * column. Flag over drop-in over file over default.
 */
#ifndef WHODID_CONFIG_H
#define WHODID_CONFIG_H

#include <stdio.h>

#include "base/problem.h"
#include "base/str.h"

#define CONFIG_LIST_MAX	    32
#define CONFIG_SETTINGS_MAX 40

struct config {
	char *origins
		[CONFIG_SETTINGS_MAX]; /* by row of the table: "FILE:3", "--set"; NULL = default */
	/* sensor.* */
	uint64_t sensor_ring_kib;		     /* 8192, 64 to 1048576 */
	char *sensor_hooks;			     /* auto, lsm, fentry, tracepoint */
	bool sensor_fold;			     /* true */
	uint64_t sensor_fold_ms;		     /* 1000, 100 to 60000 */
	bool sensor_names;			     /* true */
	char *sensor_resolvers[CONFIG_LIST_MAX + 1]; /* addresses, NULL-terminated */
	uint64_t sensor_poll_ms;		     /* 5, 1 to 1000 */
	uint64_t sensor_priority;		     /* 10, 0 to 20 */
	char *sensor_keep;			     /* crash, always, never */
	/* identity.* */
	char *identity_service_managers[CONFIG_LIST_MAX +
					1]; /* extra executables, NULL-terminated */
	char *identity_container_runtimes[CONFIG_LIST_MAX + 1];
	char *identity_ci_supervisors[CONFIG_LIST_MAX + 1]; /* "github@unit*=/path" */
	char *identity_passwd_file; /* /etc/passwd; names of users. Not used by --replay unless set */
	char *identity_host_root;   /* /; bundles of containers. Not used by --replay unless set */
	uint64_t identity_processes;  /* 65536 */
	uint64_t identity_boundaries; /* 16384 */
	/* programs.* */
	uint64_t programs_max_mib; /* 256, 0 to 65536 */
	/* profiles.* */
	char *profiles_dir;	   /* /etc/whodid/profiles.d */
	char *profiles_vendor_dir; /* /usr/share/whodid/profiles */
	/* store.* */
	char *store_dir;	     /* /var/lib/whodid */
	uint64_t store_max_mib;	     /* 1024 */
	uint64_t store_batch_events; /* 1000 */
	uint64_t store_commit_ms;    /* 250 */
	char *store_sync;	     /* full, normal */
	/* stream.* */
	uint64_t stream_ring_kib; /* 4096 */
	/* api.* */
	char *api_socket;	  /* /run/whodid/whodid.sock */
	char *api_group;	  /* whodid */
	uint64_t api_connections; /* 64 */
	/* attest.* */
	char *attest_socket;	  /* /run/whodid/attest.sock */
	char *attest_issuers_dir; /* /etc/whodid/issuers.d */
	/* log.* */
	char *log_level; /* error, warn, info, debug */
};

/* Defaults; root != NULL puts store, profiles and socket under it (--root). 0 or -ENOMEM. */
int config_init(struct config *c, const char *root);
void config_release(struct config *c);
/* Reads FILE and then DIR-of-file/conf.d/<name>.yaml in name order. Whole or not at all. A missing
 * file is an error only when must_exist. */
int config_read(struct config *c, const char *path, bool must_exist, struct problem *err);
/* One "key=value" (--set). */
int config_set(struct config *c, const char *assignment, struct problem *err);
/* Whether nobody has set it: its value is the default, or what --root makes of it. */
bool config_is_default(const struct config *c, const char *name);
/* Names of settings that differ and take effect at the next start only; how many, at most max. */
size_t config_needs_restart(const struct config *now, const struct config *next, const char **names,
			    size_t max);
/* What is in force, as YAML with each setting's origin (default, file:line, --set) as a comment. */
void config_print(const struct config *c, FILE *out);
/* The commented default file: userspace/etc/whodid.yaml is its output. */
void config_print_default(FILE *out);

#endif
