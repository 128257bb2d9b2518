/* SPDX-License-Identifier: Apache-2.0 */
/* rings: what this kernel does with the descriptors of rings (io_uring). Private to this folder. */
#ifndef WHODID_COLLECT_RINGS_H
#define WHODID_COLLECT_RINGS_H

#include <stdbool.h>

/*
 * Whether sockets carry them from process to process, tried out; also true where that cannot be tried, since
 * then nothing is known. Kernels with 705318a99a13 (6.7, 6.6.7, 6.1.68, ...) refuse it.
 */
bool rings_travel(void);

#endif
