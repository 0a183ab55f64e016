/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names may be made of what peers say, so the index is a balanced tree (tsearch): nobody can choose names that make it slow.
 */
#include "store.h"

#include <pthread.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

struct counter {
	int64_t last;
	size_t len;
	char name[COUNTER_NAME_MAX];
};

struct store {
	pthread_mutex_t lock; /* over all that follows */
	void *root;           /* tsearch's; owns its counters */
	size_t n;
};

struct store *
store_new(void)
{
	struct store *s = calloc(1, sizeof *s);

	if (s != NULL && pthread_mutex_init(&s->lock, NULL) != 0) {
		free(s);
		return NULL;
	}
	return s;
}

void
store_free(struct store *s)
{
	if (s == NULL)
		return;
	tdestroy(s->root, free);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static int
compare(const void *a, const void *b)
{
	const struct counter *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->name, y->name, x->len);
}

static bool
make_key(struct counter *key, const char *name, size_t len)
{
	if (len == 0 || len > COUNTER_NAME_MAX)
		return false;
	memset(key, 0, sizeof *key);
	key->len = len;
	memcpy(key->name, name, len);
	return true;
}

static struct counter *
find(const struct store *s, const struct counter *key)
{
	void *const *at = tfind(key, &s->root, compare);

	return at != NULL ? *at : NULL;
}

/* Puts a copy of the key into the tree. NULL: no memory. */
static struct counter *
add(struct store *s, const struct counter *key)
{
	struct counter *c = malloc(sizeof *c);

	if (c == NULL)
		return NULL;
	*c = *key;
	if (tsearch(c, &s->root, compare) == NULL) {
		free(c);
		return NULL;
	}
	s->n++;
	return c;
}

/* The value behind `last` in min..max; a range that was moved is entered at min. -1: there is none. */
static int
step(int64_t last, int64_t min, int64_t max, bool wrap, int64_t *out)
{
	if (last >= max && !wrap)
		return -1;
	*out = last >= max || last < min ? min : last + 1;
	return 0;
}

/* Under the lock. The reason why there is no next value, NULL when there is. */
static const char *
next(struct store *s, const struct counter *key, int64_t min, int64_t max, bool wrap, int64_t *out)
{
	struct counter *c = find(s, key);

	if (c != NULL && step(c->last, min, max, wrap, out) < 0)
		return "exhausted";
	if (c == NULL) {
		if (s->n >= COUNTERS_MAX)
			return "too many counters";
		c = add(s, key);
		if (c == NULL)
			return "out of memory";
		*out = min;
	}
	c->last = *out;
	return NULL;
}

int
store_next(struct store *s, const char *name, size_t len, int64_t min, int64_t max, bool wrap, int64_t *out, const char **reason)
{
	struct counter key;

	*reason = NULL;
	if (!make_key(&key, name, len))
		*reason = "bad name";
	else if (min > max)
		*reason = "bad range";
	if (*reason != NULL)
		return -1;
	pthread_mutex_lock(&s->lock);
	*reason = next(s, &key, min, max, wrap, out);
	pthread_mutex_unlock(&s->lock);
	return *reason == NULL ? 0 : -1;
}

bool
store_peek(struct store *s, const char *name, size_t len, int64_t *out)
{
	struct counter key;
	const struct counter *c;

	if (!make_key(&key, name, len))
		return false;
	pthread_mutex_lock(&s->lock);
	c = find(s, &key);
	if (c != NULL)
		*out = c->last;
	pthread_mutex_unlock(&s->lock);
	return c != NULL;
}
