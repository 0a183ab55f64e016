/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena: memory for the many small parts of one object, which are freed together. A part costs an addition in place of
 * a call of malloc; and parts that live long do not lie between the short-lived blocks of a handshake, where each of
 * them would make the C library search longer for the next block.
 *
 * One thread at a time uses an arena. Arenas of different threads may share a store.
 */
#ifndef SALLYPORT_ARENA_H
#define SALLYPORT_ARENA_H

#include <stddef.h>

struct arena_store; /* blocks for arenas; it takes them from the C library in slabs, and gives empty slabs back */
struct arena_block;

struct arena {
	struct arena_store *store;  /* borrowed; NULL: each block comes from the C library */
	struct arena_block *block;  /* owned: the newest; NULL: none yet */
	size_t bytes;               /* of its blocks */
};

/* Makes a store without blocks. The caller owns it. NULL: no memory. */
struct arena_store *arena_store_new(void);
/* Frees the store, when no arena has a block of it. NULL is fine. */
void arena_store_free(struct arena_store *s);

/* An arena without a block; allocates nothing. store: borrowed, or NULL. */
struct arena arena_make(struct arena_store *store);
/* Takes n bytes of value 0, aligned for any object, until the arena is emptied or freed. NULL: no memory. */
void *arena_take(struct arena *a, size_t n);
/* Copies n bytes and adds a NUL. NULL: no memory. */
char *arena_copy(struct arena *a, const char *bytes, size_t n);
/* Copies a string. NULL: s is NULL, or there is no memory. */
char *arena_text(struct arena *a, const char *s);
/* A copy of the `had` bytes at p (NULL: none) with room for n bytes; p stays as it is. NULL: no memory. */
void *arena_grow(struct arena *a, const void *p, size_t had, size_t n);
/* Frees all parts, and keeps one block for the next ones. */
void arena_empty(struct arena *a);
/* Frees all parts and all blocks; the arena is as arena_make made it. */
void arena_free(struct arena *a);

#endif
