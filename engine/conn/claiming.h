/* SPDX-License-Identifier: Apache-2.0 */
/*
 * claiming: an ipconn and its claim in the sysplex (store/claims.h): asked for before a CAPEX is answered with 200 or a
 * partner is dialled, given back when the ipconn is RELEASED. An ipconn that is autoinstalled claims its name and its
 * pair (NETWORKID, APPLID), a defined one its pair. Without a sysplex there is nothing to claim. While the claim is
 * asked for, the ipconn is OBTAINING, so that another CAPEX for it is refused at once; the connection is in stage
 * CLAIMING, where its partner is heard.
 */
#ifndef SALLYPORT_CLAIMING_H
#define SALLYPORT_CLAIMING_H

#include "conn/ipconn.h"
#include "store/claims.h"

/* Whether ipconns of this worker need a claim. */
bool claiming_needed(const struct worker *w);
/*
 * c, whose CAPEX the ipconn i takes, joins i and waits for the claim; then match_claimed(c), or c is refused with code
 * pair_elsewhere, name_elsewhere or store_down.
 */
void claiming_begin(struct conn *c, struct ipconn *i);
/* i is OBTAINING by this side: dials its partner when it has the claim; acquire_failed without it. */
void claiming_dial(struct ipconn *i);
/* Ends the claim of i; nothing when it has none. */
void claiming_give(struct ipconn *i);
/*
 * i is to be released: refuses the connection that waits for its claim, which releases i. False: none waits. why:
 * static.
 */
bool claiming_refuse(struct ipconn *i, const char *why);
/* Whether no request may run under the names of i: the region is fenced. claiming_bars_now looks at the clock. */
bool claiming_bars(const struct ipconn *i);
/* The same before a 200 to c, which joins i: c is refused with code store_down then. */
bool claiming_refuses(struct conn *c, const struct ipconn *i);

/* Stages CLAIMING and SEEKING: the peer has sent bytes behind its CAPEX. */
void claiming_data(struct conn *c);
/* Stage CLAIMING: the store has not answered in time. */
void claiming_timeout(struct conn *c);

/* The members of claims_owner whose holder is an ipconn. */
void claiming_answered(void *ipconn, enum claims_answer a, const char *text);
void claiming_lost(void *ipconn, const char *text);
void claiming_fenced(void *ipconn);
void claiming_freed(void *ipconn);
/* A note of another region (store_script.h) for the worker of this region's ipconns. */
void claiming_told(struct worker *w, const char *text);

#endif
