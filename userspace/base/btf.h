/* SPDX-License-Identifier: Apache-2.0 */
/* btf: what the running kernel says about its own types. */
#ifndef WHODID_BASE_BTF_H
#define WHODID_BASE_BTF_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What the kernel programs cannot do without and the running kernel has not, into out:
 * "bpf_find_vma (Linux 5.17), bpf_loop (Linux 5.17)". False, and "", if it has all of it. Asked by
 * name: a distribution may have brought it to an older kernel, so the version says nothing. Where
 * there is no type information nothing is known to be missing: false.
 *
 * Atomic operations with a result (5.12) have no name there; what has bpf_loop has them.
 */
bool btf_lacks(char *out, size_t size);
/* The same, of type information that has been read. */
bool btf_lacks_in(const char *btf, size_t len, char *out, size_t size);

#endif
