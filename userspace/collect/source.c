// SPDX-License-Identifier: Apache-2.0
/* source.c: the public face of a source, whichever kind it is. */
#include "collect/source.h"

#include <errno.h>

const struct recording_header *collect_recording_header(const struct source *src)
{
	return src->ops->header ? src->ops->header(src) : NULL;
}

int collect_fd(const struct source *src)
{
	return src->ops->fd ? src->ops->fd(src) : -1;
}

int collect_drain(struct source *src, size_t max, source_record_fn fn, void *ctx)
{
	return src->ops->drain(src, max, fn, ctx);
}

int collect_tick(struct source *src, source_record_fn fn, void *ctx)
{
	return src->ops->tick ? src->ops->tick(src, fn, ctx) : 0;
}

int collect_finish(struct source *src, source_record_fn fn, void *ctx)
{
	return src->ops->finish ? src->ops->finish(src, fn, ctx) : 0;
}

int collect_boundary_of(struct source *src, int pidfd, uint64_t *boundary)
{
	return src->ops->boundary_of ? src->ops->boundary_of(src, pidfd, boundary) : -ESRCH;
}

void collect_stats(struct source *src, struct source_stats *out)
{
	memset(out, 0, sizeof(*out));
	if (src->ops->stats)
		src->ops->stats(src, out);
}

size_t collect_hooks(struct source *src, struct hook_status *out, size_t max)
{
	return src->ops->hooks ? src->ops->hooks(src, out, max) : 0;
}

size_t collect_classes(struct source *src, struct class_status *out, size_t max)
{
	return src->ops->classes ? src->ops->classes(src, out, max) : 0;
}

const char *collect_rung_name(const struct source *src)
{
	return src->ops->rung(src);
}

void collect_act(struct source *src)
{
	if (src->ops->act)
		src->ops->act(src);
}

size_t collect_pulses(struct source *src, struct pulse *out, size_t max)
{
	return src->ops->pulses ? src->ops->pulses(src, out, max) : 0;
}

int collect_mend(struct source *src)
{
	return src->ops->mend ? src->ops->mend(src) : 0;
}

void collect_mark(const struct source *src, struct source_mark *out)
{
	memset(out, 0, sizeof(*out));
	if (src->ops->mark)
		src->ops->mark(src, out);
}

void collect_hold(struct source *src, bool hold)
{
	if (src->ops->hold)
		src->ops->hold(src, hold);
}

void collect_settled(struct source *src, const struct source_mark *mark)
{
	if (src->ops->settled)
		src->ops->settled(src, mark);
}

void collect_get_start(const struct source *src, struct source_start *out)
{
	memset(out, 0, sizeof(*out));
	if (src->ops->get_start)
		src->ops->get_start(src, out);
}

bool collect_leave(struct source *src)
{
	return src->ops->leave && src->ops->leave(src);
}

void collect_note(struct source *src, uint64_t id, const void *note, size_t size)
{
	if (src->ops->note)
		src->ops->note(src, id, note, size);
}

void collect_each_note(struct source *src,
		       void (*fn)(void *ctx, uint64_t id, const void *note, size_t size), void *ctx)
{
	if (src->ops->each_note)
		src->ops->each_note(src, fn, ctx);
}

void collect_close(struct source *src)
{
	if (src)
		src->ops->close(src);
}
