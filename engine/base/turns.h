/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turns: a bounded queue in which names take turns: the first item of each name, then the second of each, so that many
 * items of one name do not delay another name.
 */
#ifndef SALLYPORT_TURNS_H
#define SALLYPORT_TURNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/name.h"

struct turn; /* a name with waiting items */

struct turns_item { /* embedded in the object that waits; all zero while it does not wait */
	struct turns_item *next;
	struct turn *turn;
};

struct turns {
	struct turn *first, **last; /* the first name's turn is next */
	size_t n, max, max_each;    /* waiting items; their limit; the limit of one name */
};

/* Makes an empty queue: at most `max` items in all and `max_each` of one name. */
void turns_init(struct turns *t, size_t max, size_t max_each);
/* Adds an item to the end of its name's items. -1: the queue is full, the name's limit is reached, or no memory. */
int turns_put(struct turns *t, const char *name, struct turns_item *x);
/* Takes the first item of the first name, which then goes behind all other names; NULL: no item waits. */
struct turns_item *turns_next(struct turns *t);
/* Takes out a waiting item. */
void turns_leave(struct turns *t, struct turns_item *x);

#endif
