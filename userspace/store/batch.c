/* SPDX-License-Identifier: Apache-2.0 */
#include "store/batch.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/cleanup.h"

#define LEVEL 1 /* 3 % larger than 3, and half the time */

/*
 * Data is a zstd frame of the packed events, which begins with zstd's own 0x28; or a byte 1, the size of
 * the columns (little-endian, 4 bytes), and a zstd frame of these.
 */
#define IN_COLUMNS     1
#define COLUMNS_HEADER 5

struct batch_packer {
	ZSTD_CCtx *zstd;
	struct columns *columns;
	size_t size;
	char out[];
};

void batch_packer_free(struct batch_packer *p)
{
	if (!p)
		return;
	ZSTD_freeCCtx(p->zstd);
	columns_free(p->columns);
	free(p);
}

struct batch_packer *batch_packer_new(void)
{
	size_t size = COLUMNS_HEADER + ZSTD_compressBound(BATCH_RAW_MAX);
	struct batch_packer *p = malloc(sizeof(*p) + size);

	if (!p)
		return NULL;
	p->size = size;
	p->zstd = ZSTD_createCCtx();
	p->columns = columns_new(BATCH_RAW_MAX);
	if (!p->zstd || !p->columns) {
		batch_packer_free(p);
		return NULL;
	}
	return p;
}

/* With the header behind which they will stand; false for what is kept as it is. */
static bool turn(struct batch_packer *p, struct str raw, struct str *columns)
{
	if (columns_split(p->columns, raw, columns) || columns->n > raw.n)
		return false;
	p->out[0] = IN_COLUMNS;
	for (unsigned i = 0; i < 4; i++)
		p->out[1 + i] = (char)(columns->n >> (8 * i));
	return true;
}

int batch_compress(struct batch_packer *p, struct str raw, struct str *out)
{
	struct str from = raw;
	size_t header = turn(p, raw, &from) ? COLUMNS_HEADER : 0, n;

	if (!header)
		from = raw;
	n = ZSTD_compressCCtx(p->zstd, p->out + header, p->size - header, from.p, from.n, LEVEL);
	if (ZSTD_isError(n))
		return -ENOMEM;
	*out = (struct str){p->out, (uint32_t)(header + n)};
	return 0;
}

static void put_u64(uint8_t *at, uint64_t v)
{
	for (unsigned i = 0; i < 8; i++)
		at[i] = (uint8_t)(v >> (8 * i));
}

static void free_digest_p(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

int batch_hash(uint8_t hash[static BATCH_HASH], const uint8_t prev[static BATCH_HASH],
	       const struct batch_facts *facts, struct str data)
{
	const uint64_t numbers[] = {facts->seq0,	  facts->seq1,		facts->count,
				    (uint64_t)facts->ts0, (uint64_t)facts->ts1, facts->raw_len,
				    facts->types,	  facts->host};
	_cleanup_(free_digest_p) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t header[sizeof(numbers)];

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		put_u64(header + 8 * i, numbers[i]);
	if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1 ||
	    EVP_DigestUpdate(ctx, prev, BATCH_HASH) != 1 ||
	    EVP_DigestUpdate(ctx, header, sizeof(header)) != 1 ||
	    EVP_DigestUpdate(ctx, data.p, data.n) != 1 || EVP_DigestFinal_ex(ctx, hash, NULL) != 1)
		return -EIO;
	return 0;
}

void batch_unpacker_release(struct batch_unpacker *u)
{
	columns_free(u->columns);
	free(u->buf);
	*u = (struct batch_unpacker){0};
}

static int make_room(struct batch_unpacker *u, size_t size)
{
	if (!u->columns)
		u->columns = columns_new(0);
	if (size > u->size) {
		free(u->buf);
		u->buf = malloc(size);
		u->size = u->buf ? size : 0;
	}
	return u->columns && u->buf ? 0 : -ENOMEM;
}

static int inflate(uint8_t *out, size_t size, struct str data)
{
	size_t n = ZSTD_decompress(out, size, data.p, data.n);

	return !ZSTD_isError(n) && n == size ? 0 : -EBADMSG;
}

int batch_decompress(struct batch_unpacker *u, const struct batch_facts *facts, struct str data,
		     uint8_t *out)
{
	uint32_t size = 0;
	int r;

	if (!data.n || data.p[0] != IN_COLUMNS)
		return inflate(out, facts->raw_len, data);
	for (unsigned i = 0; data.n > COLUMNS_HEADER && i < 4; i++)
		size |= (uint32_t)(uint8_t)data.p[1 + i] << (8 * i);
	if (size == 0 || size > facts->raw_len)
		return -EBADMSG;
	r = make_room(u, size);
	if (r == 0)
		r = inflate(u->buf, size, str_sub(data, COLUMNS_HEADER, data.n));
	return r ? r
		 : columns_join(u->columns, (struct str){(const char *)u->buf, size}, out,
				facts->raw_len);
}
