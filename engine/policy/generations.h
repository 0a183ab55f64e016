/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generations: the generations of a region that have come into use and are not freed: the current one, that of a
 * canary, and older ones that a connection, an ipconn or a request still has. Thread-safe.
 */
#ifndef SALLYPORT_GENERATIONS_H
#define SALLYPORT_GENERATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct generation;
struct generations;

/* Makes an empty set. NULL: no memory. */
struct generations *generations_new(void);
/* After the last generation of the set was freed. NULL is fine. */
void generations_free(struct generations *all);
/* Adds a generation that comes into use. It leaves the set when it is freed, which the set outlives. Once for each. */
void generations_add(struct generations *all, struct generation *g);
/*
 * Writes the parts of worker 0 to out, at most max, the last one that was added first. The caller gives each reference
 * back. Returns how many.
 */
size_t generations_list(struct generations *all, struct generation **out, size_t max);
/* Whether the generation of that number judges a connection of any worker, or an ipconn. */
bool generations_judges(struct generations *all, uint64_t number);
/* Takes a generation out, whose last reference was given back. Called by generation_unref only. */
void generations_drop(struct generations *all, struct generation *g);

#endif
