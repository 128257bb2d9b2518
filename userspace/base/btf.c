// SPDX-License-Identifier: Apache-2.0
#include "base/btf.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"

#define BTF_PATH "/sys/kernel/btf/vmlinux"
#define BTF_MAX	 (64u << 20)

/* Helpers of the kernel programs, by the release that brought them (include/uapi/linux/bpf.h). */
static const struct need {
	const char *name, *since;
} needs[] = {
	{"BPF_FUNC_task_storage_get", "5.11"},
	{"BPF_FUNC_get_current_task_btf", "5.11"},
	{"BPF_FUNC_task_pt_regs", "5.15"},
	{"BPF_FUNC_find_vma", "5.17"},
	{"BPF_FUNC_loop", "5.17"},
};

/* The names lie one behind the other, each with a NUL at both ends. */
static bool has_name(const char *all, size_t len, const char *name)
{
	size_t n = strlen(name) + 1;
	const char *at, *end = all + len;

	for (at = all; (at = memmem(at, (size_t)(end - at), name, n)) != NULL; at += n)
		if (at > all && at[-1] == 0)
			return true;
	return false;
}

bool btf_lacks_in(const char *btf, size_t len, char *out, size_t size)
{
	size_t n = 0;

	out[0] = 0;
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (!has_name(btf, len, needs[i].name) && n < size)
			n += (size_t)snprintf(out + n, size - n, "%sbpf_%s (Linux %s)",
					      n ? ", " : "", needs[i].name + strlen("BPF_FUNC_"),
					      needs[i].since);
	return n > 0;
}

bool btf_lacks(char *out, size_t size)
{
	_cleanup_free_ char *all = NULL;
	size_t len;

	out[0] = 0;
	return file_read(BTF_PATH, BTF_MAX, &all, &len) == 0 && btf_lacks_in(all, len, out, size);
}
