/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/named.h"

#include <math.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#define COMPLAINT_SECONDS 60
#define DROPPED_AT_ONCE 64 /* ended items that one named_drop_ended frees */
#define LOOKS 64           /* ended items that one step of a walk passes over */

void
named_free(struct named_set *s)
{
	tdestroy(s->root, free);
	free(s->heap);
	*s = (struct named_set){ 0 };
}

/* ---- the heap */

static void
heap_put(struct named_set *s, size_t place, struct named *one)
{
	s->heap[place] = one;
	one->place = place;
}

/* Puts the item into the heap, from the free place on up or down. */
static void
heap_settle(struct named_set *s, size_t place, struct named *one)
{
	size_t below;

	while (place > 0 && s->heap[(place - 1) / 2]->ends > one->ends) {
		heap_put(s, place, s->heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	while ((below = 2 * place + 1) < s->nheap) {
		if (below + 1 < s->nheap && s->heap[below + 1]->ends < s->heap[below]->ends)
			below++;
		if (s->heap[below]->ends >= one->ends)
			break;
		heap_put(s, place, s->heap[below]);
		place = below;
	}
	heap_put(s, place, one);
}

/* Makes room for one more. False without memory. */
static bool
heap_widen(struct named_set *s)
{
	size_t room = s->room > 0 ? 2 * s->room : 64;
	struct named **grown;

	if (s->nheap < s->room)
		return true;
	grown = realloc(s->heap, room * sizeof(struct named *));
	if (grown == NULL)
		return false;
	s->heap = grown;
	s->room = room;
	return true;
}

static void
heap_remove(struct named_set *s, const struct named *one)
{
	struct named *last = s->heap[--s->nheap];

	if (last != one)
		heap_settle(s, one->place, last);
}

bool
named_end(struct named_set *s, struct named *one, double ends)
{
	bool was = !isinf(one->ends);

	if (!was && isinf(ends))
		return true;
	if (!was && !heap_widen(s))
		return false;
	if (was && isinf(ends))
		heap_remove(s, one);
	one->ends = ends;
	if (!isinf(ends))
		heap_settle(s, was ? one->place : s->nheap++, one);
	return true;
}

/* ---- the tree */

static int
named_compare(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->name, y->name, x->len);
}

struct named *
named_find(const struct named_set *s, const char *name, size_t len)
{
	struct named key = { .len = len };
	void *const *at;

	memcpy(key.name, name, len);
	at = tfind(&key, &s->root, named_compare);
	return at != NULL ? *at : NULL;
}

struct named *
named_alive(const struct named_set *s, const char *name, size_t len, double now)
{
	struct named *one = named_find(s, name, len);

	return one != NULL && one->ends > now ? one : NULL;
}

bool
named_full(const struct named_set *s)
{
	return s->n >= NAMED_MAX;
}

struct named *
named_add(struct named_set *s, const char *name, size_t len, size_t size)
{
	struct named *one = calloc(1, size);

	if (one == NULL)
		return NULL;
	one->ends = INFINITY;
	one->len = len;
	memcpy(one->name, name, len);
	if (tsearch(one, &s->root, named_compare) == NULL) {
		free(one);
		return NULL;
	}
	one->before = s->newest;
	*(s->newest != NULL ? &s->newest->behind : &s->first) = one;
	s->newest = one;
	s->n++;
	return one;
}

void
named_drop(struct named_set *s, struct named *one)
{
	if (!isinf(one->ends))
		heap_remove(s, one);
	tdelete(one, &s->root, named_compare);
	cursors_leave(&s->walks, one, one->before, one->behind);
	*(one->before != NULL ? &one->before->behind : &s->first) = one->behind;
	*(one->behind != NULL ? &one->behind->before : &s->newest) = one->before;
	s->n--;
	free(one);
}

void
named_drop_ended(struct named_set *s, double now)
{
	for (unsigned i = 0; i < DROPPED_AT_ONCE && s->nheap > 0 && s->heap[0]->ends <= now; i++)
		named_drop(s, s->heap[0]);
}

/* ---- showing */

void
named_walk(struct named_set *s, struct cursor *c)
{
	cursor_open(&s->walks, c, s->first, false);
}

const struct named *
named_step(struct cursor *c, double now, bool *more)
{
	const struct named *one = NULL, *found = NULL;

	for (int i = 0; i < LOOKS && found == NULL && (one = c->at) != NULL; i++) {
		c->at = one->behind;
		if (one->ends > now)
			found = one;
	}
	*more = c->at != NULL;
	return found;
}

void
named_leave(struct named_set *s, struct cursor *c)
{
	cursor_close(&s->walks, c);
}

bool
named_complains(struct named_set *s, double now)
{
	if (now < s->silent_until)
		return false;
	s->silent_until = now + COMPLAINT_SECONDS;
	return true;
}
