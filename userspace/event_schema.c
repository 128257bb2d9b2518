/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The published JSON Schema (draft-07) of an event, made from the field table. It is closed: events
 * of this version have nothing else. A later minor version adds fields and words, and publishes its
 * own.
 */
#include <stdio.h>

#include "base/cleanup.h"
#include "event_fields.h"
#include "event_json.h"

#define NAME_MAX_BYTES 48

static const char time_pattern[] = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
				   "\\.[0-9]{9}Z$";

static const char *pattern_of(const struct field *f)
{
	switch ((enum field_kind)f->kind) {
	case FIELD_BIG:
		return "^[1-9][0-9]*$";
	case FIELD_TIME:
	case FIELD_BOOT:
		return time_pattern;
	case FIELD_MODE:
		return "^[0-7]{4}$";
	case FIELD_DEV:
		return "^[0-9]+:[0-9]+$";
	case FIELD_BOUNDARY:
		return "^b[1-9][0-9]*$";
	case FIELD_ANOMALY:
		return "^A-[1-9][0-9]*$";
	default:
		return NULL;
	}
}

static void write_words(struct json *w, const struct field *f)
{
	json_array_begin(w, "enum");
	for (unsigned v = 0; v < 256; v++)
		json_cstr(w, NULL, f->name_of(v));
	json_array_end(w);
}

static void write_string(struct json *w, const struct field *f)
{
	json_cstr(w, "type", "string");
	json_cstr(w, "pattern", pattern_of(f));
	if (f->kind == FIELD_ENUM)
		write_words(w, f);
}

static void write_strings(struct json *w, const struct field *f)
{
	json_cstr(w, "type", "array");
	json_object_begin(w, "items");
	json_cstr(w, "type", "string");
	if (f->kind == FIELD_FLAGS && f->name_of) {
		json_array_begin(w, "enum");
		for (unsigned bit = 0; bit < 64; bit++)
			json_cstr(w, NULL, f->name_of(bit));
		json_array_end(w);
	}
	json_object_end(w);
}

/* Values of the fields that have a writer of their own in event_json.c. */
static const struct {
	const char *name;
	const char *json; /* members of the schema object */
} specials[] = {
	{"uid", "\"type\":\"string\",\"pattern\":\"^[0-7][0-9A-HJKMNP-TV-Z]{25}$\""},
	{"host", "\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},"
		 "\"id\":{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{32}$\"},"
		 "\"boot_id\":{\"type\":\"string\",\"pattern\":\"^[0-9a-f-]{36}$\"}}"},
	{"process.uid", "\"type\":\"string\",\"pattern\":\"^[0-9a-f]*\\\\.[0-9]+\\\\.[0-9]+$\""},
	{"process.parent.uid",
	 "\"type\":\"string\",\"pattern\":\"^[0-9a-f]*\\\\.[0-9]+\\\\.[0-9]+$\""},
	{"process.caps", "\"type\":\"array\",\"items\":{\"type\":\"string\"}"},
	{"process.ancestors",
	 "\"type\":\"array\",\"maxItems\":16,\"items\":{\"type\":\"object\",\"required\":[\"pid\"],"
	 "\"properties\":{\"pid\":{\"type\":\"integer\",\"minimum\":0},"
	 "\"exe\":{\"type\":\"string\"},\"exe_b64\":{\"type\":\"string\"}},"
	 "\"additionalProperties\":false}"},
	{"loss.by_type", "\"type\":\"object\",\"additionalProperties\":"
			 "{\"type\":\"integer\",\"minimum\":1}"},
	{"loss.cause", "\"type\":\"string\",\"enum\":[\"full\",\"slow_reader\",\"not_running\"]"},
	{"network.direction", "\"type\":\"string\",\"enum\":[\"inbound\",\"outbound\"]"},
	{"redacted", "\"type\":\"array\",\"items\":{\"type\":\"string\","
		     "\"pattern\":\"^process\\\\.argv\\\\.[0-9]+$\"}"},
};

static void write_special(struct json *w, const struct field *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(specials); i++)
		if (strcmp(specials[i].name, f->name) == 0) {
			json_text(w, STR_LIT(","));
			json_text(w, str_of(specials[i].json));
			w->comma = true;
		}
}

static void write_type(struct json *w, const struct field *f)
{
	switch ((enum field_kind)f->kind) {
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_COUNT:
	case FIELD_ID32:
	case FIELD_PORT:
		json_cstr(w, "type", "integer");
		json_u64(w, "minimum", 0);
		break;
	case FIELD_MS:
		json_cstr(w, "type", "number");
		json_u64(w, "minimum", 0);
		break;
	case FIELD_BOOL:
		if (!f->name_of)
			json_raw(w, "const", STR_LIT("true"));
		else
			json_cstr(w, "const", f->name_of(1));
		break;
	case FIELD_LIST:
	case FIELD_ARGV:
	case FIELD_FLAGS:
		write_strings(w, f);
		break;
	case FIELD_SPECIAL:
		write_special(w, f);
		break;
	default:
		write_string(w, f);
	}
}

static bool is_text(const struct field *f)
{
	return f->kind == FIELD_TEXT || f->kind == FIELD_LIST || f->kind == FIELD_ARGV;
}

static void write_property(struct json *w, const struct field *f, const char *name)
{
	json_object_begin(w, name);
	json_cstr(w, "description", f->help);
	write_type(w, f);
	json_object_end(w);
	if (is_text(f)) {
		char sibling[NAME_MAX_BYTES];

		snprintf(sibling, sizeof(sibling), "%s_b64", name);
		json_object_begin(w, sibling);
		json_cstr(w, "description", "the bytes of it, where they are not UTF-8");
		json_cstr(w, "type", "string");
		json_cstr(w, "contentEncoding", "base64");
		json_object_end(w);
	}
}

/* The properties under prefix ("" or "process."), each object once and in the table's order. */
static void write_properties(struct json *w, const char *prefix)
{
	size_t n = strlen(prefix);
	const char *last = "";
	size_t last_n = 0;

	json_object_begin(w, "properties");
	if (n == 0)
		json_raw(w, "schema", STR_LIT("{\"const\":\"whodid.event/1.0\"}"));
	for (const struct field *f = event_fields; f->name; f++) {
		const char *part = f->name + n, *dot;
		char deeper[NAME_MAX_BYTES];
		char object[NAME_MAX_BYTES];

		if ((f->use & FIELD_NO_JSON) || strncmp(f->name, prefix, n) != 0)
			continue;
		dot = strchr(part, '.');
		if (!dot) {
			write_property(w, f, part);
			continue;
		}
		if ((size_t)(dot - part) == last_n && strncmp(part, last, last_n) == 0)
			continue; /* another field of the object just written */
		last = part;
		last_n = (size_t)(dot - part);
		snprintf(deeper, sizeof(deeper), "%s%.*s.", prefix, (int)last_n, part);
		snprintf(object, sizeof(object), "%.*s", (int)last_n, part);
		json_object_begin(w, object);
		json_cstr(w, "type", "object");
		write_properties(w, deeper);
		json_object_end(w);
	}
	json_object_end(w);
	json_bool(w, "additionalProperties", false);
}

void event_json_schema(struct json *w)
{
	json_object_begin(w, NULL);
	json_cstr(w, "$schema", "http://json-schema.org/draft-07/schema#");
	json_cstr(w, "$id", "https://whodid.dev/schema/event-1.0.json");
	json_cstr(w, "title", "whodid.event/1.0");
	json_cstr(w, "type", "object");
	json_raw(w, "required", STR_LIT("[\"schema\",\"uid\",\"seq\",\"time\",\"type\",\"host\"]"));
	write_properties(w, "");
	json_object_end(w);
}
