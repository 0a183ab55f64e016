/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nametable: a hash table of objects by name. Each object begins with its name, a char array. The objects stay owned by
 * the caller and cannot be removed.
 */
#ifndef SALLYPORT_NAMETABLE_H
#define SALLYPORT_NAMETABLE_H

#include <stddef.h>

struct nametable { /* all zero: empty */
	void **slot; /* owned; an array of cap slots, a power of two; NULL is a free slot */
	size_t cap, n;
};

/* The hash that the table has for a name, for other tables of names that an operator has chosen. */
size_t nametable_hash(const char *name);
/* Adds an object. -1: no memory, or an object of that name exists. */
int nametable_add(struct nametable *k, void *thing);
void *nametable_find(const struct nametable *k, const char *name); /* NULL: not found */
/* Returns each object in turn, in no order: begin with *at = 0. NULL at the end. */
void *nametable_next(const struct nametable *k, size_t *at);
/* The start of such a walk for any name, in the table or not; always the same for the same name. */
size_t nametable_start(const struct nametable *k, const char *name);
void nametable_free(struct nametable *k); /* the objects are not freed */

#endif
