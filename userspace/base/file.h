/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WHODID_BASE_FILE_H
#define WHODID_BASE_FILE_H

#include "base/str.h"

/* Reads a whole file of at most max bytes into memory of the caller's (NUL added, not counted).
 * 0 or -errno (-EFBIG when it is larger). */
int file_read(const char *path, size_t max, char **out, size_t *len);
/* mkdir -p with that mode for what is made. 0 or -errno. */
int file_mkdirs(const char *path, unsigned mode);

#endif
