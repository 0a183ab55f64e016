/* SPDX-License-Identifier: Apache-2.0 */
/* nametable: things found by their name. Each begins with it, as a char array; the things stay their owner's, who adds and never takes out. */
#ifndef SALLYPORT_NAMETABLE_H
#define SALLYPORT_NAMETABLE_H

#include <stddef.h>

struct nametable { /* all zero: empty */
	void **slot; /* owned; cap of them, a power of two, NULL where nothing is */
	size_t cap, n;
};

/* -1: no memory, or one of that name is there. */
int nametable_add(struct nametable *k, void *thing);
void *nametable_find(const struct nametable *k, const char *name); /* NULL: none */
/* Every thing, in no order: begin with *at = 0. NULL at the end. */
void *nametable_next(const struct nametable *k, size_t *at);
/* Where in that walk to begin, given a name of any kind: always the same for it. */
size_t nametable_start(const struct nametable *k, const char *name);
void nametable_free(struct nametable *k); /* the things are their owner's */

#endif
