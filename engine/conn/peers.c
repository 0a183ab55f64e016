/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One hash table, keyed by prefix: an address is its /32 or /128 prefix, and its neighbourhood has an entry of its own.
 * The hash has a secret, because the owner of an IPv6 network can choose among 2^80 addresses.
 */
#include "conn/peers.h"

#include "base/keyed.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SLOT_SECONDS 5 /* refusals are counted by slots of time: a refusal expires at most this late, never early */
#define SLOTS (PEERS_REFUSAL_SECONDS / SLOT_SECONDS + 1)

struct entry {
	struct keyed_link link;      /* first */
	struct entry *older, *newer; /* in the list of entries kept only for refusals */
	struct addr_prefix key;
	unsigned open;
	unsigned halfopen;           /* used in entries of neighbourhoods */
	int64_t slot;                /* number of the newest slot */
	uint16_t refused[SLOTS];     /* in entries of addresses; by slot number modulo SLOTS; stops at its maximum */
	bool remembered;             /* in the list of entries kept only for refusals */
	bool has_refusals;
};

struct peers {
	pthread_mutex_t lock; /* of everything below */
	struct keyed table;
	struct entry *oldest, *newest; /* the entries kept only for refusals */
	size_t remembered;
};

/* --- the table -------------------------------------------------------------------------------- */

static uint64_t
hash(const struct peers *t, const struct addr_prefix *p)
{
	unsigned char key[sizeof p->bytes + 2];

	memcpy(key, p->bytes, sizeof p->bytes);
	key[sizeof p->bytes] = (unsigned char)p->family;
	key[sizeof p->bytes + 1] = (unsigned char)p->bits;
	return keyed_hash(&t->table, key, sizeof key);
}

static bool
same_key(const struct addr_prefix *x, const struct addr_prefix *y)
{
	return x->family == y->family && x->bits == y->bits && memcmp(x->bytes, y->bytes, sizeof x->bytes) == 0;
}

static struct entry *
find(const struct peers *t, const struct addr_prefix *key)
{
	uint64_t h = hash(t, key);
	struct keyed_link *l = keyed_next(&t->table, NULL, h);

	while (l != NULL && !same_key(&((struct entry *)l)->key, key))
		l = keyed_next(&t->table, l, h);
	return (struct entry *)l;
}

/* Finds the entry of that key or makes it. NULL: no memory. */
static struct entry *
need(struct peers *t, const struct addr_prefix *key)
{
	struct entry *e = find(t, key);

	if (e != NULL)
		return e;
	e = calloc(1, sizeof *e);
	if (e == NULL)
		return NULL;
	e->key = *key;
	keyed_add(&t->table, &e->link, hash(t, key));
	return e;
}

struct peers *
peers_new(void)
{
	struct peers *t = calloc(1, sizeof *t);

	if (t == NULL)
		return NULL;
	if (pthread_mutex_init(&t->lock, NULL) == 0) {
		if (keyed_open(&t->table) == 0)
			return t;
		pthread_mutex_destroy(&t->lock);
	}
	free(t);
	return NULL;
}

void
peers_free(struct peers *t)
{
	struct keyed_link *l;
	size_t at = 0;

	if (t == NULL)
		return;
	while ((l = keyed_take(&t->table, &at)) != NULL)
		free((struct entry *)l);
	keyed_close(&t->table);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* --- entries kept only for refusals ----------------------------------------------------------- */

static void
list_take(struct peers *t, struct entry *e)
{
	if (!e->remembered)
		return;
	*(e->older != NULL ? &e->older->newer : &t->oldest) = e->newer;
	*(e->newer != NULL ? &e->newer->older : &t->newest) = e->older;
	e->older = e->newer = NULL;
	e->remembered = false;
	t->remembered--;
}

static void
list_put(struct peers *t, struct entry *e)
{
	list_take(t, e);
	e->older = t->newest;
	*(t->newest != NULL ? &t->newest->newer : &t->oldest) = e;
	t->newest = e;
	e->remembered = true;
	t->remembered++;
}

static void
forget(struct peers *t, struct entry *e)
{
	list_take(t, e);
	keyed_drop(&t->table, &e->link);
	free(e);
}

/* Keeps an entry that counts sockets, puts one that counts only refusals into the bounded list, and frees any other. */
static void
settle(struct peers *t, struct entry *e)
{
	if (e->open > 0)
		list_take(t, e);
	else if (e->has_refusals)
		list_put(t, e);
	else
		forget(t, e);
	if (t->remembered > PEERS_REMEMBERED)
		forget(t, t->oldest);
}

static int64_t
slot_of(double now)
{
	return now > 0 ? (int64_t)(now / SLOT_SECONDS) : 0;
}

static void
expire(struct peers *t, int64_t slot)
{
	while (t->oldest != NULL && t->oldest->slot + SLOTS <= slot)
		forget(t, t->oldest);
}

/* Empties the slots between the newest one and now. A clock that went back changes nothing. */
static void
advance(struct entry *e, int64_t slot)
{
	if (slot - e->slot >= SLOTS)
		memset(e->refused, 0, sizeof e->refused);
	else
		for (int64_t s = e->slot + 1; s <= slot; s++)
			e->refused[s % SLOTS] = 0;
	if (slot > e->slot)
		e->slot = slot;
}

static unsigned
count_refused(const struct entry *e, int64_t slot)
{
	int64_t from = (slot > e->slot ? slot : e->slot) - SLOTS + 1;
	unsigned sum = 0;

	for (int64_t s = from > 0 ? from : 0; s <= e->slot; s++)
		sum += e->refused[s % SLOTS];
	return sum;
}

/* --- the counts; each public function holds the lock ------------------------------------------ */

static struct addr_prefix
itself(const struct addr *a)
{
	struct addr_prefix p = { .family = a->family, .bits = a->family == 4 ? 32 : 128 };

	memcpy(p.bytes, a->bytes, sizeof p.bytes);
	return p;
}

static struct peers_counts
count(struct peers *t, const struct addr_prefix *self, const struct addr_prefix *around, double now)
{
	struct peers_counts c = { 0 };
	const struct entry *e;

	expire(t, slot_of(now));
	e = find(t, self);
	if (e != NULL) {
		c.from_peer = e->open;
		c.refused_from_peer = count_refused(e, slot_of(now));
	}
	e = find(t, around);
	if (e != NULL) {
		c.from_prefix = e->open;
		c.halfopen_prefix = e->halfopen;
	}
	return c;
}

struct peers_counts
peers_look(struct peers *t, const struct addr *a, double now)
{
	struct addr_prefix self = itself(a), around = addr_neighbourhood(a);
	struct peers_counts c;

	pthread_mutex_lock(&t->lock);
	c = count(t, &self, &around, now);
	pthread_mutex_unlock(&t->lock);
	return c;
}

static int
add_socket(struct peers *t, const struct addr_prefix *self, const struct addr_prefix *around)
{
	struct entry *e = need(t, self), *near = e != NULL ? need(t, around) : NULL;

	if (near == NULL) {
		if (e != NULL)
			settle(t, e);
		return -1;
	}
	e->open++;
	near->open++;
	near->halfopen++;
	settle(t, e);
	return 0;
}

int
peers_open(struct peers *t, const struct addr *a, double now, struct peers_counts *before)
{
	struct addr_prefix self = itself(a), around = addr_neighbourhood(a);
	int ok;

	pthread_mutex_lock(&t->lock);
	*before = count(t, &self, &around, now);
	ok = add_socket(t, &self, &around);
	pthread_mutex_unlock(&t->lock);
	return ok;
}

void
peers_through(struct peers *t, const struct addr *a)
{
	struct addr_prefix around = addr_neighbourhood(a);
	struct entry *near;

	pthread_mutex_lock(&t->lock);
	near = find(t, &around);
	if (near != NULL && near->halfopen > 0)
		near->halfopen--;
	pthread_mutex_unlock(&t->lock);
}

static void
one_less(struct peers *t, const struct addr_prefix *key)
{
	struct entry *e = find(t, key);

	if (e == NULL || e->open == 0)
		return;
	e->open--;
	settle(t, e);
}

void
peers_close(struct peers *t, const struct addr *a)
{
	struct addr_prefix self = itself(a), around = addr_neighbourhood(a);

	pthread_mutex_lock(&t->lock);
	one_less(t, &self);
	one_less(t, &around);
	pthread_mutex_unlock(&t->lock);
}

static void
add_refusal(struct peers *t, const struct addr_prefix *self, double now)
{
	struct entry *e;
	uint16_t *slot;

	expire(t, slot_of(now));
	e = need(t, self);
	if (e == NULL)
		return;
	advance(e, slot_of(now));
	slot = &e->refused[e->slot % SLOTS];
	if (*slot < UINT16_MAX)
		*slot += 1;
	e->has_refusals = true;
	settle(t, e);
}

void
peers_refused(struct peers *t, const struct addr *a, double now)
{
	struct addr_prefix self = itself(a);

	pthread_mutex_lock(&t->lock);
	add_refusal(t, &self, now);
	pthread_mutex_unlock(&t->lock);
}
