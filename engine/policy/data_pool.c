/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/data_pool.h"

#include "base/thread.h"
#include "policy/networks.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ASIDE (1024 * 1024) /* bytes of a file; data of larger ones is freed in a thread of its own */

struct data_pool {
	pthread_mutex_t lock; /* of the list and the counts */
	struct pooled *first;
};

struct data_pool *
data_pool_new(void)
{
	struct data_pool *pool = calloc(1, sizeof *pool);

	if (pool != NULL && pthread_mutex_init(&pool->lock, NULL) != 0) {
		free(pool);
		return NULL;
	}
	return pool;
}

void
data_pool_free(struct data_pool *pool)
{
	if (pool == NULL)
		return;
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

bool
data_pool_same_use(const struct pooled_use *a, const struct pooled_use *b)
{
	return a->as == b->as && strcmp(a->key, b->key) == 0 && strcmp(a->value, b->value) == 0;
}

struct pooled *
data_pool_find(struct data_pool *pool, const struct pooled *like)
{
	struct pooled *one;

	if (pool == NULL)
		return NULL;
	pthread_mutex_lock(&pool->lock);
	one = pool->first;
	while (one != NULL && (one->form != like->form || strcmp(one->digest, like->digest) != 0 || !data_pool_same_use(&one->use, &like->use)))
		one = one->next;
	if (one != NULL)
		one->refs++;
	pthread_mutex_unlock(&pool->lock);
	return one;
}

static void
free_content(const struct pooled *one)
{
	dataset_free(one->dataset);
	networks_free(one->networks);
	free(one->bytes);
}

struct pooled *
data_pool_add(struct data_pool *pool, const struct pooled *from)
{
	struct pooled *one = malloc(sizeof *one);

	if (one == NULL) {
		free_content(from);
		return NULL;
	}
	*one = *from;
	one->refs = 1;
	one->next = NULL;
	if (pool == NULL)
		return one;
	pthread_mutex_lock(&pool->lock);
	one->next = pool->first;
	pool->first = one;
	pthread_mutex_unlock(&pool->lock);
	return one;
}

/* Takes a reference away. True: it was the last one, and the data is in no list any more. */
static bool
is_last(struct data_pool *pool, struct pooled *one)
{
	struct pooled **at = &pool->first;
	bool last;

	pthread_mutex_lock(&pool->lock);
	last = --one->refs == 0;
	while (last && *at != one)
		at = &(*at)->next;
	if (last)
		*at = one->next;
	pthread_mutex_unlock(&pool->lock);
	return last;
}

static void
data_pool_free_one(void *arg)
{
	free_content(arg);
	free(arg);
}

/* To free the data of a large file takes milliseconds, which the loop does not wait for. */
static void
free_aside(struct pooled *one)
{
	struct thread *t;

	if (one->len > ASIDE && thread_start(&t, data_pool_free_one, one) == 0)
		thread_join(t, 0);
	else
		data_pool_free_one(one);
}

void
data_pool_drop(struct data_pool *pool, struct pooled *one)
{
	if (one == NULL || (pool != NULL && !is_last(pool, one)))
		return;
	free_aside(one);
}

size_t
data_pool_count(struct data_pool *pool)
{
	size_t n = 0;

	pthread_mutex_lock(&pool->lock);
	for (const struct pooled *one = pool->first; one != NULL; one = one->next)
		n++;
	pthread_mutex_unlock(&pool->lock);
	return n;
}
