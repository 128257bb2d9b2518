/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml: a settings file, nested maps or dotted keys, into struct config. Every mistake is reported
 * with its line and column; settings are one level deep, so a cycle of aliases cannot be walked.
 */
#include <yaml.h>

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "config/setting.h"

struct reader {
	struct config *config;
	yaml_document_t doc;
	const char *file;
	struct str text;
	struct problem *err;
	unsigned seen[CONFIG_SETTINGS_MAX]; /* line of each setting in this file, 0 = none */
};

static int fail_at(struct reader *r, const yaml_node_t *node, const char *what, struct str text,
		   const char *rest)
{
	return problem_at(r->err, -EINVAL, r->file, (unsigned)node->start_mark.line + 1,
			  (unsigned)node->start_mark.column + 1, "%s%.*s%s", what,
			  text.n > 200 ? 200 : (int)text.n, text.p ? text.p : "", rest);
}

static struct str scalar_of(const yaml_node_t *node)
{
	return (struct str){(const char *)node->data.scalar.value,
			    (uint32_t)node->data.scalar.length};
}

static bool is_null(const yaml_node_t *node)
{
	struct str s;

	if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	s = scalar_of(node);
	return s.n == 0 || str_is(s, "~") || str_is(s, "null");
}

static int read_scalar(struct reader *r, const struct setting *set, const yaml_node_t *node)
{
	char want[160] = "", rest[256];
	int err;

	if (node->type != YAML_SCALAR_NODE || is_null(node))
		return fail_at(r, node, set->name, STR_LIT(""), " needs a value");
	err = setting_parse(set, r->config, scalar_of(node), want, sizeof(want));
	if (err != -EINVAL)
		return err;
	snprintf(rest, sizeof(rest), "\", want %s", want);
	if (r->err) {
		char what[128];

		snprintf(what, sizeof(what), "%s is \"", set->name);
		fail_at(r, node, what, scalar_of(node), rest);
	}
	return -EINVAL;
}

static int read_list(struct reader *r, const struct setting *set, const yaml_node_t *node)
{
	int err = 0;

	setting_clear_list(set, r->config);
	if (node->type != YAML_SEQUENCE_NODE)
		return is_null(node) ? 0 : read_scalar(r, set, node);
	for (yaml_node_item_t *it = node->data.sequence.items.start;
	     !err && it < node->data.sequence.items.top; it++)
		err = read_scalar(r, set, yaml_document_get_node(&r->doc, *it));
	return err;
}

static int read_setting(struct reader *r, const struct setting *set, const yaml_node_t *key,
			const yaml_node_t *value)
{
	unsigned line = (unsigned)key->start_mark.line + 1, *seen;
	char origin[320];
	int err;

	seen = &r->seen[set - config_settings];
	if (*seen) {
		snprintf(origin, sizeof(origin), " is set twice, first in line %u", *seen);
		return fail_at(r, key, set->name, STR_LIT(""), origin);
	}
	*seen = line;
	err = set->kind == SETTING_LIST ? read_list(r, set, value) : read_scalar(r, set, value);
	if (err)
		return err;
	snprintf(origin, sizeof(origin), "%s:%u", r->file, line);
	return setting_set_origin(set, r->config, origin);
}

static int unknown_key(struct reader *r, const yaml_node_t *key, struct str name)
{
	const char *nearest = setting_nearest(name);

	if (nearest)
		problem_remedy(r->err, "Did you mean %s?", nearest);
	else
		problem_remedy(r->err, "whodidd --print-default-config lists all settings");
	return fail_at(r, key, "unknown setting \"", name, "\"");
}

static int read_map(struct reader *r, const yaml_node_t *map, struct str prefix);

static int read_pair(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
		     struct str prefix)
{
	char buf[128];
	struct str name;
	const struct setting *set;

	if (key->type != YAML_SCALAR_NODE)
		return fail_at(r, key, "a setting's name must be plain text", STR_LIT(""), "");
	name = scalar_of(key);
	if (prefix.n + name.n + 1 >= sizeof(buf))
		return unknown_key(r, key, name);
	if (prefix.n) {
		int n = snprintf(buf, sizeof(buf), "%.*s.%.*s", STR_ARG(prefix), STR_ARG(name));

		name = (struct str){buf, (uint32_t)n};
	}
	set = setting_find(name);
	if (set)
		return read_setting(r, set, key, value);
	if (prefix.n || !setting_is_group(name))
		return unknown_key(r, key, name);
	if (is_null(value)) /* a group all of whose settings are commented out */
		return 0;
	if (value->type != YAML_MAPPING_NODE)
		return fail_at(r, value, "\"", name, "\" holds settings, not a value");
	return read_map(r, value, name);
}

static int read_map(struct reader *r, const yaml_node_t *map, struct str prefix)
{
	int err = 0;

	for (yaml_node_pair_t *it = map->data.mapping.pairs.start;
	     !err && it < map->data.mapping.pairs.top; it++)
		err = read_pair(r, yaml_document_get_node(&r->doc, it->key),
				yaml_document_get_node(&r->doc, it->value), prefix);
	return err;
}

/* For bytes that are no text the parser knows their offset alone. */
static yaml_mark_t mark_at(struct str text, size_t offset)
{
	yaml_mark_t mark = {0};

	for (size_t i = 0; i < offset && i < text.n; i++) {
		if (text.p[i] == '\n') {
			mark.line++;
			mark.column = 0;
		} else if (((unsigned char)text.p[i] & 0xc0) != 0x80) {
			mark.column++;
		}
	}
	return mark;
}

static int syntax_error(const yaml_parser_t *parser, const struct reader *r)
{
	yaml_mark_t at = parser->error == YAML_READER_ERROR
				 ? mark_at(r->text, parser->problem_offset)
				 : parser->problem_mark;

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	return problem_at(r->err, -EINVAL, r->file, (unsigned)at.line + 1, (unsigned)at.column + 1,
			  "not YAML: %s", parser->problem ? parser->problem : "unreadable");
}

static int read_document(struct reader *r)
{
	const yaml_node_t *root = yaml_document_get_root_node(&r->doc);

	if (!root || is_null(root))
		return 0;
	if (root->type != YAML_MAPPING_NODE)
		return fail_at(r, root, "expected settings, key: value", STR_LIT(""), "");
	return read_map(r, root, STR_NONE);
}

/* One document; nothing may follow it. */
static int read_documents(yaml_parser_t *parser, struct reader *r)
{
	int err = 0;

	for (unsigned n = 0; !err; n++) {
		const yaml_node_t *root;

		if (!yaml_parser_load(parser, &r->doc))
			return syntax_error(parser, r);
		root = yaml_document_get_root_node(&r->doc);
		if (!root) { /* end of the file */
			yaml_document_delete(&r->doc);
			break;
		}
		err = n == 0 ? read_document(r)
			     : fail_at(r, root, "one document a file, here is a second",
				       STR_LIT(""), "");
		yaml_document_delete(&r->doc);
	}
	return err;
}

int config_parse_yaml(struct config *c, struct str text, const char *name, struct problem *err)
{
	struct reader r = {.config = c, .file = name, .text = text, .err = err};
	yaml_parser_t parser;
	int rc;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)(text.p ? text.p : ""),
				     text.n);
	rc = read_documents(&parser, &r);
	yaml_parser_delete(&parser);
	return rc;
}
