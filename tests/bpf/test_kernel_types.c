// SPDX-License-Identifier: Apache-2.0
/*
 * test_kernel_types: bpf/kernel.h against the running kernel. A field that does not exist would be
 * noticed by nothing else until its program runs into it: CO-RE only poisons the instruction.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/whodid.skel.h"

/* Structs of our own, which the kernel does not know. Anything else has to be the kernel's. */
static const char *const own[] = {
	"record_",     "counters",	"cpu_counts",
	"slot",	       "task_state",	"exe_key",
	"fold_",       "flow_",		"pending_",
	"transfer",    "walk",		"workload",
	"crossing",    "connect_owner", "user_sockaddr",
	"path_",       "address",	"recording_header",
	"whodid_",     "reach",		"change",
	"asker",       "hello",		"packet",
	"search",      "__sk_buff",	"bpf_tcp_sock",
	"request",     "opened",	"pieces",
	"mapping",     "touch",		"send_",
	"rings_found", "unit_call",	"ring_accept",
	"user_cqe",    "destination",
};

static int is_own(const char *name)
{
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strncmp(name, own[i], strlen(own[i])) == 0)
			return 1;
	return strstr(name, "___") !=
	       NULL; /* flavours: some kernels have them, compat.bpf.h asks */
}

static const struct btf_type *skip_names(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

/* The type of a member, also of an anonymous struct or union inside. 0 = there is none. */
static uint32_t member_type(const struct btf *btf, const struct btf_type *t, const char *name)
{
	const struct btf_member *m = btf_members(t);

	for (int i = 0; i < btf_vlen(t); i++) {
		const char *mn = btf__name_by_offset(btf, m[i].name_off);
		uint32_t found = 0;

		if (strcmp(mn, name) == 0)
			return m[i].type;
		if (mn[0] == 0 && btf_is_composite(skip_names(btf, m[i].type)))
			found = member_type(btf, skip_names(btf, m[i].type), name);
		if (found)
			return found;
	}
	return 0;
}

static uint32_t plain_size(const struct btf_type *t)
{
	return btf_is_int(t) || btf_is_any_enum(t) ? t->size : 0;
}

static unsigned check_struct(const struct btf *ours, const struct btf_type *t,
			     const struct btf *theirs, const struct btf_type *k)
{
	const struct btf_member *m = btf_members(t);
	const char *name = btf__name_by_offset(ours, t->name_off);

	for (int i = 0; i < btf_vlen(t); i++) {
		const char *field = btf__name_by_offset(ours, m[i].name_off);
		uint32_t id = member_type(theirs, k, field);
		const struct btf_type *a = skip_names(ours, m[i].type), *b;

		if (!id)
			fail_msg("struct %s has no %s in this kernel", name, field);
		b = skip_names(theirs, id);
		if (btf_kind(a) != btf_kind(b) && plain_size(a) != plain_size(b))
			fail_msg("%s.%s is of another kind in this kernel", name, field);
		if (plain_size(a) != plain_size(b))
			fail_msg("%s.%s has %u bytes in this kernel, not %u", name, field,
				 plain_size(b), plain_size(a));
	}
	return (unsigned)btf_vlen(t);
}

static void test_fields_exist(void **state)
{
	struct whodid_bpf *skel = whodid_bpf__open();
	struct btf *theirs = btf__load_vmlinux_btf();
	const struct btf *ours;
	unsigned structs = 0, fields = 0;

	(void)state;
	assert_non_null(skel);
	assert_non_null(theirs);
	ours = bpf_object__btf(skel->obj);
	for (uint32_t id = 1; id < btf__type_cnt(ours); id++) {
		const struct btf_type *t = btf__type_by_id(ours, id);
		const char *name = btf__name_by_offset(ours, t->name_off);
		int32_t k;

		if (!btf_is_struct(t) || !name[0] || is_own(name))
			continue;
		k = btf__find_by_name_kind(theirs, name, BTF_KIND_STRUCT);
		if (k < 0)
			fail_msg("this kernel has no struct %s", name);
		fields += check_struct(ours, t, theirs, btf__type_by_id(theirs, (uint32_t)k));
		structs++;
	}
	assert_true(structs > 25 && fields > 80);
	btf__free(theirs);
	whodid_bpf__destroy(skel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_exist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
