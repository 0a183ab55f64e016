/* SPDX-License-Identifier: Apache-2.0 */
/* turns: a bounded queue in which names take turns: the first item of each, then the second of each, so that a flood of one name delays no other. */
#ifndef SALLYPORT_TURNS_H
#define SALLYPORT_TURNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/name.h"

struct turn; /* a name with items that wait */

struct turns_item { /* embedded in the object that waits; all zero while it does not wait */
	struct turns_item *next;
	struct turn *turn;
};

struct turns {
	struct turn *first, **last; /* the first is next */
	size_t n, max, max_each;    /* items that wait; at most, and of one name */
};

void turns_init(struct turns *t, size_t max, size_t max_each);
/* -1: full, full for that name, or no memory. */
int turns_put(struct turns *t, const char *name, struct turns_item *x);
/* The first item of the first name, which goes behind all others; NULL: none waits. */
struct turns_item *turns_next(struct turns *t);
/* Takes an item out that waits. */
void turns_leave(struct turns *t, struct turns_item *x);

#endif
