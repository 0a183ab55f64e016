/* SPDX-License-Identifier: Apache-2.0 */
/*
 * data_pool: the datasets of a region, each counted: generations whose data files have the same bytes share one. A
 * generation is loaded in a thread and freed on the loop. Thread-safe.
 */
#ifndef SALLYPORT_DATA_POOL_H
#define SALLYPORT_DATA_POOL_H

#include "policy/dataset.h"

struct data_pool;

struct pooled { /* a counted dataset; it does not change */
	struct pooled *next;
	unsigned refs;           /* under the lock of the pool */
	char digest[65];         /* SHA-256 of the file's bytes */
	enum dataset_form form;
	char key[DATASET_NAME_MAX + 1]; /* "": none */
	struct dataset *dataset; /* owned */
	char *bytes;             /* owned: the file as it was read, for versions */
	size_t len;
};

/* Makes an empty pool. NULL without memory. */
struct data_pool *data_pool_new(void);
void data_pool_free(struct data_pool *pool); /* after each reference was given back; NULL is fine */
/*
 * Returns a reference to the dataset of these bytes, read with that key ("" none); NULL: the pool has none. pool may
 * be NULL.
 */
struct pooled *data_pool_find(struct data_pool *pool, const char *digest, enum dataset_form form, const char *key);
/*
 * Adds a dataset and the bytes of its file, which the pool takes, with one reference. pool NULL: it is shared with
 * nobody. NULL without memory; then both are freed.
 */
struct pooled *data_pool_add(struct data_pool *pool, const struct pooled *one);
/* Gives a reference back; the last one frees the dataset. one may be NULL. */
void data_pool_drop(struct data_pool *pool, struct pooled *one);
/* The number of datasets. */
size_t data_pool_count(struct data_pool *pool);

#endif
