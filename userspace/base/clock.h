/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WHODID_BASE_CLOCK_H
#define WHODID_BASE_CLOCK_H

#include "base/str.h"

uint64_t clock_boot_ns(void);
int64_t clock_wall_ns(void);
/* wall = boot + this, measured now. */
int64_t clock_wall_offset_ns(void);
/* "2026-11-23T16:02:19.114203911Z", 30 characters and NUL. */
void clock_rfc3339(char out[static 31], int64_t wall_ns);
/*
 * A point in time as people write it: 2h, 7d (ago); today, yesterday, boot, now; 17:00;
 * 2026-11-23 17:00[:05]; RFC 3339; @epoch. Local time unless it says Z or an offset. 0 or -EINVAL.
 */
int clock_parse(struct str s, int64_t *wall_ns);

#endif
