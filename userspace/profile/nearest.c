/* SPDX-License-Identifier: Apache-2.0 */
/* nearest: Levenshtein distance, upper and lower case being the same, on short words. */
#include "profile/nearest.h"

#include <ctype.h>

#define WORD_MAX 63

static unsigned lowest(unsigned a, unsigned b, unsigned c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

static unsigned distance(struct str a, struct str b)
{
	unsigned row[WORD_MAX + 1];

	for (unsigned j = 0; j <= b.n; j++)
		row[j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			bool same = tolower((unsigned char)a.p[i - 1]) ==
				    tolower((unsigned char)b.p[j - 1]);
			unsigned up = row[j];

			row[j] = lowest(up + 1, row[j - 1] + 1, diagonal + !same);
			diagonal = up;
		}
	}
	return row[b.n];
}

void nearest_consider(struct nearest *n, struct str candidate)
{
	unsigned d;

	if (n->word.n > WORD_MAX || candidate.n > WORD_MAX)
		return;
	d = distance(n->word, candidate);
	if (d < n->distance || (d == n->distance && !n->best.p)) {
		n->distance = d;
		n->best = candidate;
	}
}
