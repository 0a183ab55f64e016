/* SPDX-License-Identifier: Apache-2.0 */
/* near: of a word that is not known, the known one that was probably meant. */
#ifndef SALLYPORT_NEAR_H
#define SALLYPORT_NEAR_H

#define NEAR_NONE ((unsigned)-1)
/* How far a wrong word is from a known one; NEAR_NONE: too far to be meant. */
unsigned near_distance(const char *known, const char *word);
/* The nearest of `words`, which NULL ends; NULL: none is near. */
const char *near_word(const char *const *words, const char *word);

struct near { /* the nearest of names that are taken one by one; zero-initialise */
	char name[80]; /* "" none is near */
	unsigned far;
};

#define NEAR_TEXT 100
/* One more name that there is; `word` is the one that there is not. */
void near_take(struct near *n, const char *known, const char *word);
/* The end of a sentence: "; did you mean NAME?", or "". Returns out. */
const char *near_print(const struct near *n, char out[NEAR_TEXT]);

#endif
