/* SPDX-License-Identifier: Apache-2.0 */
/* near: finds, for an unknown word, the known word that was probably meant. */
#ifndef SALLYPORT_NEAR_H
#define SALLYPORT_NEAR_H

#define NEAR_NONE ((unsigned)-1)
/* How far a wrong word is from a known one; NEAR_NONE: too far to be meant. */
unsigned near_distance(const char *known, const char *word);
/* The nearest of the NULL-terminated list `words`; NULL: no word is near. */
const char *near_word(const char *const *words, const char *word);

struct near { /* the nearest of names that are added one by one; zero-initialise */
	char name[80]; /* "" while no name is near */
	unsigned far;
};

#define NEAR_TEXT 100
/* Adds the existing name `known`; `word` is the name that was not found. */
void near_take(struct near *n, const char *known, const char *word);
/* Prints "; did you mean NAME?", the end of a sentence, or "". Returns out. */
const char *near_print(const struct near *n, char out[NEAR_TEXT]);

#endif
