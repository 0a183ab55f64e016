/* SPDX-License-Identifier: Apache-2.0 */
/* region_store: the client of the shared store in a running region: its name there, its messages, and its settings. */
#ifndef SALLYPORT_REGION_STORE_H
#define SALLYPORT_REGION_STORE_H

struct region;

/* Makes the client of the worker, which has no settings yet. -1: no memory, or no random bytes. */
int region_store_begin(struct region *r);
/* Uses the settings of the current generation: at the start, and after each swap. */
void region_store_follow(struct region *r);

#endif
