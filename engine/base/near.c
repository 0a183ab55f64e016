/* SPDX-License-Identifier: Apache-2.0 */
#include "base/near.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 40   /* longer words are near to no word */

static unsigned
least(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/*
 * Computes one row of the table of edit distances from the row above it (and from the row above that, for two swapped
 * letters).
 */
static void
distance_row(unsigned *row, const unsigned *up, const unsigned *upup, const char *a, size_t i, const char *b)
{
	row[0] = (unsigned)i;
	for (size_t j = 1; b[j - 1] != '\0'; j++) {
		unsigned cost = tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]);

		row[j] = least(up[j] + 1, row[j - 1] + 1, up[j - 1] + cost);
		if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && upup[j - 2] + 1 < row[j])
			row[j] = upup[j - 2] + 1;
	}
}

static unsigned
distance(const char *a, const char *b)
{
	unsigned rows[3][WORD_MAX + 1];
	size_t i;

	for (i = 0; i <= strlen(b); i++)
		rows[0][i] = (unsigned)i;
	for (i = 1; a[i - 1] != '\0'; i++)
		distance_row(rows[i % 3], rows[(i - 1) % 3], rows[(i + 1) % 3], a, i, b);
	return rows[strlen(a) % 3][strlen(b)];
}

/*
 * A known word that contains the wrong one ("timeout", "port") is near, but farther away than any word that is near by
 * its spelling.
 */
unsigned
near_distance(const char *known, const char *word)
{
	size_t longer = strlen(known) > strlen(word) ? strlen(known) : strlen(word);
	unsigned d;

	if (strlen(known) > WORD_MAX || strlen(word) > WORD_MAX)
		return NEAR_NONE;
	d = distance(word, known);
	if (d <= longer / 3)
		return d;
	if (strlen(word) >= 4 && strcasestr(known, word) != NULL)
		return WORD_MAX + d;
	return NEAR_NONE;
}

void
near_take(struct near *n, const char *known, const char *word)
{
	unsigned far = near_distance(known, word);

	if (far == NEAR_NONE || (n->name[0] != '\0' && far >= n->far))
		return;
	n->far = far;
	snprintf(n->name, sizeof n->name, "%s", known);
}

const char *
near_print(const struct near *n, char out[NEAR_TEXT])
{
	bool near = n->name[0] != '\0';

	snprintf(out, NEAR_TEXT, "%s%s%s", near ? "; did you mean " : "", n->name, near ? "?" : "");
	return out;
}

const char *
near_word(const char *const *words, const char *word)
{
	const char *best = NULL;
	unsigned least_far = NEAR_NONE;

	for (; *words != NULL; words++) {
		unsigned d = near_distance(*words, word);

		if (d < least_far) {
			least_far = d;
			best = *words;
		}
	}
	return best;
}
