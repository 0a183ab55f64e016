/* SPDX-License-Identifier: Apache-2.0 */
/* near: of a word that is not known, the known one that was probably meant. */
#ifndef SALLYPORT_NEAR_H
#define SALLYPORT_NEAR_H

#define WORD_FAR ((unsigned)-1)
/* How far a wrong word is from a known one; WORD_FAR: too far to be meant. */
unsigned word_farness(const char *known, const char *word);
/* The nearest of `words`, which NULL ends; NULL: none is near. */
const char *word_nearest(const char *const *words, const char *word);

struct nearest { /* the nearest of names that are taken one by one; zero-initialise */
	char name[80]; /* "" none is near */
	unsigned far;
};

#define NEAREST_TEXT 100
/* One more name that there is; `word` is the one that there is not. */
void nearest_take(struct nearest *n, const char *known, const char *word);
/* The end of a sentence: "; did you mean NAME?", or "". Returns out. */
const char *nearest_print(const struct nearest *n, char out[NEAREST_TEXT]);

#endif
