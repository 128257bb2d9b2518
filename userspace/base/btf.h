/* SPDX-License-Identifier: Apache-2.0 */
/* btf: what the running kernel says about its own types. */
#ifndef WHODID_BASE_BTF_H
#define WHODID_BASE_BTF_H

#include <stdbool.h>

/* Whether a name is in the kernel's type information. False also where there is none. */
bool btf_names(const char *name);

/*
 * The youngest helper that the kernel programs cannot do without: Linux 5.17, and older kernels
 * that a distribution has brought it to, so the version alone says nothing.
 */
#define BTF_NEWEST_NEED "BPF_FUNC_loop"

#endif
