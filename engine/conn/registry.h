/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry: the installed ipconns by name and by pair (NETWORKID, APPLID). Name and pair are claimed in one step. A
 * definition with template = "only" claims its name only, because no CAPEX may match it. Each look-up is by a hash.
 */
#ifndef SALLYPORT_REGISTRY_H
#define SALLYPORT_REGISTRY_H

#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"

struct ipconn;
struct ipconn_def;
struct registry;
struct succession;
struct near;

#define REGISTRY_NEAR 5000 /* more would hold the loop */

enum claim { CLAIM_OK, CLAIM_PAIR_TAKEN, CLAIM_NAME_TAKEN, CLAIM_NO_MEMORY };

struct registry *registry_new(void); /* owned by the caller; NULL: no memory */
void registry_free(struct registry *r); /* frees its ipconns too; no connection may point to them; NULL is fine */

/*
 * Adds i under the name and the pair of its definition and owns it then. When both are taken, the answer names the
 * pair.
 */
enum claim registry_claim(struct registry *r, struct ipconn *i);
/*
 * The result that a claim for that definition would have if `except` (NULL: none) were not installed. Claims nothing.
 */
enum claim registry_judge(const struct registry *r, const struct ipconn_def *d, const struct ipconn *except);
/*
 * registry_succeed: sets the succession, borrowed, by which look-ups settle ipconns; NULL: look-ups settle none.
 * registry_succession: the present one.
 */
void registry_succeed(struct registry *r, struct succession *s);
struct succession *registry_succession(const struct registry *r);
/* Removes the pair of i, whose definition is out of force. i keeps its name until it is removed. */
void registry_cede(struct registry *r, struct ipconn *i);
/* Removes i; registry_bury frees it at the end of the turn, when no function of i is on the stack. */
void registry_drop(struct registry *r, struct ipconn *i);
/* At the end of a turn: i may be RELEASED, so that registry_bury frees its engagement then (ipconn_disengage). */
void registry_idle(struct registry *r, struct ipconn *i);
/* Frees the removed ipconns, and the engagements of those that are RELEASED. */
void registry_bury(struct registry *r);

/*
 * Gives `instead`, claimed after the removal of `gone` in the same turn and before any other one, the place of `gone`
 * in the order of installation: a walk in slices meets each name once.
 */
void registry_replace(struct registry *r, const struct ipconn *gone, struct ipconn *instead);

struct ipconn *registry_first(const struct registry *r); /* in order of installation; the next one is ->next */
/* The cursors of walks along that list in slices. Borrowed. */
struct cursors *registry_walks(struct registry *r);
/*
 * The engaged ipconns are those that are not RELEASED: few of many. registry_engage puts i at the end of their list,
 * also when it is in it; registry_rest takes it out. i->engaged->next stays valid in the turn of the removal.
 */
void registry_engage(struct registry *r, struct ipconn *i);
void registry_rest(struct registry *r, struct ipconn *i);
struct ipconn *registry_engaged(const struct registry *r); /* the first one; the next one is ->engaged->next */
struct cursors *registry_engaged_walks(struct registry *r); /* cursors in that list. Borrowed */
/* How many defined ipconns have been removed since the start, also those that were installed again. */
uint64_t registry_removals(const struct registry *r);
/* The number of installed ipconns. */
size_t registry_count(const struct registry *r);
/*
 * registry_name: the ipconn of that name. registry_pair: the ipconn that a CAPEX with that pair matches. NULL: none.
 * Borrowed. After a swap of generations both settle the ipconn first (succession.h), which may remove the former one.
 */
struct ipconn *registry_name(const struct registry *r, const char *name);
struct ipconn *registry_pair(const struct registry *r, const char *networkid, const char *applid);
/* The same without settling: for the succession. */
struct ipconn *registry_present_name(const struct registry *r, const char *name);
struct ipconn *registry_present_pair(const struct registry *r, const char *networkid, const char *applid);
/* Puts the names of ipconns to *near, which finds the nearest to the typed one: at most REGISTRY_NEAR, the oldest. */
void registry_near(const struct registry *r, const char *typed, struct near *near);
/*
 * Makes i wait for a further socket with that token during TOKEN_SECONDS from now on; "": for none. A token before it
 * counts no longer.
 */
void registry_expect(struct registry *r, struct ipconn *i, const char *token);
/* Makes i wait for a call-back with that token; "": for none. A token before it counts no longer. */
void registry_expect_callback(struct registry *r, struct ipconn *i, const char *token);
/*
 * The ipconn that waits for a further socket with this token at `now` (clock_span(), seconds). The comparison takes
 * constant time. NULL: none. Borrowed.
 */
struct ipconn *registry_token(const struct registry *r, const char *token, double now);
/* The ipconn that waits for a call-back with this token. The comparison takes constant time. NULL: none. Borrowed. */
struct ipconn *registry_callback(const struct registry *r, const char *token);

#endif
