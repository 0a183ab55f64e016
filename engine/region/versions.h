/* SPDX-License-Identifier: Apache-2.0 */
/*
 * versions: the versions that a region keeps, oldest first: the current one and those before it. One of them may be
 * pinned: an operator chose it with `policy use` or `policy rollback`, and only `sallyport reload` loads files again.
 */
#ifndef SALLYPORT_VERSIONS_H
#define SALLYPORT_VERSIONS_H

#include "region/version.h"

struct versions;

struct versions *versions_new(void); /* NULL: no memory */
void versions_free(struct versions *vs); /* NULL is fine */

/*
 * Adds a version (its reference is taken), which is current from now on, and sets its `former`. attended: an operator
 * asked for it. Another load (start, signal, watch) of the same bytes keeps the former of the current version, so that
 * a rollback leads to other bytes. -1: no memory; the reference is dropped.
 */
int versions_add(struct versions *vs, struct version *v, bool attended);

/*
 * Adds a version of a former process (its reference is taken), in the order of their numbers. The last one is the
 * current one until versions_add. -1: no memory; the reference is dropped.
 */
int versions_restore(struct versions *vs, struct version *v);

size_t versions_count(const struct versions *vs);
struct version *versions_at(const struct versions *vs, size_t i);        /* borrowed; i below versions_count */
struct version *versions_find(const struct versions *vs, uint64_t number); /* borrowed; NULL: not kept */
/* The version in use; borrowed. NULL: none yet. */
struct version *versions_current(const struct versions *vs);
/* The version that a rollback takes; borrowed. NULL with a sentence. */
struct version *versions_former(const struct versions *vs, struct fault *f);

/* Whether the current version is pinned. */
bool versions_pinned(const struct versions *vs);
void versions_pin(struct versions *vs, bool pinned);

struct versions_limit {
	size_t count;   /* at most so many are kept, with the current one */
	double seconds; /* older ones are discarded; 0: no limit */
	double now;     /* seconds since 1970 */
	bool (*in_use)(void *arg, uint64_t number); /* whether connections use its generation */
	void *arg;
};

/*
 * Discards versions above the limits, but not the current one, and none in use. Of too many versions the first to go is
 * the oldest one that has the bytes of a newer one, so that loads without a change do not push out others; then the
 * oldest.
 */
void versions_trim(struct versions *vs, const struct versions_limit *l);

#endif
