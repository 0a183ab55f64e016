/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/heap.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SMALL 0 /* all blocks come from the C library, so that the sanitizer sees their bounds and their end */
#else
#define SMALL HEAP_SMALL
#endif

struct heap_block {
	struct heap_block *next;
};

static size_t
steps(size_t n)
{
	return (n + HEAP_STEP - 1) / HEAP_STEP;
}

static bool
in_piece(const struct heap *h, const void *p)
{
	return (uintptr_t)p - (uintptr_t)h->piece < HEAP_BYTES && h->piece != NULL;
}

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

static void *
take(struct heap *h, size_t n)
{
	struct heap_block *b;
	void *p;

	if (n > SMALL)
		return malloc(n);
	b = h->free[steps(n)];
	if (b != NULL) {
		h->free[steps(n)] = b->next;
		return b;
	}
	p = cut(h, steps(n) * HEAP_STEP);
	return p != NULL ? p : malloc(n);
}

static void
give(struct heap *h, void *p, size_t n)
{
	struct heap_block *b = p;

	if (!in_piece(h, p)) {
		free(p);
		return;
	}
	b->next = h->free[steps(n)];
	h->free[steps(n)] = b;
}

/* Copies a block of the piece to one of another size. */
static void *
move(struct heap *h, void *p, size_t from, size_t to)
{
	void *fresh = take(h, to);

	if (fresh == NULL)
		return to <= from ? p : NULL;
	memcpy(fresh, p, from < to ? from : to);
	give(h, p, from);
	return fresh;
}

void *
heap_resize(struct heap *h, void *p, size_t from, size_t to)
{
	void *fresh;

	if (to == 0) {
		give(h, p, from);
		return NULL;
	}
	if (p == NULL)
		return take(h, to);
	if (in_piece(h, p))
		return steps(from) == steps(to) ? p : move(h, p, from, to);
	fresh = realloc(p, to);
	return fresh == NULL && to <= from ? p : fresh;
}

void
heap_close(struct heap *h)
{
	free(h->piece);
	*h = (struct heap){ .piece = NULL };
}
