/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/ask.h"

#include "cmd/printer.h"
#include "cmd/source.h"

static int append(void *ctx, struct str line)
{
	json_t *row = row_parse(line);

	if (row)
		json_array_append_new(ctx, row);
	return 0;
}

int ask_list(const struct cli *c, const char *path, bool quiet, json_t **out)
{
	_cleanup_json_ json_t *list = json_array();
	struct http_request r = {.path = path, .line = append, .ctx = list, .quiet = quiet};
	int code = http_get(c, &r);

	if (code == CODE_DONE)
		*out = TAKE_PTR(list);
	return code;
}

int ask_object(const struct cli *c, const char *path, bool quiet, json_t **out)
{
	_cleanup_json_ json_t *list = NULL;
	int code = ask_list(c, path, quiet, &list);

	if (code)
		return code;
	if (json_array_size(list) != 1)
		return quiet ? CODE_FAILED
			     : fail(CODE_FAILED, NULL, "the daemon's answer to %s is no object",
				    path);
	*out = json_incref(json_array_get(list, 0));
	return CODE_DONE;
}

void print_json_row(const struct cli *c, const json_t *row)
{
	char *line = json_dumps(row, JSON_COMPACT);

	if (line)
		print_json_line(c, str_of(line), row);
	free(line);
}
