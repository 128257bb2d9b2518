/* SPDX-License-Identifier: Apache-2.0 */
/* json: what a token is made of, read strictly: text that two readers could read in two ways is refused. */
#include "attest/parts.h"

static bool is_shallow(struct str text)
{
	unsigned depth = 0;
	bool quoted = false;

	for (uint32_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']') && depth)
			depth--;
		if (depth > JSON_DEPTH_MAX)
			return false;
	}
	return true;
}

json_t *json_read_object(struct str text)
{
	json_t *root;

	if (!text.p || !is_shallow(text))
		return NULL;
	root = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(root))
		return root;
	json_decref(root);
	return NULL;
}

void json_drop(json_t **j)
{
	json_decref(*j);
}

struct str json_as_text(const json_t *value)
{
	if (!json_is_string(value))
		return STR_NONE;
	return (struct str){json_string_value(value), (uint32_t)json_string_length(value)};
}

struct str json_member(const json_t *object, const char *name)
{
	return json_as_text(json_object_get(object, name));
}

static int digit_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

int64_t base64url_decode(struct str text, uint8_t *out, size_t size)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;

	if (text.n % 4 == 1)
		return -1;
	for (uint32_t i = 0; i < text.n; i++) {
		int value = digit_of(text.p[i]);

		if (value < 0)
			return -1;
		bits = bits << 6 | (uint32_t)value;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (n >= size)
			return -1;
		out[n++] = (uint8_t)(bits >> have);
		bits &= (1u << have) - 1;
	}
	return bits ? -1 : (int64_t)n; /* what is left over must be nothing */
}
