/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap: the memory of one Lua state. A state makes and frees small blocks at each question, and it says the size of a
 * block when it frees it: free blocks of a size lie in a list, which is faster than malloc, and they do not lie between
 * the blocks of handshakes. The small blocks lie in one piece of memory; large blocks, and the small ones for which the
 * piece has no place, come from the C library. So a state that had many blocks of one size keeps no more than the
 * piece.
 */
#ifndef SALLYPORT_HEAP_H
#define SALLYPORT_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEAP_STEP 16                /* sizes are rounded up to it */
#define HEAP_SMALL 2048             /* bytes of the largest small block */
#define HEAP_BYTES (1024u * 1024)   /* of the piece; pages of it that no block had cost no memory */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HEAP_LISTED 0 /* all blocks come from the C library, so that the sanitizer sees their bounds and their end */
#else
#define HEAP_LISTED HEAP_SMALL
#endif

struct heap_block { /* that is free */
	struct heap_block *next;
};

/* All zero: it has no memory. */
struct heap {
	struct heap_block *free[HEAP_SMALL / HEAP_STEP + 1]; /* by size, in steps */
	char *piece;  /* owned; NULL: none yet */
	size_t used;  /* bytes of the piece that blocks have or had */
};

/* The rare parts of heap_resize: no free block has room; the size of a block changes; it is not in the piece. */
void *heap_take_new(struct heap *h, size_t n);
void *heap_change(struct heap *h, void *p, size_t from, size_t to);
void heap_give_back(void *p);

/* The list of the free blocks with room for n bytes, at most HEAP_SMALL. */
static inline struct heap_block **
heap_list(struct heap *h, size_t n)
{
	return &h->free[(n + HEAP_STEP - 1) / HEAP_STEP];
}

static inline void *
heap_take(struct heap *h, size_t n)
{
	struct heap_block **list, *b;

	if (n > HEAP_LISTED || *(list = heap_list(h, n)) == NULL)
		return heap_take_new(h, n);
	b = *list;
	*list = b->next;
	return b;
}

static inline bool
heap_has(const struct heap *h, const void *p)
{
	return (uintptr_t)p - (uintptr_t)h->piece < HEAP_BYTES && h->piece != NULL;
}

static inline void
heap_give(struct heap *h, void *p, size_t n)
{
	struct heap_block **list, *b = p;

	if (!heap_has(h, p)) {
		heap_give_back(p);
		return;
	}
	list = heap_list(h, n);
	b->next = *list;
	*list = b;
}

/*
 * Makes a block of `to` bytes from one of `from` bytes at p, which is freed; p NULL: from is 0; to 0: only frees p.
 * NULL: no memory, and p is as it was. A smaller block is always made: p may serve as that.
 */
static inline void *
heap_resize(struct heap *h, void *p, size_t from, size_t to)
{
	if (to == 0)
		return heap_give(h, p, from), NULL;
	return p == NULL ? heap_take(h, to) : heap_change(h, p, from, to);
}

/* Frees the piece. The blocks outside of it must have been freed. */
void heap_close(struct heap *h);

#endif
