/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SLAB_BLOCKS 32
#define KEPT 2048 /* bytes of a block that an emptied arena keeps at most */
#define SPARE_BLOCKS (4 * SLAB_BLOCKS) /* free blocks beyond which an empty slab goes back */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BLOCK 0 /* each part has a block of its own, so that the sanitizer sees its bounds and its end */
#define ALONE 0
#else
#define BLOCK 1984 /* bytes of a block of a store, its header too: the account of a refused connection; an accepted one has two */
#define ALONE 256  /* the least bytes of a block without a store: the account of a request */
#endif

struct slab;

struct arena_block {
	alignas(max_align_t) struct arena_block *next; /* the older block of the arena, or the next free one of the slab */
	struct slab *slab;     /* NULL: it is from the C library */
	size_t size, used;     /* bytes, the header too */
};

struct slab {
	struct slab *next, *prev;   /* of those with a free block */
	struct arena_block *free;
	unsigned used;              /* blocks that an arena has */
	alignas(max_align_t) char bytes[SLAB_BLOCKS * BLOCK];
};

struct arena_store {
	pthread_mutex_t lock; /* of all members, and of the slabs */
	struct slab *open;    /* the slabs with a free block */
	unsigned spare;       /* free blocks */
};

/* --- the store; functions that are not exported are called with its lock ---------------------- */

static void
enlist(struct arena_store *s, struct slab *l)
{
	l->prev = NULL;
	l->next = s->open;
	if (l->next != NULL)
		l->next->prev = l;
	s->open = l;
}

static void
delist(struct arena_store *s, struct slab *l)
{
	*(l->prev != NULL ? &l->prev->next : &s->open) = l->next;
	if (l->next != NULL)
		l->next->prev = l->prev;
}

static void
put_free(struct slab *l, struct arena_block *b)
{
	*b = (struct arena_block){ .next = l->free, .slab = l, .size = BLOCK };
	l->free = b;
}

/* Adds a slab of free blocks. False: no memory. */
static bool
add_slab(struct arena_store *s)
{
	struct slab *l = malloc(sizeof *l);

	if (l == NULL)
		return false;
	l->free = NULL;
	l->used = 0;
	for (size_t i = SLAB_BLOCKS; i > 0; i--)
		put_free(l, (struct arena_block *)(l->bytes + (i - 1) * BLOCK));
	s->spare += SLAB_BLOCKS;
	enlist(s, l);
	return true;
}

static struct arena_block *
take_block(struct arena_store *s)
{
	struct slab *l;
	struct arena_block *b;

	if (s->open == NULL && !add_slab(s))
		return NULL;
	l = s->open;
	b = l->free;
	l->free = b->next;
	l->used++;
	s->spare--;
	if (l->free == NULL)
		delist(s, l);
	return b;
}

static void
give_block(struct arena_store *s, struct arena_block *b)
{
	struct slab *l = b->slab;

	if (l->free == NULL)
		enlist(s, l);
	put_free(l, b);
	l->used--;
	s->spare++;
	if (l->used > 0 || s->spare <= SPARE_BLOCKS)
		return;
	delist(s, l);
	s->spare -= SLAB_BLOCKS;
	free(l);
}

struct arena_store *
arena_store_new(void)
{
	struct arena_store *s = calloc(1, sizeof *s);

	if (s == NULL || pthread_mutex_init(&s->lock, NULL) == 0)
		return s;
	free(s);
	return NULL;
}

void
arena_store_free(struct arena_store *s)
{
	struct slab *next;

	if (s == NULL)
		return;
	for (struct slab *l = s->open; l != NULL; l = next) {
		next = l->next;
		free(l);
	}
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* --- an arena --------------------------------------------------------------------------------- */

static size_t
rounded(size_t n)
{
	return (n + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
}

static struct arena_block *
alone(size_t whole)
{
	size_t size = whole > ALONE ? whole : ALONE;
	struct arena_block *b = malloc(size);

	if (b != NULL)
		*b = (struct arena_block){ .size = size };
	return b;
}

/* A block with room for `whole` bytes, its header among them. */
static struct arena_block *
block_new(struct arena_store *s, size_t whole)
{
	struct arena_block *b;

	if (s == NULL || whole > BLOCK)
		return alone(whole);
	pthread_mutex_lock(&s->lock);
	b = take_block(s);
	pthread_mutex_unlock(&s->lock);
	return b;
}

static void
block_free(struct arena_store *s, struct arena_block *b)
{
	if (b->slab == NULL) {
		free(b);
		return;
	}
	pthread_mutex_lock(&s->lock);
	give_block(s, b);
	pthread_mutex_unlock(&s->lock);
}

/* Adds a block; one that has less room left than the newest goes behind it, so that the room is not lost. */
static struct arena_block *
add_block(struct arena *a, size_t n)
{
	struct arena_block *b = block_new(a->store, sizeof *b + n), *newest = a->block;

	if (b == NULL)
		return NULL;
	b->used = sizeof *b;
	a->bytes += b->size;
	if (newest != NULL && b->size - b->used - n < newest->size - newest->used) {
		b->next = newest->next;
		newest->next = b;
	} else {
		b->next = newest;
		a->block = b;
	}
	return b;
}

static void *
take(struct arena *a, size_t n)
{
	struct arena_block *b = a->block;
	size_t whole = rounded(n);
	void *at;

	if (whole < n)
		return NULL;
	if ((b == NULL || whole > b->size - b->used) && (b = add_block(a, whole)) == NULL)
		return NULL;
	at = (char *)b + b->used;
	b->used += whole;
	return at;
}

struct arena
arena_make(struct arena_store *store)
{
	return (struct arena){ .store = store };
}

void *
arena_take(struct arena *a, size_t n)
{
	void *p = take(a, n);

	return p != NULL ? memset(p, 0, n) : NULL;
}

char *
arena_copy(struct arena *a, const char *bytes, size_t n)
{
	char *p = take(a, n + 1);

	if (p == NULL)
		return NULL;
	memcpy(p, bytes, n);
	p[n] = '\0';
	return p;
}

char *
arena_text(struct arena *a, const char *s)
{
	return s != NULL ? arena_copy(a, s, strlen(s)) : NULL;
}

void *
arena_grow(struct arena *a, const void *p, size_t had, size_t n)
{
	void *fresh = arena_take(a, n);

	if (fresh != NULL && had > 0)
		memcpy(fresh, p, had);
	return fresh;
}

static void
free_from(struct arena *a, struct arena_block *b)
{
	struct arena_block *next;

	for (; b != NULL; b = next) {
		next = b->next;
		a->bytes -= b->size;
		block_free(a->store, b);
	}
}

void
arena_empty(struct arena *a)
{
	struct arena_block *b = a->block;

	if (b == NULL || b->size > KEPT) {
		arena_free(a);
		return;
	}
	free_from(a, b->next);
	b->next = NULL;
	b->used = sizeof *b;
}

void
arena_free(struct arena *a)
{
	free_from(a, a->block);
	a->block = NULL;
}
