/* SPDX-License-Identifier: Apache-2.0 */
/* region_store: the client of the shared store in a running region: its name there, its messages, and its settings. */
#ifndef SALLYPORT_REGION_STORE_H
#define SALLYPORT_REGION_STORE_H

struct region;

struct worker;

/* Draws the name of the region, and makes the sets of its estimates. -1: no memory, or no random bytes. */
int region_store_new(struct region *r);
/*
 * Makes the client of a worker with waits, and at the home the member of a sysplex; they have no settings yet. -1: no
 * memory. Before the worker's thread runs.
 */
int region_store_begin(struct region *r, struct worker *w);
/* Uses the settings of the generation of the worker: at the start, and after each swap. In the thread of the worker. */
void region_store_follow(struct worker *w);
/* Frees the member and the client of the home. */
void region_store_end(struct region *r);
/* Frees the sets, after the clients. */
void region_store_free(struct region *r);

#endif
