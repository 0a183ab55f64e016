/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/heap.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK ((size_t)64 * 1024)

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SMALL 0 /* all blocks come from the C library, so that the sanitizer sees their bounds and their end */
#else
#define SMALL HEAP_SMALL
#endif

struct heap_block {
	struct heap_block *next;
};

struct heap_chunk {
	alignas(max_align_t) struct heap_chunk *next;
	alignas(max_align_t) char bytes[CHUNK];
};

static bool
is_small(size_t n)
{
	return n <= SMALL;
}

static size_t
steps(size_t n)
{
	return (n + HEAP_STEP - 1) / HEAP_STEP;
}

static void
put(struct heap *h, void *p, size_t size)
{
	struct heap_block *b = p;

	b->next = h->free[size];
	h->free[size] = b;
}

/* Begins a new chunk; the rest of the old one serves as a block. False: no memory. */
static bool
add_chunk(struct heap *h)
{
	struct heap_chunk *c = malloc(sizeof *c);

	if (c == NULL)
		return false;
	if (h->at < h->end)
		put(h, h->at, (size_t)(h->end - h->at) / HEAP_STEP);
	c->next = h->chunks;
	h->chunks = c;
	h->at = c->bytes;
	h->end = c->bytes + CHUNK;
	return true;
}

static void *
take(struct heap *h, size_t n)
{
	size_t size = steps(n);
	struct heap_block *b = h->free[size];
	void *p;

	if (b != NULL) {
		h->free[size] = b->next;
		return b;
	}
	if ((size_t)(h->end - h->at) < size * HEAP_STEP && !add_chunk(h))
		return NULL;
	p = h->at;
	h->at += size * HEAP_STEP;
	return p;
}

static void
give(struct heap *h, void *p, size_t n)
{
	if (p != NULL && is_small(n))
		put(h, p, steps(n));
	else
		free(p);
}

/* Copies the block to one of another kind or size. */
static void *
move(struct heap *h, void *p, size_t from, size_t to)
{
	void *fresh = is_small(to) ? take(h, to) : malloc(to);

	if (fresh == NULL)
		return to <= from ? p : NULL;
	if (p != NULL)
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
	if (p != NULL && is_small(from) && is_small(to) && steps(from) == steps(to))
		return p;
	if (p == NULL || is_small(from) || is_small(to))
		return move(h, p, from, to);
	fresh = realloc(p, to);
	return fresh == NULL && to <= from ? p : fresh;
}

void
heap_close(struct heap *h)
{
	struct heap_chunk *next;

	for (struct heap_chunk *c = h->chunks; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	*h = (struct heap){ .chunks = NULL };
}
