/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dues: the definitions of ipconns that a new generation has and that are not installed yet: those that differ from the
 * ipconn of their name, and those without one. Two kinds of ipconns of the former generation are hidden: those that a
 * due definition replaces, and those that the new generation lacks.
 */
#ifndef SALLYPORT_DUES_H
#define SALLYPORT_DUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct definition;
struct ipconn_def;

struct dues { /* zero-initialise: none */
	const struct definition *was, *now; /* borrowed; was: NULL until dues_begin */
	uint64_t *bits;                     /* owned: one for each ipconn of `now` */
	size_t words;
};

/* Initialises d for the definition `now`, borrowed until dues_free; no ipconn of it is due. -1: no memory. */
int dues_make(struct dues *d, const struct definition *now);
void dues_free(struct dues *d); /* d is zero after it; a zero d is fine */
/* Sets `was`, the former definition, borrowed until dues_free. */
void dues_begin(struct dues *d, const struct definition *was);
/* Copies the bits of `from`, which was made for the same definition. */
void dues_copy(struct dues *to, const struct dues *from);

/* Makes one definition of `now` due, or no longer due. Another definition, or NULL, has no effect. */
void dues_put(struct dues *d, const struct ipconn_def *one);
void dues_take(struct dues *d, const struct ipconn_def *one);
bool dues_has(const struct dues *d, const struct ipconn_def *one);
/* The next due definition, borrowed; the walk begins with *at = 0. NULL at the end. */
const struct ipconn_def *dues_next(const struct dues *d, size_t *at);

/* dues_are_behind: whether `one` is an object of the former definition. dues_hide: whether it is hidden. */
bool dues_are_behind(const struct dues *d, const struct ipconn_def *one);
bool dues_hide(const struct dues *d, const struct ipconn_def *one);

#endif
