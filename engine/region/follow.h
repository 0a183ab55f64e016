/* SPDX-License-Identifier: Apache-2.0 */
/*
 * follow: a region and the published rules of its sysplex. It looks into the store each second. When a head names a
 * higher serial, it fetches the bundle (rules_fetch), verifies it, and takes it by a reload; then it reports. Rules
 * that it has refused are not tried again until another bundle is published or the region has reloaded. A region that
 * does not follow, but has a sysplex, only hears the reports of the others.
 */
#ifndef SALLYPORT_FOLLOW_H
#define SALLYPORT_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "region/bundle.h"
#include "store/rules.h"

struct follow;
struct region;
struct threadpool;

#define FOLLOW_SECONDS 1.0       /* between two looks into the store */
#define FOLLOW_PAUSE_SECONDS 60.0 /* the longest pause between two tries, when tries fail */

/* Makes r->follow, which has taken these rules before (NULL: none). -1: no memory. */
int follow_begin(struct region *r, struct bundle *rules);
/* Ends the looks. NULL is fine. */
void follow_free(struct follow *w);
/* Follows by the current generation, at the start. */
void follow_use(struct region *r);
/*
 * A reload has brought another generation into use: it has these rules (borrowed), NULL: none. Rules that were refused
 * may be tried again.
 */
void follow_swapped(struct region *r, struct bundle *rules);

/* Whether the current generation says follow = "yes". */
bool follow_does(const struct region *r);
/* The rules in use; borrowed. NULL: none, the rules are files. */
struct bundle *follow_taken(const struct region *r);
/* The thread that verifies bundles; borrowed. */
struct threadpool *follow_pool(const struct region *r);
/* The last news of the store; borrowed until the next turn of the loop. NULL: none yet. */
const struct rules_news *follow_news(const struct region *r);
/* The report of that region, as far as it is known; its own one is new. False: it does not follow. */
bool follow_report(const struct region *r, const char *region, struct rules_report *out);

#endif
