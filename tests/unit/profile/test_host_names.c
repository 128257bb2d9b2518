/* SPDX-License-Identifier: Apache-2.0 */
/* Host names in rules on connect, and rules on dns: whose word counts, and for which name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "acts.h"
#include "base/cleanup.h"

static void free_set(struct profile_set **p)
{
	profile_free(*p);
}
#define SET _cleanup_(free_set) struct profile_set *

#define WHO "unit:web.service"

static const char rules[] =
	"---\napiVersion: whodid.dev/v1alpha1\nkind: Role\nmetadata: {name: r}\nspec:\n"
	"  allow:\n"
	"    - {id: git, connect: ['GitHub.com:443']}\n"
	"    - {id: cdn, connect: ['*.example.org']}\n"
	"    - {id: net, connect: ['10.0.0.0/8']}\n"
	"    - {id: ask, dns: ['*.Example.org', github.com]}\n"
	"  deny:\n"
	"    - {id: evil, severity: low, connect: ['evil.test', '*.evil.test'], dns: ['*evil*']}\n"
	"---\napiVersion: whodid.dev/v1alpha1\nkind: RoleBinding\nmetadata: {name: b}\nspec:\n"
	"  mode: audit\n  roles: [r]\n  subjects: [{kind: Any}]\n";

static struct event to(const char *ip, uint16_t port, const char *name, const char *others,
		       enum name_source source)
{
	struct event ev = act_connect(WHO, ip, port);

	ev.what.net.dst_name = str_of(name);
	ev.what.net.dst_other_names = str_of(others);
	ev.what.net.dst_name_source = source;
	return ev;
}

static void a_name_allows_what_it_was_asked_for(void **state)
{
	SET p = set_of(rules);

	(void)state;
	assert_string_equal(judge(p, to("192.0.2.1", 443, "github.com", NULL, NAME_OF_RESOLVER)),
			    "expected r/git");
	assert_string_equal(judge(p, to("192.0.2.1", 80, "github.com", NULL, NAME_OF_RESOLVER)),
			    "unexpected medium");
	assert_string_equal(judge(p, to("192.0.2.1", 443, NULL, NULL, NAME_OF_NOBODY)),
			    "unexpected medium");
	assert_string_equal(judge(p, to("192.0.2.1", 443, "notgithub.com", NULL, NAME_OF_RESOLVER)),
			    "unexpected medium");
	assert_string_equal(judge(p, to("10.1.1.1", 9, NULL, NULL, NAME_OF_NOBODY)),
			    "expected r/net");
}

static void a_star_is_labels_before_the_name(void **state)
{
	SET p = set_of(rules);

	(void)state;
	assert_string_equal(judge(p, to("192.0.2.1", 1, "a.example.org", NULL, NAME_OF_RESOLVER)),
			    "expected r/cdn");
	assert_string_equal(judge(p, to("192.0.2.1", 1, "a.b.example.org", NULL, NAME_OF_RESOLVER)),
			    "expected r/cdn");
	assert_string_equal(judge(p, to("192.0.2.1", 1, "example.org", NULL, NAME_OF_RESOLVER)),
			    "unexpected medium");
	assert_string_equal(judge(p, to("192.0.2.1", 1, "badexample.org", NULL, NAME_OF_RESOLVER)),
			    "unexpected medium");
}

static void a_server_of_ones_own_allows_nothing(void **state)
{
	SET p = set_of(rules);

	(void)state;
	assert_string_equal(judge(p, to("192.0.2.1", 443, "github.com", NULL, NAME_OF_SERVER)),
			    "unexpected medium");
	/* the same again, in the other order: no decision is remembered for the wrong one */
	assert_string_equal(judge(p, to("192.0.2.1", 443, "github.com", NULL, NAME_OF_RESOLVER)),
			    "expected r/git");
	assert_string_equal(judge(p, to("192.0.2.1", 443, "github.com", NULL, NAME_OF_SERVER)),
			    "unexpected medium");
	assert_string_equal(judge(p, to("192.0.2.1", 443, "x.evil.test", NULL, NAME_OF_SERVER)),
			    "forbidden r/evil low");
	assert_string_equal(judge(p, to("10.0.0.1", 443, "github.com", NULL, NAME_OF_SERVER)),
			    "expected r/net");
}

static void of_several_names_all_must_be_allowed(void **state)
{
	char many[256] = "";

	SET p = set_of(rules);

	(void)state;
	assert_string_equal(judge(p, to("192.0.2.1", 443, "github.com",
					"a.example.org,b.example.org", NAME_OF_RESOLVER)),
			    "expected r/cdn");
	assert_string_equal(
		judge(p, to("192.0.2.1", 443, "github.com", "other.test", NAME_OF_RESOLVER)),
		"unexpected medium");
	assert_string_equal(judge(p, to("192.0.2.1", 443, "github.com", "a.example.org,evil.test",
					NAME_OF_RESOLVER)),
			    "forbidden r/evil low");
	for (unsigned i = 0; i < 9; i++)
		sprintf(many + strlen(many), "%sn%u.example.org", i ? "," : "", i);
	assert_string_equal(judge(p, to("192.0.2.1", 443, "github.com", many, NAME_OF_RESOLVER)),
			    "unexpected medium");
}

static struct event ask(const char *name)
{
	struct event ev = act_by(WHO, EVENT_NET_DNS);

	ev.what.dns.name = str_of(name);
	return ev;
}

static void questions_are_judged(void **state)
{
	SET p = set_of(rules);

	(void)state;
	assert_string_equal(judge(p, ask("a.example.org")), "expected r/ask");
	assert_string_equal(judge(p, ask("github.com")), "expected r/ask");
	assert_string_equal(judge(p, ask("example.org")), "unexpected medium");
	assert_string_equal(judge(p, ask("data.evil.test")), "forbidden r/evil low");
	assert_string_equal(judge(p, act_by(WHO, EVENT_NET_TLS)), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_allows_what_it_was_asked_for),
		cmocka_unit_test(a_star_is_labels_before_the_name),
		cmocka_unit_test(a_server_of_ones_own_allows_nothing),
		cmocka_unit_test(of_several_names_all_must_be_allowed),
		cmocka_unit_test(questions_are_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
