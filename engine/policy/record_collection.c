/* SPDX-License-Identifier: Apache-2.0 */
/* record_collection: the records of a region: by name, in the order of opening, and in that of the ends. */
#include "policy/record_internal.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS_MIN 256
#define WEIGHT_MAX (128u * 1024 * 1024) /* bytes of the records of closed connections, about */
#define WAITING_MAX 16384 /* closed connections beyond the limit whose records wait for the sink */

/* --- the collection; functions that are not exported are called with its lock ------------------- */

/*
 * The names of connections end in their decimal numbers, so that connections in a row have buckets in a row: the record
 * that is opened and the record that is freed find theirs in lines of the cache that the last ones have used.
 */
static size_t
hash_name(const char *s)
{
	size_t h = 0;

	for (; *s != '\0'; s++)
		h = h * 10 + (unsigned char)*s;
	return h;
}

static struct record **
bucket_of(const struct records *rs, const char *connection)
{
	return &rs->bucket[hash_name(connection) & (rs->nbuckets - 1)];
}

struct record *
record_find(struct records *rs, const char *connection)
{
	struct record *r;

	pthread_mutex_lock(&rs->lock);
	r = *bucket_of(rs, connection);
	while (r != NULL && strcmp(r->connection, connection) != 0)
		r = r->chain;
	pthread_mutex_unlock(&rs->lock);
	return r;
}

bool
records_certificate(struct records *rs, const char *connection, struct certificate **out)
{
	struct record *r = record_find(rs, connection);
	bool known = false;

	*out = NULL;
	if (!record_lock(r))
		return false;
	known = r->facts != NULL;
	if (known)
		*out = certificate_ref(r->facts->certificate);
	record_unlock(r);
	return known;
}

struct records *
records_new(size_t max)
{
	struct records *rs = calloc(1, sizeof *rs);

	if (rs == NULL)
		return NULL;
	rs->max = max;
	rs->nbuckets = BUCKETS_MIN;
	rs->bucket = calloc(rs->nbuckets, sizeof(struct record *));
	rs->store = arena_store_new();
	if (rs->bucket != NULL && rs->store != NULL && pthread_mutex_init(&rs->lock, NULL) == 0)
		return rs;
	arena_store_free(rs->store);
	free(rs->bucket);
	free(rs);
	return NULL;
}

void
records_free(struct records *rs)
{
	struct record *r, *next;

	if (rs == NULL)
		return;
	for (r = rs->oldest; r != NULL; r = next) {
		next = r->newer;
		record_free(r);
	}
	arena_store_free(rs->store);
	free(rs->bucket);
	pthread_mutex_destroy(&rs->lock);
	free(rs);
}

/*
 * Doubles the buckets, so that their lists stay short with tens of thousands of records. Without memory the lists grow.
 */
static void
widen_buckets(struct records *rs)
{
	struct record **wide, **narrow = rs->bucket;

	if (rs->n < rs->nbuckets || (wide = calloc(rs->nbuckets * 2, sizeof(struct record *))) == NULL)
		return;
	rs->bucket = wide;
	rs->nbuckets *= 2;
	free(narrow);
	for (struct record *r = rs->oldest; r != NULL; r = r->newer) {
		struct record **b = bucket_of(rs, r->connection);

		r->chain = *b;
		*b = r;
	}
}

static void
enlist(struct records *rs, struct record *r)
{
	struct record **b;

	widen_buckets(rs);
	b = bucket_of(rs, r->connection);
	r->chain = *b;
	*b = r;
	r->older = rs->newest;
	*(rs->newest != NULL ? &rs->newest->newer : &rs->oldest) = r;
	rs->newest = r;
	rs->n++;
}

/* An empty record, in its own arena. NULL: no memory. */
static struct record *
record_new(struct arena_store *store)
{
	struct arena arena = arena_make(store);
	struct record *r = arena_take(&arena, sizeof *r);

	if (r == NULL || pthread_mutex_init(&r->lock, NULL) != 0) {
		arena_free(&arena);
		return NULL;
	}
	r->arena = arena;
	return r;
}

struct record *
record_open(struct records *rs, const char *connection, double now)
{
	struct record *r = rs != NULL ? record_new(rs->store) : NULL;

	if (r == NULL)
		return NULL;
	r->owner = rs;
	r->opened = now;
	text_copy(r->connection, sizeof r->connection, connection);
	text_copy(r->outcome, sizeof r->outcome, "open");
	pthread_mutex_lock(&rs->lock);
	enlist(rs, r);
	pthread_mutex_unlock(&rs->lock);
	return r;
}

/* --- the ends --------------------------------------------------------------------------------- */

static void
delist(struct records *rs, struct record *r)
{
	struct record **b = bucket_of(rs, r->connection);

	while (*b != r)
		b = &(*b)->chain;
	*b = r->chain;
	cursors_leave(&rs->walks, r, r->older, r->newer);
	*(r->older != NULL ? &r->older->newer : &rs->oldest) = r->newer;
	*(r->newer != NULL ? &r->newer->older : &rs->newest) = r->older;
	rs->n--;
}

/*
 * Whether the record of the connection that ended first is one too many, or too much. It stays while the sink has to
 * write it, within limits. The last record stays.
 */
static bool
has_too_many(const struct records *rs)
{
	if (rs->nended > rs->max + WAITING_MAX || (rs->weight > 2 * WEIGHT_MAX && rs->nended > 1))
		return true;
	return (rs->nended > rs->max || (rs->weight > WEIGHT_MAX && rs->nended > 1)) && !rs->first_ended->filed.waiting;
}

/* Takes the record of the connection that ended first, when it is one too many. NULL: it is not. */
static struct record *
take_ended(struct records *rs)
{
	struct record *old = NULL;

	pthread_mutex_lock(&rs->lock);
	if (has_too_many(rs)) {
		old = rs->first_ended;
		rs->first_ended = old->ended;
		if (rs->first_ended == NULL)
			rs->last_ended = NULL;
		rs->nended--;
		rs->weight -= old->weight;
		delist(rs, old);
	}
	pthread_mutex_unlock(&rs->lock);
	return old;
}

void
records_settle(struct records *rs)
{
	struct record *old;

	while ((old = take_ended(rs)) != NULL) {
		record_sink_leave(old);
		record_free(old);
	}
}

static void
records_settle_at_home(struct post *post)
{
	struct records *rs = (struct records *)((char *)post - offsetof(struct records, settling));

	pthread_mutex_lock(&rs->lock);
	rs->settles = false;
	pthread_mutex_unlock(&rs->lock);
	records_settle(rs);
}

void
records_live_at(struct records *rs, struct mailbox *home)
{
	rs->home = home;
	rs->settling.run = records_settle_at_home;
}

/* Puts r behind the ended ones. Returns whether the home is to be told that there are too many. */
static bool
put_ended(struct records *rs, struct record *r)
{
	bool tell;

	pthread_mutex_lock(&rs->lock);
	*(rs->last_ended != NULL ? &rs->last_ended->ended : &rs->first_ended) = r;
	rs->last_ended = r;
	rs->nended++;
	rs->weight += r->weight;
	tell = rs->home != NULL && !rs->settles && has_too_many(rs);
	rs->settles = rs->settles || tell;
	pthread_mutex_unlock(&rs->lock);
	return tell;
}

void
record_leave(struct record *r)
{
	struct records *rs;

	if (r == NULL)
		return;
	rs = r->owner;
	if (put_ended(rs, r))
		mailbox_send(rs->home, &rs->settling);
	else if (rs->home == NULL)
		records_settle(rs);
}
