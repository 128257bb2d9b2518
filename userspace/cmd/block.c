/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/block.h"

static void pad(struct text *line, size_t n)
{
	while (n-- > 0)
		text_puts(line, " ");
}

static void trim(struct text *line)
{
	while (line->n && line->p[line->n - 1] == ' ')
		line->p[--line->n] = '\0';
}

void block_line(const struct terminal *t, unsigned indent, unsigned label_width, const char *label,
		const char *value)
{
	size_t start = indent + label_width, width = SIZE_MAX;
	bool first = true;

	if (t->width)
		width = t->width > start + 16 ? t->width - start : 16;
	do {
		_cleanup_text_ struct text line = {0};
		size_t n = text_fit_words(value, width), label_used = 0;

		pad(&line, indent);
		if (first) {
			terminal_paint(t, &line, COLOR_BOLD, label);
			label_used = text_width(label);
		}
		pad(&line, label_used < label_width ? label_width - label_used : first && *label);
		text_add(&line, value, n);
		trim(&line);
		terminal_line(&line);
		first = false;
		for (value += n; *value == ' ';)
			value++;
	} while (*value);
}

void block_text(const struct terminal *t, const char *printable)
{
	block_line(t, 0, 0, "", printable);
}
