/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/generations.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "policy/generation.h"

struct generations {
	pthread_mutex_t lock; /* of the list */
	struct generation *first;
};

struct generations *
generations_new(void)
{
	struct generations *all = calloc(1, sizeof *all);

	if (all != NULL && pthread_mutex_init(&all->lock, NULL) != 0) {
		free(all);
		return NULL;
	}
	return all;
}

void
generations_free(struct generations *all)
{
	if (all == NULL)
		return;
	pthread_mutex_destroy(&all->lock);
	free(all);
}

void
generations_add(struct generations *all, struct generation *g)
{
	g = g->part;
	pthread_mutex_lock(&all->lock);
	g->set = all;
	g->next = all->first;
	all->first = g;
	pthread_mutex_unlock(&all->lock);
}

/* Adds a reference, unless the last one was given back: the thread that did so waits for the lock to take g out. */
static bool
refer(struct generation *g)
{
	unsigned refs = atomic_load(&g->refs);

	while (refs > 0 && !atomic_compare_exchange_weak(&g->refs, &refs, refs + 1))
		;
	return refs > 0;
}

size_t
generations_list(struct generations *all, struct generation **out, size_t max)
{
	size_t n = 0;

	pthread_mutex_lock(&all->lock);
	for (struct generation *g = all->first; g != NULL && n < max; g = g->next)
		if (refer(g))
			out[n++] = g;
	pthread_mutex_unlock(&all->lock);
	return n;
}

bool
generations_judges(struct generations *all, uint64_t number)
{
	struct generation *g;

	pthread_mutex_lock(&all->lock);
	g = all->first;
	while (g != NULL && (g->number != number || (g->connections == 0 && g->ipconns == 0)))
		g = g->next;
	pthread_mutex_unlock(&all->lock);
	return g != NULL;
}

void
generations_drop(struct generations *all, struct generation *g)
{
	struct generation **at = &all->first;

	pthread_mutex_lock(&all->lock);
	while (*at != g)
		at = &(*at)->next;
	*at = g->next;
	pthread_mutex_unlock(&all->lock);
}
