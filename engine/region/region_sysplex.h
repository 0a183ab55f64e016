/* SPDX-License-Identifier: Apache-2.0 */
/* region_sysplex: the region as a member of its sysplex: its words about itself there, and its messages. */
#ifndef SALLYPORT_REGION_SYSPLEX_H
#define SALLYPORT_REGION_SYSPLEX_H

struct region;

/*
 * Makes the claims, the cluster and the member, which is in no sysplex yet; the home has its client of the store. -1:
 * no memory.
 */
int region_sysplex_begin(struct region *r);
/* Joins, or leaves, by the current generation. */
void region_sysplex_follow(struct region *r);
/* The store was found. */
void region_sysplex_found(struct region *r);
/* Leaves at the end of the region. Runs the loop until the store has answered, for at most 0.2 s. */
void region_sysplex_leave(struct region *r);
/* Frees claims and member, before the client of the store. */
void region_sysplex_free(struct region *r);

#endif
