/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer_source: where the answer to a script's question about the region comes from. At a door it is the region, and
 * the answer goes on the connection's tape. In a re-ask (the tape plays) it is the tape: a counter repeats its number
 * and does not count, a rate repeats its answer and takes no token; an ipconn has its current definition and its
 * former status. A question that is not on the tape gets the current answer, without the ipconn that the re-ask is
 * about (host_world leaves it out). With an overlaid tape, the world has the counters and rates of one candidate alone:
 * they move, and go on from each answer that is played.
 */
#ifndef SALLYPORT_ANSWER_SOURCE_H
#define SALLYPORT_ANSWER_SOURCE_H

#include "policy/lhost.h"

#define ANSWER_SOURCE_IPCONNS 1000 /* in one list */

/*
 * As counters_next and counters_peek. COUNTERS_NONE when the world has no counters. h->world and h->tape may be NULL.
 */
enum counters_answer answer_source_next(const struct lhost *h, const char *name, size_t len, const struct counter_use *u, int64_t *out,
	double *expires);
enum counters_answer answer_source_peek(const struct lhost *h, const char *name, size_t len, double expires, int64_t *out, double *its);
/* As rates_take. RATES_NONE when the world has no rates. h->world and h->tape may be NULL. */
enum rates_answer answer_source_take(const struct lhost *h, const char *name, size_t len, const struct rate_terms *t, double n,
	struct rate_take *out);
/* As the callback of struct host_world. */
bool answer_source_ipconn(const struct lhost *h, const char *name, struct ipconn_view *out);
/* The former list that a re-ask gives; NULL: the current list. Valid until the next answer. */
const struct taped *answer_source_list(const struct lhost *h, const char *applid, const char *networkid);
/*
 * Fills in at most max views, max being at most ANSWER_SOURCE_IPCONNS. Returns how many; max: there may be more, ask
 * again with more room.
 */
size_t answer_source_ipconns(const struct lhost *h, const struct taped *list, const char *applid, const char *networkid,
	struct ipconn_view *out, size_t max);
/* Puts the list that was given at a door on the tape. */
void answer_source_keep(const struct lhost *h, const char *applid, const char *networkid, const struct ipconn_view *view, size_t n);

#endif
