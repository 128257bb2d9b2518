/* SPDX-License-Identifier: Apache-2.0 */
/* escape: text from watched processes made harmless for a terminal (ux.md 1.2, 8). */
#ifndef WHODID_BASE_ESCAPE_H
#define WHODID_BASE_ESCAPE_H

#include "base/str.h"

/*
 * Writes s to out: C0, C1, DEL and bytes that are not UTF-8 as \xNN, bidi controls, zero-width and
 * other invisible characters as \u{202e}; a backslash as \\. In ASCII mode everything above 0x7e is
 * \u{..}. Returns the length without NUL; a result >= size was cut (out is NUL-terminated whenever
 * size > 0). Four times the input and one is always enough room in UTF-8 mode, eight times in ASCII.
 */
size_t escape_terminal(struct str s, bool ascii, char *out, size_t size);
/*
 * Percent-encodes every byte outside of A-Z a-z 0-9 . _ ~ @ : / + -, so that a value cannot break a list or
 * look like another one. One that takes more than max bytes is cut and ends in %2E%2E%2E. Returns the
 * length, without NUL; nothing is written past size, and a result > size was cut there.
 */
size_t escape_value(struct str s, size_t max, char *out, size_t size);
/* Columns that escaped text takes on a terminal (wcwidth; ambiguous = 1). */
size_t escape_width(const char *escaped);

#endif
