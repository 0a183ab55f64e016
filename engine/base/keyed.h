/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyed: a hash table of objects whose keys a partner can choose. The hash (SipHash-1-3) has a secret, so that no
 * partner can choose keys that collide. The caller owns the objects; each has a link for each table that it is in.
 */
#ifndef SALLYPORT_KEYED_H
#define SALLYPORT_KEYED_H

#include <stddef.h>
#include <stdint.h>

struct keyed_link { /* a member of the object; all zero: in no table */
	struct keyed_link *chain; /* the next one of the same bucket */
	uint64_t hash;
};

struct keyed {
	struct keyed_link **bucket; /* owned; their number is a power of two */
	size_t buckets, n;
	uint64_t secret[2];
};

/* Makes an empty table. -1: no memory or no random bytes; keyed_close is allowed then. */
int keyed_open(struct keyed *t);
void keyed_close(struct keyed *t); /* the objects are not freed */
/* The hash of a key of n bytes in this table. */
uint64_t keyed_hash(const struct keyed *t, const void *key, size_t n);
/* Adds an object under that hash. Without memory the table keeps its size: look-ups are slower, and still correct. */
void keyed_add(struct keyed *t, struct keyed_link *l, uint64_t hash);
/* Removes an object that is in the table; its link is all zero then. */
void keyed_drop(struct keyed *t, struct keyed_link *l);
/*
 * The objects with that hash: begin with l = NULL. The caller compares the keys. NULL: there is no further one.
 * Borrowed.
 */
struct keyed_link *keyed_next(const struct keyed *t, const struct keyed_link *l, uint64_t hash);
/* Removes any object and returns its link; NULL: the table is empty. The walk begins with *at = 0. */
struct keyed_link *keyed_take(struct keyed *t, size_t *at);

#endif
