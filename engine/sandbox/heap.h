/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap: the memory of one Lua state. A state makes and frees small blocks at each question, and it says the size of a
 * block when it frees it: blocks of a size lie in a list, which is faster than malloc, and they do not lie between the
 * blocks of handshakes. Large blocks come from the C library. The memory of small blocks serves the state again; it
 * goes back when the state is closed.
 */
#ifndef SALLYPORT_HEAP_H
#define SALLYPORT_HEAP_H

#include <stddef.h>

#define HEAP_STEP 16      /* sizes are rounded up to it */
#define HEAP_SMALL 2048   /* bytes of the largest small block */

struct heap_chunk;
struct heap_block;

/* All zero: it has no memory. */
struct heap {
	struct heap_block *free[HEAP_SMALL / HEAP_STEP + 1]; /* by size, in steps */
	struct heap_chunk *chunks; /* owned */
	char *at, *end;            /* the unused rest of the newest chunk */
};

/*
 * Makes a block of `to` bytes from one of `from` bytes at p, which is freed; p NULL: from is 0; to 0: only frees p.
 * NULL: no memory, and p is as it was. A smaller block is always made: p may serve as that.
 */
void *heap_resize(struct heap *h, void *p, size_t from, size_t to);
/* Frees the small blocks. The large ones must have been freed. */
void heap_close(struct heap *h);

#endif
