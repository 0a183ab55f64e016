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

struct peers_entry {
	struct keyed_link link;      /* first */
	struct peers_entry *older, *newer; /* in the list of entries kept only for refusals */
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
	struct peers_entry *oldest, *newest; /* the entries kept only for refusals */
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

/* h: hash() of the key. */
static struct peers_entry *
find_hashed(const struct peers *t, const struct addr_prefix *key, uint64_t h)
{
	struct keyed_link *l = keyed_next(&t->table, NULL, h);

	while (l != NULL && !same_key(&((struct peers_entry *)l)->key, key))
		l = keyed_next(&t->table, l, h);
	return (struct peers_entry *)l;
}

static struct peers_entry *
find(const struct peers *t, const struct addr_prefix *key)
{
	return find_hashed(t, key, hash(t, key));
}

/* Finds the entry of that key or makes it. NULL: no memory. */
static struct peers_entry *
need(struct peers *t, const struct addr_prefix *key)
{
	uint64_t h = hash(t, key);
	struct peers_entry *e = find_hashed(t, key, h);

	if (e != NULL || (e = malloc(sizeof *e)) == NULL)
		return e;
	*e = (struct peers_entry){ .key = *key };
	keyed_add(&t->table, &e->link, h);
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
		free((struct peers_entry *)l);
	keyed_close(&t->table);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* --- entries kept only for refusals ----------------------------------------------------------- */

static void
list_take(struct peers *t, struct peers_entry *e)
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
list_put(struct peers *t, struct peers_entry *e)
{
	list_take(t, e);
	e->older = t->newest;
	*(t->newest != NULL ? &t->newest->newer : &t->oldest) = e;
	t->newest = e;
	e->remembered = true;
	t->remembered++;
}

static void
forget(struct peers *t, struct peers_entry *e)
{
	list_take(t, e);
	keyed_drop(&t->table, &e->link);
	free(e);
}

/* Keeps an entry that counts sockets, puts one that counts only refusals into the bounded list, and frees any other. */
static void
settle(struct peers *t, struct peers_entry *e)
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
advance(struct peers_entry *e, int64_t slot)
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
count_refused(const struct peers_entry *e, int64_t slot)
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

/* The counts of an address and its neighbourhood; NULL: it counts nothing. */
static struct peers_counts
count(const struct peers_entry *self, const struct peers_entry *around, double now)
{
	struct peers_counts c = { 0 };

	if (self != NULL) {
		c.from_peer = self->open;
		c.refused_from_peer = count_refused(self, slot_of(now));
	}
	if (around != NULL) {
		c.from_prefix = around->open;
		c.halfopen_prefix = around->halfopen;
	}
	return c;
}

struct peers_counts
peers_look(struct peers *t, const struct addr *a, double now)
{
	struct addr_prefix self = itself(a), around = addr_neighbourhood(a);
	struct peers_counts c;

	pthread_mutex_lock(&t->lock);
	expire(t, slot_of(now));
	c = count(find(t, &self), find(t, &around), now);
	pthread_mutex_unlock(&t->lock);
	return c;
}

/* Finds or makes the entries of a socket. False: no memory, and s is in none. */
static bool
find_place(struct peers *t, const struct addr *a, struct peers_socket *s)
{
	struct addr_prefix self = itself(a), around = addr_neighbourhood(a);

	s->self = need(t, &self);
	s->around = s->self != NULL ? need(t, &around) : NULL;
	if (s->around != NULL)
		return true;
	if (s->self != NULL)
		settle(t, s->self);
	s->self = NULL;
	return false;
}

static void
add_socket(struct peers *t, const struct peers_socket *s)
{
	s->self->open++;
	s->around->open++;
	s->around->halfopen++;
	settle(t, s->self);
}

int
peers_open(struct peers *t, const struct addr *a, double now, struct peers_counts *before, struct peers_socket *s)
{
	bool placed;

	pthread_mutex_lock(&t->lock);
	expire(t, slot_of(now));
	placed = find_place(t, a, s);
	*before = count(s->self, s->around, now);
	if (placed)
		add_socket(t, s);
	pthread_mutex_unlock(&t->lock);
	return placed ? 0 : -1;
}

void
peers_through(struct peers *t, const struct peers_socket *s)
{
	pthread_mutex_lock(&t->lock);
	s->around->halfopen--;
	pthread_mutex_unlock(&t->lock);
}

void
peers_close(struct peers *t, struct peers_socket *s)
{
	pthread_mutex_lock(&t->lock);
	s->self->open--;
	settle(t, s->self);
	s->around->open--;
	settle(t, s->around);
	pthread_mutex_unlock(&t->lock);
	*s = (struct peers_socket){ .self = NULL };
}

static void
add_refusal(struct peers *t, const struct addr_prefix *self, double now)
{
	struct peers_entry *e;
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
