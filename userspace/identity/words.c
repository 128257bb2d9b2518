/* SPDX-License-Identifier: Apache-2.0 */
/* words: see the header. */
#include "identity/words.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "base/escape.h"

#define LIST_MAX 512
#define CUT_END	 "%2E%2E%2E" /* no whole value has it: a '.' stands for itself */
#define SUM_USED 16	     /* bytes */

static void add(struct words *w, const char *p, size_t n)
{
	if (n > sizeof(w->text) - w->len)
		n = sizeof(w->text) - w->len;
	memcpy(w->text + w->len, p, n);
	w->len += n;
}

/* What was cut still is nobody else's name. */
static void add_sum(struct words *w, struct str value)
{
	/* made once: looking for the algorithm costs ten times the sum, and allocates */
	static _Thread_local EVP_MD_CTX *ctx;
	unsigned char sum[EVP_MAX_MD_SIZE];
	char digits[3];

	if (!ctx && (ctx = EVP_MD_CTX_new()) && !EVP_DigestInit_ex(ctx, EVP_sha256(), NULL)) {
		EVP_MD_CTX_free(ctx);
		ctx = NULL;
	}
	if (!ctx || !EVP_DigestInit_ex(ctx, NULL, NULL) ||
	    !EVP_DigestUpdate(ctx, value.p, value.n) || !EVP_DigestFinal_ex(ctx, sum, NULL)) {
		w->len = sizeof(w->text);
		return;
	}
	for (unsigned i = 0; i < SUM_USED; i++) {
		snprintf(digits, sizeof(digits), "%02x", sum[i]);
		add(w, digits, 2);
	}
}

static void add_value(struct words *w, struct str value)
{
	size_t from = w->len, room = sizeof(w->text) - w->len;
	size_t n = escape_value(value, WORD_VALUE_MAX, w->text + w->len, room);

	w->len += n < room ? n : room;
	if (str_ends((struct str){w->text + from, (uint32_t)(w->len - from)}, CUT_END))
		add_sum(w, value);
}

static struct str finish(struct words *w, size_t from)
{
	if (w->len == sizeof(w->text))
		return STR_NONE;
	return (struct str){w->text + from, (uint32_t)(w->len - from)};
}

struct str words_join2(struct words *w, const char *prefix, struct str value, const char *prefix2,
		       struct str value2)
{
	size_t from = w->len;

	add(w, prefix, strlen(prefix));
	add_value(w, value);
	add(w, prefix2, strlen(prefix2));
	add_value(w, value2);
	return finish(w, from);
}

struct str words_join(struct words *w, const char *prefix, struct str value)
{
	return words_join2(w, prefix, value, "", STR_NONE);
}

struct str words_extend(struct words *w, struct str text, const char *prefix, struct str value)
{
	size_t from = w->len;

	add(w, text.p ? text.p : "", text.n);
	add(w, prefix, strlen(prefix));
	add_value(w, value);
	return finish(w, from);
}

struct str words_number(struct words *w, const char *prefix, uint64_t value)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
	size_t from = w->len;

	add(w, prefix, strlen(prefix));
	add(w, digits, (size_t)n);
	return finish(w, from);
}

struct str words_append(struct words *w, struct str list, struct str item)
{
	size_t from = w->len;

	if (list.n == 0)
		return item;
	if (str_ends(list, ",..."))
		return list;
	if (list.n + 1 + item.n > LIST_MAX)
		item = STR_LIT("...");
	add(w, list.p, list.n);
	add(w, ",", 1);
	add(w, item.p, item.n);
	return finish(w, from);
}
