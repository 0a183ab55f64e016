/* SPDX-License-Identifier: Apache-2.0 */
/*
 * data_pool: the data of a region in C, each counted: the rows of data files, and sets of the prefixes in them.
 * Generations whose data files have the same bytes share one. A generation is loaded in a thread and freed on the loop.
 * Thread-safe.
 */
#ifndef SALLYPORT_DATA_POOL_H
#define SALLYPORT_DATA_POOL_H

#include "policy/dataset.h"

struct data_pool;
struct networks;

enum pooled_as { POOLED_ROWS, POOLED_NETWORKS };

struct pooled_use { /* the kind of table that a file is read as, with the names of its columns; "": none */
	enum pooled_as as;
	char key[DATASET_NAME_MAX + 1];   /* of the rows; of networks: the prefixes */
	char value[DATASET_NAME_MAX + 1]; /* of networks */
};

struct pooled { /* counted data; it does not change */
	struct pooled *next;
	unsigned refs;           /* under the lock of the pool */
	char digest[65];         /* SHA-256 of the file's bytes */
	enum dataset_form form;
	struct pooled_use use;
	struct dataset *dataset; /* owned; of rows */
	struct networks *networks; /* owned; of networks */
	char *bytes;             /* owned: the file as it was read, for versions */
	size_t len;
};

/* Makes an empty pool. NULL without memory. */
struct data_pool *data_pool_new(void);
void data_pool_free(struct data_pool *pool); /* after each reference was given back; NULL is fine */
/* Whether two uses of a file are the same. */
bool data_pool_same_use(const struct pooled_use *a, const struct pooled_use *b);
/*
 * Returns a reference to the data of the digest, form and use in `like`; NULL: the pool has none. pool may be NULL.
 */
struct pooled *data_pool_find(struct data_pool *pool, const struct pooled *like);
/*
 * Adds data and the bytes of its file, which the pool takes, with one reference. pool NULL: it is shared with nobody.
 * NULL without memory; then all are freed.
 */
struct pooled *data_pool_add(struct data_pool *pool, const struct pooled *one);
/* Gives a reference back; the last one frees the data, in a thread of its own when it is large. one may be NULL. */
void data_pool_drop(struct data_pool *pool, struct pooled *one);
/* The number of data that are in use. */
size_t data_pool_count(struct data_pool *pool);

#endif
