/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.h: what the two sources have in common; private to this folder.
 *
 * A source begins with struct source and fills its operations. An operation that is NULL does
 * nothing and yields 0.
 */
#ifndef WHODID_COLLECT_SOURCE_H
#define WHODID_COLLECT_SOURCE_H

#include "collect/collect.h"

struct source_ops {
	const char *(*rung)(const struct source *src);
	int (*fd)(const struct source *src);
	int (*drain)(struct source *src, size_t max, source_record_fn fn, void *ctx);
	int (*tick)(struct source *src, source_record_fn fn, void *ctx);
	int (*finish)(struct source *src, source_record_fn fn, void *ctx);
	int (*boundary_of)(struct source *src, int pidfd, uint64_t *boundary);
	void (*stats)(struct source *src, struct source_stats *out);
	size_t (*hooks)(struct source *src, struct hook_status *out, size_t max);
	void (*act)(struct source *src);
	size_t (*pulses)(struct source *src, struct pulse *out, size_t max);
	int (*mend)(struct source *src);
	size_t (*classes)(struct source *src, struct class_status *out, size_t max);
	const struct recording_header *(*header)(const struct source *src);
	void (*mark)(const struct source *src, struct source_mark *out);
	void (*hold)(struct source *src, bool hold);
	void (*settled)(struct source *src, const struct source_mark *mark);
	void (*get_start)(const struct source *src, struct source_start *out);
	bool (*leave)(struct source *src);
	void (*note)(struct source *src, uint64_t id, const void *note, size_t size);
	void (*each_note)(struct source *src,
			  void (*fn)(void *ctx, uint64_t id, const void *note, size_t size),
			  void *ctx);
	void (*close)(struct source *src);
};

struct source {
	const struct source_ops *ops;
};

#endif
