/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/wait_places.h"

#include "base/keyed.h"
#include "base/tally.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct neighbourhood { /* lives while a question about one of its peers waits */
	struct keyed_link link; /* first */
	struct addr_prefix prefix;
	unsigned n;
};

struct wait_places {
	_Atomic unsigned refs;
	_Atomic unsigned n; /* changed with the lock */
	_Atomic uint64_t limited[WAITS_LIMITS];
	pthread_mutex_t lock; /* of the table and its objects */
	struct keyed table;
};

struct wait_places *
wait_places_new(void)
{
	struct wait_places *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->refs = 1;
	if (keyed_open(&p->table) == 0 && pthread_mutex_init(&p->lock, NULL) == 0)
		return p;
	keyed_close(&p->table);
	free(p);
	return NULL;
}

struct wait_places *
wait_places_ref(struct wait_places *p)
{
	tally_up(&p->refs);
	return p;
}

void
wait_places_unref(struct wait_places *p)
{
	struct keyed_link *l;
	size_t at = 0;

	if (p == NULL || atomic_fetch_sub(&p->refs, 1) != 1)
		return;
	while ((l = keyed_take(&p->table, &at)) != NULL)
		free((struct neighbourhood *)l);
	keyed_close(&p->table);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* --- neighbourhoods; with the lock ------------------------------------------------------------ */

static uint64_t
hash_of(const struct wait_places *p, const struct addr_prefix *around)
{
	return keyed_hash(&p->table, around->bytes, sizeof around->bytes);
}

static struct neighbourhood *
find(const struct wait_places *p, const struct addr_prefix *around)
{
	uint64_t hash = hash_of(p, around);
	struct neighbourhood *one = (struct neighbourhood *)keyed_next(&p->table, NULL, hash);

	while (one != NULL && (one->prefix.family != around->family || memcmp(one->prefix.bytes, around->bytes, sizeof around->bytes) != 0))
		one = (struct neighbourhood *)keyed_next(&p->table, &one->link, hash);
	return one;
}

/* Counts one more in the neighbourhood. -1: no memory. */
static int
add(struct wait_places *p, struct neighbourhood *one, const struct addr_prefix *around)
{
	if (one == NULL) {
		one = calloc(1, sizeof *one);
		if (one == NULL)
			return -1;
		one->prefix = *around;
		keyed_add(&p->table, &one->link, hash_of(p, around));
	}
	one->n++;
	return 0;
}

static void
subtract(struct wait_places *p, struct neighbourhood *one)
{
	if (--one->n > 0)
		return;
	keyed_drop(&p->table, &one->link);
	free(one);
}

/* --- places ----------------------------------------------------------------------------------- */

static int
take(struct wait_places *p, const struct addr_prefix *around, unsigned all, unsigned prefix, struct fault *f)
{
	struct neighbourhood *one = around->family != 0 ? find(p, around) : NULL;

	if (p->n >= all) {
		wait_places_limit(p, WAITS_LIMIT_ALL);
		return fault_set(f, "waiting of the region: %u questions wait already", p->n);
	}
	if (around->family != 0 && (one != NULL ? one->n : 0) >= prefix) {
		wait_places_limit(p, WAITS_LIMIT_PREFIX);
		return fault_set(f, "waiting_peer of the neighbourhood: %u questions wait already", prefix);
	}
	if (around->family != 0 && add(p, one, around) < 0)
		return fault_set(f, "no memory to wait");
	tally_up(&p->n);
	return 0;
}

int
wait_places_take(struct wait_places *p, const struct addr_prefix *around, unsigned all, unsigned prefix, struct fault *f)
{
	int rc;

	pthread_mutex_lock(&p->lock);
	rc = take(p, around, all, prefix, f);
	pthread_mutex_unlock(&p->lock);
	return rc;
}

void
wait_places_leave(struct wait_places *p, const struct addr_prefix *around)
{
	pthread_mutex_lock(&p->lock);
	tally_down(&p->n);
	if (around->family != 0)
		subtract(p, find(p, around));
	pthread_mutex_unlock(&p->lock);
}

unsigned
wait_places_count(const struct wait_places *p)
{
	return tally_present(&p->n);
}

void
wait_places_limit(struct wait_places *p, enum waits_limit which)
{
	tally_add(&p->limited[which], 1);
}

uint64_t
wait_places_limited(const struct wait_places *p, enum waits_limit which)
{
	return tally_total(&p->limited[which]);
}
