/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/heap.h"

#include <stdlib.h>
#include <string.h>

/* A block of the piece that no block had yet. NULL: no place, or no memory for the piece. */
static void *
cut(struct heap *h, size_t size)
{
	void *p;

	if (h->piece == NULL && (h->piece = malloc(HEAP_BYTES)) == NULL)
		return NULL;
	if (HEAP_BYTES - h->used < size)
		return NULL;
	p = h->piece + h->used;
	h->used += size;
	return p;
}

void *
heap_take_new(struct heap *h, size_t n)
{
	void *p = n <= HEAP_LISTED ? cut(h, (n + HEAP_STEP - 1) / HEAP_STEP * HEAP_STEP) : NULL;

	return p != NULL ? p : malloc(n);
}

void
heap_give_back(void *p)
{
	free(p);
}

/* Copies a block of the piece to one of another size. */
static void *
move(struct heap *h, void *p, size_t from, size_t to)
{
	void *fresh = heap_take(h, to);

	if (fresh == NULL)
		return to <= from ? p : NULL;
	memcpy(fresh, p, from < to ? from : to);
	heap_give(h, p, from);
	return fresh;
}

void *
heap_change(struct heap *h, void *p, size_t from, size_t to)
{
	void *fresh;

	if (heap_has(h, p))
		return from <= HEAP_SMALL && to <= HEAP_SMALL && heap_list(h, from) == heap_list(h, to) ? p : move(h, p, from, to);
	fresh = realloc(p, to);
	return fresh == NULL && to <= from ? p : fresh;
}

void
heap_close(struct heap *h)
{
	free(h->piece);
	*h = (struct heap){ .piece = NULL };
}
