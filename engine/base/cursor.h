/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cursor: a place in a linked list for a walk that is made in slices. Between two slices the element under a cursor may leave the list; its owner then
 * moves the cursor to the neighbour that comes next. A walk keeps its cursor on the element it will visit next.
 */
#ifndef SALLYPORT_CURSOR_H
#define SALLYPORT_CURSOR_H

#include <stdbool.h>

struct cursor {
	struct cursor *next; /* the list's */
	void *at;            /* the element to be visited next; NULL: the end */
	bool backward;       /* the walk goes towards earlier elements */
};

struct cursors { /* all cursors of one list; a zeroed one has none. Owned by the list's owner */
	struct cursor *first;
};

/* Begins a walk at that element. The cursor is the caller's until cursor_close. */
void cursor_open(struct cursors *all, struct cursor *c, void *at, bool backward);
void cursor_close(struct cursors *all, struct cursor *c);
/* An element leaves the list: cursors on it move to the one before or behind it. */
void cursors_leave(const struct cursors *all, const void *gone, void *before, void *behind);

#endif
