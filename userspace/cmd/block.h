/* SPDX-License-Identifier: Apache-2.0 */
/* block: lines of "Label  value", values wrapped to the terminal under their own column. */
#ifndef WHODID_CMD_BLOCK_H
#define WHODID_CMD_BLOCK_H

#include "cmd/terminal.h"

/* label and value are printable. indent blanks stand before the label, which takes label_width. */
void block_line(const struct terminal *t, unsigned indent, unsigned label_width, const char *label,
		const char *value);
/* Prints a paragraph, wrapped. */
void block_text(const struct terminal *t, const char *printable);

#endif
