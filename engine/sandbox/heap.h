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

#include <stddef.h>

#define HEAP_STEP 16                /* sizes are rounded up to it */
#define HEAP_SMALL 2048             /* bytes of the largest small block */
#define HEAP_BYTES (1024u * 1024)   /* of the piece; pages of it that no block had cost no memory */

struct heap_block;

/* All zero: it has no memory. */
struct heap {
	struct heap_block *free[HEAP_SMALL / HEAP_STEP + 1]; /* by size, in steps */
	char *piece;  /* owned; NULL: none yet */
	size_t used;  /* bytes of the piece that blocks have or had */
};

/*
 * Makes a block of `to` bytes from one of `from` bytes at p, which is freed; p NULL: from is 0; to 0: only frees p.
 * NULL: no memory, and p is as it was. A smaller block is always made: p may serve as that.
 */
void *heap_resize(struct heap *h, void *p, size_t from, size_t to);
/* Frees the piece. The blocks outside of it must have been freed. */
void heap_close(struct heap *h);

#endif
