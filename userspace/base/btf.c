// SPDX-License-Identifier: Apache-2.0
#include "base/btf.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"

#define BTF_MAX (64u << 20)

/* The names lie one behind the other, each with a NUL at both ends. */
bool btf_names(const char *name)
{
	_cleanup_free_ char *all = NULL;
	size_t len, n = strlen(name) + 1;
	const char *at, *end;

	if (file_read("/sys/kernel/btf/vmlinux", BTF_MAX, &all, &len))
		return false;
	end = all + len;
	for (at = all; (at = memmem(at, (size_t)(end - at), name, n)) != NULL; at += n)
		if (at > all && at[-1] == 0)
			return true;
	return false;
}
