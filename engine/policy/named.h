/* SPDX-License-Identifier: Apache-2.0 */
/*
 * named: a set of items by name, of which some end at a time. counters and rates keep their items in such a set. A
 * script may build names from data of peers, so that the index is a balanced tree (tsearch), which no choice of names
 * makes slow. Items that end are in a heap too, the next to end at its top, so that a full set finds room without a
 * search. Times are seconds of one clock, which the owner chooses. The owner of a set holds a lock around each call.
 */
#ifndef SALLYPORT_NAMED_H
#define SALLYPORT_NAMED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cursor.h"

#define NAMED_NAME_MAX 64 /* bytes */
#define NAMED_MAX 65536   /* items of a set */

struct named { /* the first member of an item */
	struct named *before, *behind; /* in the order of their beginning */
	double ends;  /* from that time on the item is as if it were not there; INFINITY: it stays */
	size_t place; /* in the heap, when it ends */
	size_t len;
	char name[NAMED_NAME_MAX];
};

struct named_set { /* a zeroed one is empty */
	void *root; /* of tsearch; owns the items */
	size_t n;
	struct named *first, *newest;
	struct cursors walks; /* along `behind` */
	struct named **heap;  /* owned; the items are borrowed */
	size_t nheap, room;
	double silent_until; /* no message about a full set before that time */
};

/* Frees all items. */
void named_free(struct named_set *s);
/* The item of that name, also one that has ended; NULL: none. */
struct named *named_find(const struct named_set *s, const char *name, size_t len);
/* The same, NULL when it has ended. */
struct named *named_alive(const struct named_set *s, const char *name, size_t len, double now);
/*
 * Adds a zeroed item of `size` bytes, which stays until named_end. NULL without memory. The name is new and has 1 to
 * NAMED_NAME_MAX bytes; named_full is false.
 */
struct named *named_add(struct named_set *s, const char *name, size_t len, size_t size);
/* Whether there is no room for another item. */
bool named_full(const struct named_set *s);
/* Sets the end of an item. False, and the end is what it was: no memory for an item that had no end. */
bool named_end(struct named_set *s, struct named *one, double ends);
/* Frees an item. */
void named_drop(struct named_set *s, struct named *one);
/* Frees some of the items that have ended, the first to end first. */
void named_drop_ended(struct named_set *s, double now);

/* Begins a walk in the order in which items began. It must end before the set is freed. */
void named_walk(struct named_set *s, struct cursor *c);
/* One step: the next item that has not ended; NULL when this step found none. *more is false at the end of the walk. */
const struct named *named_step(struct cursor *c, double now, bool *more);
/* Ends a walk. */
void named_leave(struct named_set *s, struct cursor *c);
/* Whether a message about a full set is due: at most once in a minute. */
bool named_complains(struct named_set *s, double now);

#endif
