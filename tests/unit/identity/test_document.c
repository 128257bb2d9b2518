/* SPDX-License-Identifier: Apache-2.0 */
/* Lists that container engines keep, of which one entry is wanted. */
#include "history.h"

#include "identity/container/document.h"

/* One entry of a long list, without reading the rest: what a string has in it ends no object. */
static void an_entry_is_found_in_what_others_wrote(void **state)
{
#define ENTRY "{\"id\":\"" H "\",\"names\":[\"mine\"]}"
	static const struct {
		const char *list;
		bool found;
	} rows[] = {
		{"[" ENTRY "]", true},
		{"[{\"id\":\"x\",\"flags\":{\"a\":{}}}," ENTRY "]", true},
		/* others that mention the id, by name or deeper down */
		{"[{\"id\":\"x\",\"names\":[\"" H "\"]}," ENTRY "]", true},
		{"[{\"id\":\"x\",\"names\":[\"" H "\"]}]", false},
		{"[{\"id\":\"x\",\"in\":" ENTRY "}]", false},
		{"[{\"id\":\"x\",\"metadata\":\"" H "\\\"},{\\\"id\\\":\"}]", false},
		{"[{\"id\":\"x\",\"m\":\"}\\\\\"}," ENTRY "]", true},
		{"[{\"id\":\"x\",\"m\":\"{\\\"\"}," ENTRY "]", true},
		/* twice the same key, cut off, not closed, nothing */
		{"[{\"id\":\"" H "\",\"id\":\"" H "\"}]", false},
		{"[{\"id\":\"" H "\",\"names\":[\"mi", false},
		{"[{\"id\":\"" H "\"", false},
		{"}}}]" ENTRY, true},
		{H, false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_json_ json_t *entry = document_find(str_of(rows[i].list), STR_LIT(H));

		assert_int_equal(entry != NULL, rows[i].found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_is_found_in_what_others_wrote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
