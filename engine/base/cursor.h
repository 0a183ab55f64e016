/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cursor: a position in a linked list, for a walk in slices. Between two slices the element under a cursor may leave
 * the list; the owner of the list then moves the cursor to its neighbour. A cursor stands on the element that the walk
 * will visit next.
 */
#ifndef SALLYPORT_CURSOR_H
#define SALLYPORT_CURSOR_H

#include <stdbool.h>

struct cursor {
	struct cursor *next; /* the next cursor of the same list */
	void *at;            /* the element to visit next; NULL: the end */
	const void *left;    /* the element that has just left the list under the cursor; only compared */
	bool backward;       /* the walk goes towards earlier elements */
};

struct cursors { /* all cursors of one list; a zeroed one has no cursor. Owned by the list's owner */
	struct cursor *first;
};

/* Begins a walk at `at`. c must stay in place until cursor_close. */
void cursor_open(struct cursors *all, struct cursor *c, void *at, bool backward);
/* Ends a walk. The cursor must be open. */
void cursor_close(struct cursors *all, struct cursor *c);
/*
 * To be called when the element `gone` leaves the list: cursors on it move to `before` or `behind`, as their direction
 * is.
 */
void cursors_leave(const struct cursors *all, const void *gone, void *before, void *behind);
/*
 * Moves the cursors that were on `gone` to `instead`, which has its place. `gone`: the element that left the list
 * last.
 */
void cursors_return(const struct cursors *all, const void *gone, void *instead);

#endif
