/* SPDX-License-Identifier: Apache-2.0 */
/* keyed: things found by their name. Each begins with it, as a char array; the things stay their owner's, who adds and never takes out. */
#ifndef SALLYPORT_KEYED_H
#define SALLYPORT_KEYED_H

#include <stddef.h>

struct keyed { /* all zero: empty */
	void **slot; /* owned; cap of them, a power of two, NULL where nothing is */
	size_t cap, n;
};

/* -1: no memory, or one of that name is there. */
int keyed_add(struct keyed *k, void *thing);
void *keyed_find(const struct keyed *k, const char *name); /* NULL: none */
/* Every thing, in no order: begin with *at = 0. NULL at the end. */
void *keyed_next(const struct keyed *k, size_t *at);
/* Where in that walk to begin, given a name of any kind: always the same for it. */
size_t keyed_start(const struct keyed *k, const char *name);
void keyed_free(struct keyed *k); /* the things are their owner's */

#endif
