// SPDX-License-Identifier: Apache-2.0
/* recording.c: records from a file, and into one. */
#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "collect/source.h"

struct recording {
	struct source source; /* first: struct source * is cast back */
	FILE *file;
	struct recording_header header;
	uint64_t received;
	struct counters counters;
	bool broken;
	_Alignas(8) uint8_t record[EVENT_RECORD_MAX];
};

static struct recording *recording_of(const struct source *src)
{
	return (struct recording *)(uintptr_t)src;
}

/* One record into rec->record. Its size, -ENODATA at the end, -EBADMSG for anything malformed. */
static int read_record(struct recording *rec)
{
	struct record_header *h = (struct record_header *)(void *)rec->record;
	size_t n = fread(rec->record, 1, sizeof(*h), rec->file);

	if (n == 0 && !ferror(rec->file))
		return -ENODATA;
	if (n != sizeof(*h) || h->size < sizeof(*h) || h->size > EVENT_RECORD_MAX ||
	    h->size % 8 != 0)
		return -EBADMSG;
	if (fread(rec->record + sizeof(*h), 1, h->size - sizeof(*h), rec->file) !=
	    h->size - sizeof(*h))
		return -EBADMSG;
	return (int)h->size;
}

static int drain(struct source *src, size_t max, source_record_fn fn, void *ctx)
{
	struct recording *rec = recording_of(src);
	const struct record_header *h = (const struct record_header *)(const void *)rec->record;
	size_t n;

	if (rec->broken)
		return -EBADMSG;
	for (n = 0; n < max; n++) {
		int size = read_record(rec);

		if (size == -EBADMSG)
			rec->broken = true;
		if (size < 0)
			return n ? (int)n : size;
		rec->received++;
		if (h->kind < RECORD_KIND_MAX)
			rec->counters.generated[h->kind]++;
		fn(ctx, rec->record, (size_t)size);
	}
	return (int)n;
}

static void stats(struct source *src, struct source_stats *out)
{
	out->counters = recording_of(src)->counters;
	out->received = recording_of(src)->received;
}

static const struct recording_header *header(const struct source *src)
{
	return &recording_of(src)->header;
}

static void close_recording(struct source *src)
{
	fclose(recording_of(src)->file);
	free(src);
}

static const char *rung(const struct source *src)
{
	(void)src;
	return "recording";
}

static const struct source_ops recording_ops = {
	.rung = rung,
	.drain = drain,
	.stats = stats,
	.header = header,
	.close = close_recording,
};

static int check_header(const struct recording_header *h, const char *path, struct problem *err)
{
	if (memcmp(h->magic, RECORDING_MAGIC, sizeof(h->magic)) != 0)
		return problem_set(err, -EINVAL, "%s is not a recording", path);
	if (h->abi != EVENT_ABI)
		return problem_set(err, -EPROTO, "%s has record ABI %u, this program knows %u",
				   path, h->abi, EVENT_ABI);
	if (h->header_size < sizeof(*h) || h->header_size > 65536 ||
	    !memchr(h->host, 0, sizeof(h->host)))
		return problem_set(err, -EINVAL, "%s has a damaged header", path);
	return 0;
}

static int open_file(FILE **out, const char *path, const char *mode, struct problem *err)
{
	int e;

	*out = fopen(path, mode);
	if (*out)
		return 0;
	e = -errno;
	return problem_set(err, e, "%s: %s", path, strerror(-e));
}

int collect_open_recording(struct source **out, const char *path, struct problem *err)
{
	_cleanup_free_ struct recording *rec = calloc(1, sizeof(*rec));
	_cleanup_fclose_ FILE *f = NULL;
	int e;

	if (!rec)
		return problem_set(err, -ENOMEM, "no memory");
	e = open_file(&f, path, "rbe", err);
	if (e)
		return e;
	if (fread(&rec->header, sizeof(rec->header), 1, f) != 1)
		return problem_set(err, -EINVAL, "%s is not a recording", path);
	e = check_header(&rec->header, path, err);
	if (e)
		return e;
	/* a later version's longer header; by reading, so that a pipe will do */
	for (size_t i = sizeof(rec->header); i < rec->header.header_size; i++)
		if (fgetc(f) == EOF)
			return problem_set(err, -EINVAL, "%s ends in its header", path);
	rec->source.ops = &recording_ops;
	rec->file = TAKE_PTR(f);
	*out = &TAKE_PTR(rec)->source;
	return 0;
}

struct recorder {
	FILE *file;
	int err;
};

int recorder_open(struct recorder **out, const char *path, const uint8_t boot_id[16],
		  const char *host, uint64_t wall_offset_ns, struct problem *err)
{
	struct recording_header h = {
		.abi = EVENT_ABI, .header_size = sizeof(h), .wall_offset_ns = wall_offset_ns};
	_cleanup_free_ struct recorder *rec = calloc(1, sizeof(*rec));
	_cleanup_fclose_ FILE *f = NULL;
	int e;

	if (!rec)
		return problem_set(err, -ENOMEM, "no memory");
	e = open_file(&f, path, "wbe", err);
	if (e)
		return e;
	memcpy(h.magic, RECORDING_MAGIC, sizeof(h.magic));
	memcpy(h.boot_id, boot_id, sizeof(h.boot_id));
	snprintf((char *)h.host, sizeof(h.host), "%s", host);
	if (fwrite(&h, sizeof(h), 1, f) != 1)
		return problem_set(err, -EIO, "%s cannot be written", path);
	rec->file = TAKE_PTR(f);
	*out = TAKE_PTR(rec);
	return 0;
}

int recorder_write(struct recorder *rec, const void *record, size_t size)
{
	if (!rec->err && fwrite(record, 1, size, rec->file) != size)
		rec->err = errno ? -errno : -EIO;
	return rec->err;
}

int recorder_close(struct recorder *rec)
{
	int err = rec->err;

	if (fclose(rec->file) && !err)
		err = -errno;
	free(rec);
	return err;
}
