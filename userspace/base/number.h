/* SPDX-License-Identifier: Apache-2.0 */
/* number: numbers, sizes and durations that people write, checked to the last byte. */
#ifndef WHODID_BASE_NUMBER_H
#define WHODID_BASE_NUMBER_H

#include "base/str.h"

/* Decimal, whole text, within [min, max]. 0, -EINVAL (not a number) or -ERANGE. */
int number_u64(struct str s, uint64_t min, uint64_t max, uint64_t *out);
int number_i64(struct str s, int64_t min, int64_t max, int64_t *out);
/* "250ms", "10s", "5m", "2h", "7d", "1w" in ns. 0 or -EINVAL. */
int number_duration_ns(struct str s, uint64_t *out);
/* yes/no, true/false, on/off, 1/0 */
int number_bool(struct str s, bool *out);

#endif
